"""What slots, results of connectors and expressions hold: what JSON can say."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""A value. Nothing changes one that has been made; a table is a mapping by column."""

DEEPEST: Final = 8
"""Tables within tables; a back end that nests deeper is cut off there."""


_NUMBER: Final = re.compile(r"[+-]?\d*\.?\d+", re.ASCII)


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
    """Return a value as text: what is absent is empty, whole numbers have no point.

    A table is its `name`, a list its items with commas; what lies deeper than DEEPEST is left out.
    """
    return _text(value, DEEPEST)


def _text(value: Json, deep: int) -> str:
    if value is None or deep < 0:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return _text(value.get("name"), deep - 1)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(filter(None, (_text(each, deep - 1) for each in value)))
    return str(value)


def number(value: Json) -> float | None:
    """Return a value as a number, None where it is none; "007" is 7, "1e3" and "1_000" are none."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) and len(value) < 40 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
