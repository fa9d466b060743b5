"""Repeats and overlaps, against the definition applied to every pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.windows import overlaps, repeats

times = st.integers(0, 40).map(lambda tenths: tenths / 10)
windows = st.lists(
    st.tuples(st.sampled_from("ab"), times, st.integers(1, 20)).map(lambda w: (w[0], w[1], w[1] + w[2] / 10)),
    max_size=12,
)


def share(one: tuple[str, float, float], other: tuple[str, float, float]) -> float:
    both = min(one[2], other[2]) - max(one[1], other[1])
    return max(0.0, both) / min(one[2] - one[1], other[2] - other[1])


@given(windows, st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_a_window_is_named_where_any_earlier_one_shares_more_than_the_limit(
    found: list[tuple[str, float, float]], limit: float
) -> None:
    limit += 1e-6  # no share of whole tenths lies exactly there, where rounding would decide
    keys = np.array(["ab".index(w[0]) for w in found], int)
    again = overlaps(keys, np.array([w[1] for w in found], float), np.array([w[2] for w in found], float), limit)
    others = zip(again.other.tolist(), again.share.tolist(), strict=True)
    named = dict(zip(again.place.tolist(), others, strict=True))
    order = sorted(range(len(found)), key=lambda k: (found[k][0], found[k][1], -found[k][2]))
    expected = {
        place
        for at, place in enumerate(order)
        if any(found[o][0] == found[place][0] and share(found[o], found[place]) > limit for o in order[:at])
    }
    assert set(named) == expected
    for place, (other, stated) in named.items():
        assert found[other][0] == found[place][0]
        assert stated == share(found[other], found[place]) > limit


@given(windows, st.sampled_from([0.0, 0.1, 0.5]))
def test_a_repeat_is_within_the_tolerance_of_the_one_that_it_names(
    found: list[tuple[str, float, float]], tolerance_s: float
) -> None:
    named = repeats([w[0] for w in found], [w[1] for w in found], [w[2] for w in found], tolerance_s)
    for place, other in named.items():
        assert other < place
        assert found[other][0] == found[place][0]
        assert abs(found[other][1] - found[place][1]) <= tolerance_s
        assert abs(found[other][2] - found[place][2]) <= tolerance_s
    seen: set[tuple[str, float, float]] = set()
    for place, window in enumerate(found):
        assert (place in named) or window not in seen, "the very same window is always named"
        seen.add(window)


def test_a_hundred_thousand_windows_over_one_another_take_no_quadratic_time() -> None:
    """One comparison for each pair would take hours: the test would run into its time limit."""
    count = 100_000
    starts, ends = [0.0] * count, [10.0 + place / count for place in range(count)]
    assert len(overlaps(np.zeros(count, int), np.array(starts), np.array(ends), 0.5).place) == count - 1
    assert len(repeats(["v"] * count, starts, ends, 2.0)) == count - 1
