"""The two networks of `hand_landmarker.task`, a zip file: read, checked, and made ready on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.errors import EngineError, FormatError
from engine.features.hand.batched.network import Network
from engine.features.hand.batched.tflite_file import read_tflite
from engine.files.unpack import members, open_zip, read_member

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HandNetworks", "load_networks"]

_MAX_NETWORK_BYTES = 64 << 20
_DETECTOR, _LANDMARKS = "hand_detector.tflite", "hand_landmarks_detector.tflite"
_OUTPUTS = {_DETECTOR: [(2016, 18), (2016, 1)], _LANDMARKS: [(63,), (1,), (1,), (63,)]}


@dataclass(frozen=True, slots=True)
class HandNetworks:
    """Palms of a picture, and landmarks of a hand's square; on `device`, computing in `dtype`."""

    detector: Network
    landmarks: Network
    device: torch.device
    dtype: torch.dtype


def load_networks(path: Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> HandNetworks:
    """The networks of a `.task` file. Raises EngineError, with the reason, for any other file."""
    try:
        with open_zip(path) as packed:
            found = {info.filename: info for info in members(packed)}
            missing = [name for name in _OUTPUTS if name not in found]
            if missing:
                raise FormatError(f"{missing[0]} is not in it")
            contents = {name: read_member(packed, found[name], _MAX_NETWORK_BYTES) for name in _OUTPUTS}
        networks = {name: _network(name, content) for name, content in contents.items()}
    except FormatError as error:
        raise EngineError(
            f"The hand model {str(path)!r} can't be used: {error}.",
            remedy="Delete the file, so that it is found or downloaded again, or measure hands with MediaPipe.",
        ) from error
    on = torch.device(device)
    detector, landmarks = (networks[name].to(on, dtype).eval() for name in (_DETECTOR, _LANDMARKS))
    return HandNetworks(detector, landmarks, on, dtype)


def _network(name: str, content: bytes) -> Network:
    try:
        file = read_tflite(content)
        network = Network(file)
    except FormatError as error:
        raise FormatError(f"{name} in it can't be read: {error}") from error
    shapes = [file.shapes[i][1:] for i in file.outputs]
    if shapes != _OUTPUTS[name]:
        raise FormatError(f"{name} in it puts out {shapes}, and not {_OUTPUTS[name]}")
    return network
