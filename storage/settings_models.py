"""Registry of a workspace's settings files and their models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.audit.settings import AuditSettings
from engine.features.settings import FeatureSettings
from engine.preference.settings import LabellingSettings
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.settings.app import AppSettings
from engine.settings.data import DataSettings
from engine.settings.jobs import JobSettings
from engine.settings.sync import SyncSettings
from engine.validation.settings import ValidationSettings

if TYPE_CHECKING:
    from engine.settings_model import SettingsModel

__all__ = ["SETTINGS"]

SETTINGS: dict[str, type[SettingsModel]] = {
    "data": DataSettings,
    "features": FeatureSettings,
    "labelling": LabellingSettings,
    "model": ModelSettings,
    "training": TrainingSettings,
    "validation": ValidationSettings,
    "audit": AuditSettings,
    "jobs": JobSettings,
    "sync": SyncSettings,
    "app": AppSettings,
}
"""File stem → its model, in display order."""
