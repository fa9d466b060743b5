"""`--executor` and `--address` say where a command's jobs run, in place of jobs.yaml."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import typer

from app.cli.executor_option import ExecutorName, executor_settings
from engine.settings.jobs import ExecutorSettings, JobSettings
from tests.app.cli.running import handpicked
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


def test_the_options_stand_in_place_of_the_file_s_values(workspace: Workspace) -> None:
    assert executor_settings(workspace, None, None) is None
    workspace.settings.save(JobSettings(executor=ExecutorSettings(address="head:6379", cpus=4, parts=9)))
    asked = executor_settings(workspace, ExecutorName.RAY, None)
    assert asked == ExecutorSettings(kind="ray", address="head:6379", cpus=4, parts=9)
    asked = executor_settings(workspace, None, " auto ")
    assert asked is not None
    assert (asked.kind, asked.address, asked.cpus) == ("ray", "auto", 4)
    workspace.settings.save(JobSettings(executor=ExecutorSettings(kind="ray")))
    asked = executor_settings(workspace, ExecutorName.LOCAL, None)
    assert asked is not None
    assert asked.kind == "local"


@pytest.mark.parametrize(("executor", "address"), [(ExecutorName.LOCAL, "head:6379"), (ExecutorName.RAY, " ")])
def test_options_that_say_nothing_together_are_wrong_usage(
    workspace: Workspace, executor: ExecutorName, address: str
) -> None:
    with pytest.raises(typer.BadParameter):
        executor_settings(workspace, executor, address)


def test_a_command_without_its_cluster_fails_with_the_reason_and_imports_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    write_video(tmp_path / "one.mp4", 24)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
    ran = handpicked("import", tmp_path / "one.mp4", "--address", address, workspace=tmp_path / "w")
    assert ran.returncode == 1
    assert f"no Ray cluster answers at {address}" in " ".join(ran.stderr.split())
