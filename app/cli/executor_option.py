"""The options that say where a command's jobs run, and the settings with them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.settings.jobs import ExecutorSettings, JobSettings

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["Address", "Executor", "ExecutorName", "executor_settings"]


class ExecutorName(StrEnum):
    """What runs parts of jobs: `engine.settings.jobs.ExecutorSettings.kind`, as an option needs it."""

    LOCAL = "local"
    RAY = "ray"


Executor = Annotated[
    ExecutorName | None,
    typer.Option(
        "--executor", help="Where the job runs; else as jobs.yaml says. `ray` needs the extra.", show_default=False
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="The Ray cluster: HOST:PORT of its head, auto for this machine's, local for one of its own. Means "
        "--executor ray.",
        show_default=False,
    ),
]


def executor_settings(
    workspace: Workspace, executor: ExecutorName | None, address: str | None
) -> ExecutorSettings | None:
    """The settings of jobs.yaml with these options in place of theirs; None where none was given.

    Raises `SettingsError` where the file can't be read, `typer.BadParameter` for options that do not go together.
    """
    if executor is None and address is None:
        return None
    if executor == ExecutorName.LOCAL and address is not None:
        raise typer.BadParameter("--address names a Ray cluster, and --executor local uses none")
    if address is not None and not address.strip():
        raise typer.BadParameter("--address is empty: give HOST:PORT, auto or local")
    set_by_hand = workspace.settings.load(JobSettings).executor
    kind = "local" if executor == ExecutorName.LOCAL else "ray"
    return ExecutorSettings.model_validate(
        {**set_by_hand.model_dump(), "kind": kind, "address": (address or set_by_hand.address).strip()}
    )
