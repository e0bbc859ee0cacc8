"""English numbers in words: "twelve hundred", "a hundred and four", "two and a half"."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from appliance.dialogue.slots.numerals import Number, Tight, written
from appliance.dialogue.text import words

_NAMES: Final = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_SMALL: Final = {
    **{name: value for value, name in enumerate(_NAMES)},
    "nought": 0, "naught": 0, "nil": 0, "null": 0, "niner": 9, "fife": 5,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES: Final = {"thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "forth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip


def cardinal(said: Sequence[str], at: int, tight: Tight = Tight.JOINED) -> Number | None:
    """Return the number that begins at word `at`, the longest one, or None.

    `tight` says how much is taken as one number: "two hundred five" is 205, or 200 and 5.
    """
    if at >= len(said):
        return None
    if said[at] in {"minus", "negative"} and tight is Tight.JOINED:
        inner = cardinal(said, at + 1)
        return inner and Number(-inner.value, inner.end)
    whole = _fixed(said, at) or _whole(said, at, tight)
    if tight is not Tight.JOINED:
        return whole
    if whole is None:
        return _fraction(said, at, 0) if said[at] == "point" else None
    after = whole.end
    if after < len(said) and said[after] in {"point", "comma"}:
        return _scaled(said, _fraction(said, after, whole.value) or whole)
    for phrase, part in (("and a half", "0.5"), ("and a quarter", "0.25")):
        if list(said[after : after + 3]) == phrase.split():
            return _scaled(said, Number(whole.value + Decimal(part), after + 3))
    return whole


def _scaled(said: Sequence[str], number: Number) -> Number:
    """Take "two and a half" together with "thousand"."""
    scale = _SCALES.get(said[number.end]) if number.end < len(said) else None
    return Number(number.value * scale, number.end + 1) if scale else number


def _fixed(said: Sequence[str], at: int) -> Number | None:
    for phrase, value in (
        ("half a dozen", "6"), ("a dozen", "12"), ("one dozen", "12"), ("a couple", "2"),
        ("one half", "0.5"), ("a half", "0.5"),
    ):  # fmt: skip
        size = phrase.count(" ") + 1
        if list(said[at : at + size]) == phrase.split():
            return Number(Decimal(value), at + size)
    return None


def _fraction(said: Sequence[str], at: int, before: Decimal | int) -> Number | None:
    """Read the digits after the "point" at word `at`."""
    digits, end = "", at + 1
    while end < len(said):
        if said[end] in {"oh", "o"}:
            digits, end = f"{digits}0", end + 1
            continue
        found = _below_hundred(said, end, Tight.SINGLE if digits else Tight.GROUPS)
        if found is None or found.value >= 100 or found.value != int(found.value):
            break
        digits, end = f"{digits}{int(found.value)}", found.end
    return Number(Decimal(f"{before}.{digits}"), end) if digits else None


def _whole(said: Sequence[str], at: int, tight: Tight) -> Number | None:
    total, end, limit = Decimal(0), at, None
    while end < len(said):
        start = end
        if limit is not None and said[end] == "and":
            start = end + 1
        part = _below_thousand(said, start, tight, first=limit is None)
        if part is None or (limit is not None and part.value >= limit):
            break
        scale = _SCALES.get(said[part.end]) if part.end < len(said) else None
        if scale is None:
            # A written number joins nothing but a scale: "2 thousand 500" is said, "2 500" is two.
            if limit is not None and part.value == 0:
                break
            total, end = total + part.value, part.end
            return Number(total, end)
        if limit is not None and scale >= limit:
            break
        total, end, limit = total + part.value * scale, part.end + 1, scale
        if tight is not Tight.JOINED:
            break
    return Number(total, end) if end > at else None


def _below_thousand(said: Sequence[str], at: int, tight: Tight, *, first: bool) -> Number | None:
    if at >= len(said):
        return None
    if said[at] in {"a", "hundred", "thousand"} and first and tight is Tight.JOINED:
        # "a hundred", "hundred and five", "a thousand"
        if said[at] == "a":
            if said[at + 1 : at + 2] and said[at + 1] in _SCALES:
                return Number(Decimal(1), at + 1)
            if list(said[at + 1 : at + 2]) != ["hundred"]:
                return None
            at += 1
        if said[at] == "thousand":
            return Number(Decimal(1), at)
        return _after_hundred(said, at + 1, Decimal(100), tight)
    part = _below_hundred(said, at, tight)
    if part is not None and said[part.end : part.end + 1] and said[part.end] == "hundred":
        if not 0 < part.value < 100:
            return part
        return _after_hundred(said, part.end + 1, part.value * 100, tight)
    return part


def _after_hundred(said: Sequence[str], at: int, value: Decimal, tight: Tight) -> Number:
    if tight is not Tight.JOINED:
        return Number(value, at)
    start = at + 1 if said[at : at + 1] and said[at] == "and" else at
    rest = _below_hundred(said, start, tight)
    if rest is None or not 0 < rest.value < 100 or said[start][0].isdigit():
        return Number(value, at)
    return Number(value + rest.value, rest.end)


def _below_hundred(said: Sequence[str], at: int, tight: Tight) -> Number | None:
    if at >= len(said):
        return None
    word = said[at]
    figure = written(word, decimal=".")
    if figure is not None:
        return Number(figure, at + 1)
    if word in _SMALL:
        return Number(Decimal(_SMALL[word]), at + 1)
    if word not in _TENS:
        return None
    unit = _SMALL.get(said[at + 1], 0) if at + 1 < len(said) else 0
    if tight is not Tight.SINGLE and 0 < unit < 10:
        return Number(Decimal(_TENS[word] + unit), at + 2)
    return Number(Decimal(_TENS[word]), at + 1)


def ordinal(said: Sequence[str], at: int) -> Number | None:
    """Return the ordinal (1 to 39) that begins at word `at`: "twenty first", "21st"."""
    word = said[at]
    if word[:-2].isdecimal() and word.isascii() and word[-2:] in {"st", "nd", "rd", "th"}:
        return Number(Decimal(word[:-2]), at + 1)
    if word in _ORDINALS:
        return Number(Decimal(_ORDINALS[word]), at + 1)
    unit = _ORDINALS.get(said[at + 1], 99) if at + 1 < len(said) else 99
    if word in {"twenty", "thirty"} and unit < 10:
        return Number(Decimal(_TENS[word] + unit), at + 2)
    return None
