"""Settings models, one per settings file of the workspace: defaults, ranges and help text live in the models.

    data.py     data.yaml: how videos come in, become clips, and are pictured
    jobs.py     jobs.yaml: how background work is run
    sync.py     sync.yaml: the shared bucket
    app.py      app.yaml: how the app behaves towards the person in front of it

What all settings models share is `engine/settings_model.py`, which files there are `storage/settings_models.py`.
Reading and writing the files is `storage/settings.py`; the Settings page and `settings/*.yaml` are drawn from these.
A part of the engine with settings of its own keeps their section beside its code (`engine/clipping/settings.py`).
"""
