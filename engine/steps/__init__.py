"""One file a kind of job: how a worker does one item of it. `app/workflows/jobs/kinds.py` says which kind is which."""
