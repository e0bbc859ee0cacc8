"""What is spelled out: "b for bravo, o, double t", "M wie Martha, ü, Doppel-L, e, r"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import checksums, digits
from appliance.dialogue.slots.alphabet import (
    DOUBLES,
    EXPLAINS,
    EXTRA_GUESS,
    KNOWN_DE,
    KNOWN_EN,
    LETTERS_DE,
    PASSED,
    WORDS_EN,
)
from appliance.dialogue.slots.numerals import Tight
from appliance.dialogue.slots.reading import Context, Reading

_LEAST: Final = 2
"""Letters in a row that are a spelling."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A stretch of letters (and digits), as they were named."""

    first: int
    end: int
    text: str
    """Lower case."""
    symbols: int
    """How many were named."""
    sure: int = 0
    """How many of them by words that are nothing but letters: not by "you" or "see"."""


def spelled(said: Sequence[str], language: str, *, figures: bool = False) -> list[Spelled]:
    """Return the stretches of `said` that are spelled out; with `figures` digits count too."""
    tongue = digits.tongue(language)
    numbers = {run[0]: run for run in _digits(said, language)} if figures else {}
    found: list[Spelled] = []
    at = 0
    while at < len(said):
        start, text, symbols, end, sure = at, "", 0, at, 0
        while at < len(said):
            if said[at] in PASSED[tongue] and said[at] != "und" and text:
                at += 1
                continue
            number = numbers.get(at)
            letter = None if number else _letter(said, at, tongue)
            if number is not None:
                text, at, symbols = text + number[2], number[1], symbols + len(number[2])
            elif letter is not None:
                sure += said[at] not in EXTRA_GUESS
                text, at, symbols = text + letter[0], letter[1], symbols + 1
            else:
                break
            end = at
        if text:
            found.append(Spelled(start, end, text, symbols, sure))
        at = max(at, start + 1)
    return found


def _digits(said: Sequence[str], language: str) -> list[tuple[int, int, str]]:
    found = digits.stretches(said, language, Tight.GROUPS)
    plain = [(r.first, r.end, r.digits) for r in found]
    return [run for run in plain if said[run[0]] != "o" or run[1] - run[0] > 1]


def _letter(said: Sequence[str], at: int, tongue: str) -> tuple[str, int] | None:
    """Return the letter that is named at word `at`, and the word after it."""
    letters = LETTERS_DE if tongue == "de" else WORDS_EN
    if said[at] in DOUBLES[tongue] and at + 1 < len(said) and said[at + 1] not in {"u", "you"}:
        inner = _letter(said, at + 1, tongue)
        return inner and (inner[0] * 2, inner[1])
    pair = " ".join(said[at : at + 2]) if at + 1 < len(said) else ""
    found, end = (letters[pair], at + 2) if pair in letters else (letters.get(said[at], ""), at + 1)
    if not found and len(said[at]) == 2 and said[at].isalpha() and said[at] == said[at][0] * 2:
        found = said[at]
    if not found:
        return None
    return _explained(said, end, found, tongue) or (found, end)


def _explained(said: Sequence[str], at: int, letter: str, tongue: str) -> tuple[str, int] | None:
    """Read "for bravo" or "wie berta" after a letter; the word is surer than the letter."""
    start = at
    while at < len(said) and said[at] in EXPLAINS[tongue]:
        at += 1
    if at == start or at >= len(said):
        return None
    known: Mapping[str, str] = KNOWN_DE if tongue == "de" else KNOWN_EN
    word = said[at]
    if word in known:
        meant = known[word]
        return (meant * 2 if letter == meant * 2 else meant), at + 1
    if len(word) > 1 and (word[0] == letter[0] or tongue == "de" or at - start == 2):
        return (letter if word[0] == letter[0] else word[0]), at + 1
    return None


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read letters and digits spelled out; together where they were interrupted."""
    runs = spelled(said, context.language, figures=True)
    written = [
        Spelled(at, at + 1, word, len(word))
        for at, word in enumerate(said)
        if len(word) > 1 and word.isalnum() and any(c.isdecimal() for c in word)
        and any(c.isalpha() for c in word)
    ]  # fmt: skip
    sure = [
        run for run in runs
        if run.symbols >= _LEAST
        or (context.asked and said[run.first] not in EXTRA_GUESS)
    ]  # fmt: skip
    found = [_reading(run.first, run.end, run.text, slot) for run in (*sure, *written)]
    parts = sorted((*sure, *written), key=lambda run: run.first)
    if context.asked and len(parts) > 1:
        whole = "".join(run.text for run in parts)
        found.append(_reading(parts[0].first, parts[-1].end, whole, slot, 0.8))
    if context.asked and not found:
        plain = [word for word in said if word.isalpha() and len(word) > 2]
        found += [_reading(0, len(said), word, slot, 0.5) for word in plain[-1:]]
    if context.asked:
        return found
    return [r for r in found if not r.problem and len(r.value) > 3 and _looks_spelled(r.value)]


def _looks_spelled(value: str) -> bool:
    """Whether something in a free sentence may be a code: letters, and no "25th"."""
    letters = "".join(c for c in value if c.isalpha())
    return bool(letters) and letters not in {"ST", "ND", "RD", "TH", "AM", "PM", "H", "K"}


def _reading(first: int, end: int, text: str, slot: Slot, sure: float = 0.95) -> Reading:
    value = "".join(c for c in text if c.isalnum()).upper()
    problem = ""
    if not slot.fits(value):
        problem = "wrong_length"
    elif slot.checksum and not (value.isdecimal() and checksums.holds(slot.checksum, value)):
        problem = "wrong_checksum"
    return Reading(value, sure, problem, first, end)
