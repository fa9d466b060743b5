"""Measures what starting a command costs, beside a bare program with the same libraries for commands.

    python -m benchmarks.command_start [--rounds 7] [--json]

Goal: 0.3 CPU seconds for what needs no workspace. Processor time of the whole process, user and system, the least of
some rounds after one that warms the disk caches: other work on the machine only ever adds to it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile

BARE = "import typer, rich.console, rich.table"
LIBRARIES = "import typer, rich.console, rich.table, duckdb, numpy, pyarrow, pydantic"
MAIN = "from app.cli import main; main()"
GOAL_CPU_S = 0.3


def cpu_s(code: str, *arguments: str) -> float:
    """Processor seconds of one Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def least_cpu_s(rounds: int, code: str, *arguments: str) -> float:
    """The least of `rounds`, after one more that warms the caches."""
    cpu_s(code, *arguments)
    return min(cpu_s(code, *arguments) for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "typer and rich alone": least_cpu_s(chosen.rounds, BARE),
            "handpicked --help": least_cpu_s(chosen.rounds, MAIN, "--help"),
            "the same libraries as a command with a workspace": least_cpu_s(chosen.rounds, LIBRARIES),
            "handpicked extract --help": least_cpu_s(chosen.rounds, MAIN, "extract", "--help"),
            "handpicked jobs list": least_cpu_s(chosen.rounds, MAIN, "--workspace", folder, "jobs", "list"),
        }
    if chosen.json:
        print(json.dumps({"cpu_s": found, "goal_cpu_s": GOAL_CPU_S}))
        return
    for title, seconds in found.items():
        print(f"  {title:50} {seconds:.2f} CPU s, {seconds / found['typer and rich alone']:.1f} times the least")


if __name__ == "__main__":
    main()
