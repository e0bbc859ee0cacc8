"""What the recogniser is told to expect where a slot is asked for."""

from __future__ import annotations

from typing import Final

from appliance.contracts.expectation import Expectation, Kind
from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import answers_de, postcodes

_MOST: Final = 1500
"""Phrases of an expectation; a packet of the link holds them with room to spare."""
_CLOSED: Final = 80
"""Phrases of a closed question; more are likely sentences among others."""
_MOST_HOTWORDS: Final = 1200
_LARGEST: Final = 40_000
"""Bytes of phrases and hotwords."""
_DAYS_EN: Final = ("now", "today", "tonight", "tomorrow", "weekend", *WEEKDAYS)
_DAYS_DE: Final = ("jetzt", "heute", "morgen", "wochenende", "sonnabend", *answers_de.WEEKDAYS)
_PLAIN: Final = {
    SlotKind.NUMBER: Kind.NUMBER, SlotKind.DATE: Kind.DATE, SlotKind.TIME: Kind.TIME,
    SlotKind.AMOUNT: Kind.AMOUNT, SlotKind.YES_NO: Kind.YES_NO,
}  # fmt: skip


def expectation(
    slot: Slot, said: tuple[str, ...], commands: tuple[str, ...], language: str, country: str
) -> Expectation:
    """Return the expectation; `said` is what callers say for the values of a list."""
    kind = slot.kind
    if kind in _PLAIN:
        return Expectation(_PLAIN[kind], commands)
    if kind is SlotKind.DIGITS:
        return Expectation(Kind.DIGITS, commands, slot.shortest, slot.longest)
    if kind is SlotKind.PHONE:
        return Expectation(Kind.DIGITS, commands)
    if kind is SlotKind.SPELLED:
        return Expectation(Kind.LETTERS, commands, slot.shortest, slot.longest)
    if kind is SlotKind.POSTCODE:
        size = postcodes.sizes(country)
        letters = country in postcodes.LETTERED
        return Expectation(Kind.LETTERS if letters else Kind.DIGITS, commands, *size)
    if kind is SlotKind.DAY:
        german = language.lower().startswith("de")
        return Expectation(Kind.CHOICE, (*(_DAYS_DE if german else _DAYS_EN), *commands))
    if kind in {SlotKind.CHOICE, SlotKind.DESTINATION} and said:
        if len(said) <= _CLOSED * 10:
            return Expectation(Kind.CHOICE, (*said, *commands))
        return Expectation(Kind.FREE, _short((*said, *commands)))
    if kind in {SlotKind.ENTRY, SlotKind.ADDRESS} and said:
        if kind is SlotKind.ENTRY and len(said) <= _CLOSED:
            return Expectation(Kind.CHOICE, (*said, *commands))
        hot = dict.fromkeys(word for phrase in said for word in phrase.split() if len(word) > 2)
        return Expectation(
            Kind.FREE, _short((*commands, *said)), hotwords=_short(tuple(hot)[:_MOST_HOTWORDS])
        )
    return Expectation(Kind.FREE, (*slot.examples, *commands)[:_MOST])


def _short(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Return as many phrases as fit."""
    room, found = _LARGEST // 2, []
    for phrase in phrases[:_MOST]:
        room -= len(phrase.encode()) + 3
        if room < 0:
            break
        found.append(phrase)
    return tuple(found)
