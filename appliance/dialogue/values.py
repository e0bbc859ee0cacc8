"""What slots, results of connectors and expressions hold: what JSON can say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""A value. Nothing changes one that has been made; a table is a mapping by column."""

DEEPEST = 8
"""Tables within tables; a back end that nests deeper is cut off there."""


def look_up(values: Mapping[str, Json], path: str) -> Json:
    """Return the value of a dotted path ("customer.name"), None where there is none.

    A number after a dot is the place in a list, from 0: "rows.0.name".
    """
    found: Json = values
    for name in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, Sequence) and not isinstance(found, str) and name.isdecimal():
            at = int(name)
            found = found[at] if at < len(found) else None
        else:
            return None
    return found


def truth(value: Json) -> bool:
    """Return whether a value counts as there: not absent, empty, zero, "no" or false."""
    return bool(value) and value != "no"


def text(value: Json) -> str:
    """Return a value as text: what is absent is empty, whole numbers have no point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return text(value.get("name"))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(filter(None, map(text, value)))
    return str(value)


def number(value: Json) -> float | None:
    """Return a value as a number, None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and not value.strip().isascii():
        return None
    try:
        found = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
