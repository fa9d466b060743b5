"""Measures what the rules of an audit read: all clips of a workspace, or a sample of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.auditing import AUDITED
from app.workflows.extracting import extract_spec
from app.workflows.likeness import near_duplicates_job
from engine.audit.facts import SampleFacts
from engine.audit.sampling import sample_of
from engine.audit.settings import AuditSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.spec import JobSpec
    from storage import Workspace

    Run = Callable[[str, JobSpec], None]
    """Starts a job under a title, and waits for its end."""

__all__ = ["AuditOptions", "draw", "measure"]


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How much is measured."""

    skip: tuple[str, ...] = ()
    """Extractors that are left out."""
    sample: int | None = None
    seed: int = 0

    @property
    def extractors(self) -> tuple[str, ...]:
        """The extractors that measure."""
        return tuple(name for name in AUDITED if name not in self.skip)


def measure(workspace: Workspace, options: AuditOptions, run: Run, clip_ids: tuple[str, ...] | None = None) -> None:
    """Measure what the rules read, of these clips or of all, and look for near-duplicates."""
    spec = extract_spec(workspace, only=options.extractors, clip_ids=clip_ids)
    if spec.items:
        run("Measure the clips", spec)
    if "embedding" in options.extractors and workspace.features.embedding_model() is not None:
        settings = workspace.settings.load(AuditSettings)
        job = near_duplicates_job(workspace, min_similarity=settings.duplicates.similarity)
        run("Look for near-duplicates", job.spec)


def draw(workspace: Workspace, options: AuditOptions) -> tuple[tuple[str, ...] | None, SampleFacts | None]:
    """The clips to measure where a sample was asked for and there are more."""
    if options.sample is None:
        return None, None
    everything = workspace.clips.ids()
    if len(everything) <= options.sample:
        return None, None
    drawn = tuple(sample_of(everything, options.sample, options.seed))
    return drawn, SampleFacts(len(drawn), len(everything), options.seed)
