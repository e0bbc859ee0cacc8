"""Typed configuration: one schema, parsed once, handed to rooms as narrow values."""

from appliance.settings.load import SettingsError, load
from appliance.settings.schema import (
    AccountSettings,
    BusSettings,
    CallSettings,
    DialogueSettings,
    RecordsSettings,
    Settings,
    SpeechSettings,
)

__all__ = [
    "AccountSettings",
    "BusSettings",
    "CallSettings",
    "DialogueSettings",
    "RecordsSettings",
    "Settings",
    "SettingsError",
    "SpeechSettings",
    "load",
]
