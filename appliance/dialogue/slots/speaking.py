"""Values as the box says them: in a sentence, and read back for confirming."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Final

import phonenumbers

from appliance.dialogue import hours_de
from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import digits, spoken_de, spoken_en
from appliance.dialogue.values import number

_KIND: Final = re.compile(r"\d+|\D+")
"""Letters are read back apart from digits."""
_DAYS_DE: Final = {
    "now": "jetzt", "today": "heute", "tomorrow": "morgen", "weekend": "am Wochenende",
    "holidays": "an den Feiertagen",
    **{day: f"am {name}" for day, name in zip(WEEKDAYS, hours_de.WEEKDAYS, strict=True)},
}  # fmt: skip
_DAYS_EN: Final = {
    "weekend": "the weekend", "holidays": "the holidays",
    **{day: day.capitalize() for day in WEEKDAYS},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Voice:
    """How one language says things."""

    number: Callable[[Decimal], str]
    digits: Callable[[str], str]
    amount: Callable[[Decimal, str], str]
    at: Callable[[time], str]
    day: Callable[[date, bool, bool], str]


_VOICES: Final = {
    "en": _Voice(
        spoken_en.number, spoken_en.digits, spoken_en.amount, spoken_en.at,
        lambda day, weekday, year: spoken_en.day(day, weekday=weekday, year=year),
    ),
    "de": _Voice(
        spoken_de.number, spoken_de.digits, spoken_de.amount, spoken_de.at,
        lambda day, weekday, year: spoken_de.day(day, weekday=weekday, year=year),
    ),
}  # fmt: skip


def spoken(slot: Slot, value: str, language: str, currency: str) -> str:
    """Return a canonical value as it is said; one that is not canonical is said as it is."""
    german = digits.tongue(language) == "de"
    say = _VOICES[digits.tongue(language)]
    try:
        if slot.kind in {SlotKind.NUMBER, SlotKind.AMOUNT}:
            amount = number(value)
            if amount is None:
                return value
            if slot.kind is SlotKind.AMOUNT:
                return say.amount(Decimal(value), currency)
            said = say.number(Decimal(value))
            if german and slot.unit and said == "eins":
                said = "ein"
            return f"{said} {slot.unit}" if slot.unit else said
        if slot.kind is SlotKind.DATE:
            return _date(slot, date.fromisoformat(value), say)
        if slot.kind is SlotKind.TIME:
            return say.at(time.fromisoformat(value))
    except (ValueError, ArithmeticError):
        return value
    if slot.kind in {SlotKind.DIGITS, SlotKind.PHONE, SlotKind.POSTCODE, SlotKind.SPELLED}:
        return read_back(slot, value, language, currency)
    if slot.kind is SlotKind.YES_NO and german:
        return {"yes": "ja", "no": "nein"}.get(value, value)
    if slot.kind is SlotKind.DAY:
        return (_DAYS_DE if german else _DAYS_EN).get(value, value)
    return value


def _date(slot: Slot, value: date, say: _Voice) -> str:
    """Days to come are said with their weekday, days that have been (birthdays) with their year."""
    past = slot.highest is not None and "today" in slot.highest.source
    coming = slot.lowest is not None and "today" in slot.lowest.source
    return say.day(value, not past, past or not coming)


def read_back(slot: Slot, value: str, language: str, currency: str) -> str:
    """Return a value for confirming: digits and letters one by one, in groups."""
    if slot.kind is SlotKind.DIGITS:
        return digits.spoken(value, language, slot.groups)
    if slot.kind is SlotKind.PHONE:
        return _phone(slot, value, language)
    if slot.kind in {SlotKind.POSTCODE, SlotKind.SPELLED}:
        groups = value.split() if " " in value or slot.groups else _KIND.findall(value)
        said = [part for group in groups for part in digits.grouped(group, slot.groups) if part]
        say = _VOICES[digits.tongue(language)].digits
        return ", ".join(say(" ".join(part)) for part in said)
    return spoken(slot, value, language, currency)


def _phone(slot: Slot, value: str, language: str) -> str:
    plus = value.startswith("+")
    groups: list[str] = []
    try:
        parsed = phonenumbers.parse(value, slot.country.upper() or None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is not None and phonenumbers.is_valid_number(parsed):
        style = phonenumbers.PhoneNumberFormat
        written = phonenumbers.format_number(
            parsed, style.INTERNATIONAL if plus else style.NATIONAL
        )
        groups = re.findall(r"\d+", written)
        if "".join(groups) != re.sub(r"\D", "", value):
            groups = []
    parts = [p for group in groups or [re.sub(r"\D", "", value)] for p in digits.grouped(group)]
    say = _VOICES[digits.tongue(language)].digits
    return ("plus " if plus else "") + ", ".join(say(part) for part in parts)
