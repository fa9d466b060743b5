"""The workspace on disk: the DuckDB database, the media folder and the settings files. All SQL and paths are here.

    workspace.py    the folder and its open database: start here
    paths.py        the folder's layout
    database.py     the DuckDB file: cursors, transactions, retries, rows as dataclasses
    database_errors.py   what DuckDB says, as the error that a person needs
    migrations.py   the schema's versions (`schema/0001_….sql`)
    videos.py segments.py clips.py features.py labels.py media.py jobs.py …   one file a group of tables
    library/        what the Library page asks: views, their SQL, their numbers
    s3/             transfers to and from a shared bucket
    settings.py     the YAML files
    query.py        read-only SQL for people
    time_limit.py   the time limit of such queries
    errors.py       the workspace's errors

>>> from storage import Workspace
>>> with Workspace("my-workspace") as workspace:
...     frame = workspace.database.table("SELECT * FROM video").to_pandas()
"""

from __future__ import annotations

from storage.workspace import Workspace

__all__ = ["Workspace"]
