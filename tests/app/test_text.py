"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.text import ago, duration, plural, size, timecode


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (3600, "1 h"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(3.5, "0:03.50"), (62, "1:02.00"), (3723.5, "1:02:03.50")])
def test_timecode(seconds: float, said: str) -> None:
    assert timecode(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(812, "812 B"), (3_400_000, "3.4 MB"), (340_000_000, "340 MB"), (2.5e12, "2.5 TB")]
)
def test_size(count: float, said: str) -> None:
    assert size(count) == said


def test_plural() -> None:
    assert (plural(1, "clip"), plural(1200, "clip"), plural(2, "batch", "batches")) == (
        "1 clip",
        "1,200 clips",
        "2 batches",
    )


def test_ago() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert ago(now - timedelta(seconds=5), now) == "just now"
    assert ago(now - timedelta(minutes=5), now) == "5 min ago"
    assert ago(now - timedelta(hours=5), now) == "5 h ago"
    assert "2026" in ago(now - timedelta(days=5), now)
