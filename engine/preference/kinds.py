"""Kinds of labels by who gave them: people, a simulated annotator, or a model's judgement. Never counted together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from engine.files.values import BadValueError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "BY",
    "LABEL_KINDS",
    "USED_FIRST",
    "LabelKind",
    "as_simulated",
    "counted_by",
    "from_simulated",
    "known_kind",
    "only_kind",
    "other_kind",
    "stated_kind",
]

LabelKind = Literal["people", "simulated", "model"]
"""Who gave a label: people, an annotator simulated from a known quality, or a model that looked at the clips."""
LABEL_KINDS: Final[tuple[LabelKind, ...]] = get_args(LabelKind)
USED_FIRST: Final[tuple[LabelKind, ...]] = ("people", "model", "simulated")
"""The order in which kinds are used where several have enough labels: the first alone."""
BY: Final[dict[LabelKind, str]] = {
    "people": "people",
    "simulated": "simulated annotators",
    "model": "a model's judgement",
}
"""Kind → the words after "labels by"."""


def counted_by(count: int, kind: LabelKind) -> str:
    """`300 labels by people`, `1 simulated label`, `272 labels by a model's judgement`."""
    noun = "label" if count == 1 else "labels"
    return f"{count:,} simulated {noun}" if kind == "simulated" else f"{count:,} {noun} by {BY[kind]}"


def as_simulated(kind: LabelKind) -> bool | None:
    """The kind as versions with only two kinds stored it. None for a model's judgement: neither of the two, so that
    whatever counts people's or simulated labels by this flag counts it as neither."""
    return None if kind == "model" else kind == "simulated"


def from_simulated(simulated: bool) -> LabelKind:
    """The kind of a label stored by a version with only two kinds."""
    return "simulated" if simulated else "people"


def known_kind(value: object) -> LabelKind:
    """The kind of this name. Raises `BadValueError` for any other value."""
    for kind in LABEL_KINDS:
        if value == kind:
            return kind
    raise BadValueError(f"kind is {shown(str(value))}, but must be {', '.join(LABEL_KINDS[:-1])} or {LABEL_KINDS[-1]}")


def stated_kind(values: Mapping[str, Any]) -> LabelKind | None:
    """The kind that stored values state in `kind`, or in older versions' `simulated`; None where they state none.

    Raises `BadValueError` for an unknown kind, and where the two contradict each other.
    """
    kind, simulated = values.get("kind"), values.get("simulated")
    older = from_simulated(simulated) if isinstance(simulated, bool) else None
    if kind is None:
        return older
    known = known_kind(kind)
    if older is not None and older != known:
        raise BadValueError(f"kind is {known}, but simulated is {str(simulated).lower()}: they contradict each other")
    return known


def only_kind(kinds: Iterable[LabelKind]) -> LabelKind | None:
    """The one kind among `kinds`, None where there is none. Raises `ValueError` for several: they are never mixed."""
    found = set(kinds)
    if len(found) > 1:
        raise ValueError(f"Labels of {len(found)} kinds are mixed: {', '.join(sorted(found))}. Use those of one kind.")
    return next(iter(found), None)


def other_kind(annotator: str, here: LabelKind, given: LabelKind) -> str:
    """Why labels are refused whose annotator has labels of another kind."""
    who = shown(annotator)
    return f"the labels of {who} here are labels by {BY[here]}, not by {BY[given]}: an annotator has one kind"
