"""What a person can set, one model a file of the workspace: defaults, ranges and help text live in the models.

    base.py     what all settings models share
    data.py     data.yaml: how videos come in, become clips, and are pictured
    jobs.py     jobs.yaml: how background work is run
    files.py    which files there are

Reading and writing the files is `storage/settings.py`; the Settings page and `settings/*.yaml` are drawn from these.
A part of the engine with settings of its own keeps their section beside its code (`engine/clipping/settings.py`).
"""
