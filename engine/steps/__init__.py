"""One file a kind of job: how a worker does one item of it. `engine/runtime/step.py` maps kinds to these."""
