"""The list of checks, and what comes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """One check, in the order in which they are made."""

    NAME = "name"
    ROUTE = "route"
    PORT = "port"
    TLS = "tls"
    ANSWER = "answer"
    TAMPERING = "tampering"
    SIZE = "size"
    CLOCK = "clock"
    REGISTRATION = "registration"
    BINDING = "binding"
    BOX = "box"
    CALL = "call"
    REACHED = "reached"
    AUDIO = "audio"
    HEARS_BOX = "hears-box"
    BOX_HEARS = "box-hears"
    KEYS = "keys"
    HOLD = "hold"
    QUALITY = "quality"
    TRANSFER = "transfer"
    HANG_UP = "hang-up"
    STRANGER = "stranger"


TITLES: Final[Mapping[Step, str]] = {
    Step.NAME: "Name of the PBX",
    Step.ROUTE: "Way to the PBX",
    Step.PORT: "Port of the PBX",
    Step.TLS: "Certificate of the PBX",
    Step.ANSWER: "Answer of the PBX",
    Step.TAMPERING: "Messages arrive unchanged",
    Step.SIZE: "Large messages",
    Step.CLOCK: "Clock",
    Step.REGISTRATION: "Extension and password",
    Step.BINDING: "Who is registered",
    Step.BOX: "The box itself",
    Step.CALL: "Call to the box",
    Step.REACHED: "The box takes the call",
    Step.AUDIO: "Codec and encryption",
    Step.HEARS_BOX: "The box is heard",
    Step.BOX_HEARS: "The box hears",
    Step.KEYS: "Keys",
    Step.HOLD: "Hold and resume",
    Step.QUALITY: "Quality",
    Step.TRANSFER: "Putting through",
    Step.HANG_UP: "Hanging up",
    Step.STRANGER: "A telephone of another make",
}
"""What people read."""


class Verdict(StrEnum):
    """How a check came out."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    SKIPPED = "skipped"
    """It could not be made, or not be judged; `saw` says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check; sentences without the full stop."""

    step: Step
    verdict: Verdict
    saw: str
    """What was seen."""
    advice: str = ""
    """What to do about it; a hint where the check passed. Empty where `saw` says it already."""
    tried: bool = True
    """False: something before it failed that comes first."""

    @property
    def title(self) -> str:
        """The check as people read it."""
        return TITLES[self.step]


def passed(step: Step, saw: str, hint: str = "") -> Result:
    """All is well."""
    return Result(step, Verdict.PASS, saw, hint)


def failed(step: Step, saw: str, advice: str = "") -> Result:
    """Something is wrong."""
    return Result(step, Verdict.FAIL, saw, advice)


def skipped(step: Step, saw: str) -> Result:
    """Not made, or not to be judged."""
    return Result(step, Verdict.SKIPPED, saw)


def untried(step: Step, saw: str) -> Result:
    """Not reached."""
    return Result(step, Verdict.SKIPPED, saw, tried=False)
