"""Typed configuration: one schema, parsed once, handed to rooms as narrow values."""

from appliance.settings.load import SettingsError, load
from appliance.settings.schema import (
    MAIN,
    AccountSettings,
    BusSettings,
    CallSettings,
    DialogueSettings,
    RecordsSettings,
    Settings,
    SpeechSettings,
    TlsSettings,
)

__all__ = [
    "MAIN",
    "AccountSettings",
    "BusSettings",
    "CallSettings",
    "DialogueSettings",
    "RecordsSettings",
    "Settings",
    "SettingsError",
    "SpeechSettings",
    "TlsSettings",
    "load",
]
