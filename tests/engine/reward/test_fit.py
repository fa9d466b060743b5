"""Rewards fitted to answers whose reason is known."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.errors import RewardError
from engine.reward import fit
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, load_reward, network_shapes, save_reward
from engine.reward.fit import Reward, fit_reward, reason
from engine.reward.judging import importance
from engine.reward.judging.importance import group_importance
from engine.reward.network.network import Ensemble
from engine.reward.study import study
from tests.engine.reward import made

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.tables.types import ClipTable


@pytest.fixture(scope="module")
def reward() -> Reward:
    """A reward with both heads."""
    table = made.clips()
    gains = (np.arange(40), made.worth(table)[:40] * 0.1 + 3)
    return fit_reward(table, made.answers(table), made.QUICK_MODEL, made.QUICK, gains=gains)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(np.argsort(np.argsort(a)), np.argsort(np.argsort(b)))[0, 1])


def test_it_finds_what_people_go_by(reward: Reward) -> None:
    fresh = made.clips(200, seed=9)
    scores = reward.score(fresh)
    assert rank_correlation(scores.reward, made.worth(fresh)) > 0.75
    assert scores.robot_reward is not None
    assert rank_correlation(scores.robot_reward, made.worth(fresh)) > 0.6
    assert (scores.reward_std > 0).all()
    assert set(scores.reasons) == {""}


def test_the_mean_reward_of_the_clips_is_zero(reward: Reward) -> None:
    assert reward.score(made.clips()).reward.mean() == pytest.approx(0, abs=1e-4)


def test_the_same_seed_gives_the_same_reward() -> None:
    table = made.clips(30, 3)
    pairs = made.answers(table, 60)
    one, two, other = (fit_reward(table, pairs, made.QUICK_MODEL, made.QUICK, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(one.score(table).reward, two.score(table).reward)
    assert not np.array_equal(one.score(table).reward, other.score(table).reward)
    assert not one.robot
    assert one.score(table).robot_reward is None


def test_members_learn_apart_from_each_other() -> None:
    """A member of a stack gets the gradient of its own loss alone."""
    network = Ensemble(3, 4, made.QUICK_MODEL.network, robot=False, seed=0).eval()
    torch.nn.init.ones_(network.human.last.weight)  # begins at zero, by which the trunk would have no gradient
    x = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1))
    network(x)[0][1].sum().backward()
    gradient = network.trunk.layers[0].weight.grad
    assert gradient is not None
    assert gradient[1].abs().sum() > 0
    assert gradient[0].abs().sum() == gradient[2].abs().sum() == 0


def test_a_clip_that_lacks_a_group_is_unscored_with_the_reason(reward: Reward) -> None:
    table = made.clips()
    table.values[3, 2:] = np.nan
    scores = reward.score(table)
    assert np.isnan(scores.reward[3])
    assert scores.reasons[3] == "no features of hand"
    assert np.isfinite(np.delete(scores.reward, 3)).all()


def test_a_model_can_learn_to_do_without_a_group() -> None:
    model = made.QUICK_MODEL.model_copy(
        update={"inputs": made.QUICK_MODEL.inputs.model_copy(update={"missing_groups": "learned"})}
    )
    table = made.clips()
    table.values[::7, 2:] = np.nan
    found = fit_reward(table, made.answers(made.clips()), model, made.QUICK)
    assert np.isfinite(found.score(table).reward).all()


@pytest.mark.parametrize("ties", ["half", "davidson", "drop"])
def test_ties(ties: str) -> None:
    table = made.clips(30, 3)
    training = made.QUICK.model_copy(update={"preference": made.QUICK.preference.model_copy(update={"ties": ties})})
    found = fit_reward(table, made.answers(table, 120, ties=0.3), made.QUICK_MODEL, training)
    assert rank_correlation(found.score(table).reward, made.worth(table)) > 0.4


def test_nothing_to_learn_from_is_said() -> None:
    table = made.clips(10, 2)
    pairs = made.answers(table, 10)
    with pytest.raises(RewardError, match="no labels"):
        fit_reward(table, pairs.take([]), made.QUICK_MODEL, made.QUICK)
    table.values[:, 0:2] = np.nan
    fit_reward(table, pairs, made.QUICK_MODEL, made.QUICK)  # a group that nobody has is no part of it


def test_one_video_can_be_learned_from_but_not_judged() -> None:
    table = made.clips(20, 1)
    found = study(table, made.answers(table, 40), made.QUICK_MODEL, made.QUICK)
    assert found.report.judged is None
    assert "one video" in found.report.verdict[0].text


def test_importance_names_the_groups_that_matter(reward: Reward) -> None:
    rows = {row.group: row.importance for row in group_importance(reward, made.clips())}
    assert set(rows) == {"look", "hand", "embedding"}
    assert rows["embedding"] < min(rows["look"], rows["hand"])


# --- on disk ----------------------------------------------------------------------------------------------------------


def write(reward: Reward, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    save_reward(reward, folder / NUMBERS_FILE, folder / ABOUT_FILE, name="one")
    return folder


def test_a_checkpoint_scores_as_it_did(reward: Reward, tmp_path: Path) -> None:
    again = load_reward(write(reward, tmp_path))
    one, two = reward.score(made.clips()), again.score(made.clips())
    assert np.array_equal(one.reward, two.reward)
    assert np.array_equal(one.robot_reward_std, two.robot_reward_std)  # type: ignore[arg-type]


def test_the_shapes_that_are_checked_are_the_networks(reward: Reward) -> None:
    network = Ensemble(5, len(reward.layout.input_groups), reward.model.network, robot=True, seed=0)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert network_shapes(reward, len(reward.layout.input_groups)) == shapes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "no reward model"),
        ({"version": 99}, "version 99"),
        ({"columns": ["look_a", "look_b", "hand_a"]}, "agree"),
        ({"columns": [1, 2, 3, 4]}, "columns"),
        ({"model": {"ensemble": {"members": 10**9}}}, "members"),
        ({"model": {"network": {"trunk_sizes": [64, 16]}}}, "shape"),
        ({"embedding_model": None}, "shape"),
        ({"seed": None}, "seed: Input should be a valid integer"),
        ({"epochs": 1e400}, "not finite"),
    ],
)
def test_a_strangers_checkpoint_is_refused_by_name(
    reward: Reward, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    folder = write(reward, tmp_path)
    about = json.loads((folder / ABOUT_FILE).read_text())
    (folder / ABOUT_FILE).write_text(json.dumps({**about, **change}))
    with pytest.raises(RewardError, match=said):
        load_reward(folder)


def test_files_that_are_no_checkpoint_are_refused(reward: Reward, tmp_path: Path) -> None:
    import pickle

    for number, content in enumerate([b"", b"\xff" * 100, pickle.dumps({"a": 1}), (2**60).to_bytes(8, "little")]):
        folder = write(reward, tmp_path / str(number))
        (folder / NUMBERS_FILE).write_bytes(content)
        with pytest.raises(RewardError, match="can't be read"):
            load_reward(folder)
    folder = write(reward, tmp_path / "deep")
    (folder / ABOUT_FILE).write_text("[" * 100_000)
    with pytest.raises(RewardError):
        load_reward(folder)
    with pytest.raises(RewardError, match="can't be read"):
        load_reward(tmp_path / "nowhere")


def test_numbers_that_are_none_are_refused(reward: Reward, tmp_path: Path) -> None:
    folder = write(replace(reward, offset=np.full(5, np.nan)), tmp_path)
    with pytest.raises(RewardError, match="offset"):
        load_reward(folder)


def with_gaps(n: int) -> ClipTable:
    """Every third clip lacks a group of features, every fourth the other."""
    table = made.clips(n, embedding=None)
    table.values[::3, 2:] = np.nan
    table.values[1::4, :2] = np.nan
    return table


@pytest.fixture(scope="module")
def plain_reward() -> Reward:
    table = made.clips(embedding=None)
    return fit_reward(table, made.answers(table), made.QUICK_MODEL, made.QUICK)


@pytest.mark.parametrize("learned", [False, True])
def test_scoring_clips_with_gaps_takes_work_in_proportion_to_the_clips(
    plain_reward: Reward, monkeypatch: pytest.MonkeyPatch, learned: bool
) -> None:
    """Counted, not timed: elements put into sets and sentences made. A set made anew for each clip took n² of them."""
    work: Counter[str] = Counter()

    def counting_set(elements: Iterable[object] = ()) -> set[object]:
        made_set = set(elements)
        work["set elements"] += len(made_set)
        return made_set

    def counting_reason(groups: tuple[str, ...]) -> str:
        work["sentences"] += 1
        return reason(groups)

    monkeypatch.setattr(fit, "set", counting_set, raising=False)
    monkeypatch.setattr(fit, "reason", counting_reason)
    layout = replace(plain_reward.layout, learned_groups=learned)
    reward = plain_reward if not learned else replace(plain_reward, layout=layout, weights=wider(plain_reward, 2))
    scores = reward.score(with_gaps(1200))
    assert work["set elements"] <= 1200
    assert work["sentences"] <= 3
    for row, sentence in enumerate(scores.reasons):
        gone = [group for group, lacks in (("look", row % 4 == 1), ("hand", row % 3 == 0)) if lacks]
        unscored = len(gone) == 2 if learned else bool(gone)
        assert sentence == (f"no features of {', '.join(gone)}" if unscored else "")
        assert np.isnan(scores.reward[row]) == unscored


def wider(reward: Reward, more: int) -> dict[str, np.ndarray]:
    """The networks with `more` inputs that count for nothing."""
    first = next(name for name, array in reward.weights.items() if name.startswith("trunk") and array.ndim == 3)
    padded = {
        name: np.concatenate([array, np.zeros((len(array), more, array.shape[2]), array.dtype)], axis=1)
        for name, array in reward.weights.items()
        if name in (first, "human.linear")
    }
    return {**reward.weights, **padded}


def test_scoring_says_how_far_it_is_after_every_chunk(plain_reward: Reward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "CHUNK", 100)
    said: list[float] = []
    table = made.clips(450, embedding=None)
    whole = plain_reward.score(table, said.append).reward
    assert said == pytest.approx([2 / 9, 4 / 9, 6 / 9, 8 / 9, 1.0])
    monkeypatch.setattr(fit, "CHUNK", 1000)
    np.testing.assert_allclose(plain_reward.score(table).reward, whole, rtol=1e-5)


def test_a_training_says_how_far_it_is_after_every_epoch_and_every_judge() -> None:
    """An item that says nothing for `stall_timeout_s` is given up, so no part may be silent."""
    table = made.clips()
    said: list[tuple[float, str]] = []
    study(table, made.answers(table), made.QUICK_MODEL, made.QUICK, on_progress=lambda *step: said.append(step))
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for part, least in (
        ("epoch", 30),
        ("Judging", 4),
        ("fewer labels", 10),
        ("Training the ensemble", 5),
        ("goes by", 15),
    ):
        assert sum(part in note for _, note in said) >= least, part


def test_how_much_groups_count_is_found_on_a_part_of_many_clips(
    plain_reward: Reward, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = group_importance(plain_reward, made.clips(3000, embedding=None))
    monkeypatch.setattr(importance, "MOST_CLIPS", 2000)
    sizes: list[int] = []
    predict = Reward.predict
    monkeypatch.setattr(Reward, "predict", lambda self, x: (sizes.append(len(x)), predict(self, x))[1])
    part = group_importance(plain_reward, made.clips(3000, embedding=None))
    assert max(sizes) <= 2000
    assert [row.group for row in part] == [row.group for row in whole]
    for one, other in zip(part, whole, strict=True):
        assert one.importance == pytest.approx(other.importance, abs=0.2)
