"""The choice of pairs keeps its promises: the mix, no pair twice, repeats swapped and late, clips seen often enough."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.preference.answers import AskedPair
from engine.preference.choosing import REPEAT_GAP, ChosenPair, choose_pairs
from engine.preference.linear import fit_linear_evidence
from engine.preference.pool import active_clips, pool_size
from engine.preference.settings import PairSettings
from engine.preference.simulated import SimulatedAnnotator
from tests.engine.preference.tables import table

if TYPE_CHECKING:
    from engine.tables.types import ClipTable

DEFAULT = PairSettings()


def sitting(
    n_clips: int, labels: int, given_settings: PairSettings = DEFAULT, who: tuple[str, ...] = ("a",), skip: float = 0.0
) -> list[AskedPair]:
    """What simulated annotators were asked, batch by batch and by turns."""
    clips, worth = table(n_clips)
    row = {clip_id: i for i, clip_id in enumerate(clips.clip_ids)}
    asked: list[AskedPair] = []
    turn = 0
    while len(asked) < labels:
        name = who[turn % len(who)]
        annotator = SimulatedAnnotator(name=name, skip_rate=skip)
        batch = choose_pairs(clips, asked, name, given_settings.batch, given_settings, seed=5)
        if not batch:
            break
        for pair in batch:
            sides = worth[row[pair.left_clip_id]], worth[row[pair.right_clip_id]]
            said = annotator.answer(pair.left_clip_id, pair.right_clip_id, *map(float, sides))
            asked.append(AskedPair(pair.left_clip_id, pair.right_clip_id, said.answer, name, pair.strategy))
        turn += 1
    return asked


def test_the_mix_is_random_first_then_mostly_by_information_at_the_shares_that_were_set() -> None:
    asked = sitting(300, 450)
    assert {pair.strategy for pair in asked[:50]} == {"random"}
    later = Counter(pair.strategy for pair in asked[50:])
    assert dict(later) == pytest.approx({"information": 300, "random": 60, "repeat": 40}, abs=1)


def test_every_annotator_gets_the_mix() -> None:
    asked = sitting(300, 450, who=("a", "b"))
    for name in ("a", "b"):
        later = Counter(pair.strategy for pair in asked[50:] if pair.annotator == name)
        total = sum(later.values())
        assert later["random"] == pytest.approx(0.15 * total, abs=1)
        assert later["repeat"] == pytest.approx(0.10 * total, abs=1)


def test_no_pair_comes_twice_but_as_a_repeat_of_the_same_annotator_swapped_and_late() -> None:
    asked = sitting(120, 400, who=("a", "b"), skip=0.1)
    for name in ("a", "b"):
        mine = [pair for pair in asked if pair.annotator == name]
        first: dict[frozenset[str], int] = {}
        repeated = set()
        for place, pair in enumerate(mine):
            if pair.strategy == "repeat":
                earlier = mine[first[pair.clips]]
                assert (earlier.left_clip_id, earlier.right_clip_id) == (pair.right_clip_id, pair.left_clip_id)
                assert earlier.answer != "skip"
                assert place - first[pair.clips] >= REPEAT_GAP
                assert pair.clips not in repeated
                repeated.add(pair.clips)
            else:
                assert pair.clips not in first
                first[pair.clips] = place


def test_labels_are_concentrated_so_that_most_clips_are_seen_four_to_six_times() -> None:
    shown = Counter(clip for pair in sitting(2000, 500) for clip in pair.clips)
    assert len(shown) == pool_size(0, DEFAULT) == 200
    counts = np.array(list(shown.values()))
    assert counts.mean() == pytest.approx(5.0)
    assert ((counts >= 3) & (counts <= 7)).mean() > 0.85
    assert counts.max() <= 12  # random pairs and repeats are not held back


def test_annotators_share_random_pairs_so_that_they_can_be_compared() -> None:
    asked = sitting(400, 400, who=("a", "b"))
    of = {name: {p.clips for p in asked if p.annotator == name and p.strategy == "random"} for name in ("a", "b")}
    assert len(of["a"] & of["b"]) >= 20


def test_random_pairs_do_not_depend_on_answers() -> None:
    clips, _ = table(80)
    rng = np.random.default_rng(0)
    asked = [AskedPair(*rng.choice(clips.clip_ids, 2, replace=False), "left", "a", "random") for _ in range(56)]
    other = [AskedPair(p.left_clip_id, p.right_clip_id, "right", "a", "random") for p in asked]
    only_random = PairSettings(random_share=1.0, repeat_share=0.0)
    assert choose_pairs(clips, asked, "a", 10, only_random, seed=1) == choose_pairs(
        clips, other, "a", 10, only_random, seed=1
    )


@given(
    n=st.integers(0, 7),
    count=st.integers(0, 30),
    labels=st.integers(0, 30),
    seed=st.integers(0, 3),
    information=st.sampled_from(["d_optimal", "bald"]),
    near=st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_tiny_pools_are_exhausted_in_order(
    n: int, count: int, labels: int, seed: int, information: str, near: float
) -> None:
    clips, _ = table(n)
    mix = PairSettings.model_validate({"first_random": 5, "information": information, "near_tie_share": near})
    asked = [
        AskedPair(pair.left_clip_id, pair.right_clip_id, "left", "a", pair.strategy)
        for pair in choose_pairs(clips, [], "a", labels, mix, seed=seed)
    ]
    made = choose_pairs(clips, asked, "a", count, mix, seed=seed)
    fresh = [p for p in made if p.strategy != "repeat"]
    pairs = [frozenset((p.left_clip_id, p.right_clip_id)) for p in fresh]
    assert len(pairs) == len(set(pairs))
    assert not set(pairs) & {pair.clips for pair in asked}
    assert all(len(pair) == 2 and pair <= set(clips.clip_ids) for pair in pairs)
    left = n * (n - 1) // 2 - len({pair.clips for pair in asked})
    assert len(fresh) == min(count - (len(made) - len(fresh)), left)


def test_among_restricts_the_choice_and_unknown_names_in_it_do_no_harm() -> None:
    clips, _ = table(60)
    few = [*clips.clip_ids[10:16], "gone"]
    asked = [AskedPair(clips.clip_ids[i], clips.clip_ids[i + 1], "left", "b", "random") for i in range(55)]
    made = choose_pairs(clips, asked, "a", 50, DEFAULT, seed=0, among=few)
    assert len(made) == 15
    assert {clip for p in made for clip in (p.left_clip_id, p.right_clip_id)} == set(clips.clip_ids[10:16])
    assert choose_pairs(clips, asked, "a", 5, DEFAULT, seed=0, among=few[:1]) == []


def test_labels_of_clips_that_are_gone_do_no_harm() -> None:
    clips, _ = table(30)
    asked = [AskedPair("gone", clips.clip_ids[i % 30], "left", "a", "random") for i in range(60)]
    assert len(choose_pairs(clips, asked, "a", 10, DEFAULT, seed=0)) == 10


def test_sides_are_drawn() -> None:
    clips, _ = table(100)
    made = choose_pairs(clips, [], "a", 400, PairSettings(first_random=400), seed=0)
    order = {clip_id: i for i, clip_id in enumerate(clips.clip_ids)}
    share = np.mean([order[p.left_clip_id] < order[p.right_clip_id] for p in made])
    assert share == pytest.approx(0.5, abs=0.08)


def test_the_same_question_gets_the_same_pairs_and_another_seed_others() -> None:
    clips, _ = table(100)

    def ask(seed: int) -> list[ChosenPair]:
        return choose_pairs(clips, [], "a", 12, DEFAULT, seed=seed)

    assert ask(1) == ask(1) != ask(2)


def history(clips: ClipTable, labels: int) -> list[AskedPair]:
    """What two annotators were asked, at random, with every answer and every strategy in it."""
    rng = np.random.default_rng(1)
    asked = []
    for number in range(labels):
        one, other = rng.choice(len(clips), 2, replace=False)
        answer = str(rng.choice(["left", "right", "tie", "skip"], p=[0.45, 0.45, 0.05, 0.05]))
        how = str(rng.choice(["random", "information", "repeat"], p=[0.3, 0.66, 0.04]))
        asked.append(AskedPair(clips.clip_ids[one], clips.clip_ids[other], answer, "ab"[number % 2], how))
    return asked


@pytest.mark.parametrize(
    ("clips", "labels", "mix", "digest"),
    [
        (60, 150, {}, "b08e9ad273aa"),
        (300, 450, {}, "4012d532f711"),
        (300, 300, {"information": "bald"}, "def3c1e63291"),
        (300, 300, {"near_tie_share": 0.5}, "90f05ffc3cca"),
        (1000, 2400, {}, "afed1def172a"),
        (400, 20, {}, "e141438a03f3"),
    ],
)
def test_the_pairs_are_those_that_were_always_chosen(
    clips: int, labels: int, mix: dict[str, object], digest: str
) -> None:
    """Taken before the choice was made quick: of one with a history, and of somebody new among half of the clips."""
    given_settings = PairSettings.model_validate({"information": "d_optimal", "most_per_clip": 6, **mix})
    there = table(clips)[0]
    asked = history(there, labels)
    made = choose_pairs(there, asked, "a", 25, given_settings, seed=7)
    made += choose_pairs(there, asked, "c", 25, given_settings, seed=8, among=there.clip_ids[: clips // 2])
    assert len(made) == 50
    lines = "\n".join(f"{pair.left_clip_id} {pair.right_clip_id} {pair.strategy}" for pair in made)
    assert hashlib.sha256(lines.encode()).hexdigest()[:12] == digest


def test_more_pairs_do_not_look_at_all_earlier_labels_again() -> None:
    """Counted, not timed: how often the two clips of an earlier pair are looked at, while repeats are due."""
    clips, _ = table(400)
    looked = Counter[str]()

    class Watched(AskedPair):
        @property
        def clips(self) -> frozenset[str]:
            looked["pairs"] += 1
            return frozenset((self.left_clip_id, self.right_clip_id))

    asked = [
        Watched(pair.left_clip_id, pair.right_clip_id, pair.answer, pair.annotator, pair.strategy)
        for pair in history(clips, 1500)
    ]
    counts = []
    for pairs in (2, 22):
        looked.clear()
        made = choose_pairs(clips, asked, "a", pairs, PairSettings(repeat_share=0.5), seed=0)
        assert {pair.strategy for pair in made} == {"repeat"}
        counts.append(looked["pairs"])
    assert counts[1] - counts[0] <= 20 * 4


def test_near_ties_are_near() -> None:
    clips, worth = table(100, columns=3)
    row = {clip_id: i for i, clip_id in enumerate(clips.clip_ids)}
    sure = SimulatedAnnotator(name="a", noise=0.05, tie_rate=0.0)
    asked = []
    for pair in choose_pairs(clips, [], "a", 120, PairSettings(first_random=200), seed=0):
        sides = worth[row[pair.left_clip_id]], worth[row[pair.right_clip_id]]
        said = sure.answer(pair.left_clip_id, pair.right_clip_id, *map(float, sides)).answer
        asked.append(AskedPair(pair.left_clip_id, pair.right_clip_id, said, "a", "random"))
    near = PairSettings(near_tie_share=1.0, random_share=0.0, repeat_share=0.0)
    made = choose_pairs(clips, asked, "a", 20, near, seed=0)
    assert {pair.strategy for pair in made} == {"near_tie"}
    gaps = [abs(worth[row[p.left_clip_id]] - worth[row[p.right_clip_id]]) for p in made]
    assert np.mean(gaps) < 0.4  # of random pairs it is 1.1


def test_a_larger_pool_holds_the_smaller_and_grows_when_the_labels_are_there() -> None:
    clips = [f"clip {i}" for i in range(1000)]
    small, large = active_clips(clips, 499, DEFAULT), active_clips(clips, 500, DEFAULT)
    assert (len(small), len(large)) == (200, 400)
    assert large[:200] == small
    assert set(active_clips([*clips, "new"], 0, DEFAULT)) - {"new"} <= set(large)


def test_a_pool_that_has_grown_large_is_weighed_where_clips_were_shown_least() -> None:
    clips, _ = table(1000)
    mix = PairSettings(first_random=0, random_share=0, repeat_share=0)
    pool = active_clips(clips.clip_ids, 1500, mix)
    asked = [AskedPair(pool[k % 300], pool[(k * 7 + 1) % 300], "left", "b", "random") for k in range(1500)]
    made = choose_pairs(clips, asked, "a", 10, mix, seed=0)
    assert {pair.strategy for pair in made} == {"information"}
    assert {clip for p in made for clip in (p.left_clip_id, p.right_clip_id)} <= set(pool[300:])


def test_choosing_loads_no_heavy_library() -> None:
    code = (
        "import sys, engine.preference.choosing as c, engine.preference.settings as s;"
        "print([m for m in ('sklearn', 'torch', 'scipy', 'pandas', 'choix', 'crowdkit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_chosen_pairs_tell_more_than_random_ones() -> None:
    """The benchmark measures how much; here a worth that is linear in many features, 150 labels, a clear lead."""

    def reached(mix: PairSettings, seed: int) -> float:
        clips, worth = table(150, columns=24, seed=seed)
        row = {clip_id: k for k, clip_id in enumerate(clips.clip_ids)}
        who = SimulatedAnnotator(name="a", seed=seed)
        asked: list[AskedPair] = []
        while len(asked) < 150:
            for pair in choose_pairs(clips, asked, "a", 25, mix, seed=seed):
                left, right = row[pair.left_clip_id], row[pair.right_clip_id]
                said = who.answer(pair.left_clip_id, pair.right_clip_id, float(worth[left]), float(worth[right]))
                asked.append(AskedPair(pair.left_clip_id, pair.right_clip_id, said.answer, "a", pair.strategy))
        places = np.array([(row[p.left_clip_id], row[p.right_clip_id]) for p in asked])
        target = np.array([{"left": 1.0, "right": 0.0, "tie": 0.5}[str(p.answer)] for p in asked])
        fit = fit_linear_evidence(clips.values[places[:, 0]] - clips.values[places[:, 1]], target)
        return float(np.corrcoef(clips.values @ fit.weights, worth)[0, 1])

    random = PairSettings(first_random=1000)
    gains = [reached(PairSettings(first_random=25), seed) - reached(random, seed) for seed in range(8)]
    assert np.mean(gains) > 0.02
