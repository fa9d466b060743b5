"""Scripts depend on seed and index alone, differ by source, and reach every kind of clip."""

from __future__ import annotations

import numpy as np
import pytest

from engine.sample.render import render_truth
from engine.sample.script import episode, sample_scripts, single
from engine.sample.types import KINDS, Degradation, Episode, VideoScript


def test_a_video_does_not_depend_on_how_many_there_are() -> None:
    assert sample_scripts(5, seed=3) == sample_scripts(12, seed=3)[:5]


def test_another_seed_gives_another_set() -> None:
    assert sample_scripts(3, seed=0)[0].person != sample_scripts(3, seed=1)[0].person


def test_sources_differ_in_person_and_place() -> None:
    scripts = sample_scripts(12)
    assert len({s.person for s in scripts}) == 12
    assert {s.scene.surface for s in scripts} == {"wood", "stone", "mat", "cloth", "laminate"}
    assert len({round(s.person.skin[0], 1) for s in scripts}) >= 4


def test_a_large_set_has_every_kind_and_every_degradation() -> None:
    episodes = [e for s in sample_scripts(40) for e in s.episodes]
    shares = {k: sum(e.kind == k for e in episodes) / len(episodes) for k in KINDS}
    assert min(shares.values()) > 0.04
    assert 0.4 < shares["purposeful"] < 0.6
    spoilt = [e.degradation.as_dict() for e in episodes]
    assert all(any(d[name] > 0.3 for d in spoilt) for name in spoilt[0])


def test_looks_and_usefulness_disagree_in_a_fair_share_of_clips() -> None:
    clips = [c for s in sample_scripts(12, width=160, height=90, fps=4) for c in render_truth(s).clips]
    quality = np.array([c.quality for c in clips])
    useful = np.array([c.useful for c in clips])
    better_half = quality > np.median(quality)
    assert 0.08 < np.mean(better_half != useful) < 0.45
    assert np.mean(quality[useful]) > np.mean(quality[~useful]) + 0.8
    assert any(c.kind == "idle" and c.quality > np.quantile(quality, 0.3) for c in clips)


def test_dials_move_quality_down_and_usefulness_only_where_they_hide_the_action() -> None:
    def clip(**dials: float) -> tuple[float, float]:
        c = render_truth(single(episode("purposeful", **dials), fps=4)).clips[0]
        return c.quality, c.usefulness

    clean = clip()
    for dial in (
        "defocus_px",
        "flicker_ev",
        "shake_px",
        "compression",
        "frozen_share",
        "dropped_share",
        "shutter_share",
    ):
        assert clip(**{dial: 0.9})[0] < clean[0], dial
    dark = clip(exposure_ev=-1.2)
    assert dark[0] < clean[0] - 0.2
    assert dark[1] == pytest.approx(clean[1], abs=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Degradation(defocus_px=-1), "defocus_px is -1"),
        (lambda: Degradation(frozen_share=1.5), "frozen_share is 1.5"),
        (lambda: Episode("juggling"), "'juggling' is no kind"),
        (lambda: Episode("idle", 0), "more than 0 s"),
        (lambda: VideoScript(name="x", seed=0, index=0, episodes=()), "has no episodes"),
        (lambda: single(width=33), "even-sized"),
    ],
)
def test_wrong_scripts_are_refused_with_the_value(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
