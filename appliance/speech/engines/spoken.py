"""Digits, letters, numbers, days and times in a line of words that a model wrote freely.

words ─► symbols ("double seven" is 7 7, "b as in bravo" is b, "4455" is 4 4 5 5)
─► how whole a number, a date, a time, an amount is
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.contracts.expectation import Kind
from appliance.speech.engines.similarity import Phrases
from appliance.speech.engines.vocabulary import vocabulary
from appliance.speech.turns.endpointing import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.speech.engines.vocabulary import Vocabulary

_SOUNDS_LIKE: Final = 0.7
"""Likeness from which an unknown word is a misheard digit …"""
_MISHEARD: Final = 0.75
"""… and how sure a word is that a digit is only heard as."""
_ACRONYM: Final = 6
"""Most letters of a word in capitals that was spelled rather than said."""
_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_CALENDAR: Final = re.compile(r"\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|\d{4}-\d{2}-\d{2}")
_COUNTED: Final = re.compile(r"[$€£]\d|\d[%€]")


@dataclass(frozen=True, slots=True)
class Symbol:
    """One digit or letter that was said."""

    text: str
    """As the answers name it: "seven", "b"."""
    word: int
    """Number of the word that it was heard in."""
    sure: float = 1.0
    """Less where the word only sounds like it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a line holds of digits or letters."""

    symbols: tuple[Symbol, ...]
    strange: int
    """Words that are neither those nor what people say around them."""


class Speller:
    """The digits and letters of one language."""

    def __init__(self, language: str) -> None:
        self._words: Vocabulary = vocabulary(language)
        self._digits = Phrases(self._words.digits, language)

    def digits(self, words: Sequence[str]) -> Said:
        """Return the digits that these words (lower case) say."""
        found: list[Symbol] = []
        strange = 0
        repeat, tens = 1, False
        for at, word in enumerate(words):
            if word in self._words.repeats:
                repeat, tens = self._words.repeats[word], False
                continue
            # Between digits "for" is four; beside words it is what it is.
            values, sure = self._digits_of(word)
            loose = sure < 1.0 and word in self._words.carriers
            if loose and not self._among_digits(words, at):
                values = ""
            if not values:
                strange += word not in self._words.carriers and not self._is_scale(word)
                if word in {"hundred", "hundert"}:
                    found += [Symbol(self._words.digits[0], at)] * (2 if found else 0)
                tens = tens and word in self._words.joins
                continue
            if tens and len(values) == 1 and values != "0" and found:
                # "twenty" said 2 0 until "three" came.
                found.pop()
            found += [Symbol(self._words.digits[int(v)], at, sure) for v in values * repeat]
            tens = self._words.tens_first and len(values) == 2 and values[1] == "0" and (
                word in self._words.teens and word != "ten"
            )  # fmt: skip
            repeat = 1
        return Said(tuple(found), strange)

    def letters(self, words: Sequence[str], written: Sequence[str] = ()) -> Said:
        """Return the letters and digits that these words say.

        `written`: the same words with their capitals, where the model writes some.
        """
        found: list[Symbol] = []
        strange, at, repeat = 0, 0, 1
        while at < len(words):
            word = words[at]
            symbols, sure = self._letters_of(word, written[at] if at < len(written) else "")
            if sure < 1.0 and word in self._words.carriers and not self._among_letters(words, at):
                symbols = ()
            if word in self._words.repeats:
                repeat = self._words.repeats[word]
            elif symbols:
                found += [Symbol(symbol, at, sure) for symbol in symbols for _ in range(repeat)]
                repeat = 1
                at += self._explained(words, at, symbols)
            else:
                strange += word not in self._words.carriers
            at += 1
        return Said(tuple(found), strange)

    def _explained(self, words: Sequence[str], at: int, symbols: Sequence[str]) -> int:
        """Return how many words after a letter only explain it: "as in bravo"."""
        if len(symbols) != 1:
            return 0
        after = at + 1
        while after < len(words) and words[after] in self._words.like:
            after += 1
        named = after < len(words) and words[after].startswith(symbols[0])
        # Without "as in" the next word must be one of a spelling alphabet: "b bravo".
        like = after > at + 1 or (named and words[after] in self._words.spelling)
        return after - at if named and like and len(words[after]) > 1 else 0

    def _digits_of(self, word: str) -> tuple[str, float]:
        bare = re.sub(r"[.,:]", "", word)
        if bare.isdecimal():
            return bare, 1.0
        if word in self._words.digits:
            return str(self._words.digits.index(word)), 1.0
        if word in self._words.teens:
            return str(self._words.teens[word]), 1.0
        if word in self._words.digit_sounds:
            sure = 1.0 if word in ("oh", "o", "zwo", "ein", "niner") else _MISHEARD
            return str(self._words.digit_sounds[word]), sure
        if word in self._words.carriers or self._is_scale(word) or len(word) < 3:
            return "", 0.0
        likeness = self._digits.likeness(word)
        best = int(likeness.argmax())
        if likeness[best] < _SOUNDS_LIKE:
            return "", 0.0
        return str(best), float(likeness[best]) * _MISHEARD

    def _among_digits(self, words: Sequence[str], at: int) -> bool:
        """Whether every neighbour is a digit beyond doubt."""
        beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 2]]
        return bool(beside) and all(
            word in self._words.repeats
            or (bool(self._digits_of(word)[0]) and word not in self._words.carriers)
            for word in beside
        )

    def _among_letters(self, words: Sequence[str], at: int) -> bool:
        """Whether every neighbour is a letter or digit beyond doubt."""
        beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 2]]
        return bool(beside) and all(self._letters_of(word, "")[1] == 1.0 for word in beside)

    def _letters_of(self, word: str, written: str) -> tuple[tuple[str, ...], float]:
        words = self._words
        if len(word) == 1 and word.isalpha():
            return (word,), 1.0
        if word.isdecimal():
            return tuple(words.digits[int(digit)] for digit in word), 1.0
        if word in words.spelling:
            return (words.spelling[word],), 1.0
        if word in words.letter_sounds:
            return (words.letter_sounds[word],), _MISHEARD
        if word in words.digits:
            return (word,), 1.0
        if 1 < len(written) <= _ACRONYM and written.isupper() and written.isalpha():
            return tuple(word), 0.9
        if re.fullmatch(r"(?:[a-z]\d|\d[a-z])[a-z\d]*", word):
            return tuple(
                words.digits[int(sign)] if sign.isdecimal() else sign for sign in word
            ), 0.9
        return (), 0.0

    def _is_scale(self, word: str) -> bool:
        return word in self._words.scales


class Judge:
    """How whole an answer in words is, for the kinds that have no list of answers."""

    def __init__(self, language: str) -> None:
        self._words = vocabulary(language)

    def progress(self, kind: Kind, words: Sequence[str]) -> Progress:
        """Return how far these words (lower case) have come as an answer of this kind.

        UNSURE where they are none.
        """
        if not words:
            return Progress.NOTHING
        if words[-1] in self._words.joins:
            return Progress.INCOMPLETE
        return {
            Kind.NUMBER: self._number,
            Kind.AMOUNT: self._amount,
            Kind.DATE: self._date,
            Kind.TIME: self._time,
        }.get(kind, lambda _words: Progress.OPEN)(words)

    def _number(self, words: Sequence[str]) -> Progress:
        return Progress.OPEN if any(map(self._counts, words)) else Progress.UNSURE

    def _amount(self, words: Sequence[str]) -> Progress:
        if any(_COUNTED.search(word) for word in words):
            return Progress.COMPLETE
        if not any(map(self._counts, words)):
            return Progress.UNSURE
        # "twelve dollars fifty" may go on after the unit, but is an answer with it.
        return Progress.COMPLETE if words[-1] in self._words.units else Progress.OPEN

    def _date(self, words: Sequence[str]) -> Progress:
        if any(_CALENDAR.fullmatch(word) for word in words):
            return Progress.COMPLETE
        month = any(word in self._words.months for word in words)
        ranked = any(word in self._words.ordinals for word in words)
        day = ranked or any(map(self._counts, words))
        if month:
            return Progress.COMPLETE if day else Progress.INCOMPLETE
        if any(word in self._words.days for word in words):
            return Progress.COMPLETE
        return Progress.OPEN if day else Progress.UNSURE

    def _time(self, words: Sequence[str]) -> Progress:
        if any(_CLOCK.fullmatch(word) or word in self._words.whole_times for word in words):
            return Progress.COMPLETE
        if not any(map(self._counts, words)):
            told = any(word in self._words.before_hour for word in words)
            return Progress.INCOMPLETE if told else Progress.UNSURE
        if words[-1] in self._words.before_hour:
            return Progress.INCOMPLETE
        whole = any(word in self._words.parts_of_day for word in words)
        return Progress.COMPLETE if whole or self._minutes(words) else Progress.OPEN

    def _minutes(self, words: Sequence[str]) -> bool:
        """Whether an hour stands in them with its minutes, or with "half past" before it."""
        counted = [at for at, word in enumerate(words) if self._counts(word)]
        before = words[counted[0] - 1] if counted and counted[0] else ""
        return len(counted) > 1 or before in self._words.before_hour - {"at", "um", "gegen"}

    def _counts(self, word: str) -> bool:
        words = self._words
        if any(sign.isdecimal() for sign in word):
            return True
        known = word in words.digits or word in words.teens or word in words.scales - {"a"}
        return known or (not words.tens_first and _compound(word, words))


def _compound(word: str, words: Vocabulary) -> bool:
    """Whether a word is made of number words only: "zweihundertfünfundzwanzig"."""
    parts = sorted({*words.digits, *words.teens, *words.scales, "und", "ein"}, key=len)
    rest = word
    while rest:
        part = next((part for part in reversed(parts) if rest.startswith(part)), "")
        if not part:
            return False
        rest = rest[len(part) :]
    return word not in ("und", "ein", "halb")
