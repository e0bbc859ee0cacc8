"""Numbers and letters in German words."""

from __future__ import annotations

from typing import Final

from appliance.speech.words.spelled import grouped

_ONES: Final = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_TENS: Final = (
    "", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)  # fmt: skip
_SCALES: Final = (
    (10**12, "eine Billion", "Billionen"),
    (10**9, "eine Milliarde", "Milliarden"),
    (10**6, "eine Million", "Millionen"),
)
_IRREGULAR_ORDINALS: Final = {"eins": "erst", "drei": "dritt", "sieben": "siebt", "acht": "acht"}


def cardinal(number: int) -> str:
    """Say a whole number, e.g. ``"zweitausend hundertfünf"``; any size, sign included.

    Thousands stand apart from what follows: run together, espeak-ng stresses them wrongly.
    """
    if number < 0:
        return "minus " + cardinal(-number)
    if number >= 10**15:
        return digits(str(number))
    for size, one, many in _SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            said = one if count == 1 else f"{_before_noun(cardinal(count))} {many}"
            return said + (" " + cardinal(rest) if rest else "")
    if number >= 1000:
        count, rest = divmod(number, 1000)
        said = ("" if count == 1 else _below_thousand(count, "ein")) + "tausend"
        return said + (" " + _below_thousand(rest) if rest else "")
    return _below_thousand(number)


def _below_thousand(number: int, one: str = "eins") -> str:
    if number == 1:
        return one
    if number < 20:
        return _ONES[number]
    if number < 100:
        rest = number % 10
        return (_joined(rest) + "und" if rest else "") + _TENS[number // 10]
    count, rest = divmod(number, 100)
    hundreds = ("" if count == 1 else _ONES[count]) + "hundert"
    return hundreds + (_below_thousand(rest, one) if rest else "")


def _joined(one: int) -> str:
    return "ein" if one == 1 else _ONES[one]


def _before_noun(said: str) -> str:
    """Turn "hunderteins" into "hundertein": what stands before a noun loses its s."""
    return said[:-1] if said.endswith("eins") else said


def counted(number: int, *, feminine: bool = False) -> str:
    """Say a whole number before a noun: "ein Euro", "eine Stunde", "zwei Euro"."""
    said = _before_noun(cardinal(number))
    return said + "e" if feminine and number == 1 else said


def ordinal(number: int, ending: str = "e") -> str:
    """Say a whole number as a rank, e.g. ``"zweiundzwanzigste"``; `ending` is e, en, er, es or em.

    Only the last part of a number changes: "tausend erste".
    """
    head, _, last = cardinal(number).rpartition(" ")
    below = number % 100
    if 0 < below < 20:
        word = _ONES[below]
        stem = _IRREGULAR_ORDINALS.get(word) or word + "t"
        last = last[: -len(word)] + stem
    else:
        last = last.removesuffix("en") + "st"
    return f"{head} {last}{ending}".lstrip()


def digits(run: str) -> str:
    """Say digits one by one."""
    return " ".join(_ONES[int(digit)] for digit in run if digit.isdigit())


def year(number: int) -> str:
    """Say a year, e.g. ``"neunzehnhundert neunundneunzig"``, ``"zweitausend sechs"``."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 1999:
        return cardinal(number)
    return f"{_ONES[century]}hundert" + (" " + cardinal(rest) if rest else "")


_LETTERS: Final = {"ß": "Eszett", "W": "We"}
"""The others are read well by espeak-ng; of "W W W" it drops one W."""


def letters(word: str) -> str:
    """Spell letters and digits one by one."""
    return " ".join(
        _ONES[int(c)] if c in "0123456789" else _LETTERS.get(c.upper(), _LETTERS.get(c, c.upper()))
        for c in word
    )


def groups(run: str) -> str:
    """Say a run of digits in groups with commas between."""
    return ", ".join(digits(group) for group in grouped(run))
