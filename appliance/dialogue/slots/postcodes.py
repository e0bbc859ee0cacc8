"""Postcodes by country, from digits and letters as they are said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import digits
from appliance.dialogue.slots.numerals import Tight
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.slots.spelling import spelled

_SHAPES: Final = {
    "DE": r"\d{5}", "FR": r"\d{5}", "IT": r"\d{5}", "ES": r"\d{5}", "US": r"\d{5}(\d{4})?",
    "AT": r"\d{4}", "CH": r"\d{4}", "BE": r"\d{4}", "LU": r"\d{4}", "DK": r"\d{4}",
    "NL": r"\d{4}[A-Z]{2}", "PL": r"\d{5}", "CZ": r"\d{5}", "SE": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", "CA": r"[A-Z]\d[A-Z]\d[A-Z]\d",
    "IE": r"[A-Z]\d[\dW][A-Z\d]{4}",
}  # fmt: skip
"""Universal Postal Union, postal addressing systems; without spaces."""
LETTERED: Final = frozenset({"GB", "NL", "CA", "IE"})
"""Countries whose postcodes hold letters."""
_SIZES: Final = {"GB": (5, 7), "NL": (6, 6), "CA": (6, 6), "IE": (7, 7), "AT": (4, 4), "CH": (4, 4),
                 "BE": (4, 4), "LU": (4, 4), "DK": (4, 4), "US": (5, 9)}  # fmt: skip
_DEFAULT: Final = r"\d{3,6}"
_SOUNDS: Final = {
    "and": "n", "an": "n", "in": "n", "for": "4", "fore": "4", "to": "2", "too": "2", "won": "1",
    "ate": "8", "tree": "3", "free": "3", "ay": "a", "hay": "a", "eh": "a", "be": "b", "as": "s",
    "his": "s", "if": "f", "he": "e", "owe": "o", "oh": "o", "pay": "p", "jane": "j",
}  # fmt: skip
"""What letters and digits by themselves are heard as."""
_MISHEARD: Final = 0.8
_HINTS: Final = frozenset({"postcode", "postal", "zip", "code", "postleitzahl", "plz"})


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a postcode of the slot's country, or of the site's."""
    country = (slot.country or context.country).upper()
    shape = re.compile(_SHAPES.get(country, _DEFAULT))
    found: list[Reading] = []
    hinted = not _HINTS.isdisjoint(said)
    strings = _strings(said, context, letters=country in LETTERED)
    if context.asked and country in LETTERED:
        # Only where it makes a postcode: the shape tells letter from word.
        meant = [_SOUNDS.get(word, word) for word in said]
        strings += [
            (first, end, raw, sure * _MISHEARD)
            for first, end, raw, sure in (_strings(meant, context, letters=True) if meant != said
                                          else [])
            if shape.fullmatch(raw.upper().replace(" ", ""))
        ]  # fmt: skip
    for first, end, raw, sure in strings:
        value = raw.upper().replace(" ", "").replace("-", "")
        if shape.fullmatch(value):
            found.append(Reading(_written(value, country), sure, "", first, end))
        elif context.asked:
            problem = "incomplete" if len(value) < 5 else "wrong_length"
            found.append(Reading(value, sure * 0.5, problem, first, end))
    if context.asked:
        return found
    return [
        Reading(r.value, r.confidence if hinted else 0.5, "", r.first, r.end) for r in found
        if not r.problem
    ]  # fmt: skip


def sizes(country: str) -> tuple[int, int]:
    """Return how many digits and letters a postcode has, (0, 0) where it is not known."""
    return _SIZES.get(country, (5, 5) if country in _SHAPES else (0, 0))


def _strings(
    said: Sequence[str], context: Context, *, letters: bool
) -> list[tuple[int, int, str, float]]:
    found: list[tuple[int, int, str, float]] = []
    if letters:
        runs = spelled(_apart(said), context.language, figures=True)
        return [(run.first, min(run.end, len(said)), run.text, 0.95) for run in runs]
    for tight, sure in ((Tight.JOINED, 1.0), (Tight.GROUPS, 0.95), (Tight.SINGLE, 0.9)):
        runs_of = digits.stretches(said, context.language, tight, loose=context.asked)
        found += [(run.first, run.end, run.digits, sure) for run in runs_of]
        if len(runs_of) > 1 and context.asked:
            whole = "".join(run.digits for run in runs_of)
            found.append((runs_of[0].first, runs_of[-1].end, whole, sure * 0.8))
    return found


def _apart(said: Sequence[str]) -> list[str]:
    """Write what is written as it would be spelled: "sw1a" is "s w 1 a"."""
    found: list[str] = []
    for word in said:
        mixed = any(c.isdecimal() for c in word) and any(c.isalpha() for c in word)
        found += list(word) if mixed and len(word) < 9 else [word]
    return found


def _written(value: str, country: str) -> str:
    if country == "GB":
        return f"{value[:-3]} {value[-3:]}"
    if country in {"CA", "IE"}:
        return f"{value[:3]} {value[3:]}"
    if country == "NL":
        return f"{value[:4]} {value[4:]}"
    if country == "US" and len(value) == 9:
        return f"{value[:5]}-{value[5:]}"
    return value
