"""The Validate page: measure clips' gains by behaviour cloning and compare the reward with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.chart import chart
from app.components.feedback import remark, show_error, synthetic_note
from app.components.jobs.run_watch import run_watch
from app.components.number_field import NumberFields, number_problem, typed_number
from app.components.page_head import page_head
from app.components.reward.first_step import lead_to_what_is_missing
from app.components.reward.gain_clips import disagreements, wall, watch
from app.components.reward.model_choice import choose_model
from app.components.reward.success import success_section
from app.components.reward.verdict_strip import verdict_strip
from app.components.stale_note import stale_note
from app.components.states.empty import empty_state
from app.markdown_text import plain
from app.reports import validation_charts as charts
from app.reports.validation_html import report_html
from app.reports.validation_words import (
    FIRST_EDITION,
    SKILL,
    UNSUPPORTED,
    WORDS,
    behind_words,
    believed,
    circularity,
    labels_behind,
    numbers,
    subset_check_words,
)
from app.reports.verdicts import validation_verdict
from app.services import open_services
from app.text import ago, named, plural
from app.workflows.validating import readiness, train_on_gains, validate_spec
from engine.errors import HandpickedError
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from storage.validation import ValidationRun

services = open_services()
workspace = services.workspace
head = page_head("Validate")
running = bool(workspace.jobs.find(states=ACTIVE, kind="validate"))
ready = readiness(workspace)

# The seed's field: its label, its range, and what it holds at first.
SEED = ("Seed", 0, 10_000, 0)


def start() -> None:
    """Start a validation with the settings chosen on the page."""
    try:
        effort = st.session_state.get("validate-effort", "quick")
        seed = typed_number("validate-seed", *SEED, whole=True)
        if seed is None:  # the field says why
            return
        model = st.session_state.get("validate-model")
        target = st.session_state.get("validate-target")
        spec = validate_spec(workspace, model=model, seed=int(seed), effort=effort, target=target)
        services.supervisor.submit("Validate", spec)
    except HandpickedError as error:
        st.session_state["validate-error"] = error


def wrong_seed() -> str:
    """Why what stands in the seed's field, which lies in a folded menu, is no seed; empty where it is one."""
    label, low, high, first = SEED
    return number_problem(str(st.session_state.get("validate-seed", first)), label, low, high, whole=True)


def options() -> None:
    """The settings of a run."""
    choose_model(services, key="validate-model")
    st.segmented_control(
        "Effort",
        ["quick", "thorough"],
        default="quick",
        key="validate-effort",
        help="Minutes, or much longer and surer.",
    )
    NumberFields().ask(*SEED, whole=True, key="validate-seed", width=160)
    st.selectbox(
        "Target",
        list(workspace.library.saved_views()),
        index=None,
        placeholder="all clips",
        key="validate-target",
        help="A saved view of clips that show what the robot should do: the loss is measured on these alone.",
    )


failed = st.session_state.pop("validate-error", None)
if failed is not None:
    show_error(failed)
run_watch(services, "validate")
stale_note(workspace, workspace.rewards.current())
runs = workspace.validation.find()
with head:
    why_not = ready.missing or ("A validation is under way." if running else wrong_seed())
    st.button(
        "Validate again" if runs else "Validate",
        key="validate-go",
        type="primary",
        icon=":material/fact_check:",
        on_click=uninterrupted(start),
        disabled=bool(why_not),
        help=why_not or None,
    )
if not runs:
    with empty_state(
        ":material/fact_check:",
        "Is the reward worth believing?",
        "A small robot-learning model is trained on the clips, and each clip's gain is measured: how much the model "
        "improves when the clip is added.  \nIf the clips that people prefer are those that help, the reward can be "
        "believed." + (f"  \n\n**{ready.missing}**" if ready.missing else ""),
    ):
        if ready.missing:
            lead_to_what_is_missing(ready)
        else:
            with st.popover("Options", icon=":material/tune:"):
                options()
    st.stop()

models = {model.model_id: model.name for model in workspace.rewards.find()}


def validated(run: ValidationRun) -> str:
    """The name of the model that a run validated."""
    if run.model_id is None:
        return "a reward as the settings were"
    return models.get(run.model_id, "a model that was deleted")


names = {run.run_id: f"{validated(run)} · {ago(run.created_at)} · seed {run.seed} · {run.effort}" for run in runs}
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    run_id = st.selectbox("Run", list(names), format_func=named(names), key="validate-run", width=560)
    with st.popover("Options", icon=":material/tune:", disabled=bool(ready.missing)):
        options()
run = next((found for found in runs if found.run_id == run_id), runs[0])
report = run.report
clips = workspace.validation.gains(run.run_id)
by_id = {clip.clip_id: clip for clip in clips}

verdict_strip(validation_verdict(report), key="validation")
synthetic_note(workspace.sample.among(by_id), len(by_id))
what = validated(run)
st.caption(
    f"{plain(what[:1].upper() + what[1:])} on {plural(report.clips, 'clip')} of "
    f"{plural(report.sources, 'source video')}; "
    f"the reward was {labels_behind(report.labels)}, and scores each clip by models that saw no label of its video."
)
if behind_words(report):
    st.caption(behind_words(report))
