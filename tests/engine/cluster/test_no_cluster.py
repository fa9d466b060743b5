"""Where there is no cluster to join, the job says why and what to do, within seconds."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from engine.cancel import Cancelled
from engine.cluster import executor as module
from engine.cluster.connection import Node, facts_of, head_silence, join
from engine.cluster.executor import RayExecutor, cluster_facts
from engine.errors import JobError
from engine.runtime.executor import JobAhead
from engine.runtime.machine import WorkerPlan
from engine.settings.jobs import ExecutorSettings

if TYPE_CHECKING:
    from pathlib import Path


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return int(holder.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ray://head:10001", "is the port of Ray's client, which can't stream results"),
        ("nowhere", "is no address of a Ray cluster"),
        (":6379", "is no address of a Ray cluster"),
        ("head:99999", "is no address of a Ray cluster"),
        ("head:x", "is no address of a Ray cluster"),
        ("closed", "no Ray cluster answers at 127.0.0.1:"),
        ("auto", "no Ray cluster runs on this machine"),
    ],
)
def test_an_address_where_no_cluster_is(
    address: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    with pytest.raises(JobError) as refused:
        join(f"127.0.0.1:{closed_port()}" if address == "closed" else address)
    assert said in refused.value.message
    assert refused.value.remedy


def test_usage_statistics_are_off_before_anything_of_ray_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    with pytest.raises(JobError):
        join("nowhere")
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_the_head_is_heard_while_its_port_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        port = head.getsockname()[1]
        assert head_silence(f"127.0.0.1:{port}") == ""
    assert "refused" in head_silence(f"127.0.0.1:{port}")
    assert head_silence("local") == ""


def test_without_ray_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(JobError) as refused:
        cluster_facts(ExecutorSettings(kind="ray"), tmp_path)
    assert "Install the extra `ray` here and on all nodes" in refused.value.remedy


def test_a_refusal_reaches_the_job_and_a_cancel_does_not_wait_for_it(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    settings = ExecutorSettings(kind="ray", address=f"127.0.0.1:{closed_port()}")
    ahead = JobAhead(tmp_path, step="", settings={})
    plan = WorkerPlan(workers=1, threads=1)
    executor = RayExecutor(settings)
    with pytest.raises(JobError, match="no Ray cluster answers at"):
        executor.ready(ahead, plan, lambda: False)
    executor.close()
    executor = RayExecutor(settings)
    with pytest.raises(Cancelled):
        executor.ready(ahead, plan, lambda: True)
    executor.close()


def test_how_many_parts_run_at_the_same_time() -> None:
    nodes = [
        Node(node_id="a", name="head", cpus=0, gpus=0),
        Node(node_id="b", name="b", cpus=7, gpus=0),
        Node(node_id="c", name="c", cpus=16, gpus=2),
    ]
    assert facts_of("x", nodes, 1, 0).places == 23
    assert facts_of("x", nodes, 2, 0).places == 11
    assert (facts_of("x", nodes, 4, 1).places, facts_of("x", nodes, 4, 1).fitting) == (2, 1)
    assert facts_of("x", nodes, 4, 0.5).places == 4
    assert facts_of("x", nodes, 32, 0).places == 0
    assert str(facts_of("x", nodes, 1, 0)) == "3 nodes, 23 CPUs and 2 GPUs"
