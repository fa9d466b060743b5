"""The command `handpicked`: every step of the work without a browser, over the same workflows as the pages.

root.py       the command and its global options; errors become one sentence and an exit code
commands.py   all commands by name, with the places of their code; `lazy_group.py` imports the one asked for
options.py    the global options
completion.py names that the shell completes, besides commands and options
session.py    an open workspace with its supervisor; running a job in the foreground
job_report.py the results of the jobs that a command ran, and the exit codes
output.py     what goes to stderr (for people) and to stdout (results)
*_command.py  one file a command or group of commands
"""

from __future__ import annotations

from app.cli.root import main

__all__ = ["main"]
