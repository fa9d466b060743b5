"""What was typed on the Settings page and not saved yet: it outlives a search, another file's tab and another page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import streamlit as st
from pydantic import ValidationError

from app.components.settings.fields import section_problem_words, sections_of
from app.navigation import ARRIVED
from engine.errors import HandpickedError, SettingsError
from storage.settings_models import SETTINGS

if TYPE_CHECKING:
    from app.components.settings.fields import Section, SettingField, SettingValue
    from engine.settings_model import SettingsModel
    from storage.settings import SettingsFiles

__all__ = [
    "Draft",
    "FileDraft",
    "after_saving",
    "discard",
    "forget",
    "just_saved",
    "load_draft",
    "put_back",
    "refusals",
    "save",
]

TYPED = "settings-typed"
"""Session key: a field's full name → what its widget holds, where that is not what is in the file."""
VERSIONS = "settings-versions"
"""Session key: file → a number in its widgets' keys; a new one makes new widgets, with the file's values."""
SEEN = "settings-seen"
"""Session key: file → the settings that its widgets began with. Another tab may save meanwhile."""
SAVED = "settings-saved"
"""Session key: full names of the values that the last click saved, until something changes again."""
REFUSED = "settings-refused"
"""Session key: file → why it was not saved."""


@dataclass(kw_only=True)
class FileDraft:
    """One settings file with what was typed about it."""

    name: str
    model: type[SettingsModel]
    seen: SettingsModel
    sections: list[Section]
    version: int
    values: dict[str, SettingValue] = field(default_factory=dict)
    """Full name → the value typed; the file's where the text holds none."""
    problems: dict[str, str] = field(default_factory=dict)
    """Full name of a field, or of a section whose values do not go together → what is wrong."""

    def key(self, entry: SettingField) -> str:
        """The widget's key."""
        return f"settings.{self.name}.{self.version}.{entry.raw_name}"

    def stored(self, entry: SettingField) -> Any:
        """The value in the file."""
        value: Any = self.seen
        for part in entry.path:
            value = getattr(value, part)
        return value

    def typed(self, entry: SettingField) -> Any:
        """What the field's widget holds, drawn or not."""
        kept = st.session_state.setdefault(TYPED, {}).get(entry.full_name, entry.typed(self.stored(entry)))
        return st.session_state.get(self.key(entry), kept)

    def is_changed(self, entry: SettingField) -> bool:
        """Whether the field holds something that is not in the file."""
        return entry.full_name in self.problems or self.values[entry.full_name] != self.stored(entry)

    def differs(self, entry: SettingField) -> bool:
        """Whether the field holds something else than the default."""
        return entry.full_name in self.problems or self.values[entry.full_name] != entry.default

    @property
    def fields(self) -> list[SettingField]:
        """All fields of the file."""
        return [entry for section in self.sections for entry in section.fields]

    @property
    def differing(self) -> list[SettingField]:
        """The fields that hold something else than their defaults."""
        return [entry for entry in self.fields if self.differs(entry)]

    @property
    def changed(self) -> list[SettingField]:
        """The fields with a change that is not saved."""
        return [entry for entry in self.fields if self.is_changed(entry)]

    def tree(self) -> dict[str, object]:
        """All values, as the model takes them."""
        made: dict[str, object] = {}
        for entry in self.fields:
            place = made
            for part in entry.path[:-1]:
                place = cast("dict[str, object]", place.setdefault(part, {}))
            place[entry.path[-1]] = self.values[entry.full_name]
        return made


@dataclass(frozen=True, kw_only=True)
class Draft:
    """All settings files with what was typed about them."""

    files: dict[str, FileDraft]
    broken: dict[str, SettingsError]
    """Files that can't be read → why."""

    @property
    def changes(self) -> int:
        """How many values are not saved."""
        return sum(len(file.changed) for file in self.files.values())

    @property
    def problems(self) -> dict[str, str]:
        """Full name of a field or a section → what is wrong with it."""
        return {name: said for file in self.files.values() for name, said in file.problems.items()}


def load_draft(files: SettingsFiles) -> Draft:
    """What is in the files, and what was typed about them in this session."""
    drafts: dict[str, FileDraft] = {}
    unshown: list[FileDraft] = []
    broken: dict[str, SettingsError] = {}
    seen = st.session_state.setdefault(SEEN, {})
    for name, model in SETTINGS.items():
        try:
            current = files.load(model)
        except SettingsError as error:
            broken[name] = error
            if name in seen:  # it may be whole again in a moment: what was typed about it stays
                unshown.append(_typed_draft(name, model, seen[name]))
            continue
        drafts[name] = _file_draft(name, model, current)
    kept = {entry.full_name: file.typed(entry) for file in [*drafts.values(), *unshown] for entry in file.changed}
    st.session_state[TYPED] = kept
    if kept:
        st.session_state.pop(SAVED, None)
    return Draft(files=drafts, broken=broken)


