"""Encoding leaves the thread's scheduling as it was."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.self_check import decode
from engine.video.scheduling import same_scheduling

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such scheduling")


def test_what_an_encoder_changes_is_given_back() -> None:
    """SVT-AV1 changes it only where the system allows that: as root."""
    before = os.sched_getscheduler(0)
    assert decode("libdav1d", "libsvtav1") == "decodes"
    assert os.sched_getscheduler(0) == before


def test_it_is_given_back_after_an_error_too() -> None:
    """In a process of its own: batch scheduling, which anybody may ask for, can't be left everywhere."""
    code = (
        "import os\n"
        "from engine.video.scheduling import same_scheduling\n"
        "try:\n"
        "    with same_scheduling():\n"
        "        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))\n"
        "        raise OSError\n"
        "except OSError:\n"
        "    print(os.sched_getscheduler(0) == os.SCHED_OTHER)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def test_it_says_nothing_of_a_thread_that_changed_nothing() -> None:
    before = os.sched_getparam(0)
    with same_scheduling():
        pass
    assert os.sched_getparam(0).sched_priority == before.sched_priority
