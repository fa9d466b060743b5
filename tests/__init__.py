"""The tests, which mirror the tree."""

from __future__ import annotations

import os

# Before anything loads NumPy or torch: tests run on every core already, and two pools of threads that wait for one
# another by spinning make tests of networks many times as long. Worker processes set their own limits.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
