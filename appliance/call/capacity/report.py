"""The measurement for people and for the page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from appliance.call.capacity.measured import Measured, Step

_HEAD: Final = (
    "calls  answers  missed  median ms  p95 ms  worst ms  cores  dropped  memory MB  deg C\n"
)


def head() -> str:
    """Return the line above the table, with its line break."""
    return _HEAD


def row(step: Step) -> str:
    """Return a step as a line of the table, with its line break."""
    heat = "-" if step.temperature is None else f"{step.temperature:.0f}"
    return (
        f"{step.calls:5}  {step.answers:7}  {step.missed:6}  {1000 * step.median:9.0f}  "
        f"{1000 * step.p95:6.0f}  {1000 * step.worst:8.0f}  {step.cores:5.2f}  {step.dropped:7}  "
        f"{step.memory / 1e6:9.0f}  {heat:>5}\n"
    )


def verdict(found: Measured) -> str:
    """Return what it comes to, in sentences."""
    target = f"{1000 * found.target:.0f} ms"
    packs = " and ".join(found.packs)
    costs = (
        f"One call takes {found.hearing:.1%} of a core, the voice {found.voice:.1%} of the time it "
        f"speaks; {packs} were ready after {found.load:.1f} s.\n"
    )
    if not found.calls:
        return (
            f"{costs}Not even one call at once is answered within {target}: install smaller packs, "
            "or end what else runs on this box.\n"
        )
    most = max(step.calls for step in found.steps)
    more = "; more were not tried" if found.calls == most else ""
    plural = "calls" if found.calls > 1 else "call"
    return (
        f"{costs}{found.calls} {plural} at once: 95 of 100 answers begin within {target}{more}.\n"
    )


def as_json(found: Measured) -> str:
    """Return everything as one JSON object on a line."""
    return json.dumps({"calls": found.calls, **asdict(found)}, ensure_ascii=False) + "\n"
