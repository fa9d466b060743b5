"""Hidden quality and usefulness tell purposeful clips from one another, as a careful person and a learner would."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.sample.quality import content, instruction
from engine.sample.render import render_truth
from engine.sample.script import episode, sample_scripts, single
from engine.sample.work import Action, Contact, Transport, Work


def transport(way_m: float) -> Transport:
    return Transport(
        hand="left", item=0, thing="mug", start_s=0.9, end_s=1.6, from_m=(0, 0, 0), to_m=(way_m, 0, 0), way_m=way_m
    )


def action(**changes: object) -> Action:
    """A plain transport over 25 cm, with changes."""
    plain: dict[str, object] = {
        "task": "place",
        "outcome": "done",
        "hands": ("left",),
        "transports": (transport(0.25),),
        "contacts": (Contact(hand="left", item=0, thing="mug", start_s=0.8, end_s=1.7),),
        "grasps_tried": 1,
        "reach_m": 0.3,
        "busy_s": 2.4,
        "pace": 1.0,
    }
    return Action(**{**plain, **changes})  # type: ignore[arg-type]


def test_the_formula_gives_what_its_docstring_says() -> None:
    much = 0.5 * (1 - 2 ** (-0.25 / 0.2))
    assert content(action(), 3.0) == pytest.approx(0.70 + much + 0.35 * 0.75 + 0.45 * 0.3)
    amount = 0.45 + 0.65 * (1 - 2**-2.5) + 0.35 * 0.75
    assert instruction(action()) == pytest.approx(1 - np.exp(-amount))
    assert instruction(action()) == pytest.approx(0.7, abs=0.03)


def test_a_careful_person_prefers_complete_rich_well_paced_work() -> None:
    slipped = {"grasps_tried": 2, "grasps_failed": 1}
    failed = {**slipped, "grasps_tried": 1, "outcome": "failed", "transports": (), "contacts": ()}
    ladder = [
        action(**failed),
        action(outcome="returned"),
        action(transports=(transport(0.03),), reach_m=0.1),
        action(**slipped),
        action(),
        action(transports=(transport(0.25), transport(0.25))),
    ]
    qualities = [content(step, 3.0) for step in ladder]
    assert qualities[0] == min(qualities)
    assert qualities[-1] == max(qualities)
    assert all(q < qualities[4] for q in qualities[:4])
    assert content(action(hands=("left", "right")), 3.0) > qualities[4]
    for hurried, usual in pairwise((3.0, 2.0, 1.0)):
        assert content(action(pace=hurried), 3.0) < content(action(pace=usual), 3.0)
    assert content(action(pace=0.5), 3.0) == pytest.approx(content(action(pace=2.0), 3.0))


def test_usefulness_counts_grasps_that_hold_transports_reaches_and_strokes() -> None:
    plain = instruction(action())
    assert instruction(action(transports=(transport(0.25), transport(0.25)), grasps_tried=2)) > plain
    assert instruction(action(transports=(transport(0.03),))) < plain
    assert instruction(action(reach_m=0.05)) < plain
    assert instruction(action(grasps_tried=2, grasps_failed=1)) < plain
    assert instruction(action(outcome="returned")) == pytest.approx(0.6 * plain)
    assert instruction(action(strokes=3)) > plain
    failed = action(outcome="failed", transports=(), contacts=(), grasps_failed=1)
    assert instruction(failed) < 0.15
    assert instruction(action(outcome="failed", transports=(), grasps_failed=9, grasps_tried=9, reach_m=0)) == 0.0


def test_pace_alone_leaves_usefulness() -> None:
    assert instruction(action(pace=2.0)) == instruction(action())


def test_a_clip_of_more_work_is_better_and_more_useful() -> None:
    def clip(**work: object) -> tuple[float, float]:
        outcome = "failed" if work.get("failed_grasps") else "done"
        parts = episode("purposeful", outcome=outcome, work=Work(**work))  # type: ignore[arg-type]
        found = render_truth(single(parts, fps=4)).clips[0]
        return found.quality, found.usefulness

    failed, nudged, placed = clip(failed_grasps=1), clip(travel=0.15), clip()
    assert failed[0] + 0.8 < placed[0]
    assert failed[1] < nudged[1] < placed[1]
    assert nudged[0] < placed[0]


def test_a_fair_share_of_the_quality_lies_within_purposeful_clips() -> None:
    """Of the variance of quality without looks, before: 4 %."""
    clips = [c for s in sample_scripts(12, seed=5, width=160, height=90, fps=3) for c in render_truth(s).clips]
    did = [c for c in clips if c.action.task is not None]
    shown = np.array([content(c.action, c.end_s - c.start_s) for c in did])
    assert shown.std() > 0.5
    taught = np.array([instruction(c.action) for c in did])
    assert taught.std() > 0.15
    assert np.quantile(taught, 0.9) - np.quantile(taught, 0.1) > 0.4
