"""What a report comes to, in one sentence with one next step: the same on pages, in badges and on the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.reports.number_words import with_titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.judging.training_report import Judge, TrainingReport, VerdictNote
    from engine.validation.ablation_report import Drop
    from engine.validation.validation_report import ValidationReport

__all__ = ["Evidence", "Step", "Verdict", "ablation_verdict", "more_labels", "reward_verdict", "validation_verdict"]

Standing = Literal["good", "open", "bad"]
COIN = 0.5
ROUND_TO = 5


@dataclass(frozen=True)
class Step:
    """What to do next: a button's words, and the page it opens."""

    words: str
    file: str


@dataclass(frozen=True)
class Evidence:
    """One finding behind a verdict."""

    tone: Literal["good", "plain", "bad"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One sentence on a report, its short form for a badge, the next step, and the evidence in order of weight."""

    standing: Standing
    sentence: str
    badge: str
    step: Step | None = None
    evidence: tuple[Evidence, ...] = ()


LABEL = Step("Label more pairs", "label.py")


def reward_verdict(report: TrainingReport | None) -> Verdict:
    """Whether a reward tells better clips from worse ones on videos that it never saw."""
    if report is None:
        return Verdict(standing="open", sentence="Nobody knows how good this reward is.", badge="never judged")
    found = tuple(Evidence(note.tone, with_titles(note.text)) for note in _by_weight(report))
    ensemble = next((judge for judge in report.judges if judge.kind == "ensemble"), None)
    if ensemble is None or ensemble.accuracy.value is None:
        sentence = "Not judged yet: no label could be held out that chooses a side."
        return Verdict(standing="bad", sentence=sentence, badge="not judged", step=LABEL, evidence=found)
    share, low = ensemble.accuracy.value, ensemble.accuracy.low
    if low is None:
        sentence = f"Right in {share:.0%} of pairs, of too few videos to be sure: label clips of more videos."
        return Verdict(standing="open", sentence=sentence, badge="judged on few videos", step=LABEL, evidence=found)
    if low <= COIN:
        more = more_labels(ensemble, report.labels)
        count = f": about {more:,} more labels may tell" if more else ""
        sentence = f"Not better than a coin yet, on videos that it never saw{count}."
        return Verdict(standing="bad", sentence=sentence, badge="no better than a coin", step=LABEL, evidence=found)
    sentence = (
        f"Right in {share:.0%} of pairs on videos that it never saw ({low:.0%} at least); a coin would be in 50%."
    )
    return Verdict(
        standing="good",
        sentence=sentence,
        badge=f"right in {share:.0%} of pairs",
        step=Step("Validate it", "validate.py"),
        evidence=found,
    )


def more_labels(ensemble: Judge, labels: int) -> int:
    """How many more labels would bring the lower end of the accuracy above a coin's, if the accuracy stayed and the
    interval shrank with the root of their number; 0 where no number would."""
    share, low = ensemble.accuracy.value, ensemble.accuracy.low
    if share is None or low is None or share <= COIN or low > COIN:
        return 0
    needed = labels * ((share - low) / (share - COIN)) ** 2
    return ROUND_TO * max(1, math.ceil((needed - labels) / ROUND_TO))


def _by_weight(report: TrainingReport) -> list[VerdictNote]:
    """Notes, what speaks against the reward first."""
    weight = {"bad": 0, "plain": 1, "good": 2}
    return sorted(report.verdict, key=lambda note: weight[note.tone])


def validation_verdict(report: ValidationReport) -> Verdict:
    """Whether clips that are preferred are those that help a robot model."""
    verdict = report.verdict
    found = tuple(Evidence("plain", with_titles(text)) for text in (verdict.caveat, report.lacking or "") if text)
    sentence = with_titles(verdict.sentence)
    if verdict.standing == "met":
        step = Step("Export the best clips", "export_sync.py")
        return Verdict(standing="good", sentence=sentence, badge="validated", step=step, evidence=found)
    if verdict.standing == "not met":
        return Verdict(standing="bad", sentence=sentence, badge="validation failed", step=LABEL, evidence=found)
    step = Step("Import more videos", "import_videos.py")
    badge = "validation undecided" if verdict.standing == "undecided" else "too little data to validate"
    return Verdict(standing="open", sentence=sentence, badge=badge, step=step, evidence=found)


def ablation_verdict(rows: Sequence[Drop], *, supported: bool) -> Verdict:
    """What the first set of features that was left out is worth; nothing where the gains behind it mean nothing."""
    if not rows:
        return Verdict(standing="open", sentence="No set of features was left out.", badge="nothing ablated")
    first, others = rows[0], tuple(Evidence("plain", with_titles(row.sentence)) for row in rows[1:])
    if not supported:
        sentence = "The data behind this is too little for a gain: read nothing into ρ here."
        step = Step("See the validation", "validate.py")
        return Verdict(standing="open", sentence=sentence, badge="unsupported", step=step, evidence=others)
    standing: Standing = {"met": "good", "not met": "bad"}.get(first.standing, "open")  # type: ignore[assignment]
    sentence = with_titles(first.sentence)
    more = Step("Import more videos", "import_videos.py") if standing == "open" else None
    return Verdict(standing=standing, sentence=sentence, badge=first.standing, step=more, evidence=others)
