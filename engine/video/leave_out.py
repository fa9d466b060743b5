"""Spares the decoder pictures that nobody wants and no other refers to, and threads that cost more than they save."""

from __future__ import annotations

import math
from typing import Any, Literal

__all__ = ["LeaveOut", "LeavingOut"]

LeaveOut = Literal["nothing", "unwanted", "unreferenced"]
"""Which of the pictures that no other refers to are not decoded: none, those that nobody wants, or all of them.

Damage in pictures left out is not noticed.
"""

_NEVER_REFERRED_TO = frozenset({"h264", "mpeg1video", "mpeg2video", "mpeg4"})
"""Codecs in which no picture uses one that is marked so, whatever the encoder. (In HEVC, higher layers may.)"""
THREADS_PAY_PX = 500_000
"""Smaller pictures decode so fast that handing them between threads costs half as much again (measured at 360 px)."""


class LeavingOut:
    """Sets up one stream's decoder, and tells it before each packet whether to skip what no other picture refers to.

    What is decoded stays the same to the last bit, unless all that is `unreferenced` is left out: then deblocking is
    skipped too, which costs the others a little sharpness at the edges of blocks.
    """

    def __init__(self, stream: Any, leave_out: LeaveOut, *, is_timed: bool, on_card: bool, threads: int = 0) -> None:
        """`is_timed`: packets carry the times of their pictures; without, every picture is needed for counting.

        `threads` for large pictures; 0: as many as there are cores.
        """
        self._codec = stream.codec_context
        self._skips: LeaveOut = "nothing"
        if on_card:
            # Threads that decode frames ahead would each hold pictures of the card's, which has few to lend.
            stream.thread_type = "SLICE"
            self._codec.thread_count = threads
            return
        stream.thread_type = "AUTO"
        self._codec.thread_count = 1 if 0 < stream.width * stream.height < THREADS_PAY_PX else threads
        if is_timed and leave_out == "unreferenced":
            self._skips = leave_out
            self._codec.options = {"skip_loop_filter": "all"}
        elif is_timed and leave_out == "unwanted" and self._codec.name in _NEVER_REFERRED_TO:
            self._skips = leave_out

    def before_packet(self, at: int | None, wanted: float) -> None:
        """The next packet is shown at tick `at`, where that is known; nobody asks for pictures before `wanted`.

        Before anybody has asked for a picture, none is left out: times are counted from the first that is shown.
        """
        if self._skips == "unreferenced":
            self._codec.skip_frame = "NONREF" if wanted > -math.inf else "DEFAULT"
        elif self._skips == "unwanted":
            self._codec.skip_frame = "NONREF" if at is not None and at < wanted else "DEFAULT"
