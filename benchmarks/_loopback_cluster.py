"""A Ray cluster on this machine, on its loopback interface alone: a head without CPUs, and nodes."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LoopbackCluster", "NoClusterError", "loopback_cluster"]

TRIES = 3
STORE_BYTES = 100_000_000
PORTS = ("metrics_agent_port", "runtime_env_agent_port", "dashboard_agent_listen_port", "metrics_export_port")
"""Given to each node: on a machine with much to do, agents that choose their own were seen not to come up."""
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's switch for machines that should open no ports to their network; read when Ray loads.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


class NoClusterError(Exception):
    """Ray did not come up; the reason is the message."""


class LoopbackCluster:
    """The cluster. Its nodes are processes of this machine, with as many CPUs as one says they have."""

    def __init__(self, nodes: int, cpus: int) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **_options()}
        )
        self.nodes = [self.add_node(cpus) for _ in range(nodes)]

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add_node(self, cpus: int, gpus: int = 0) -> Any:
        """One more node, once it has joined. It has as many cards as one says, be there any or not."""
        return self._cluster.add_node(wait=True, num_cpus=cpus, num_gpus=gpus, **_options())

    def end_node(self, node: Any) -> None:
        """End a node as the power button would."""
        self._cluster.remove_node(node, allow_graceful=False)

    def end_head(self) -> None:
        """End the head in the same way."""
        self._cluster.head_node.kill_gcs_server(check_alive=False)
        self._cluster.head_node.kill_raylet(check_alive=False)

    def close(self) -> None:
        """End all of it."""
        self._cluster.shutdown()


def _options() -> dict[str, Any]:
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = {name: holder.getsockname()[1] for name, holder in zip(PORTS, holders, strict=True)}
    for holder in holders:
        holder.close()
    return {"node_ip_address": "127.0.0.1", "object_store_memory": STORE_BYTES, **ports}


@contextmanager
def loopback_cluster(nodes: int, cpus: int) -> Iterator[LoopbackCluster]:
    """A cluster for the length of the block. Raises `NoClusterError` where Ray does not come up in three tries."""
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, "RAY_ADDRESS")}
    os.environ.update(ENVIRONMENT)
    os.environ.pop("RAY_ADDRESS", None)
    try:
        cluster = _started(nodes, cpus)
        try:
            yield cluster
        finally:
            cluster.close()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _started(nodes: int, cpus: int) -> LoopbackCluster:
    why = ""
    for _ in range(TRIES):
        try:
            return LoopbackCluster(nodes, cpus)
        except ImportError as error:
            raise NoClusterError("the extra `ray` is not installed") from error
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
    raise NoClusterError(f"Ray did not come up in {TRIES} tries ({why})")
