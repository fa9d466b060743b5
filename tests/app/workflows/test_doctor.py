"""What `handpicked doctor` says of the device that clips are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.workflows import doctor, extracting, extraction_workers
from app.workflows.doctor import measuring, workers
from app.workflows.trying import Try
from engine.runtime.machine import Machine
from engine.settings.jobs import DeviceSettings, JobSettings, RuntimeSettings
from storage import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CARD, NO_CARD = Try(ok=True, found="NVIDIA H100"), Try(ok=True, found="")
DECODES = Try(ok=True, found="decodes H.264")


@pytest.mark.parametrize(
    ("device", "cards", "gpu", "said"),
    [
        ("auto", 0, NO_CARD, ["ok: on the CPU"]),
        ("cpu", 1, CARD, ["ok: on the CPU"]),
        ("auto", 1, CARD, ["ok: on 1 NVIDIA card, 8 videos at once on each", "ok: decodes H.264"]),
        ("cuda", 2, CARD, ["ok: on 2 NVIDIA cards, 8 videos at once on each", "ok: decodes H.264"]),
        ("cuda:1", 2, CARD, ["ok: on 1 NVIDIA card, 8 videos at once on each", "ok: decodes H.264"]),
        ("cuda:2", 2, CARD, ["missing: cuda:2 was asked for and is not there"]),
        ("cuda", 0, NO_CARD, ["missing: cuda was asked for and is not there"]),
        ("auto", 1, Try(ok=False, found="the driver is too old"), ["ok: on the CPU"]),
    ],
)
def test_it_says_what_clips_are_measured_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, cards: int, gpu: Try, said: list[str]
) -> None:
    monkeypatch.setattr(doctor, "card_count", lambda: cards)
    with Workspace(tmp_path / "w") as workspace:
        workspace.settings.save(JobSettings(compute=DeviceSettings(device=device, streams=8)))
    found = measuring(tmp_path / "w", gpu, DECODES)
    assert [f"{check.state}: {check.found}" for check in found] == said


def test_it_says_how_many_workers_measure_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(cores=16, free_bytes=9_000_000_000)
    monkeypatch.setattr(extraction_workers, "this_machine", lambda: machine)
    monkeypatch.setattr(extracting, "card_count", lambda: 0)
    with Workspace(tmp_path / "w") as workspace:
        (check,) = workers(tmp_path / "w")
        assert check.found == (
            "4 workers with 4 threads each (9.0 GB of memory are free, and each worker takes up to 2.0 GB)"
        )
        workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
        assert workers(tmp_path / "w")[0].found == "1 worker with 16 threads (set by hand)"
        monkeypatch.setattr(extracting, "card_count", lambda: 2)
        assert workers(tmp_path / "w")[0].found == "2 workers with 8 threads each (one for each graphics card)"


def test_a_card_that_decodes_no_video_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "card_count", lambda: 1)
    found = measuring(tmp_path / "w", CARD, Try(ok=False, found="no libnvcuvid"))
    assert (found[-1].state, found[-1].found) == ("missing", "the CPU decodes: no libnvcuvid")
    assert "NVIDIA_DRIVER_CAPABILITIES" in found[-1].remedy
