"""The video decoder of a graphics card: whether there is one that can be used, and PyAV's settings for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import av
import av.error
from av.codec.hwaccel import HWAccel, hwdevices_available

__all__ = ["card_decoder", "why_no_card_decoder"]

_USUAL_CODEC = "h264"


def card_decoder(device: str) -> HWAccel | None:
    """PyAV's settings for the decoder of `cuda` or `cuda:1`; None for other devices, and where it can't be used.

    Its frames stay in the card's memory. Streams that it can't decode are decoded by the CPU.
    """
    return None if why_no_card_decoder(device) else _settings(device)


@lru_cache(maxsize=16)
def why_no_card_decoder(device: str) -> str:
    """Why videos are decoded by the CPU on this device, as a sentence; empty where the card decodes them."""
    if device.partition(":")[0] != "cuda":
        return f"The device is {device}: only NVIDIA's cards decode videos."
    if "cuda" not in hwdevices_available():
        return "The FFmpeg inside PyAV was built without NVIDIA's decoder."
    try:
        _settings(device).create(av.Codec(_USUAL_CODEC, "r"))
    except (av.error.FFmpegError, NotImplementedError, OSError) as error:
        return f"The card's decoder can't be used ({error}): is NVIDIA's driver there, with its video libraries?"
    return ""


def _settings(device: str) -> Any:
    number = device.partition(":")[2] or "0"
    return HWAccel("cuda", device=number, is_hw_owned=True, allow_software_fallback=True)
