"""How many workers an extraction started now would get, where, and why: for the doctor and the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.jobs.kinds import job_kind
from engine.contracts.extract import ExtractSettings, ResourceSettings
from engine.runtime.machine import this_machine
from engine.settings.jobs import JobSettings

if TYPE_CHECKING:
    from storage.settings import SettingsFiles

__all__ = ["extraction_workers"]


def extraction_workers(files: SettingsFiles) -> str:
    """The plan by jobs.yaml, in words. Raises `SettingsError` where the file can't be read."""
    jobs = files.load(JobSettings)
    if jobs.executor.kind == "ray":
        where = jobs.executor
        return f"{where.part_size} for each of its parts, in {where.cluster_at(where.address)}"
    settings = ExtractSettings(extractors={}, resources=ResourceSettings(device=jobs.compute.device))
    return str(job_kind("extract").plan(settings, this_machine(), asked=jobs.runtime.workers))
