"""What a machine gives extractors to work with: model files, the device, threads. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.runtime.machine import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Resources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Resources of the machine. None of them changes a result by more than rounding."""

    weights_folders: tuple[Path, ...] = ()
    """Where model files are looked for first: the workspace's, then the cache."""
    download: bool = True
    """Whether model files may be fetched."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:1` or `mps`."""
    frames_on_device: bool | None = None
    """Whether extractors take frames as tensors on the device where they can; None: on NVIDIA's cards only."""
    streams: int = 1
    """How many videos are read at the same time where frames go to a device."""
    say: Callable[[str], None] = field(default=lambda _note: None, compare=False)
    """Reports slow preparation, such as the progress of a model's download."""
    threads: int = field(default_factory=lambda: max(1, usable_cores() // 2))
    """Threads of a model on the CPU, and of the decoder. One of several workers gets its share of the cores instead."""
