"""What was measured: a table of steps, the verdict, and the file that it is kept in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FORMAT: Final = 1
STEPS: Final = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48)
"""Calls at once that are tried one after the other."""
TARGET: Final = 0.5
"""Seconds from the end of what a caller says to the first sound of the answer, 95th percentile."""
_MISSED: Final = 0.02
"""Share of sentences without an answer above which a step has failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """So many calls at once."""

    calls: int
    answers: int
    missed: int
    median: float
    """Seconds to first audio …"""
    p95: float
    worst: float
    cores: float
    """Processor seconds of `speech` per second."""
    dropped: int
    """Packets of audio that `speech` did not take in time."""
    memory: int
    """Resident bytes of `speech`."""
    temperature: float | None
    """Degrees Celsius of the hottest sensor; None where there is none."""

    def good(self, target: float) -> bool:
        """Whether calls are served well: on time, none forgotten, nothing lost."""
        lost = self.missed > _MISSED * (self.answers + self.missed)
        return bool(self.answers) and self.p95 <= target and not lost and not self.dropped


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of `appliance bench`."""

    machine: str
    day: str
    """ISO date."""
    packs: tuple[str, ...]
    """As `speech` names them."""
    target: float
    load: float
    """Seconds from the start of `speech` to ready."""
    voice: float
    """Real-time factor of the voice: seconds of work per second of audio, one text at a time."""
    hearing: float
    """Processor seconds of `speech` per second of one call, voice included."""
    steps: tuple[Step, ...]

    @property
    def calls(self) -> int:
        """The most calls at once that were served well, all smaller numbers too; 0 for none."""
        best = 0
        for step in sorted(self.steps, key=lambda step: step.calls):
            if not step.good(self.target):
                break
            best = step.calls
        return best

    def save(self, file: Path) -> None:
        """Write the file whole or not at all. Raises OSError."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        held = {"format": FORMAT, "calls": self.calls, **asdict(self)}
        part.write_text(json.dumps(held, indent=1) + "\n", "utf-8")
        part.replace(file)


def read(file: Path) -> Measured | None:
    """Return what was measured last; None where nothing was, or the file is none of ours."""
    try:
        held: dict[str, Any] = json.loads(file.read_text("utf-8"))
        if held.pop("format") != FORMAT:
            return None
        held.pop("calls")
        steps = tuple(Step(**step) for step in held.pop("steps"))
        return Measured(**{**held, "steps": steps, "packs": tuple(held["packs"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def allowed(wanted: int, file: Path, machine: str) -> int:
    """Return how many calls at once are admitted: `wanted`, or fewer where measurement says so.

    A measurement of another machine (the card was put into another box) says nothing, nor does one
    that found no good step: then the lateness of packets alone decides.
    """
    found = read(file)
    if found is None or found.machine != machine or not found.calls:
        return wanted
    return min(wanted, found.calls)


def step_of(calls: int, waits: Sequence[float], missed: int, **rest: Any) -> Step:
    """Return the step that these waits (s) make; further fields of `Step` by name."""
    held = sorted(waits)

    def at(share: float) -> float:
        return round(held[min(len(held) - 1, int(share * len(held)))], 3) if held else 0.0

    return Step(
        calls=calls, answers=len(held), missed=missed,
        median=at(0.5), p95=at(0.95), worst=at(1.0), **rest,
    )  # fmt: skip
