"""A decoded frame that is converted to arrays or tensors on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.video.convert import is_on_card

if TYPE_CHECKING:
    from torch import Tensor

    from engine.video.convert import Converter
    from engine.video.types import Color, Image, ReadStats

__all__ = ["DecodedPicture"]


class DecodedPicture:
    """A decoded frame, converted once for each requested size and colour."""

    __slots__ = ("_converter", "_device", "_images", "_stats", "_tensors", "frame", "t_s")

    def __init__(self, frame: Any, t_s: float, converter: Converter, stats: ReadStats, device: str = "cpu") -> None:
        self.frame = frame
        self.t_s = t_s
        self._converter, self._device = converter, device
        self._stats = stats
        self._images: dict[tuple[int | None, Color], Image] = {}
        self._tensors: dict[tuple[int | None, Color], Tensor] = {}

    def image(self, short_side_px: int | None, color: Color) -> Image:
        """The frame as an upright, read-only array; cached, so a second call returns the same one."""
        key = (short_side_px, color)
        image = self._images.get(key)
        if image is None:
            image = self._images[key] = self._image(short_side_px, color)
        return image

    def tensor(self, short_side_px: int | None, color: Color) -> Tensor:
        """The frame as an upright tensor on the device; cached likewise."""
        key = (short_side_px, color)
        tensor = self._tensors.get(key)
        if tensor is None:
            from engine.video.on_device import tensor_of  # loads torch

            tensor = tensor_of(self.frame, self._converter, short_side_px, color, self._device)
            self._tensors[key] = tensor
            self._stats.conversions += 1
        return tensor

    def _image(self, short_side_px: int | None, color: Color) -> Image:
        if is_on_card(self.frame):
            image: Image = self.tensor(short_side_px, color).cpu().numpy()
            image.flags.writeable = False
            return image
        self._stats.conversions += 1
        return self._converter.image(self.frame, short_side_px, color)
