"""Times the app's start until it answers, against a bare Streamlit app on the same machine.

    python -m benchmarks.app_start [--rounds N] [--json]

Goal: under 3 s. Measured from starting the process to the health endpoint's answer, on an empty workspace, after
one start of each that warms the disk caches.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]


def start_s(script: Path, workspace: Path) -> float:
    """Seconds from starting the process until the server answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(script),
            "--server.headless",
            "true",
            "--server.port",
            str(port),
        ],
        cwd=ROOT,
        env={**os.environ, "HANDPICKED_WORKSPACE": str(workspace)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).status_code == httpx.codes.OK:
                    return time.perf_counter() - began
            except httpx.HTTPError:
                if process.poll() is not None:
                    sys.exit(f"{script.name} ended with exit status {process.returncode}")
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """Measure both sides in turn and print their medians and ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text("import streamlit as st\nst.title('bare')\n", encoding="utf-8")
        sides = {"handpicked": ROOT / "app" / "main.py", "bare streamlit": bare}
        times: dict[str, list[float]] = {name: [] for name in sides}
        for round_number in range(options.rounds + 1):
            for name, script in sides.items():
                taken = start_s(script, Path(folder) / "workspace")
                if round_number:
                    times[name].append(taken)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["handpicked"] / medians["bare streamlit"]
    if options.json:
        print(json.dumps({"median_s": medians, "ratio": ratio}))
    else:
        for name, value in medians.items():
            print(f"{name:<16}{value:6.2f} s")
        print(f"{'ratio':<16}{ratio:6.2f}")


if __name__ == "__main__":
    main()
