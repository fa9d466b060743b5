"""Validates untrusted lists entry by entry: valid entries are taken, the others reported."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.files.read_json import explain

__all__ = ["valid_entries"]

M = TypeVar("M", bound=BaseModel)


def valid_entries(values: Any, model: type[M], what: str) -> tuple[list[M], list[str]]:
    """`(good, problems)`: the values that are valid, and a sentence about each other one ("Clip 3: …")."""
    if not isinstance(values, list):
        return [], [f"{what}: there is no list of them."]
    good: list[M] = []
    problems: list[str] = []
    for number, value in enumerate(values, start=1):
        try:
            good.append(model.model_validate(value))
        except ValidationError as error:
            problems.append(f"{what} {number} is left out: {explain(error)}.")
    return good, problems
