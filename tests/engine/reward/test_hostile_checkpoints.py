"""A stranger's checkpoint: each number is finite and in range, or it is refused; scores that overflow are said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine.contracts.reward import ScorePayload
from engine.errors import RewardError
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, load_reward, save_reward
from engine.reward.fit import Reward, fit_reward
from engine.runtime.shards import ItemOutput
from engine.runtime.spec import Item, StepSettings
from engine.runtime.step import StepContext
from engine.steps.score_clips import ScoreClips
from engine.tables.parquet import write_clips
from tests.engine.reward import made
from tests.hostile import limited, mutated, with_each_string

if TYPE_CHECKING:
    from pathlib import Path

HUGE = ("9" * 5000, "1e999", "NaN", "Infinity", "-Infinity", "0", "-1", "1e300", "null", '"1"', "[]")


@pytest.fixture(scope="module")
def reward() -> Reward:
    """A reward with both heads."""
    table = made.clips()
    gains = (np.arange(40), made.worth(table)[:40] * 0.1 + 3)
    return fit_reward(table, made.answers(table), made.QUICK_MODEL, made.QUICK, gains=gains)


@pytest.fixture
def checkpoint(reward: Reward, tmp_path: Path) -> Path:
    """Its folder."""
    save_reward(reward, tmp_path / NUMBERS_FILE, tmp_path / ABOUT_FILE, name="one")
    return tmp_path


@pytest.mark.parametrize("number", ["0", "-1", "NaN", "Infinity", "1e999", "1e300", "1e-300", "null", "9" * 5000])
def test_a_gain_scale_that_is_none_is_refused(checkpoint: Path, number: str) -> None:
    about = json.loads((checkpoint / ABOUT_FILE).read_text())
    text = json.dumps({**about, "gain_scale": "HERE"}).replace('"HERE"', number)
    (checkpoint / ABOUT_FILE).write_text(text)
    with pytest.raises(RewardError):
        load_reward(checkpoint)


@pytest.mark.parametrize("number", HUGE)
def test_no_number_of_a_checkpoint_comes_in_unless_it_is_one(checkpoint: Path, number: str) -> None:
    about = json.loads((checkpoint / ABOUT_FILE).read_text())
    for field in ("seed", "epochs", "gain_mean", "gain_scale"):
        text = json.dumps({**about, field: "HERE"}).replace('"HERE"', number)
        (checkpoint / ABOUT_FILE).write_text(text)
        try:
            found = load_reward(checkpoint)
        except RewardError:
            continue
        assert np.isfinite([found.gain_mean, found.gain_scale]).all()
        assert found.gain_scale > 0
        assert -(2**31) <= found.seed < 2**31


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 0.0, -1.0])
def test_no_array_of_a_checkpoint_comes_in_with_numbers_that_no_training_gives(checkpoint: Path, value: float) -> None:
    sound = load_file(checkpoint / NUMBERS_FILE)
    for name, array in sound.items():
        spoilt = array.copy()
        spoilt.flat[0] = value
        save_file({**sound, name: spoilt}, checkpoint / NUMBERS_FILE)
        if value in (0.0, -1.0) and not name.endswith(".scale"):
            load_reward(checkpoint)
            continue
        with pytest.raises(RewardError, match=name):
            load_reward(checkpoint)


def test_whatever_a_checkpoint_holds_only_our_own_errors_come(checkpoint: Path) -> None:
    about, numbers = (checkpoint / ABOUT_FILE).read_bytes(), (checkpoint / NUMBERS_FILE).read_bytes()
    tried: list[tuple[bytes, bytes]] = [(mutated(about, seed), numbers) for seed in range(100)]
    tried += [(about, mutated(numbers, seed)) for seed in range(100)]
    said = {**json.loads(about), "training_clip_ids": ["a"]}
    tried += [(json.dumps(one).encode(), numbers) for bad in ("../x", "\ud800") for one in with_each_string(said, bad)]
    refused = 0
    for one, other in tried:
        (checkpoint / ABOUT_FILE).write_bytes(one)
        (checkpoint / NUMBERS_FILE).write_bytes(other)
        try:
            load_reward(checkpoint)
        except RewardError:
            refused += 1
    assert refused > 150


def test_a_file_of_terabytes_is_not_read(checkpoint: Path) -> None:
    with (checkpoint / NUMBERS_FILE).open("r+b") as file:
        file.truncate(1 << 40)
    said = limited(
        "from engine.reward.checkpoint import load_reward\nimport safetensors.numpy",
        "load_reward(Path(sys.argv[1]))",
        checkpoint,
        megabytes=700,
    )
    assert "refused: model.safetensors: it is larger than 268 MB" in said


# --- scores ----------------------------------------------------------------------------------------------------------


def scored(folder: Path, table: Any) -> ItemOutput:
    """The step's output for a checkpoint and clips."""
    write_clips(table, folder / "clips.parquet")
    output = ItemOutput(item="clips", folder=folder / "out")
    context = StepContext(output, lambda *_: None, lambda _text: None, lambda: False)
    payload = ScorePayload(model_id="m", folder=str(folder))
    ScoreClips(StepSettings(), folder).process(Item("clips", payload), context)
    return output


def test_scores_that_overflow_fail_with_the_reason(reward: Reward, tmp_path: Path) -> None:
    weights = {
        name: np.full_like(array, 1e12) if name.endswith("weight") else array for name, array in reward.weights.items()
    }
    save_reward(replace(reward, weights=weights), tmp_path / NUMBERS_FILE, tmp_path / ABOUT_FILE)
    with pytest.raises(RewardError, match=r"no finite score for \d+ of \d+ clips: its numbers overflow"):
        scored(tmp_path, made.clips())


def test_sound_scores_come_out(checkpoint: Path) -> None:
    output = scored(checkpoint, made.clips())
    assert output.tables["reward_score"].num_rows == len(made.clips())