if report.first_edition:
    remark(FIRST_EDITION, ":material/history:")
if circularity(report.own_gains):
    remark(circularity(report.own_gains), ":material/sync_problem:")

with st.container(horizontal=True):
    found = {row.number: row for row in believed(report)}
    for label in ("ρ", "ρ of the hidden quality", "Ceiling", "Reliability of ΔM", "ρ of groups", "LDS", SKILL):
        if label in found:
            entry = found[label]
            st.metric(
                label,
                entry.value,
                entry.interval or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                height="stretch",
                help=entry.meaning,
            )

success_section(services, run)

if not report.supported:
    st.caption(UNSUPPORTED)
    if not st.toggle("Show what was measured all the same", key="validate-unsupported"):
        st.stop()


def titled(name: str, more: str = "") -> None:
    """A chart's heading with its explanation."""
    title, meaning = WORDS[name]
    st.subheader(title)
    st.caption(f"{meaning} {more}".strip())


titled("scatter")
points = [clip for clip in clips if clip.reward is not None]
left, right = st.columns([0.62, 0.38], gap="medium")
with left:
    chosen = chart(charts.scatter(points), key="validate-scatter", title="gain by reward", select=["points"]).rows
    if chosen:
        st.session_state["validate-clip"] = points[chosen[0]].clip_id
with right:
    shown = st.session_state.get("validate-clip")
    if shown in by_id:
        watch(services, by_id[shown])
    else:
        st.caption(":material/touch_app: Choose a point to watch its clip.")

titled("controls")
shown_controls = report.controls
if len(shown_controls) > 16 and not st.toggle("All features", key="validate-all-controls"):
    features = [control.name for control in shown_controls if control.kind == "feature"][:8]
    shown_controls = tuple(
        control for control in shown_controls if control.kind != "feature" or control.name in features
    )
chart(charts.forest(shown_controls, report.rho), key="validate-forest", title=WORDS["controls"][0])

one, two = st.columns(2, gap="medium")
with one:
    titled("keep")
    chart(charts.keep_curve(report.keep), key="validate-keep", title=WORDS["keep"][0])
    titled("bases")
    chart(charts.base_curve(report.base_curve, run.base_share), key="validate-bases", title=WORDS["bases"][0])
with two:
    titled("groups")
    chart(charts.bins_chart(report.groups.bins), key="validate-bins", title=WORDS["groups"][0])
    if report.lds is not None:
        titled("lds", subset_check_words(report.lds))
        chart(charts.lds_chart(report.lds), key="validate-lds", title=WORDS["lds"][0])

st.subheader("All numbers")
st.dataframe([asdict(row) for row in numbers(report)], hide_index=True, key="validate-numbers")
st.subheader("Goals we hold ourselves to")
goals = [{"goal": name, "found": goal.value, "met": goal.met} for name, goal in report.goals.items()]
st.dataframe(
    goals, hide_index=True, key="validate-goals", column_config={"found": st.column_config.NumberColumn(format="%.3f")}
)
if report.left_out:
    st.caption("Left out: " + "; ".join(f"{plural(n, 'clip')}: {plain(why)}" for why, n in report.left_out.items()))

st.subheader("Where reward and gain disagree most")
liked, useful = disagreements(clips)
for key, title, group in (
    ("liked", "Liked, but the model gained little", liked),
    ("useful", "Not liked, but the model gained", useful),
):
    st.markdown(f"**{title}**")
    wall(services, group, key)

st.subheader("Use it")
used = workspace.validation.gains_used(run.run_id)
training = bool(workspace.jobs.find(states=ACTIVE, kind="train"))


def train_robot_head() -> None:
    """Start a training whose robot head learns from the gains shown."""
    try:
        services.supervisor.submit("Train a reward with a robot head", train_on_gains(workspace, run.run_id))
    except HandpickedError as error:
        st.session_state["validate-train-error"] = error


refused = st.session_state.pop("validate-train-error", None)
if refused is not None:
    show_error(refused)
run_watch(services, "train")
with st.container(horizontal=True, vertical_alignment="center"):
    st.button(
        "Use these gains to train the robot head",
        icon=":material/smart_toy:",
        on_click=uninterrupted(train_robot_head),
        disabled=training or not report.supported,
        help="Trains a reward anew. Its robot head learns from these gains, its human head from the labels as before.",
    )
    st.download_button(
        "Report as HTML",
        lambda: report_html(run, clips, workspace.validation.success(run.run_id)),
        f"{run.run_id}.html",
        "text/html",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        "Numbers as JSON",
        json.dumps({"run_id": run.run_id, "seed": run.seed, "settings": run.settings, **report.to_json()}, indent=1),
        f"{run.run_id}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
if not report.supported:
    st.caption("These gains are not offered to the robot head: the data can't support them.")
elif used:
    st.caption(
        f"Every training learns from {plural(used, 'gain')} of this run. How well a robot head knows the gains that it "
        "learned from says nothing about it; the Train page judges it by gains of videos that it never saw."
    )
