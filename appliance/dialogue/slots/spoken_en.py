"""Values as they are said in an English sentence."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Final

from appliance.dialogue.hours import clock
from appliance.dialogue.text import words

_SMALL: Final = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS: Final = words("- - twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES: Final = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"))
_MONTHS: Final = words(
    "January February March April May June July August September October November December"
)
_WEEKDAYS: Final = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_ORDINALS: Final = words(
    "- first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_MONEY: Final = {
    "EUR": ("euro", "euros", "cent", "cents"), "USD": ("dollar", "dollars", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"), "CHF": ("franc", "francs", "centime", "centimes"),
}  # fmt: skip


def number(value: Decimal) -> str:
    """Return a number in words: "minus three point five", "one hundred and twelve"."""
    if value < 0:
        return f"minus {number(-value)}"
    whole = int(value)
    fraction = f"{value.normalize():f}".partition(".")[2]
    said = _whole(whole)
    return f"{said} point {digits(fraction)}" if fraction else said


def _whole(value: int) -> str:
    for scale, name in _SCALES:
        if value >= scale:
            left = value % scale
            joint = " and " if 0 < left < 100 else " "
            return f"{_whole(value // scale)} {name}{joint + _whole(left) if left else ''}"
    if value >= 100:
        rest = f" and {_whole(value % 100)}" if value % 100 else ""
        return f"{_SMALL[value // 100]} hundred{rest}"
    if value < 20:
        return _SMALL[value]
    return f"{_TENS[value // 10]} {_SMALL[value % 10]}" if value % 10 else _TENS[value // 10]


def digits(value: str) -> str:
    """Return digits and letters one by one: "four seven one one"."""
    return " ".join(_SMALL[int(c)] if c in "0123456789" else c for c in value if c.strip())


def amount(value: Decimal, currency: str) -> str:
    """Return a sum of money in words: "twelve euros and fifty cents"."""
    one, many, part, parts = _MONEY.get(currency, (currency, currency, "cent", "cents"))
    whole, cents = int(value), int(value * 100) % 100
    said = f"{_whole(whole)} {one if whole == 1 else many}"
    small = f"{_whole(cents)} {part if cents == 1 else parts}"
    if not cents:
        return said
    return f"{said} and {small}" if whole else small


def day(value: date, *, weekday: bool, year: bool) -> str:
    """Return a date in words: "Tuesday the first of December twenty twenty six"."""
    said = f"the {ordinal(value.day)} of {_MONTHS[value.month - 1]}"
    name = f"{_WEEKDAYS[value.weekday()]} " if weekday else ""
    return f"{name}{said}{' ' + _year(value.year) if year else ''}"


def ordinal(value: int) -> str:
    """Return 1 to 99 as an ordinal: "twenty first"."""
    if value < 20:
        return _ORDINALS[value]
    if value % 10 == 0:
        return f"{_TENS[value // 10][:-1]}ieth"
    return f"{_TENS[value // 10]} {_ORDINALS[value % 10]}"


def _year(year: int) -> str:
    if year % 1000 < 10 or not 1100 <= year < 2100:
        return _whole(year)
    century, rest = divmod(year, 100)
    if not rest:
        return f"{_whole(century)} hundred"
    return f"{_whole(century)} {'oh ' if rest < 10 else ''}{_whole(rest)}"


def at(value: time) -> str:
    """Return a time of day in words: "half past three in the afternoon"."""
    if value.minute % 5:
        part = "morning" if value.hour < 12 else "afternoon" if value.hour < 17 else "evening"
        minute = ("oh " if value.minute < 10 else "") + _whole(value.minute)
        return f"{_whole((value.hour - 1) % 12 + 1)} {minute} in the {part}"
    return clock(value)
