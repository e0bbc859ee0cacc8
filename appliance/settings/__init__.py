"""Typed configuration: one schema, parsed once, handed to rooms as narrow values."""

from appliance.settings.conversation import DialogueSettings, ModelSettings
from appliance.settings.load import USUAL_FILES, SettingsError, load, load_named, site_file
from appliance.settings.schema import (
    MAIN,
    AccountSettings,
    BusSettings,
    CallSettings,
    RecordsSettings,
    Settings,
    SpeechSettings,
    TlsSettings,
)

__all__ = [
    "MAIN",
    "USUAL_FILES",
    "AccountSettings",
    "BusSettings",
    "CallSettings",
    "DialogueSettings",
    "ModelSettings",
    "RecordsSettings",
    "Settings",
    "SettingsError",
    "SpeechSettings",
    "TlsSettings",
    "load",
    "load_named",
    "site_file",
]
