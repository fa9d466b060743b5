"""Statistics of labels: counts, agreement within and between annotators, and the worth of more labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.feedback import remark, show_error
from app.components.label.answered_pair import to_labelling
from app.components.label.charts import coverage_chart, reliability_chart, settling_chart
from app.components.label.kind_choice import about_kind, choose_kind
from app.components.states.empty import empty_state
from app.components.states.loading import loading
from app.markdown_text import plain
from app.text import duration, plural
from app.workflows.label_statistics import statistics_of
from engine.errors import HandpickedError
from engine.preference.settings import LabellingSettings

if TYPE_CHECKING:
    from app.services import Services
    from engine.preference.answers import Share
    from engine.preference.kinds import LabelKind
    from engine.preference.statistics import LabelStatistics
    from storage import Workspace

__all__ = ["draw_statistics"]

CHART_PX = 380
METRIC_PX = 220
FEWEST_TO_RANK = 20
FEWEST_FOR_A_RANGE = 5
"""With fewer answers an interval spans nearly everything, and says less than that they are too few."""


def draw_statistics(services: Services) -> None:
    """Draw all statistics of one kind of labels: people's or, if chosen, others', marked as such."""
    counts = services.workspace.labels.counts()
    if not counts.kinds:
        with empty_state(
            ":material/query_stats:",
            "No labels yet",
            "After the first answers, this shows how far people agree, how reliable each is,  \n"
            "and how many more labels are worth their time.",
        ):
            to_labelling()
        return
    kind = choose_kind(counts.kinds, {kind: counts.of(kind) for kind in counts.kinds}, key="label-statistics-whose")
    about_kind(kind)
    try:
        with loading("Counting the labels"):
            found = cached(services.workspace, key_of(services.workspace, kind), kind)
        wanted = services.workspace.settings.load(LabellingSettings).pairs.labels_per_clip
    except HandpickedError as error:
        show_error(error)
        return
    totals(found)
    point_out(found)
    annotators(found)
    agreement(found)
    ranking(found, wanted)


def key_of(workspace: Workspace, kind: LabelKind) -> tuple[Any, ...]:
    """The cache key of the statistics: changes with labels and features."""
    measured = tuple(sorted(workspace.features.measured().items()))
    return str(workspace.paths.root), kind, workspace.labels.last_entry(), workspace.clips.count(), measured


@st.cache_data(max_entries=8, show_spinner=False)
def cached(_workspace: Workspace, key: tuple[Any, ...], kind: LabelKind) -> LabelStatistics:
    """The statistics, cached until a label or a feature is added."""
    del key
    return statistics_of(_workspace, kind)


def point_out(found: LabelStatistics) -> None:
    """Point out annotators to check, with every reason."""
    for name in dict.fromkeys(outlier.annotator for outlier in found.outliers):
        reasons = [plain(outlier.reason) for outlier in found.outliers if outlier.annotator == name]
        remark(f"**{plain(name)}** {'; '.join(reasons)}.", ":material/person_alert:")
    if found.outliers:
        st.caption("Pointed out, not left out: these labels count like all others until somebody takes them back.")


def totals(found: LabelStatistics) -> None:
    """The main numbers."""
    with st.grid(min_column_width=METRIC_PX, gap="small"):
        st.metric("Labels", f"{found.labels:,}", border=True, height="stretch")
        st.metric(
            "Labels a clip",
            f"{found.coverage.median:g}",
            f"{plural(found.coverage.clips, 'clip')} seen so far",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=f"The median. {found.coverage.enough_share:.0%} of the clips seen have four labels or more.",
        )
        st.metric(
            "Time an answer",
            "—" if found.times is None else duration(found.times.median_ms / 1000),
            "" if found.times is None else f"nine in ten under {duration(found.times.high_ms / 1000)}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help="The median, and what nine in ten answers stay below.",
        )
        share_metric(
            "Same again",
            found.self_agreement,
            "repeat",
            "Of pairs that the same annotator saw again with the sides swapped, how many got the same answer: a reward "
            "can hardly agree with people better than they agree with themselves.",
        )
        share_metric(
            "Left chosen",
            found.side_bias,
            "answer",
            "Of the answers that decide. Sides are drawn at random, so half is expected.",
        )
        st.metric(
            "Agreement",
            "—" if math.isnan(found.alpha) else f"{found.alpha:.2f}",
            "no pair shared by two" if math.isnan(found.alpha) else "on pairs that several answered",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help="Krippendorff’s α: of all annotators beyond chance, on the pairs that two or more answered. 1 is "
            "perfect, 0 is chance. A tie lies half way.",
        )


def share_metric(label: str, share: Share, of: str, text: str) -> None:
    """Draw a share of so many answers or repeats (`of`), with its interval where they are enough for one."""
    st.metric(
        label,
        f"{share.value:.0%}" if share.total else "—",
        share_words(share, of),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=f"{text} The range is the 95 % interval.",
    )


def share_words(share: Share, of: str) -> str:
    """What a share rests on, and how sure it is, in words."""
    rests_on = f"of {plural(share.total, of)}"
    if not share.total:
        return f"no {of} yet"
    if share.total < FEWEST_FOR_A_RANGE:
        return f"{rests_on}: too few to tell"
    return f"{rests_on}, likely {share.low:.0%} to {share.high:.0%}"


def annotators(found: LabelStatistics) -> None:
    """Draw a table with a row for each annotator."""
    st.subheader("Annotators")
    st.dataframe(
        [
            {
                "annotator": one.annotator,
                "labels": one.labels,
                "ties": one.ties,
                "skips": one.skips,
                "skill": None if one.skill is None else one.skill.skill,
                "between": "" if one.skill is None else f"{one.skill.low:.2f} and {one.skill.high:.2f}",
                "left": percent(one.side_bias),
                "again": percent(one.self_agreement),
                "repeats": one.self_agreement.total,
                "median": None if one.times is None else one.times.median_ms / 1000,
                "hasty": None if one.times is None else 100 * one.times.hasty_share,
            }
            for one in found.annotators
        ],
        hide_index=True,
        key="label-annotators",
        column_config={
            "annotator": st.column_config.TextColumn("Annotator"),
            "labels": st.column_config.NumberColumn("Labels"),
            "ties": st.column_config.NumberColumn("Ties"),
            "skips": st.column_config.NumberColumn("Skips"),
            "repeats": st.column_config.NumberColumn("Repeats", help="Pairs seen again with the sides swapped."),
            "skill": st.column_config.ProgressColumn(
                "Skill",
                help="Noisy Bradley–Terry: the share of answers that follow what the clips show; the others are as "
                "good as random. Needs some fifty labels to mean much; shown from 20.",
                min_value=0,
                max_value=1,
                format="%.2f",
            ),
            "between": st.column_config.TextColumn("Skill between", help="95 % credible interval"),
            "left": st.column_config.NumberColumn("Left chosen", format="%.0f %%"),
            "again": st.column_config.NumberColumn("Same again", format="%.0f %%"),
            "median": st.column_config.NumberColumn("Time an answer", format="%.1f s"),
            "hasty": st.column_config.NumberColumn("Under 0.4 s", format="%.0f %%"),
        },
    )


def percent(share: Share) -> float | None:
    """A share as text for a table."""
    return 100 * share.value if share.total else None


def agreement(found: LabelStatistics) -> None:
    """Draw the agreement of every two annotators who answered the same pairs."""
    if not found.agreements:
        if len(found.annotators) > 1:
            st.caption("No pair was answered by two annotators yet, so nothing can be said about their agreement.")
        return
    st.subheader("Agreement between annotators")
    st.dataframe(
        [
            {
                "Annotator": pair.one,
                "And": pair.other,
                "Pairs both answered": pair.agreed.total,
                "Agreed": percent(pair.agreed),
                "Between": f"{pair.agreed.low:.0%} and {pair.agreed.high:.0%}",
                "κ": None if math.isnan(pair.kappa) else pair.kappa,
            }
            for pair in found.agreements
        ],
        hide_index=True,
        key="label-agreements",
        column_config={
            "Agreed": st.column_config.NumberColumn(format="%.0f %%"),
            "Between": st.column_config.TextColumn(help="95 % interval"),
            "κ": st.column_config.NumberColumn(
                "Cohen’s κ", format="%.2f", help="Agreement beyond chance: 1 is perfect, 0 is chance."
            ),
        },
    )


def ranking(found: LabelStatistics, wanted: int) -> None:
    """Draw the stability of the ranking, the worth of more labels, and the labels for each clip."""
    st.subheader("Are more labels worth it?")
    progress = found.progress
    if progress is None:
        missing = "Extract features first: the estimate needs them." if found.labels >= FEWEST_TO_RANK else ""
        st.caption(missing or f"The first estimate comes with {FEWEST_TO_RANK} labels that decide or tie.")
    else:
        more = f"About **{progress.worthwhile:,} more labels** are worth their time"
        st.markdown(
            f"{more}: until then, 50 labels still add 0.005 or more to the expected correlation."
            if progress.worthwhile
            else "**More labels would add little**: 50 more add less than 0.005 to the expected correlation.",
            help="The expected correlation of clip scores with those that endless labels would give, under a linear "
            "Bradley–Terry fit to the features. More footage can still help where more labels do not.",
        )
    with st.grid(min_column_width=CHART_PX, gap="medium"):
        if progress is not None:
            with st.container():
                st.markdown("How far the ranking still moves")
                settling_chart(progress, "label-settling")
            with st.container():
                st.markdown("What more labels would add")
                reliability_chart(progress, "label-reliability")
        with st.container():
            st.markdown(f"How often clips were seen, {wanted - 1} to {wanted + 1} wanted")
            coverage_chart(found.coverage, wanted, "label-coverage")
