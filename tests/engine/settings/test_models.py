"""What every settings model owes a person: defaults that hold, help for every field, no unknown keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from engine.settings_model import SettingsModel
from storage.settings_models import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator


def sections(model: type[SettingsModel]) -> Iterator[type[SettingsModel]]:
    """A model and all models inside it."""
    yield model
    for info in model.model_fields.values():
        if isinstance(info.annotation, type) and issubclass(info.annotation, SettingsModel):
            yield from sections(info.annotation)


ALL = [section for model in SETTINGS.values() for section in sections(model)]


@pytest.mark.parametrize("model", ALL)
def test_defaults_hold_and_come_back(model: type[SettingsModel]) -> None:
    made = model()
    assert model.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize("model", ALL)
def test_every_field_has_a_title_and_every_value_an_explanation(model: type[SettingsModel]) -> None:
    assert model.summary().endswith(".")
    for name, info in model.model_fields.items():
        assert info.title, f"{model.__name__}.{name}"
        if info.annotation not in ALL:
            assert info.description, f"{model.__name__}.{name}"


@pytest.mark.parametrize("model", ALL)
def test_unknown_keys_and_later_changes_are_refused(model: type[SettingsModel]) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        model.model_validate({"no_such_key": 1})
    name = next(iter(model.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(model(), name, getattr(model(), name))
