"""Finding and joining a Ray cluster, in the process that holds the connection; and its nodes, as they are now."""

from __future__ import annotations

import os
import socket
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cluster.lines import ClusterFacts
from engine.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Node", "facts_of", "head_silence", "join", "nodes"]

AUTO, LOCAL = "auto", "local"
_REACH_TIMEOUT_S = 5.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOW = (
    "Name another address in the settings of jobs (`executor.address`) or with --address, or use the executor `local`."
)


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node that is alive."""

    node_id: str
    name: str
    """For a person; unique in the cluster."""
    cpus: float
    gpus: float

    def places(self, cpus: float, gpus: float) -> int:
        """How many parts fit on it at the same time."""
        by_cpus = self.cpus // cpus if cpus else float("inf")
        by_gpus = self.gpus // gpus if gpus else float("inf")
        return int(min(by_cpus, by_gpus, 10_000))


def join(address: str) -> str:
    """Join the cluster at `address`: `host:port` of its head, `auto` for the one that this machine is a node of, or
    `local` for one that is started here and ends with this process. Returns the address in use.

    Raises `JobError` that says why there is none.
    """
    # Ray reports usage statistics to its makers unless it is told not to; before it loads.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address.startswith("ray://"):
        raise JobError(
            f"{address} is the port of Ray's client, which can't stream results",
            remedy="Run Handpicked on a machine of the cluster, and give the head's own address as HOST:PORT, or auto.",
        )
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "namespace": "handpicked"}
    if address == LOCAL:
        _stay_on_loopback()
        options |= {"include_dashboard": False}
    else:
        address = _found() if address in (AUTO, "") else address
        if _answers(address):
            _stay_on_loopback()
    import ray

    try:
        ray.init(address=address, **options)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise JobError(f"the Ray cluster at {address} can't be joined: {first}", remedy=HOW) from error
    return address


def _found() -> str:
    """The address of the cluster that this machine belongs to, as Ray keeps it."""
    kept = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray" / "ray_current_cluster"
    address = os.environ.get("RAY_ADDRESS", "")
    if not address and kept.is_file():
        address = kept.read_text(encoding="utf-8", errors="replace").strip()
    if not address:
        raise JobError(
            "no Ray cluster runs on this machine",
            remedy="`ray start --head --node-ip-address=127.0.0.1` starts one, `ray start --address=HOST:PORT` makes "
            f"this machine a node of another. {HOW}",
        )
    return address


def _answers(address: str) -> bool:
    """Whether the head answers on the loopback interface alone. Raises `JobError` where nothing answers.

    Ray itself tries for more than a minute, and reads a loopback address as that of this machine in its network.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise JobError(f"{address!r} is no address of a Ray cluster", remedy="Give HOST:PORT, auto or local.")
    own = _own_address()
    if host in _LOOPBACK and own and not _why_silent(own, int(port)):
        return False
    why = _why_silent(host, int(port))
    if why:
        raise JobError(f"no Ray cluster answers at {address} ({why})", remedy=f"`ray status` says more. {HOW}")
    return host in _LOOPBACK


def head_silence(address: str) -> str:
    """Why the head does not answer now; empty where it does, or where this process is the head's own."""
    host, _, port = address.rpartition(":")
    return _why_silent(host.strip("[]"), int(port)) if port.isdecimal() else ""


def _own_address() -> str:
    """This machine's address in its network; empty where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is set aside for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def _why_silent(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), _REACH_TIMEOUT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _stay_on_loopback() -> None:
    # Ray's own switch for machines that should not open ports to their network, whatever its name says.
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"


def nodes() -> list[Node]:
    """The nodes that are alive. Raises what Ray raises where its head is gone."""
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    names = Counter(node["NodeManagerHostname"] for node in alive)
    return [
        Node(
            node_id=node["NodeID"],
            name=_name(node["NodeManagerHostname"], node["NodeID"], unique=names[node["NodeManagerHostname"]] == 1),
            cpus=float(node["Resources"].get("CPU", 0)),
            gpus=float(node["Resources"].get("GPU", 0)),
        )
        for node in alive
    ]


def _name(host: str, node_id: str, *, unique: bool) -> str:
    return f"node {host}" if unique else f"node {host} ({node_id[:8]})"


def facts_of(address: str, found: Sequence[Node], cpus: float, gpus: float) -> ClusterFacts:
    """How large the cluster is for parts of this size."""
    places = [node.places(cpus, gpus) for node in found]
    return ClusterFacts(
        address=address,
        nodes=len(found),
        fitting=sum(place > 0 for place in places),
        cpus=sum(node.cpus for node in found),
        gpus=sum(node.gpus for node in found),
        places=sum(places),
    )
