"""The views of the Scores page: distribution, uncertainty, walls, feature importance, drift between models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.clips.library_address import library_link
from app.components.clips.wall import clips_wall
from app.components.feedback import remark
from app.components.reward.charts import importance_chart
from app.components.reward.model_choice import choose_model
from app.components.reward.score_charts import histogram, scatter
from app.markdown_text import plain
from app.reports.number_words import axis_title, number_title
from app.text import plural
from engine.preference.kinds import BY

if TYPE_CHECKING:
    from app.services import Services
    from storage.rewards import RewardModel
    from storage.score_views import End, Split

__all__ = ["drift", "likes", "relations", "spread", "unscored", "walls"]

WALL = 5
MOST_LISTED = 1_000
"""The most clips without a reward that are listed with their reasons."""


def spread(services: Services, model: RewardModel) -> None:
    """Draw the distribution of rewards, split by a chosen column."""
    splits: dict[str, Split] = {"Nothing": "", "Source": "source", "Tag": "tags", "Kept or dropped": "decision"}
    by = st.segmented_control("Split by", list(splits), default="Source", key="scores-split")
    bins = services.workspace.score_views.spread(model.model_id, splits[by or "Nothing"])
    histogram(services, model.model_id, bins, key="scores-histogram")


def relations(services: Services, model: RewardModel, clips: int) -> None:
    """Draw the reward of the model's `clips` against its standard deviation, and against a chosen feature."""
    scores = services.workspace.score_views
    left, right = st.columns(2)
    with left:
        st.markdown("**How sure it is**", help="Standard deviation over the ensemble: high where members disagree.")
        names = {"reward": axis_title("reward"), "reward_std": axis_title("reward_std")}
        sample = scores.sample(model.model_id).to_pandas()
        scatter(sample, "reward", "reward_std", of=clips, key="scores-std", names=names)
    with right:
        options = scores.feature_names()
        start = options.index("composite_score") if "composite_score" in options else 0
        feature = (
            st.selectbox("Against", options, start, format_func=number_title, key="scores-feature") if options else None
        )
        if feature:
            names = {"value": axis_title(feature), "reward": axis_title("reward")}
            sample = scores.sample(model.model_id, feature).to_pandas()
            scatter(sample, "value", "reward", of=clips, key="scores-against", names=names)


def walls(services: Services, model: RewardModel) -> None:
    """Draw walls of the best, worst and most uncertain clips."""
    kinds: dict[str, End] = {"Best": "best", "Worst": "worst", "Most uncertain": "unsure"}
    chosen = st.segmented_control("Clips", list(kinds), default="Best", key="scores-wall", label_visibility="collapsed")
    shown = services.workspace.score_views.ends(model.model_id, kinds[chosen or "Best"], WALL)
    captions = {row.clip_id: f"#{row.rank} · {row.reward:+.2f} ± {row.reward_std:.2f}" for row in shown}
    clips_wall(services, captions, key=f"wall-{chosen}")
    library_link(len(captions), lambda: list(captions), key="wall-library")


def likes(services: Services, model: RewardModel) -> None:
    """Draw which feature groups the reward depends on, and clips at both ends of a feature."""
    report = model.report
    if report is not None and report.importance:
        st.caption("How much of the ranking is lost when a group's features are shuffled among the clips.")
        importance_chart(report.importance, key="scores-importance")
    elif report is not None and report.judges:
        st.caption("Feature importance is not known: fewer than three clips have a score, or all have the same.")
    scores = services.workspace.score_views
    options = scores.feature_names()
    if not options:
        return
    feature = st.selectbox("The two ends of", options, format_func=number_title, key="scores-ends")
    for title in ("Least", "Most"):
        some = scores.feature_ends(model.model_id, feature, WALL, most=title == "Most")
        if not some:
            return
        st.markdown(f"**{title}** · mean reward {sum(row.reward for row in some) / len(some):+.2f}")
        captions = {row.clip_id: f"{number_title(feature)} {row.value:.2f} · reward {row.reward:+.2f}" for row in some}
        clips_wall(services, captions, key=f"ends-{title}")


def drift(services: Services, model: RewardModel) -> None:
    """Draw how the ranks changed from another model to this one."""
    if len(services.workspace.rewards.find()) < 2:
        st.caption("Train a second model to see what moved between the two.")
        return
    other = choose_model(services, key="scores-other", label="Compare with")
    if other is None or other.model_id == model.model_id:
        st.caption("Choose another model to compare with.")
        return
    if other.labels_by != model.labels_by:
        remark(f"{learned_words(model)} {learned_words(other)}", ":material/smart_toy:")
    moved = services.workspace.score_views.drift(other.model_id, model.model_id, WALL)
    if not moved:
        st.caption("The two have no scored clip in common.")
        return
    sample = pd.DataFrame(
        [(row.clip_id, row.rank_before, row.rank) for row in moved if row.is_sampled],
        columns=["clip_id", "rank before", "rank now"],
    )
    scatter(sample, "rank before", "rank now", of=moved[0].common, key="scores-drift")
    by_rise = sorted(moved, key=lambda row: (-row.moved, row.rank))
    by_fall = sorted(moved, key=lambda row: (row.moved, row.rank))
    for title, some in (("Risen most", by_rise[:WALL]), ("Fallen most", by_fall[:WALL])):
        st.markdown(f"**{title}**")
        captions = {row.clip_id: f"#{row.rank_before} → #{row.rank}" for row in some}
        clips_wall(services, captions, key=f"drift-{title}")


def learned_words(model: RewardModel) -> str:
    """A sentence on whose labels a model learned from."""
    by = "nobody knows whom" if model.labels_by is None else BY[model.labels_by]
    return f"“{plain(model.name)}” was trained on labels by {by}."


def unscored(services: Services, model: RewardModel) -> None:
    """List clips without a reward, and why."""
    rewards = services.workspace.rewards
    count = services.workspace.score_views.count_unscored(model.model_id)
    if count:
        with st.expander(f"{plural(count, 'clip')} unscored", icon=":material/help:"):
            listed = services.workspace.score_views.unscored(model.model_id, MOST_LISTED)
            shown = [{"clip_id": clip.clip_id, "reason": clip.reason} for clip in listed]
            st.dataframe(shown, hide_index=True, key="scores-unscored")
            if len(listed) < count:
                st.caption(f"The first {len(listed):,} are listed.")
            library_link(
                count,
                lambda: rewards.unscored_ids(model.model_id),
                key="unscored-library",
            )
