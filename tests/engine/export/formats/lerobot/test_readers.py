"""Those who read LeRobot data sets accept ours: robovet finds no fault, LeRobot's own reader opens every frame."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from engine.export.formats.lerobot.options import LerobotOptions
from tests.engine.export.formats.lerobot.data_sets import Footage, export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODES = ("none", "hands", "pseudo")
FOOTAGE = (
    Footage(name="a", reward=1.0, end_s=1.0),
    Footage(name="b", fps=24, frames=60, start_s=0.4, end_s=1.1, size=(128, 64), narration=None, reward=None),
    Footage(name="c", fps=29.97, end_s=0.9, size=(64, 128), how={"rotation_deg": 90}, narration="cut bread"),
)
LEROBOT_PYTHON = "HANDPICKED_LEROBOT_PYTHON"
"""Environment variable: the Python of an environment with LeRobot, which can't be installed beside our packages."""

READ_ALL = """
import sys
import lerobot
from lerobot.datasets.lerobot_dataset import LeRobotDataset
data = LeRobotDataset("handpicked/clips", root=sys.argv[1])
items = [data[index] for index in range(len(data))]
print(lerobot.__version__, len(items), *sorted(items[0]), items[-1]["task"], sep="|")
"""


@pytest.fixture(scope="module", params=MODES)
def data_set(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    mode: Any = request.param
    return (
        mode,
        export(FOOTAGE, tmp_path_factory.mktemp(mode), LerobotOptions(actions=mode, width=96, height=64, fps=30)),
    )


@pytest.mark.skipif(find_spec("robovet") is None, reason="robovet is not installed: `make setup` installs it")
def test_robovet_finds_no_fault(data_set: tuple[str, Path]) -> None:
    from robovet.checks import run_doctor
    from robovet.dataset import LeRobotDataset

    report = run_doctor(LeRobotDataset(data_set[1]))
    wrong = [str(result) for result in report.results if result.severity.label in ("FAIL", "WARN")]
    assert wrong == []
    assert report.counts["PASS"] > 30
    assert report.exit_code == 0


@pytest.mark.skipif(LEROBOT_PYTHON not in os.environ, reason=f"{LEROBOT_PYTHON} names no Python that has LeRobot")
def test_lerobot_opens_every_frame(data_set: tuple[str, Path]) -> None:
    mode, folder = data_set
    ran = subprocess.run(
        [os.environ[LEROBOT_PYTHON], "-c", READ_ALL, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    said = ran.stdout.strip().splitlines()[-1].split("|")
    assert int(said[1]) == 30 + 21 + 27
    assert said[-1] == "cut bread"
    assert ("action" in said) == (mode == "pseudo")
    assert ("observation.hands.kp2d" in said) == (mode == "hands")
