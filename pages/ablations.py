"""The Ablations page: how much worse the reward gets without each group of features."""

from __future__ import annotations

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.chart import chart
from app.components.feedback import show_error, synthetic_note
from app.components.jobs.run_watch import run_watch
from app.components.page_head import page_head
from app.components.reward.first_step import lead_to_what_is_missing
from app.components.reward.verdict_strip import verdict_strip
from app.components.states.empty import empty_state, leads_to
from app.reports import validation_charts as charts
from app.reports.validation_words import labels_of_run
from app.reports.verdicts import ablation_verdict
from app.services import open_services
from app.text import ago, named, plural
from app.workflows.validating import ablate_spec, feature_groups, readiness
from engine.errors import HandpickedError
from engine.validation.verdict import DROP_BAR
from storage.jobs import ACTIVE

services = open_services()
workspace = services.workspace
head = page_head("Ablations")
running = bool(workspace.jobs.find(states=ACTIVE, kind="ablate"))
validated = workspace.validation.latest()
ready = readiness(workspace)
missing = ready.missing


def start() -> None:
    """Start an ablation with the settings chosen on the page."""
    groups = st.session_state.get("ablate-groups") or []
    effort = st.session_state.get("ablate-effort", "quick")
    try:
        spec = ablate_spec(workspace, groups=[groups] if groups else [], effort=effort)
        services.supervisor.submit("Ablate", spec)
    except HandpickedError as error:
        st.session_state["ablate-error"] = error


failed = st.session_state.pop("ablate-error", None)
if failed is not None:
    show_error(failed)
run_watch(services, "ablate")
runs = workspace.validation.ablations()
lacking = missing or ("" if validated else "Validate first: an ablation needs measured gains.")
with head:
    why_not = lacking or ("An ablation is under way." if running else "")
    st.button(
        "Ablate again" if runs else "Ablate",
        key="ablate-go",
        type="primary",
        icon=":material/play_arrow:",
        on_click=uninterrupted(start),
        disabled=bool(why_not),
        help=why_not or None,
    )


def options() -> None:
    """The settings of an ablation."""
    st.multiselect(
        "Leave out together",
        feature_groups(workspace),
        key="ablate-groups",
        placeholder="motion + hands, then each",
    )
    st.segmented_control("Effort", ["quick", "thorough"], default="quick", key="ablate-effort")


if not runs:
    text = (
        "The reward is trained again without motion, without hands, without each group of features.  \n"
        "What it loses then, in ρ and in agreement with people, is what the group is worth."
    )
    with empty_state(
        ":material/content_cut:",
        "Which features carry the reward?",
        text + (f"  \n\n**{lacking}**" if lacking else ""),
    ):
        if missing:
            lead_to_what_is_missing(ready)
        elif lacking:
            leads_to("validate.py", "Validate")
        else:
            with st.popover("Options", icon=":material/tune:"):
                options()
    st.stop()

names = {
    run.run_id: f"{ago(run.created_at)} · seed {run.seed} · {run.effort} · {plural(len(run.report.rows), 'set')}"
    for run in runs
}
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    run_id = st.selectbox("Run", list(names), format_func=named(names), key="ablate-run", width=360)
    with st.popover("Options", icon=":material/tune:", disabled=bool(lacking)):
        options()
run = next((found for found in runs if found.run_id == run_id), runs[0])
report = run.report
rows = report.rows

questioned = workspace.validation.get(run.validation_run_id)
supported = questioned is None or questioned.report.supported
verdict_strip(ablation_verdict(rows, supported=supported), key="ablation")
if not supported:
    st.caption("What agreement with labels loses is not touched by that.")
measured_on = [clip.clip_id for clip in workspace.validation.gains(run.validation_run_id)]
synthetic_note(workspace.sample.among(measured_on), len(measured_on))
known_rho = "is not known" if report.rho.value is None else f"= {report.rho.value:.2f}"
st.caption(
    f"With all features ρ {known_rho} on {plural(report.clips, 'clip')} of "
    f"{plural(report.sources, 'source video')}; every set is trained on the same folds and seeds, so that "
    f"differences are paired. {labels_of_run(run.settings)}",
    help=f"The gains are those of the validation {ago(questioned.created_at)}." if questioned else None,
)
left, right = st.columns(2, gap="medium")
with left:
    st.subheader("Δρ: what the correlation with ΔM loses")
    chart(
        charts.drop_forest(rows, [row.drop for row in rows], DROP_BAR, "ρ with all − ρ without"),
        key="ablate-rho",
        title="what the correlation with ΔM loses without each group",
    )
with right:
    st.subheader("Δ pair accuracy: what agreement loses")
    chart(
        charts.drop_forest(rows, [row.accuracy_drop for row in rows], None, "accuracy with all − without"),
        key="ablate-accuracy",
        title="what agreement with labels loses without each group",
    )
    if report.pairs:
        st.caption(f"On {plural(report.pairs, 'pair')} with a video of which the reward had seen no label.")
st.dataframe(
    [
        {
            "without": " + ".join(row.groups),
            "ρ": row.rho,
            "Δρ": row.drop.value,
            "low": row.drop.low,
            "high": row.drop.high,
            "Δ accuracy": row.accuracy_drop.value,
            "power": row.power,
            **({f"drop ≥ {DROP_BAR:.1f}": row.standing} if supported else {}),
        }
        for row in rows
    ],
    hide_index=True,
    key="ablate-table",
    column_config={
        **{name: st.column_config.NumberColumn(format="%.2f") for name in ("ρ", "Δρ", "low", "high", "Δ accuracy")},
        "power": st.column_config.NumberColumn(
            format="%.2f",
            help=f"How often a true drop of {DROP_BAR:.1f} would show as one, with this many clips and videos.",
        ),
    },
)
st.subheader("History")
st.dataframe(
    [
        {
            "when": ago(found.created_at),
            "seed": found.seed,
            "ρ": found.report.rho.value,
            **{f"without {' + '.join(row.groups)}": row.drop.value for row in found.report.rows},
        }
        for found in runs
    ],
    hide_index=True,
    key="ablate-history",
)
