"""Windows are half-open, forgive rounding, and refuse nonsense."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.video.windows import Window, total_s, union


@pytest.mark.parametrize(("start_s", "end_s"), [(1, 1), (2, 1), (-0.1, 1), (0, float("inf")), (float("nan"), 1)])
def test_nonsense_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(start_s, end_s)


def test_the_start_belongs_and_the_end_does_not() -> None:
    window = Window(1, 2)
    assert window.contains(1)
    assert window.contains(1 - 5e-7), "rounding is forgiven"
    assert not window.contains(2)
    assert not window.contains(2 - 5e-7)
    assert window.duration_s == 1


def test_union_joins_what_touches() -> None:
    assert union([Window(3, 4), Window(0, 1), Window(1, 2), Window(0.5, 0.7)]) == [Window(0, 2), Window(3, 4)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)).map(lambda w: Window(w[0], w[0] + w[1]))))
def test_a_union_covers_the_same_time_once(windows: list[Window]) -> None:
    merged = union(windows)
    covered = {s for w in windows for s in range(int(w.start_s), int(w.end_s))}
    assert {s for w in merged for s in range(int(w.start_s), int(w.end_s))} == covered
    assert total_s(windows) == len(covered)
    assert all(a.end_s < b.start_s for a, b in pairwise(merged))


def test_windows_and_types_load_no_heavy_library() -> None:
    code = """
import sys, engine.video, engine.video.types, engine.video.windows, engine.video.schedule, engine.video.reader
print(*{'av', 'cv2', 'scenedetect'} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
