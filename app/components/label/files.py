"""Imports labels from CSV files and offers labels as a CSV download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import show_error
from app.components.label.answered_pair import to_labelling, to_review
from app.components.label.kind_choice import WHO
from app.components.press import pressed
from app.components.states.done import done_state
from app.components.states.empty import empty_state
from app.components.states.failed import failed_state
from app.markdown_text import plain
from app.text import named, plural
from app.workflows.label_files import export_labels, import_labels
from engine.errors import HandpickedError
from engine.preference.kinds import USED_FIRST, known_kind

if TYPE_CHECKING:
    from app.services import Services
    from app.workflows.label_files import ImportedLabels

__all__ = ["draw_import_export"]

OURS = """left_clip,right_clip,label,annotator,kind
sample-0-001@0-3000,sample-0-002@3000-6000,left,ann,people
sample-0-001@0-3000,sample-0-004@0-3000,tie,ann,people
"""
CROWD = """worker,left,right,label
ann,sample-0-001@0-3000,sample-0-002@3000-6000,sample-0-001@0-3000
"""
AS_STATED, ALL = "As the file states", "all, told apart"


def draw_import_export(services: Services) -> None:
    """Draw the import and export of label files, with their format."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Import")
        draw_import(services)
    with right:
        st.subheader("Export")
        draw_export(services)


def draw_import(services: Services) -> None:
    """Choose a CSV file to import, and show the result."""
    st.caption("A file read twice adds nothing. Rows that can’t be used are named by their line; the rest is taken.")
    given = st.file_uploader("CSV file", type=["csv", "tsv", "txt"], key="label-file")
    chosen = st.selectbox(
        "Labels by",
        [AS_STATED, *USED_FIRST],
        format_func=named(WHO),
        key="label-file-kind",
        help="Whose labels the file holds, where its column `kind` does not state it; people’s where nothing does. A "
        "file that states another kind than the one chosen is refused. Kinds are never counted together.",
    )
    kind = None if chosen == AS_STATED else known_kind(chosen)
    why_not = "" if given is not None else "Choose a file first."
    go = pressed("Import labels", key="label-import", type="primary", icon=":material/upload_file:", why_not=why_not)
    if go and given is not None:
        try:
            said = import_labels(services.workspace, given.getvalue(), given.name, kind=kind)
        except HandpickedError as error:
            st.session_state.pop("label-file-said", None)
            show_error(error)
        else:
            st.session_state["label-file-said"] = (given.name, said)
            st.rerun()
    # The result of one file must not be shown beside another.
    name, said = st.session_state.get("label-file-said", (None, None))
    if said is not None and (given is None or given.name == name):
        report(name, said)
    with st.expander("What a file looks like", icon=":material/table_rows:"):
        st.markdown(
            "Ours; the label is `left`, `right`, `tie` or `skip`, the kind `people`, `simulated` or `model` (a model’s "
            "judgement), and an exported file has more columns:"
        )
        st.code(OURS, language=None)
        st.markdown("crowd-kit’s; the label is the name of the chosen clip:")
        st.code(CROWD, language=None)


def report(name: str, said: ImportedLabels) -> None:
    """The result of a file: counts, then every row that was left out."""
    known = f", {said.known:,} known already" if said.known else ""
    form = "our" if said.convention == "handpicked" else "crowd-kit’s"
    about = f"From {plain(name)}, in {form} format."
    left_out = f"{plural(said.left_out, 'row')} left out."
    if said.added or not said.problems:
        lines = [about, *([left_out] if said.problems else [])]
        with done_state(f"{said.added_words} added{known}", lines, key="label-file"):
            to_review()
    else:
        failed_state("No label was added", f"{about}  \n{left_out} Each line below says why.", key="label-file")
    if said.problems:
        st.dataframe(
            [{"line": problem.line, "reason": problem.reason} for problem in said.problems],
            hide_index=True,
            key="label-file-problems",
            height=min(38 * len(said.problems) + 40, 320),
            column_config={"line": st.column_config.NumberColumn(width="small")},
        )


def draw_export(services: Services) -> None:
    """Download labels in either format."""
    counts = services.workspace.labels.counts()
    if not counts.kinds:
        with empty_state(
            ":material/download:", "Nothing to export yet", "Labels can be downloaded here once there are some."
        ):
            to_labelling()
        return
    st.caption("With the annotator, the time it took, how the pair was chosen, and when.")
    crowd = (
        st.segmented_control("Format", ["ours", "crowd-kit"], default="ours", required=True, key="label-export-format")
        == "crowd-kit"
    )
    options = [*counts.kinds, *([ALL] if len(counts.kinds) > 1 and not crowd else [])]
    whose = st.segmented_control(
        "Labels by",
        options,
        format_func=named(WHO),
        default=options[0],
        required=True,
        key=f"label-export-whose-{crowd}",
    )
    kind = None if whose == ALL else known_kind(whose or options[0])
    number = sum(counts.of(some) for some in counts.kinds if kind in (None, some))
    st.download_button(
        f"Download {plural(number, 'label')}",
        data=lambda: export_labels(services.workspace, convention="crowd-kit" if crowd else "handpicked", kind=kind)[0],
        file_name="labels-crowd-kit.csv" if crowd else "labels.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not number,
        key="label-export",
    )
