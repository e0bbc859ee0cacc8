"""Numbers that count: which one is said, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import digits, numbers_de, numbers_en
from appliance.dialogue.slots.numerals import Number, Tight, plain
from appliance.dialogue.slots.ranges import checked
from appliance.dialogue.slots.reading import Context, Reading, one_of

_UNASKED: Final = 0.8
"""A number that nobody asked for may count anything, unless its unit was said with it."""
_FIGURES: Final = frozenset({
    "oh", "o", "double", "triple", "treble", "doppel", "zweimal", "dreimal", "zeros", "nullen",
})  # fmt: skip
"""Words that only stand in a number that is said figure by figure."""
_PEOPLE: Final = {
    "en": {"myself": 1, "single": 1, "both": 2, "couple": 2, "none": 0, "nobody": 0, "alone": 1},
    "de": {"allein": 1, "alleine": 1, "beide": 2, "keine": 0, "keiner": 0, "keins": 0, "zweit": 2,
           "dritt": 3, "viert": 4, "fünft": 5, "sechst": 6, "paar": 2},
}  # fmt: skip


def cardinal(
    said: Sequence[str], at: int, language: str, tight: Tight = Tight.JOINED
) -> Number | None:
    """Return the number that begins at word `at`, or None."""
    if digits.tongue(language) == "de":
        return numbers_de.cardinal(said, at, tight)
    return numbers_en.cardinal(said, at, tight)


def ordinal(said: Sequence[str], at: int, language: str) -> Number | None:
    """Return the ordinal that begins at word `at`, or None."""
    if digits.tongue(language) == "de":
        return numbers_de.ordinal(said, at)
    return numbers_en.ordinal(said, at)


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read how many: numbers, and figures said one by one ("four seven one one" is 4711)."""
    found: list[Reading] = []
    at = 0
    while at < len(said):
        run = _run(said, at, context.language)
        if run is None:
            at += 1
            continue
        values, end = run
        found += _readings(said, at, end, values, context)
        at = end
    found = _with_figures(said, found, context.language)
    if not found:
        words = _PEOPLE["de" if context.german else "en"]
        found = [
            Reading(str(words[word]), 0.7, "", index, index + 1)
            for index, word in enumerate(said)
            if word in words and context.asked
        ]
    if context.asked:
        found = one_of(found)
    else:
        unit = slot.unit.lower().split()[:1]
        found = [
            r if unit and list(said[r.end : r.end + 1]) == unit
            else replace(r, confidence=r.confidence * _UNASKED)
            for r in found
        ]  # fmt: skip
    return [checked(reading, slot, context) for reading in found]


def _with_figures(said: Sequence[str], found: list[Reading], language: str) -> list[Reading]:
    """Add what is said as figures, "nine oh two one", in the place of the parts of it."""
    for run in digits.stretches(said, language):
        if _FIGURES.isdisjoint(said[run.first : run.end]):
            continue
        if any((r.first, r.end) == (run.first, run.end) for r in found):
            continue
        found = [r for r in found if r.end <= run.first or r.first >= run.end]
        found.append(Reading(run.digits.lstrip("0") or "0", 0.9, "", run.first, run.end))
    return found


def _run(said: Sequence[str], at: int, language: str) -> tuple[list[Number], int] | None:
    values: list[Number] = []
    end = at
    while (number := cardinal(said, end, language)) is not None:
        values.append(number)
        end = number.end
    if not values:
        return None
    return values, end


def _readings(
    said: Sequence[str], at: int, end: int, values: list[Number], context: Context
) -> list[Reading]:
    single = end - at == 1
    if len(values) == 1:
        sure = 1.0
        if single and context.german and numbers_de.is_article(said[at]):
            sure = 0.65 if context.asked else 0.4
        if single and said[at] == "one" and len(said) > 2:
            sure = 0.7
        return [Reading(plain(values[0].value), sure, "", at, end)]
    last = values[-1].value
    if last != int(last) and all(whole(number.value) for number in values[:-1]):
        # "four five six seven point eight"
        start = values[-2].end
        return [
            Reading(f"{text.lstrip('0')}{plain(last)}", 0.9, "", at, end)
            for text in digits.variants(said[at:start], context.language)
        ]
    joined = [
        Reading(text.lstrip("0") or "0", 0.9 - 0.05 * rank, "", at, end)
        for rank, text in enumerate(digits.variants(said[at:end], context.language))
    ]
    alone = [
        Reading(plain(number.value), 0.55, "", number.end - 1, number.end) for number in values
    ]
    return joined + alone


def whole(value: Decimal) -> bool:
    """Whether a number has no fraction and is not negative."""
    return value >= 0 and value == value.to_integral_value()
