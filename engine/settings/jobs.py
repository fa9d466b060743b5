"""jobs.yaml: how background work is run."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from engine.settings_model import SettingsModel

__all__ = ["DeviceSettings", "ExecutorSettings", "JobSettings", "RuntimeSettings"]

USUAL_STREAMS = 8

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")


class RuntimeSettings(SettingsModel):
    """Worker processes and their limits."""

    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        title="Worker processes",
        description="How many processes share a job; 0 means as many as keep the cores busy and fit into the free "
        "memory: for an extraction two for three cores, and 2 GB each. The cores are shared out among them.",
    )
    stall_timeout_s: float = Field(
        default=300.0,
        ge=1.0,
        le=86_400.0,
        title="Time limit without progress (s)",
        description="An item that reports no progress for this long is given up, and its worker restarted.",
    )
    heartbeat_timeout_s: float = Field(
        default=30.0,
        ge=3.0,
        le=3_600.0,
        title="Time limit without a sign of life (s)",
        description="A worker that says nothing at all for this long is restarted.",
    )
    tries: int = Field(
        default=2,
        ge=1,
        le=5,
        title="Tries for an item that ends its worker",
        description="After this many worker deaths an item is recorded as failed and left alone.",
    )


class DeviceSettings(SettingsModel):
    """What models run on. It changes numbers by rounding only."""

    device: str = Field(
        default="auto",
        title="Device",
        description="What clips are measured on and validations compute on. auto: NVIDIA's cards where there are any, "
        "else the CPU; cuda:1 is the second card alone. A validation that finds its memory full goes on in smaller "
        "pieces, and on the CPU in the end.",
    )
    streams: int = Field(
        default=0,
        ge=0,
        le=64,
        title="Videos at once on a card",
        description="How many videos one worker decodes and measures at the same time; 0 means 8.",
    )

    @field_validator("device")
    @classmethod
    def _known_device(cls, given: str) -> str:
        if not _DEVICE.fullmatch(given):
            raise PydanticCustomError(
                "device", "must be auto, cpu, mps, cuda or, of several cards, cuda:0, cuda:1 and so on"
            )
        return given

    @property
    def stream_count(self) -> int:
        """How many videos a worker with a card of its own reads at the same time."""
        # Measured on an H100: one stream decodes a fifth of what eight do, and the card's decoders are full then.
        return self.streams or USUAL_STREAMS


class ExecutorSettings(SettingsModel):
    """Where jobs run: on this machine, or in a Ray cluster."""

    kind: Literal["local", "ray"] = Field(
        default="local",
        title="Executor",
        description="local: worker processes on this machine. ray: a Ray cluster takes imports, pictures, previews, "
        "shots, extraction, cutting, samples and validations; the rest runs here, and its history says so. It needs "
        "the extra `ray`.",
    )
    address: str = Field(
        default="auto",
        min_length=1,
        max_length=300,
        title="Address of the cluster",
        description="HOST:PORT of its head; auto: the cluster that this machine is a node of; local: one that is "
        "started here for each job.",
    )
    cpus: float = Field(
        default=1.0,
        ge=0.25,
        le=1024.0,
        title="CPUs a part",
        description="What the cluster sets aside for each part, which may use as many threads.",
    )
    gpus: float = Field(
        default=0.0,
        ge=0.0,
        le=64.0,
        title="GPUs a part",
        description="0 keeps parts off the cards; with 0.5 two parts share one.",
    )
    parts: int = Field(
        default=0,
        ge=0,
        le=100_000,
        title="Parts of a job",
        description="Into how many parts a job is split; 0: four for each place that the cluster has. With a lost "
        "node, small parts lose less; each part loads its models once.",
    )

    @staticmethod
    def cluster_at(address: str) -> str:
        """The cluster at an address, in words."""
        known = {"auto": "the Ray cluster of this machine", "local": "a Ray cluster of its own on this machine"}
        return known.get(address, f"the Ray cluster at {address}")

    @property
    def part_size(self) -> str:
        """What the cluster sets aside for a part, in words."""
        cpus = f"{self.cpus:g} CPU{'s' if self.cpus != 1 else ''}"
        return f"{cpus} and {self.gpus:g} GPU{'s' if self.gpus != 1 else ''}" if self.gpus else cpus


class JobSettings(SettingsModel):
    """How background work is run."""

    runtime: RuntimeSettings = Field(default_factory=RuntimeSettings, title="Workers")
    compute: DeviceSettings = Field(default_factory=DeviceSettings, title="Device")
    executor: ExecutorSettings = Field(default_factory=ExecutorSettings, title="Cluster")
