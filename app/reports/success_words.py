"""Explains a count of success in words and rows, for the page, the command line and the exported report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.validation.rollout_rows import ALL, RANDOM, REWARD
from engine.validation.rollout_table import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.statistics.interval import Estimate
    from engine.validation.success_report import Measure, Rate, RolloutVideo, SuccessReport

__all__ = [
    "SUCCESS_TITLE",
    "SuccessLine",
    "attempt_words",
    "correlation_lines",
    "success_about",
    "success_conditions",
    "success_lines",
    "success_sentence",
]

SUCCESS_TITLE = "Success"


@dataclass(frozen=True, kw_only=True)
class SuccessLine:
    """One row of the table, as text."""

    trained_on: str
    clips: str
    policies: int
    grasp: str
    placed: str
    approach: str
    lead: str
    """How far placed is above random choices, with its interval."""


def success_sentence(report: SuccessReport) -> str:
    """What the reward's choice does for success, in one sentence."""
    best, chance, every = (report.row(name) for name in (REWARD, RANDOM, ALL))
    if best is None or chance is None or every is None or best.placed.lead is None:
        return "No policy could be compared."
    lead = best.placed.lead
    sentence = (
        f"A policy trained on the {_share(best.clips, report.clips)} of the clips with the highest reward places a "
        f"thing in {_percent(best.placed)} of unseen scenes; trained on as many random clips in "
        f"{_percent(chance.placed)}, on all clips in {_percent(every.placed)}."
    )
    if lead.low is None or lead.high is None:
        return sentence
    if lead.low > 0:
        return f"{sentence} The reward's choice succeeds more often than chance."
    if lead.high < 0:
        return f"{sentence} The reward's choice succeeds less often than chance."
    return f"{sentence} That leaves open whether the reward's choice succeeds more often than chance."


def success_about(report: SuccessReport) -> str:
    """How much was tried, and whether that is enough for a claim."""
    feature = f" The best single feature is {report.best_feature}." if report.best_feature else ""
    tried = (
        f"{report.seeds} training seeds, {report.scenes} unseen scenes of {report.seconds:g} s, {report.clips} clips "
        f"to choose from. ± is the standard error over seeds; differences are paired by seed and scene.{feature}"
    )
    return tried if report.claim else f"{tried} Too little for a claim, which takes 5 seeds and 100 scenes."


def success_conditions(report: SuccessReport) -> str:
    """What a reader has to know of these numbers."""
    return f"Simulated, not a robot: {'; '.join(report.conditions)}."


def success_lines(report: SuccessReport) -> list[SuccessLine]:
    """The table, row by row."""
    return [
        SuccessLine(
            trained_on=f"{row.name} (known to the renderer only)" if row.hidden else row.name,
            clips="–" if row.clips is None else str(row.clips),
            policies=row.policies,
            grasp=_with_error(row.grasp),
            placed=_with_error(row.placed),
            approach=_with_error(row.approach),
            lead=_signed(row.placed.lead),
        )
        for row in report.rows
    ]


def correlation_lines(report: SuccessReport) -> list[tuple[str, str, str, str]]:
    """`(what, with grasp, with placed, with approach)`: correlations of reward and of loss with success."""
    lines = []
    if report.groups is not None:
        rho = report.groups.rho
        cells = [_number(rho.get(name)) for name in MEASURES]
        lines.append((f"reward of {len(report.groups.bins)} groups of clips", *cells))
    if report.subsets is not None:
        count = len(report.subsets.subsets)
        lines.append((f"fall of the loss, {count} random subsets", *_cells(report.subsets.gain_rho)))
        lines.append((f"sum of ΔM, {count} random subsets", *_cells(report.subsets.predicted_rho)))
    return [(line[0], line[1], line[2], line[3]) for line in lines]


def attempt_words(video: RolloutVideo) -> str:
    """What one attempt came to."""
    if video.placed:
        end = "grasps a thing and places it"
    elif video.grasp:
        end = "grasps a thing, and does not place it"
    else:
        end = f"grasps nothing; it came {max(0.0, video.approach):.0%} of the way"
    return f"Trained on {video.row}, scene {video.scene}: {end}."


def _cells(found: Mapping[Measure, Estimate]) -> list[str]:
    return [_interval(found[name]) for name in MEASURES]


def _share(clips: int | None, total: int) -> str:
    share = (clips or 0) / max(1, total)
    return "third" if abs(share - 1 / 3) < 0.01 else f"{share:.0%}"


def _percent(rate: Rate) -> str:
    return "an unknown share" if rate.mean is None else f"{rate.mean:.0%}"


def _with_error(rate: Rate) -> str:
    if rate.mean is None:
        return "–"
    return f"{rate.mean:.2f}" if rate.error is None else f"{rate.mean:.2f} ± {rate.error:.2f}"


def _signed(found: Estimate | None) -> str:
    if found is None or found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:+.2f}"
    return f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def _interval(found: Estimate) -> str:
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
