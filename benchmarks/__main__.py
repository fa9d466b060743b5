"""Runs every benchmark, each in its own process, so that none warms another's caches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    failed = []
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        print(f"\n== {file.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{file.stem}"], check=False).returncode:
            failed.append(file.stem)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
