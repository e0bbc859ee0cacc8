"""Numbers and letters in English words."""

from __future__ import annotations

from typing import Final

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS: Final = (
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_IRREGULAR_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth",
    "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def cardinal(number: int) -> str:
    """Say a whole number, e.g. ``"one thousand two hundred five"``; any size, sign included."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number < 20:
        return _ONES[number]
    if number < 100:
        rest = number % 10
        return _TENS[number // 10] + (" " + _ONES[rest] if rest else "")
    size, word = next(((s, w) for s, w in _SCALES if number >= s), (100, "hundred"))
    if number >= 10**15:
        return digits(str(number))
    rest = number % size
    return f"{cardinal(number // size)} {word}" + (" " + cardinal(rest) if rest else "")


def ordinal(number: int) -> str:
    """Say a whole number as a rank, e.g. ``"twenty first"``."""
    *head, last = cardinal(number).split()
    said = _IRREGULAR_ORDINALS.get(last) or (
        last[:-1] + "ieth" if last.endswith("y") else last + "th"
    )
    return " ".join([*head, said])


def digits(run: str) -> str:
    """Say digits one by one."""
    return " ".join(_ONES[int(digit)] for digit in run if digit.isdigit())


def year(number: int) -> str:
    """Say a year, e.g. ``"nineteen oh five"``, ``"two thousand seven"``."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number <= 2009:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def letters(word: str) -> str:
    """Spell letters and digits one by one.

    The letter A is written "eigh": espeak-ng would say the article.
    """
    return " ".join(
        _ONES[int(c)] if c.isdigit() else "eigh" if c in "aA" else c.upper() for c in word
    )


def groups(run: str) -> str:
    """Say a run of digits in groups of three, the last of up to four, up to five in one."""
    return ", ".join(digits(group) for group in grouped(run))


def grouped(run: str) -> list[str]:
    """Cut a run of digits as people say it: by threes, the last up to four, up to five whole."""
    if len(run) <= 5:
        return [run]
    cut = [run[i : i + 3] for i in range(0, len(run), 3)]
    if len(cut[-1]) == 1:
        cut[-2:] = [cut[-2] + cut[-1]]
    return cut
