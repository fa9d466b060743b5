"""How long work will still take, as a range, and only while past predictions agree with what came: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FACTOR", "TimeLeft", "TimeRange"]

FACTOR = 1.4
"""A prediction counts as borne out while hindsight gives at most this many times as long, or as short."""
MIN_WATCHED_S = 8.0
"""Nothing is predicted before work was watched for so long."""
MIN_SHARE = 0.02
"""Nothing is predicted before this share of the work was seen to be done."""
MIN_PREDICTIONS = 4
STEP_S = 1.0
"""Progress is looked at this often."""
MOST_SAMPLES = 240
"""When more were kept, every second one goes: an hour needs no finer steps than fifteen seconds."""
WIDEST = 1.15
"""A range spans at least this factor each way: the past is never that sure a guide."""


@dataclass(frozen=True)
class TimeRange:
    """The time that is left, between two bounds in seconds."""

    low_s: float
    high_s: float


@dataclass(frozen=True)
class _Sample:
    at_s: float
    share: float
    left_s: float | None
    """What was predicted then; None where nothing could be."""


class TimeLeft:
    """Watches the share of some work that is done, and predicts its end while it goes on steadily.

    The rate is that of the second half of what was watched. A range is given only while every prediction made in that
    half agrees, within `FACTOR`, with what is predicted now: so what is shown never leaps.
    """

    def __init__(self) -> None:
        self._samples: list[_Sample] = []

    def saw(self, now_s: float, share: float) -> None:
        """Note that `share`, in [0, 1], was done at `now_s`."""
        last = self._samples[-1] if self._samples else None
        if last is not None and share < last.share:
            self._samples.clear()  # begun again, by a worker in place of one that died
        elif last is not None and now_s - last.at_s < STEP_S:
            return
        self._samples.append(_Sample(now_s, share, self._predicted(now_s, share)))
        if len(self._samples) > MOST_SAMPLES:
            del self._samples[1:-1:2]

    def left(self) -> TimeRange | None:
        """The time left since the last `saw`; None where there is no telling."""
        now = self._samples[-1] if self._samples else None
        if now is None or now.left_s is None:
            return None
        past = [sample for sample in self._second_half(now.at_s) if sample is not now]
        if len(past) < MIN_PREDICTIONS:
            return None
        spread = WIDEST
        for sample in past:
            if sample.left_s is None:
                return None
            hindsight_s = now.left_s + now.at_s - sample.at_s
            spread = max(spread, sample.left_s / hindsight_s, hindsight_s / sample.left_s)
        if spread > FACTOR:
            return None
        return TimeRange(now.left_s / spread, now.left_s * spread)

    def _second_half(self, now_s: float) -> list[_Sample]:
        middle_s = (self._samples[0].at_s + now_s) / 2
        return [sample for sample in self._samples if sample.at_s >= middle_s]

    def _predicted(self, now_s: float, share: float) -> float | None:
        if not self._samples or now_s - self._samples[0].at_s < MIN_WATCHED_S:
            return None
        if share - self._samples[0].share < MIN_SHARE or share >= 1.0:
            return None
        middle = self._second_half(now_s)
        since = middle[0] if middle else self._samples[-1]
        if share <= since.share or now_s <= since.at_s:
            return None  # nothing has moved for half of the time
        return (1.0 - share) * (now_s - since.at_s) / (share - since.share)
