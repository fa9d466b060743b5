"""The form and the places of a new export, the button that writes it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from app.components.export.answer import PathFields, Places, answer, asked_to_make, write
from app.components.export.format_fields import format_choice, format_fields
from app.components.feedback import show_error
from app.components.press import pressed
from app.markdown_text import plain
from engine.errors import HandpickedError
from engine.export.writers import FORMATS
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from app.workflows.export_plan import ExportPlan
    from engine.export.formats.base import AnyExporter

__all__ = ["writing"]


def writing(services: Services, plan: ExportPlan | None, action: DeltaGenerator, answers: DeltaGenerator) -> None:
    """The choice of form and places, the button that writes the export, and what came of it."""
    place = services.workspace.root.parent / f"best-clips-{datetime.now().astimezone():%Y%m%d}"
    with st.container(border=True, key="export-writing"):
        exporter = format_choice()
        asked = list_and_clips(place) if exporter is None else data_set(exporter, place)
    with action:
        none = "The choices at the left can't be used." if plan is None else "" if plan.clips else "No clip comes out."
        clicked = pressed(
            "Write", key="export-write", type="primary", icon=":material/save:", why_not=none or asked.problem
        )
    with answers:
        if asked.error is not None:
            show_error(asked.error)
            return
        make = asked_to_make("export", asked.places)
        if plan is not None and plan.settings.with_labels != asked.labels:
            plan = replace(plan, settings=plan.settings.model_copy(update={"with_labels": asked.labels}))
        if plan is not None and not asked.problem and (clicked or make):
            write(services, plan, asked.places, key="export", make=make)
        settings = plan.settings if plan else None
        answer(
            services,
            asked.places,
            settings,
            key="export",
            fields=FIELDS if exporter is None else set_fields(exporter.name),
        )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the form asks for: where to, why it can't be used, and whether labels go with the clips."""

    places: Places
    error: HandpickedError | None = None
    """Of a path that is none."""
    problem: str = ""
    """Of an option's field, which shows it too."""
    labels: bool = True


def list_and_clips(place: Path) -> Asked:
    """Ask for the file of the list and the folder of the cut clips."""
    listed, cut = st.columns(2, gap="medium")
    with listed:
        wants_list = st.toggle("Write the list", value=True, key="export-list")
        list_file = st.text_input("File, without its ending", str(place), key=FIELDS.list_file, disabled=not wants_list)
        ending = st.segmented_control(
            "Format", FORMATS, default=FORMATS[0], required=True, key="export-format", disabled=not wants_list,
            label_visibility="collapsed",
        )  # fmt: skip
    with cut:
        wants_clips = st.toggle("Cut the clips", value=False, key="export-cut", help=CUT_HELP)
        folder = st.text_input("Folder", str(place), key=FIELDS.folder, disabled=not wants_clips)
        labels = st.toggle(
            "With labels",
            value=True,
            key="export-labels",
            disabled=not wants_clips,
            help="Puts the labels about these clips into the folder, with the annotators' names.",
        )
    overwrite = st.toggle("Overwrite files of the same names", value=False, key="export-overwrite")
    try:
        places = Places(
            list_file=typed_path(list_file + ending) if wants_list else None,
            folder=typed_path(folder) if wants_clips else None,
            overwrite=overwrite,
        )
    except HandpickedError as error:
        return Asked(places=NOWHERE, error=error, labels=labels)
    return Asked(places=places, labels=labels)


def set_fields(format_name: str) -> PathFields:
    """The field in which the folder of a data set is typed: each format has its own, and a name of its own in it."""
    return PathFields(list_file="export-no-list", folder=f"export-set-folder-{format_name}")


def data_set(exporter: type[AnyExporter], place: Path) -> Asked:
    """Ask for the folder of a data set and for the options of its format."""
    st.caption(plain(exporter.description))
    folder = st.text_input(
        "New folder", f"{place}-{exporter.name}", key=set_fields(exporter.name).folder, help=SET_HELP
    )
    chosen = format_fields(exporter)
    try:
        places = Places(list_file=None, folder=typed_path(folder), choice=chosen.choice)
    except HandpickedError as error:
        return Asked(places=NOWHERE, error=error, problem=chosen.problem)
    return Asked(places=places, problem=chosen.problem)


NOWHERE = Places(list_file=None, folder=None)
FIELDS = PathFields(list_file="export-file", folder="export-folder", with_ending=False)
CUT_HELP = (
    "H.264 files that play anywhere, with a manifest and SHA-256 sums. A colleague opens the folder with "
    "`handpicked import FOLDER`."
)
SET_HELP = "It must not exist yet: the data set appears under this name when it is whole."
