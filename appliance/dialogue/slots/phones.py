"""Telephone numbers, judged by the library phonenumbers (Google's metadata)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import phonenumbers

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import digits
from appliance.dialogue.slots.numerals import Tight
from appliance.dialogue.slots.reading import Context, Reading

_SHORTEST: Final = 3
"""Digits of an extension."""
_LONGEST: Final = 15
"""Digits of an international number (ITU-T E.164)."""


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a telephone number as one would dial it, or international after "plus"."""
    country = (slot.country or context.country).upper() or None
    found: list[Reading] = []
    ways = ((Tight.GROUPS, 1.0), (Tight.JOINED, 0.95), (Tight.SINGLE, 0.9))
    for tight, sure in ways if context.asked else ways[1:2]:
        several = digits.stretches(said, context.language, tight, loose=context.asked)
        spans = [(run.first, run.end, run.digits, sure) for run in several]
        if context.asked and len(several) > 1:
            whole = "".join(run.digits for run in several)
            spans.append((several[0].first, several[-1].end, whole, sure * 0.9))
        for first, end, raw, likely in spans:
            if any(word.count("/") > 1 for word in said[first:end]):
                continue  # a date
            plus = said[first].startswith("+") or (first > 0 and said[first - 1] == "plus")
            number = f"+{raw}" if plus else raw
            found.append(_judged(number, likely, first - (plus and said[first][0] != "+"), end,
                                 country))  # fmt: skip
    if not context.asked:
        return [r for r in found if not r.problem and len(r.value) > 6]
    return list(dict.fromkeys(found))


def _judged(number: str, sure: float, first: int, end: int, country: str | None) -> Reading:
    if len(number) < _SHORTEST:
        return Reading(number, sure * 0.5, "incomplete", first, end)
    if len(number) > _LONGEST + 2:
        return Reading(number, sure * 0.5, "wrong_length", first, end)
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException as error:
        # Without a country nothing can be said of a national number; of an odd "+" it can.
        short = error.error_type == phonenumbers.NumberParseException.TOO_SHORT_NSN
        wrong = "incomplete" if short else "wrong_length"
        return Reading(number, sure * 0.7, wrong if number[0] == "+" else "", first, end)
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        return Reading(number, sure * 0.5, "wrong_length", first, end)
    if phonenumbers.is_valid_number(parsed):
        return Reading(number, sure, "", first, end)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        return Reading(number, sure * 0.6, "incomplete", first, end)
    # A local number, or an extension of the site's own.
    return Reading(number, sure * 0.8, "", first, end)
