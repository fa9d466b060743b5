"""How long work runs outside the app: the seam between a job and whatever executes it.

spec.py       what to do: a kind, its settings, its items; split into parts by group
step.py       how one item is done: the interface that each kind of job implements
messages.py   what a part says while it runs: one JSON object a line
shards.py     what a part makes: folders of Parquet and files, renamed into place when whole
rows.py       the rows in them: one class for the step that adds them and the workflow that reads them
arrow.py      Arrow, loaded without pandas
reasons.py    what to say of an error, whatever it is
runner.py     the loop over the items of one part; the same under every executor
executor.py   what an executor must offer
machine.py    how many workers share a job here, by cores and memory, and how many threads each may use
local.py      the executor that starts `python -m engine.worker` processes on this machine
"""
