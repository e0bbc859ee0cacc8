"""Digits as they are spoken and read back."""

from __future__ import annotations

from typing import Final

from appliance.dialogue.text import normalise, words

_DIGIT: Final = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "null": "0",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TEEN: Final = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS: Final = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6",
    "seventy": "7", "eighty": "8", "ninety": "9",
}  # fmt: skip
_MISHEARD: Final = {
    "won": "1", "to": "2", "too": "2", "tree": "3", "free": "3", "for": "4", "fore": "4",
    "ate": "8", "aight": "8", "owe": "0", "fife": "5", "sex": "6", "sics": "6", "nein": "9",
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_SPOKEN: Final = words("zero one two three four five six seven eight nine")


def parse(text: str) -> str:
    """Return the digits said or written in `text`, the rest passed over: "double five oh" is 550.

    Words that only sound like a digit ("for", "to") count between digits.
    """
    return "".join(_of(normalise(text).split())).replace("·", "")


def runs(said: list[str]) -> list[tuple[int, int, str]]:
    """Return the stretches of `said` that are digits, as (first, end, digits)."""
    found: list[tuple[int, int, str]] = []
    values = _of(said)
    at = 0
    while at < len(said):
        end = at
        while end < len(said) and values[end]:
            end += 1
        digits = "".join(values[at:end]).replace("·", "")
        if digits:
            found.append((at, end, digits))
        at = end + 1
    return found


def _of(said: list[str]) -> list[str]:
    """Return for each word the digits that it adds."""
    values = [_plain(word) for word in said]
    for at, word in enumerate(said):
        near = values[max(0, at - 1) : at] + values[at + 1 : at + 2]
        if not values[at] and word in _MISHEARD and len([v for v in near if v]) == len(near) > 0:
            values[at] = _MISHEARD[word]
    for at, word in enumerate(said):
        following = values[at + 1] if at + 1 < len(said) else ""
        if word in _TIMES and following:
            values[at] = following[0] * (_TIMES[word] - 1)
        elif word in _TENS:
            short = said[at + 1] in _DIGIT and following != "0" if following else False
            values[at] = _TENS[word] + ("" if short else "0")
        elif word == "hundred" and at and values[at - 1]:
            values[at] = "00"
    return values


def _plain(word: str) -> str:
    if word.isascii() and word.isdigit():
        return word
    return _DIGIT.get(word) or _TEEN.get(word) or ("·" if word in _TENS or word in _TIMES else "")


def spoken(digits: str) -> str:
    """Return `digits` as words in groups of three, the last of two to four: for reading back."""
    groups: list[str] = []
    rest = digits
    while len(rest) > 4:
        groups.append(rest[:3])
        rest = rest[3:]
    groups.append(rest)
    if len(groups[-1]) == 4 and len(groups) > 1:
        groups[-1:] = [rest[:2], rest[2:]]
    return ", ".join(" ".join(_SPOKEN[int(d)] for d in group if d.isdigit()) for group in groups)
