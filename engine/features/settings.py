"""features.yaml: one section per extractor, made of the extractors' own settings models."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model

from engine.features.activity import ActivitySettings
from engine.features.composite import CompositeSettings
from engine.features.registry import extractor_names, get
from engine.settings_model import SettingsModel

__all__ = ["FeatureSettings", "enabled_extractors", "extractor_settings", "feature_settings_model"]


def feature_settings_model() -> type[SettingsModel]:
    """The model of features.yaml with a section for each extractor that is known now."""
    sections: dict[str, Any] = {}
    for name in extractor_names():
        extractor = get(name)
        section = create_model(
            f"{name.title().replace('_', '')}Section",
            __base__=extractor.settings_model,
            __doc__=extractor.settings_model.__doc__,
            enabled=(bool, Field(default=True, title="Enabled", description="Measured by default.")),
        )
        sections[name] = (section, Field(default_factory=section, title=extractor.title))
    sections["activity"] = (ActivitySettings, Field(default_factory=ActivitySettings, title="Activity"))
    sections["composite"] = (CompositeSettings, Field(default_factory=CompositeSettings, title="Composite score"))
    return create_model(
        "FeatureSettings", __base__=SettingsModel, __doc__="What is measured about clips, and how.", **sections
    )


def extractor_settings(settings: SettingsModel, name: str) -> SettingsModel:
    """The settings of one extractor, from those of features.yaml; defaults for one that is not in the model yet."""
    section = getattr(settings, name, None)
    model = get(name).settings_model
    return model.model_validate(section.model_dump(exclude={"enabled"})) if section is not None else model()


def enabled_extractors(settings: SettingsModel) -> list[str]:
    """The extractors that are switched on, in display order."""
    return [name for name in extractor_names() if getattr(getattr(settings, name, None), "enabled", True)]


FeatureSettings = feature_settings_model()
"""The model at import time; after registering an extractor, call `feature_settings_model()` again."""
