"""What the app and the process that holds the cluster's connection say to one another: one JSON object a line."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["ClusterFacts", "DriverCommand", "DriverReply", "DriverStart", "Refusal"]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DriverStart(_Line):
    """The first line to the driver: which cluster, what a part gets of it, and what its nodes must have."""

    address: str
    cpus: float = 1.0
    gpus: float = 0.0
    part_size: str = ""
    """The same two in words."""
    step: str = ""
    """`module:class` of the step; empty where nothing is going to run, and only the cluster's size is asked for."""
    settings: dict[str, JsonValue] = {}
    files: tuple[str, ...] = ()


class DriverCommand(_Line):
    """What is to happen with the part in a folder."""

    do: Literal["start", "cancel", "kill"]
    part: str


class ClusterFacts(_Line):
    """How large a cluster is: nodes that a part fits on, and what all nodes have."""

    address: str
    nodes: int
    fitting: int
    """Nodes that have as many CPUs and GPUs as a part asks for."""
    cpus: float
    gpus: float
    places: int
    """How many parts run at the same time."""

    def __str__(self) -> str:
        nodes = "1 node" if self.nodes == 1 else f"{self.nodes} nodes"
        cpus = "1 CPU" if self.cpus == 1 else f"{self.cpus:g} CPUs"
        gpus = "no GPU" if not self.gpus else "1 GPU" if self.gpus == 1 else f"{self.gpus:g} GPUs"
        return f"{nodes}, {cpus} and {gpus}"


class Refusal(_Line):
    """Why nothing can run in the cluster, and what to do about it."""

    message: str
    remedy: str = ""


class DriverReply(_Line):
    """One thing that the driver says: the cluster is ready or refused, or something about the part in a folder."""

    ready: ClusterFacts | None = None
    refused: Refusal | None = None
    part: str = ""
    message: str = ""
    """A message of the part as a line (`engine/runtime/messages.py`)."""
    ended: str | None = None
    """Why the part's process is gone; empty where it ended by itself."""
    machine_lost: bool = False