def _file_draft(name: str, model: type[SettingsModel], current: SettingsModel) -> FileDraft:
    seen = st.session_state.setdefault(SEEN, {})
    draft = _typed_draft(name, model, seen.setdefault(name, current))
    if current != seen[name] and not draft.changed:  # saved in another tab, and nothing was changed here
        forget(name)
        seen[name] = current
        draft = _typed_draft(name, model, current)
    return draft


def _typed_draft(name: str, model: type[SettingsModel], seen: SettingsModel) -> FileDraft:
    version = st.session_state.setdefault(VERSIONS, {}).setdefault(name, 0)
    draft = FileDraft(name=name, model=model, seen=seen, sections=sections_of(name, model()), version=version)
    for entry in draft.fields:
        try:
            draft.values[entry.full_name] = entry.read(draft.typed(entry))
        except ValueError as error:
            draft.values[entry.full_name] = draft.stored(entry)
            draft.problems[entry.full_name] = str(error)
    _validate(draft)
    return draft


def _validate(draft: FileDraft) -> None:
    """Ask the model about all values, alone and together."""
    try:
        draft.model.model_validate(draft.tree())
    except ValidationError as error:
        for problem in error.errors():
            name = _nearest(draft, problem["loc"])
            own = [entry for entry in draft.fields if not name or f"{entry.full_name}.".startswith(f"{name}.")]
            titles = {entry.path[-1]: entry.title for entry in own}
            draft.problems.setdefault(name, section_problem_words(problem["msg"], titles))


def _nearest(draft: FileDraft, place: tuple[int | str, ...]) -> str:
    """The full name of the field or the section that an error is about."""
    names = {entry.full_name for entry in draft.fields} | {section.full_name for section in draft.sections}
    parts = [draft.name, *(str(part) for part in place)]
    while len(parts) > 1 and ".".join(parts) not in names:
        parts.pop()
    return ".".join(parts)


# --- what buttons do --------------------------------------------------------------------------------------------------


def forget(name: str) -> None:
    """Draw a file's fields with what is in the file, whatever was typed."""
    st.session_state.setdefault(VERSIONS, {})[name] = st.session_state.get(VERSIONS, {}).get(name, 0) + 1
    st.session_state.get(SEEN, {}).pop(name, None)
    st.session_state.get(REFUSED, {}).pop(name, None)
    typed = st.session_state.get(TYPED, {})
    st.session_state[TYPED] = {entry: kept for entry, kept in typed.items() if not entry.startswith(f"{name}.")}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What came of saving."""

    names: dict[str, frozenset[str]]
    """File → the full names of the values that were saved."""
    refused: dict[str, HandpickedError]


def save(files: SettingsFiles) -> Saved | None:
    """Save every file that was changed; what can't be saved is left as it was typed, with the reason.

    Reads what the fields hold now: text that came with the click is looked at too. None where one can't be used. The
    session is not used between the files: the next message would end it there, with one file saved and another not.
    """
    draft = load_draft(files)
    if draft.problems:
        return None
    names: dict[str, frozenset[str]] = {}
    refused: dict[str, HandpickedError] = {}
    for name, file in draft.files.items():
        changed = frozenset(entry.full_name for entry in file.changed)
        if not changed:
            continue
        try:
            files.save(file.model.model_validate(file.tree()), seen=file.seen)
        except HandpickedError as error:
            refused[name] = error
        else:
            names[name] = changed
    return Saved(names=names, refused=refused)


def after_saving(saved: Saved | None) -> None:
    """Have the page show the saved files as they are now, and why others were not saved."""
    if saved is None:
        return
    for name in saved.names:
        forget(name)
    st.session_state[SAVED] = frozenset().union(*saved.names.values())
    st.session_state[REFUSED] = saved.refused


def discard(files: SettingsFiles) -> None:
    """Show what is in the files."""
    for name, file in load_draft(files).files.items():
        if file.changed:
            forget(name)


def put_back(file: FileDraft, entries: list[SettingField]) -> None:
    """Put defaults into fields; saving is another step, so that it can be thought over."""
    for entry in entries:
        typed = entry.typed(entry.default)
        st.session_state[file.key(entry)] = typed
        st.session_state.setdefault(TYPED, {})[entry.full_name] = typed


def just_saved() -> frozenset[str]:
    """Full names of the values that the last click saved."""
    if st.session_state.get(ARRIVED):  # what was saved on an earlier visit is no news
        st.session_state.pop(SAVED, None)
    found: frozenset[str] = st.session_state.get(SAVED, frozenset())
    return found


def refusals() -> dict[str, HandpickedError]:
    """File → why it was not saved."""
    found: dict[str, HandpickedError] = st.session_state.get(REFUSED, {})
    return found
