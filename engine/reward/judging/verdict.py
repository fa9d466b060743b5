"""What the numbers of a report come to, in sentences for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.reward.judging.training_report import VerdictNote
from engine.statistics.pair_metrics import first_with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Floats
    from engine.reward.judging.training_report import Ceiling, HeldOutJudgement, Judge
    from engine.statistics.interval import Interval
    from engine.tables.types import PairTable

__all__ = ["in_pieces", "nothing_judged", "verdict"]

FEW_LABELS = 50
NEAR = 0.03
"""As near to the ceiling as this counts as reached."""
MOST_PIECES = 5


def verdict(judged: HeldOutJudgement, draws: Mapping[str, Floats]) -> tuple[VerdictNote, ...]:
    """Sentences on how the ensemble does. `draws`: judge → its accuracy in each resampling of the videos."""
    by_key = {row.key: row for row in judged.judges}
    ensemble, held_out = by_key["ensemble"], judged.held_out_labels
    if ensemble.accuracy.value is None:
        text = f"None of the {held_out} labels that could be held out chooses a side: nothing is judged. Answer pairs "
        return (note("bad", f"{text}with left or right, within and across more videos."),)
    notes = []
    if held_out < FEW_LABELS:
        notes.append(
            note("bad", f"Only {held_out} labels could be held out: the intervals are wide. More labels help.")
        )
    if ensemble.accuracy.low is None:
        notes.append(
            note("bad", "The held-out labels are of too few videos for an interval: label clips of more videos.")
        )
    elif ensemble.accuracy.low <= 0.5:
        notes.append(note("bad", "The ensemble can't be told from a coin on sources that it never saw."))
    baselines = [row for row in judged.judges if row.kind == "baseline" and row.key != "chance"]
    notes += [compared(ensemble, row, draws["ensemble"] - draws[row.key]) for row in baselines]
    best = max((row for row in judged.judges if row.kind == "feature"), key=accuracy_of, default=None)
    if best is not None and accuracy_of(best) >= ensemble.accuracy.value:
        notes.append(
            note(
                "bad",
                f"One feature alone, {best.key}, does as well ({points(accuracy_of(best))}); the best of many is "
                "flattered by being picked afterwards.",
            )
        )
    if judged.ceiling is not None:
        notes.append(against_ceiling(ensemble, judged.ceiling))
    return tuple(notes)


def accuracy_of(judge: Judge) -> float:
    """The pair accuracy; 0 where there is none."""
    return judge.accuracy.value or 0.0


def nothing_judged(video_ids: Sequence[str], clip_ids: Sequence[str], pairs: PairTable) -> VerdictNote:
    """Why no source could be held out. `video_ids`, `clip_ids` are of the rows that `pairs` speak of."""
    seen = np.unique(np.concatenate([pairs.left, pairs.right]))
    videos = {video_ids[row] for row in seen}
    if len(videos) == 1:
        text = (
            "All labels are of one video: no other can be held out, so nothing is judged. Label clips of more videos."
        )
        return note("bad", text)
    shown = np.bincount(pairs.left, minlength=len(video_ids)) + np.bincount(pairs.right, minlength=len(video_ids))
    hub = int(shown.argmax())
    if len(pairs) > 1 and shown[hub] == len(pairs):
        return note(
            "bad",
            f"All {len(pairs)} labels are about one clip, {clip_ids[hub]}: no label is left to judge by once its video "
            "is held out, nor while it is not. Label pairs of other clips too.",
        )
    return note(
        "bad",
        f"{counted(len(pairs), 'label')} of {len(videos)} videos: no group of videos can be held out with a label "
        "inside it to judge by and one outside it to learn from, so nothing is judged. Label more pairs, of clips of "
        "the same video and of others.",
    )


def in_pieces(sizes: Sequence[int]) -> VerdictNote:
    """What it means that answers do not connect all clips: `sizes` are the clips of each piece, largest first."""
    shown = ", ".join(f"{size:,}" for size in sizes[:MOST_PIECES]) + (", …" if len(sizes) > MOST_PIECES else "")
    return note(
        "plain",
        f"The answers fall into {len(sizes):,} pieces that no pair joins ({shown} clips): only features, and no "
        "answer, say how clips of different pieces compare, and Kendall's τ leaves such pairs out. Label more pairs: "
        "the random ones among them join the pieces.",
    )


def compared(ensemble: Judge, other: Judge, gaps: Floats) -> VerdictNote:
    """Whether the ensemble beats a baseline, by `gaps`, the paired bootstrap of the difference of their accuracies."""
    gap = first_with_interval(gaps)
    name = {"linear": "the linear Bradley–Terry fit", "composite": "the composite score"}[other.key]
    values = f"{points(accuracy_of(ensemble))} against {points(accuracy_of(other))}"
    if not np.isfinite(gap.low):
        which = "as well as" if gap.value == 0 else "better than" if gap.value > 0 else "worse than"
        return note("plain", f"The ensemble does {which} {name} ({values}), over too few videos for an interval.")
    if gap.low > 0:
        return note("good", f"The ensemble beats {name}: {values} pair accuracy, {gained(gap)}.")
    if gap.high < 0:
        return note("bad", f"The ensemble does worse than {name}: {values}, {gained(gap)}.")
    if gap.value < 0:
        return note(
            "bad", f"The ensemble is behind {name} ({values}), but by no more than chance may give: {gained(gap)}."
        )
    if gap.value == 0:
        return note("bad", f"{name[0].upper()}{name[1:]} does as well: {values} pair accuracy, {gained(gap)}.")
    return note(
        "plain", f"The ensemble is ahead of {name} ({values}), but by no more than chance may give: {gained(gap)}."
    )


def against_ceiling(ensemble: Judge, ceiling: Ceiling) -> VerdictNote:
    """How far the ensemble is from what a perfect reward would score."""
    top, own = ceiling.accuracy.value or 0.0, accuracy_of(ensemble)
    what = (
        "a reward that knew the sample's hidden quality would score"
        if ceiling.kind == "truth"
        else f"the annotators' agreement with themselves over {ceiling.pairs} repeats allows"
    )
    if ceiling.agreement is not None and ceiling.agreement <= 0.5:
        return note(
            "bad",
            f"The annotators said the same again for only {ceiling.agreement:.0%} of {ceiling.pairs} repeated "
            "pairs, no more than a coin would: no reward can learn from answers that contradict each other. See who "
            "answered them on the Label page's statistics.",
        )
    short = 100 * (top - own)
    if own >= top:
        return note("good", f"It does as well as the {points(top)} that {what}.")
    if top - own <= NEAR:
        return note("good", f"It is within {short:.1f} points of the {points(top)} that {what}.")
    return note("plain", f"It is {short:.1f} points short of the {points(top)} that {what}.")


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def note(tone: Literal["good", "plain", "bad"], text: str) -> VerdictNote:
    return VerdictNote(tone=tone, text=text)


def points(share: float) -> str:
    return f"{100 * share:.1f} %"


def gained(gap: Interval) -> str:
    return f"{100 * gap.value:+.1f} points ({100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
