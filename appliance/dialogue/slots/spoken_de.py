"""Values as they are said in a German sentence."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Final

from appliance.dialogue.hours_de import WEEKDAYS, below_hundred, clock
from appliance.dialogue.text import words

_DIGITS: Final = words("null eins zwei drei vier fünf sechs sieben acht neun")
_SCALES: Final = (
    (1_000_000_000, "eine Milliarde", "Milliarden"),
    (1_000_000, "eine Million", "Millionen"),
)
_MONTHS: Final = words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
)
_ORDINALS: Final = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
_MONEY: Final = {
    "EUR": ("Euro", "Cent"), "USD": ("Dollar", "Cent"), "GBP": ("Pfund", "Pence"),
    "CHF": ("Franken", "Rappen"),
}  # fmt: skip


def number(value: Decimal) -> str:
    """Return a number in words: "minus drei Komma fünf", "einhundertzwölf"."""
    if value < 0:
        return f"minus {number(-value)}"
    fraction = f"{value.normalize():f}".partition(".")[2]
    said = _whole(int(value))
    return f"{said} Komma {digits(fraction)}" if fraction else said


def _whole(value: int) -> str:
    """Return a whole number that nothing follows: "eins", not "ein"."""
    for scale, one, many in _SCALES:
        if value >= scale:
            count, rest = divmod(value, scale)
            said = one if count == 1 else f"{_before(count)} {many}"
            return f"{said} {_whole(rest)}" if rest else said
    return f"{_before(value)}s" if value % 100 == 1 else _before(value)


def _before(value: int) -> str:
    """Return a number below a million as it stands before a noun: "einhundertein"."""
    if value >= 1000:
        rest = value % 1000
        return f"{_before(value // 1000)}tausend{_before(rest) if rest else ''}"
    if value >= 100:
        rest = value % 100
        return f"{below_hundred(value // 100)}hundert{below_hundred(rest) if rest else ''}"
    return below_hundred(value)


def digits(value: str) -> str:
    """Return digits and letters one by one: "vier sieben eins eins"."""
    return " ".join(_DIGITS[int(c)] if c in "0123456789" else c for c in value if c.strip())


def amount(value: Decimal, currency: str) -> str:
    """Return a sum of money in words: "zwölf Euro fünfzig", "fünfzig Cent"."""
    unit, part = _MONEY.get(currency, (currency, "Cent"))
    whole, cents = int(value), int(value * 100) % 100
    said = f"{_counted(whole)} {unit}"
    if not cents:
        return said
    if not whole:
        return f"{_before(cents)} {part}"
    return f"{said} und {_before(cents)} {part}" if cents < 10 else f"{said} {_whole(cents)}"


def _counted(value: int) -> str:
    return _whole(value) if value >= 1_000_000 else _before(value)


def day(value: date, *, weekday: bool, year: bool) -> str:
    """Return a date in words: "Dienstag, der erste Dezember zweitausendsechsundzwanzig"."""
    said = f"der {ordinal(value.day)} {_MONTHS[value.month - 1]}"
    name = f"{WEEKDAYS[value.weekday()]}, " if weekday else ""
    return f"{name}{said}{' ' + _year(value.year) if year else ''}"


def ordinal(value: int) -> str:
    """Return 1 to 99 as an ordinal: "erste", "einundzwanzigste"."""
    if value in _ORDINALS:
        return f"{_ORDINALS[value]}e"
    return f"{below_hundred(value)}{'te' if value < 20 else 'ste'}"


def _year(year: int) -> str:
    if 1100 <= year < 2000:
        rest = year % 100
        return f"{below_hundred(year // 100)}hundert{_whole(rest) if rest else ''}"
    return _whole(year).replace("eintausend", "tausend")


def at(value: time) -> str:
    """Return a time of day in words: "fünfzehn Uhr dreißig"."""
    return clock(value)
