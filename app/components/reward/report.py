"""Shows the report of a trained reward: conclusion, table of baselines, diagrams, surest mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.feedback import remark
from app.components.label.answered_pair import answer_again, watch_answered
from app.components.reward.charts import learning_chart, loss_chart, reliability_chart
from app.components.reward.verdict_strip import verdict_strip
from app.markdown_text import plain
from app.reports.number_words import number_title
from app.reports.reward_words import MEASURES, by_accuracy, empty_measures, measured, outdated, ranking_words
from app.reports.verdicts import reward_verdict
from app.text import duration, plural
from engine.preference.kinds import BY, counted_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from engine.reward.judging.training_report import HeldOutJudgement, LearningCurve, Mistake, TrainingReport
    from storage.rewards import RewardModel

__all__ = ["kind_note", "reward_report"]

FEATURES_SHOWN = 5


def kind_note(model: RewardModel) -> None:
    """A note on whose labels the model was trained on."""
    kind = model.labels_by
    if kind is None:
        st.badge("not known whose labels it was trained on", icon=":material/help:", color="orange")
    elif kind == "people":
        st.badge("trained on labels by people", icon=":material/group:", color="gray")
    else:
        said = "simulated labels" if kind == "simulated" else f"labels by {BY[kind]}"
        st.badge(f"trained on {said}", icon=":material/smart_toy:", color="orange")


def reward_report(services: Services, model: RewardModel) -> None:
    """Draw the model's report."""
    report = model.report
    verdict_strip(reward_verdict(report), key="reward")
    kind_note(model)
    if report is None:
        st.caption("This model came without a report.")  # out of a colleague's bundle, say
        if model.report_fault:
            st.caption(f"What came in the place of one can't be read: {plain(model.report_fault)}.")
        return
    st.caption(summary(report, model.seed))
    if outdated(report):
        remark(outdated(report), ":material/update:")
    if report.judged is None or not report.judges:
        return
    table(report, report.judged)
    left, right = st.columns(2)
    with left:
        st.markdown(
            "**Reliability**", help="On the dotted line, it is right as often as it is sure. Bars: 95 % intervals."
        )
        reliability_chart(report.judges, key=f"reliability-{model.model_id}")
    with right:
        st.markdown("**Learning**", help="Trained on fewer labels, judged by the same held-out ones.")
        curve = report.learning_curve
        if curve is not None:
            learning_chart(curve.points, key=f"learning-{model.model_id}")
            st.caption(more_labels(curve))
        else:
            st.caption("Switched off in training.yaml (`learning_curve`).")
    with st.expander("Loss while training", icon=":material/show_chart:"):
        loss = report.judged.curve
        loss_chart(loss.epochs, loss.train, loss.held_out, key=f"loss-{model.model_id}")
        st.caption(f"The ensemble stopped after {plural(report.epochs, 'epoch')}, where held-out loss was lowest.")
        st.code(f"tensorboard --logdir {services.workspace.paths.logs}", language="bash")
    mistakes(services, report.judged.mistakes or (), key=f"mistake-{model.model_id}")


def summary(report: TrainingReport, seed: int) -> str:
    """The training's inputs, in one line."""
    parts = [
        counted_by(report.labels, report.kind),
        plural(report.clips, "clip"),
        plural(report.sources, "source"),
        f"{report.held_out_labels:,} labels held out in turn",
        f"seed {seed}",
        f"trained in {duration(report.seconds)}",
    ]
    if report.gains:
        parts.append(f"robot head on {plural(report.gains, 'gain')}")
    parts += [f"{count:,} labels left out: {plain(why)}" for why, count in report.left_out.items()]
    return " · ".join(parts)


def table(report: TrainingReport, judged: HeldOutJudgement) -> None:
    """Draw the table of ensemble, ceiling, baselines and best single features, with intervals."""
    features = by_accuracy([judge for judge in judged.judges if judge.kind == "feature"])
    every = st.toggle("Every single feature", key="report-every-feature") if len(features) > FEATURES_SHOWN else False
    shown = [j for j in judged.judges if j.kind != "feature"] + (features if every else features[:FEATURES_SHOWN])
    rows = [
        {
            "": number_title(judge.key) if judge.kind == "feature" else judge.title,
            **{title: measured(judge.measure(name)) for name, (title, _) in MEASURES.items()},
        }
        for judge in shown
    ]
    ceiling = judged.ceiling
    if ceiling is not None:
        title = "Ceiling (hidden quality)" if ceiling.kind == "truth" else "Ceiling (repeated labels)"
        rows.insert(1, {"": title, "Pair accuracy": measured(ceiling.accuracy)})
    config = {title: st.column_config.TextColumn(help=text) for title, text in MEASURES.values()}
    st.dataframe(pd.DataFrame(rows).fillna(""), hide_index=True, column_config=config, key="report-table")
    for sentence in [*filter(None, [ranking_words(report)]), *empty_measures(report)]:
        st.caption(sentence)
    if ceiling is None:
        st.caption("No ceiling is known yet: it takes five repeated pairs by one annotator at least.")
    robot = judged.robot
    if robot is not None:
        st.caption(
            f"Robot head, on gains of held-out sources: Spearman {measured(robot.spearman)} over "
            f"{plural(robot.gains, 'gain')}, mean absolute error {measured(robot.mean_absolute_error)} "
            f"(the gains' own spread is {robot.spread:.3g})."
        )
    if report.gain_sources:
        origins = "; ".join(f"{count:,} from {plain(source)}" for source, count in report.gain_sources.items())
        st.caption(f"Gains that the robot head learned from: {origins}.")


def more_labels(curve: LearningCurve) -> str:
    """Show what another hundred labels may bring."""
    if curve.gain is None:
        return "No rise with more labels shows yet: the curve tells nothing about another hundred."
    return f"Another {curve.more} labels may add about {100 * curve.gain:.1f} points, if errors go on falling so."


def mistakes(services: Services, rows: Sequence[Mistake], *, key: str) -> None:
    """Show the held-out answers that the model contradicted most confidently, as pairs to watch."""
    if not rows:
        return
    st.markdown(
        "**Most confident mistakes**",
        help="Held-out answers that the ensemble gave the least chance. Watch both sides.",
    )
    names = [
        f"{number + 1}. gave the answer {row.probability or 0.0:.0%} · {row.annotator} chose {row.answer}"
        for number, row in enumerate(rows)
    ]
    chosen = st.selectbox("Mistake", range(len(rows)), format_func=names.__getitem__, key=key)
    row = rows[chosen or 0]
    watch_mistake(services, row, key=f"{key}-{chosen}")


def watch_mistake(services: Services, row: Mistake, *, key: str) -> None:
    """Both clips play by themselves, in step, with the answer outlined; a person's answer can be changed here."""
    label = next(
        (
            label
            for label in services.workspace.labels.find("people")
            if (label.left_clip_id, label.right_clip_id, label.annotator) == (row.left, row.right, row.annotator)
        ),
        None,
    )
    answer = row.answer if label is None else label.answer
    watch_answered(services, row.left, row.right, answer, key=f"{key}-{answer}")
    if label is not None:
        answer_again(services, label)
