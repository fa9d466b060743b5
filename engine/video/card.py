"""The video decoder of a graphics card ("the card"): whether it can be used, and PyAV's settings for it.

FFmpeg and torch share the card's main context. FFmpeg wants it with a setting that torch does not make, and refuses one
that is in use without it: so the decoder must be opened before torch first uses the card. `hold_card` does that, and
keeps the context for the life of the process. Where torch came first, FFmpeg can take the context of the thread.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import av
import av.error
from av.codec.hwaccel import HWAccel, hwdevices_available

__all__ = ["card_decoder", "hold_card", "why_no_card_decoder"]

_USUAL_CODEC = "h264"
Options = dict[str, object]
_MAIN_CONTEXT: Options = {}
"""PyAV asks for the card's main context by itself where frames are to stay on the card."""
_THREADS_CONTEXT: Options = {"primary_ctx": "0", "current_ctx": "1"}
_held: list[Any] = []


def hold_card(device: str) -> None:
    """Open the decoder of `cuda` or `cuda:1` for good. Called before torch uses the card; nothing for other devices."""
    _way(device)


def card_decoder(device: str) -> HWAccel | None:
    """PyAV's settings for the decoder of `cuda` or `cuda:1`; None for other devices, and where it can't be used.

    For files that this thread opens. Frames stay in the card's memory. Streams that it can't decode are decoded by the
    CPU.
    """
    options, _ = _way(device)
    if options is None:
        return None
    if options is _THREADS_CONTEXT:
        _make_context_current(device)
    return _settings(device, options)


def why_no_card_decoder(device: str) -> str:
    """Why videos are decoded by the CPU on this device, as a sentence; empty where the card decodes them."""
    return _way(device)[1]


@lru_cache(maxsize=16)
def _way(device: str) -> tuple[Options | None, str]:
    """The options with which FFmpeg opens the card; None and the reason where it can't."""
    if device.partition(":")[0] != "cuda":
        return None, f"The device is {device}: only NVIDIA's cards decode videos."
    if "cuda" not in hwdevices_available():
        return None, "The FFmpeg inside PyAV was built without NVIDIA's decoder."
    reason = ""
    for options in (_MAIN_CONTEXT, _THREADS_CONTEXT):
        try:
            if options is _THREADS_CONTEXT:
                _make_context_current(device)
            _held.append(_settings(device, options).create(av.Codec(_USUAL_CODEC, "r")))
        except (av.error.FFmpegError, NotImplementedError, OSError, RuntimeError, AssertionError) as error:
            reason = reason or str(error)
        else:
            return options, ""
    return None, f"The card's decoder can't be used ({reason}): is NVIDIA's driver there, with its video libraries?"


def _make_context_current(device: str) -> None:
    """Give this thread the context of torch."""
    import torch

    torch.cuda.set_device(device)
    torch.empty(1, device=device)


def _settings(device: str, options: Options) -> HWAccel:
    number = device.partition(":")[2] or "0"
    return HWAccel("cuda", device=number, is_hw_owned=True, allow_software_fallback=True, options=options)
