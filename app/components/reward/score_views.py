"""The views of the Scores page: distribution, uncertainty, walls, feature importance, drift between models."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    import pandas as pd

    from app.services import Services
    from storage.rewards import RewardModel

__all__ = ["drift", "likes", "relations", "spread", "unscored", "walls"]

WALL = 5
NOT_FEATURES = {
    *("clip_id", "reward", "reward_std", "robot_reward", "rank", "source", "video_id", "start_s", "end_s"),
    *("narration", "tags", "decision"),
}


def features_of(frame: pd.DataFrame) -> list[str]:
    """The feature columns that any clip has."""
    return [name for name in frame.columns if name not in NOT_FEATURES and frame[name].notna().any()]


def spread(frame: pd.DataFrame) -> None:
    """Draw the distribution of rewards, split by a chosen column."""
    splits = {"Nothing": None, "Source": "source", "Tag": "tags", "Kept or dropped": "decision"}
    by = st.segmented_control("Split by", list(splits), default="Source", key="scores-split")
    histogram(frame, splits[by or "Nothing"], key="scores-histogram")


def relations(frame: pd.DataFrame) -> None:
    """Draw the reward against its standard deviation, and against a chosen feature."""
    left, right = st.columns(2)
    with left:
        st.markdown("**How sure it is**", help="Standard deviation over the ensemble: high where members disagree.")
        names = {"reward": axis_title("reward"), "reward_std": axis_title("reward_std")}
        scatter(frame, "reward", "reward_std", key="scores-std", names=names)
    with right:
        options = features_of(frame)
        start = options.index("composite_score") if "composite_score" in options else 0
        feature = (
            st.selectbox("Against", options, start, format_func=number_title, key="scores-feature") if options else None
        )
        if feature:
            names = {feature: axis_title(feature), "reward": axis_title("reward")}
            scatter(frame, feature, "reward", key="scores-against", names=names)


def walls(services: Services, frame: pd.DataFrame) -> None:
    """Draw walls of the best, worst and most uncertain clips."""
    kinds = {
        "Best": frame.head(WALL),
        "Worst": frame.iloc[::-1].head(WALL),
        "Most uncertain": frame.sort_values("reward_std", ascending=False).head(WALL),
    }
    chosen = st.segmented_control("Clips", list(kinds), default="Best", key="scores-wall", label_visibility="collapsed")
    shown = kinds[chosen or "Best"]
    wall(services, shown, key=f"wall-{chosen}")
    library_link(list(shown["clip_id"]), key="wall-library")


def wall(services: Services, shown: pd.DataFrame, *, key: str) -> None:
    captions = [f"#{row.rank} · {row.reward:+.2f} ± {row.reward_std:.2f}" for row in shown.itertuples()]
    clips_wall(services, dict(zip(shown["clip_id"], captions, strict=True)), key=key)


def likes(services: Services, model: RewardModel, frame: pd.DataFrame) -> None:
    """Draw which feature groups the reward depends on, and clips at both ends of a feature."""
    report = model.report
    if report is not None and report.importance:
        st.caption("How much of the ranking is lost when a group's features are shuffled among the clips.")
        importance_chart(report.importance, key="scores-importance")
    elif report is not None and report.judges:
        st.caption("Feature importance is not known: fewer than three clips have a score, or all have the same.")
    options = features_of(frame)
    if not options:
        return
    feature = st.selectbox("The two ends of", options, format_func=number_title, key="scores-ends")
    known = frame.dropna(subset=[feature]).sort_values(feature)
    if known.empty:
        return
    for title, some in (("Least", known.head(WALL)), ("Most", known.iloc[::-1].head(WALL))):
        st.markdown(f"**{title}** · mean reward {some['reward'].mean():+.2f}")
        pairs = zip(some[feature], some["reward"], strict=True)
        captions = [f"{number_title(feature)} {value:.2f} · reward {reward:+.2f}" for value, reward in pairs]
        clips_wall(services, dict(zip(some["clip_id"], captions, strict=True)), key=f"ends-{title}")


def drift(services: Services, model: RewardModel, frame: pd.DataFrame) -> None:
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
    before = services.workspace.rewards.score_table(other.model_id).to_pandas()[["clip_id", "rank"]]
    both = frame.merge(before.rename(columns={"rank": "rank_before"}), on="clip_id")
    if both.empty:
        st.caption("The two have no scored clip in common.")
        return
    both["moved"] = both["rank_before"] - both["rank"]
    scatter(both, "rank_before", "rank", key="scores-drift", names={"rank_before": "rank before", "rank": "rank now"})
    for title, some in (("Risen most", both.nlargest(WALL, "moved")), ("Fallen most", both.nsmallest(WALL, "moved"))):
        st.markdown(f"**{title}**")
        captions = [f"#{row.rank_before} → #{row.rank}" for row in some.itertuples()]
        clips_wall(services, dict(zip(some["clip_id"], captions, strict=True)), key=f"drift-{title}")


def learned_words(model: RewardModel) -> str:
    """A sentence on whose labels a model learned from."""
    by = "nobody knows whom" if model.labels_by is None else BY[model.labels_by]
    return f"“{plain(model.name)}” was trained on labels by {by}."


def unscored(services: Services, model: RewardModel) -> None:
    """List clips without a reward, and why."""
    rows = services.workspace.rewards.unscored(model.model_id)
    if rows:
        with st.expander(f"{plural(len(rows), 'clip')} unscored", icon=":material/help:"):
            shown = [{"clip_id": clip.clip_id, "reason": clip.reason} for clip in rows]
            st.dataframe(shown, hide_index=True, key="scores-unscored")
            library_link([clip.clip_id for clip in rows], key="unscored-library")
