"""The state of the line, as published on D-Bus and shown by LED, page and terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineState(StrEnum):
    """What the telephone line is doing."""

    STARTING = "starting"
    REGISTERING = "registering"
    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    """Not registered; `LineStatus.cause` says why and a retry is planned."""
    STOPPING = "stopping"


class SpeechState(StrEnum):
    """Whether callers can be heard and answered by the box's own voice."""

    STARTING = "starting"
    READY = "ready"
    DEAD = "dead"
    """Callers hear a cached sentence and are put through to a person."""


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One snapshot; every field is safe to show to anybody on the site (no caller in it)."""

    line: LineState = LineState.STARTING
    cause: str = ""
    """Plain words: the last reason for not being registered; empty while registered."""
    speech: SpeechState = SpeechState.STARTING
    calls: int = 0
    capacity: int = 0
    answered: int = 0
    """Calls answered since the process started."""
    refused: int = 0
    """Calls refused as busy since the process started."""
