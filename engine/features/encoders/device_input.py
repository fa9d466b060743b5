"""Turns a picture on a device into a model's input there, as Pillow and torchvision do on the CPU, within rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DeviceInput"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInput:
    """The short side scaled to `side_px`, the middle square cut out, its colours normalised."""

    side_px: int
    interpolation: Literal["bicubic", "bilinear"]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def of(self, picture: Tensor) -> Tensor:
        """The input `(3, side_px, side_px) float32` of an RGB picture `(height, width, 3) uint8`."""
        import torch
        from torch.nn.functional import interpolate

        height, width = picture.shape[:2]
        side, short = self.side_px, min(height, width)
        size = (side * height // short, side * width // short)
        with torch.inference_mode():
            levels = picture.permute(2, 0, 1)[None].float()
            # One axis after the other and rounded to whole levels after each, as Pillow does it.
            for step in ((height, size[1]), size):
                if step != tuple(levels.shape[2:]):
                    levels = interpolate(levels, step, mode=self.interpolation, antialias=True).round().clamp(0, 255)
            top, left = round((size[0] - side) / 2), round((size[1] - side) / 2)
            middle = levels[0, :, top : top + side, left : left + side] / 255
            mean, deviation = (_channels(values, str(picture.device)) for values in (self.mean, self.deviation))
            return (middle - mean) / deviation


@lru_cache(maxsize=16)
def _channels(values: tuple[float, ...], device: str) -> Tensor:
    """A number a channel on the device. Kept, because a copy there waits until the device has nothing else to do."""
    import torch

    return torch.tensor(values, device=device).view(3, 1, 1)
