"""Digits as they are spoken, in either language: "double seven oh four", "siebenundvierzig elf"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import checksums, numbers_de, numbers_en, spoken_de, spoken_en
from appliance.dialogue.slots.numerals import Number, Tight
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.text import normalise, words

_MISHEARD: Final = {
    "en": {
        "won": "1", "to": "2", "too": "2", "tree": "3", "free": "3", "for": "4", "fore": "4",
        "ate": "8", "aight": "8", "owe": "0", "fife": "5", "sex": "6", "sics": "6", "nein": "9",
        "fives": "5", "hate": "8", "night": "9", "wine": "9", "sevens": "7", "eights": "8",
    },
    "de": {
        "frei": "3", "für": "4", "wir": "4", "fier": "4", "sex": "6", "six": "6", "nein": "9",
        "ach": "8", "macht": "8", "einst": "1", "ei": "1", "zweig": "2", "so": "2", "two": "2",
        "nul": "0", "lieben": "7", "fünfe": "5",
    },
}  # fmt: skip
"""Words that only sound like a digit: they count next to digits."""
_ZERO: Final = {
    "en": frozenset(words("oh o zero nought naught nil null")),
    "de": frozenset(words("null o")),
}
_TIMES: Final = {
    "en": {"double": 2, "triple": 3, "treble": 3, "quadruple": 4},
    "de": {"doppel": 2, "doppelt": 2, "doppelte": 2, "zweimal": 2, "dreimal": 3, "viermal": 4,
           "dreifach": 3},
}  # fmt: skip
_PLURALS: Final = {
    "en": {"zeros": "0", "zeroes": "0", "ohs": "0", "ones": "1", "twos": "2", "threes": "3",
           "fours": "4", "fives": "5", "sixes": "6", "sevens": "7", "eights": "8", "nines": "9"},
    "de": {"nullen": "0", "einsen": "1", "zweien": "2", "dreien": "3", "vieren": "4",
           "fünfen": "5", "sechsen": "6", "siebenen": "7", "achten": "8", "neunen": "9"},
}  # fmt: skip
_BETWEEN: Final = {
    "en": frozenset(words("and then dash hyphen slash stroke point dot um uh er erm hm space")),
    "de": frozenset(
        words("und dann strich bindestrich minus schrägstrich punkt äh ähm öh hm schräg danach "
              "pause")
    ),
}  # fmt: skip
"""What may stand between digits without ending the number."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of digits."""

    first: int
    end: int
    digits: str
    guessed: int = 0
    """How many of its words only sound like digits."""


def tongue(language: str) -> str:
    """Return "de" or "en", the languages that there are tables of."""
    return "de" if language.lower().startswith("de") else "en"


def parse(text: str, language: str = "en") -> str:
    """Return the digits said or written in `text`, the rest passed over: "double five oh" is 550.

    Words that only sound like a digit ("for", "to") count between digits.
    """
    return "".join(run.digits for run in stretches(normalise(text).split(), language))


def runs(said: Sequence[str], language: str = "en") -> list[tuple[int, int, str]]:
    """Return the stretches of `said` that are digits, as (first, end, digits)."""
    return [(run.first, run.end, run.digits) for run in stretches(said, language)]


def stretches(
    said: Sequence[str], language: str = "en", tight: Tight = Tight.JOINED, *, loose: bool = False
) -> list[Run]:
    """Return the stretches of `said` that are digits.

    `loose` (the caller was asked for digits): words that sound like digits count at the edges too.
    """
    spans = _spans(said, tongue(language), tight)
    spans = _with_misheard(said, spans, tongue(language), loose=loose)
    between = _BETWEEN[tongue(language)]
    found: list[Run] = []
    for first, end, digits, guessed in spans:
        last = found[-1] if found else None
        if last and all(word in between for word in said[last.end : first]):
            found[-1] = Run(last.first, end, last.digits + digits, last.guessed + guessed)
        else:
            found.append(Run(first, end, digits, int(guessed)))
    return found


_Span = tuple[int, int, str, bool]


def _spans(said: Sequence[str], tongue: str, tight: Tight) -> list[_Span]:
    found: list[_Span] = []
    at = 0
    while at < len(said):
        one = _times(said, at, tongue) or _one(said, at, tongue, tight)
        if one is None:
            at += 1
            continue
        digits, end = one
        if end < len(said) and said[end] in _PLURALS[tongue] and len(digits) == 1:
            digits, end = _PLURALS[tongue][said[end]] * int(digits), end + 1
        if digits:
            found.append((at, end, digits, False))
        at = end
    return found


def _one(said: Sequence[str], at: int, tongue: str, tight: Tight) -> tuple[str, int] | None:
    word = said[at]
    if word[0].isdecimal() or (word[0] == "+" and len(word) > 1):
        digits = "".join(c for c in word if c.isdecimal() and c.isascii())
        plain = all(c.isdecimal() or c in "+.,:/" for c in word)
        return (digits, at + 1) if plain and digits else None
    if word in _ZERO[tongue]:
        return "0", at + 1
    if word == "minus" or (tongue == "de" and numbers_de.is_article(word) and word != "ein"):
        return None
    number = _cardinal(said, at, tongue, tight)
    if number is None or number.value < 0 or number.value != int(number.value):
        return None
    if word in {"a", "half", "ein"} and number.end == at + 1:
        return None
    return str(int(number.value)), number.end


def _cardinal(said: Sequence[str], at: int, tongue: str, tight: Tight) -> Number | None:
    if tongue == "de":
        return numbers_de.cardinal(said, at, tight)
    return numbers_en.cardinal(said, at, tight)


def _times(said: Sequence[str], at: int, tongue: str) -> tuple[str, int] | None:
    times = _TIMES[tongue].get(said[at], 0)
    after = at + 1
    if not times and tongue == "de" and said[at + 1 : at + 2] and said[at + 1] == "mal":
        times, after = {"zwei": 2, "drei": 3, "vier": 4}.get(said[at], 0), at + 2
    if not times:
        return None
    while after < len(said) and said[after] in {"die", "der", "the", "a"}:
        after += 1
    following = _one(said, after, tongue, Tight.SINGLE) if after < len(said) else None
    if following is None:
        return ("", after) if after == at + 1 else None
    digits, end = following
    return (digits * times, end) if len(digits) <= 2 else (digits[0] * times + digits[1:], end)


def _with_misheard(
    said: Sequence[str], spans: list[_Span], tongue: str, *, loose: bool
) -> list[_Span]:
    """Add the words that sound like digits and stand between digits, or beside them if `loose`."""
    misheard = _MISHEARD[tongue]
    if not any(word in misheard for word in said):
        return spans
    sure = {at for first, end, *_ in spans for at in range(first, end)}
    taken = set(sure)
    changed = True
    while changed:
        changed = False
        for at, word in enumerate(said):
            if word not in misheard or at in taken:
                continue
            near = [n for n in (at - 1, at + 1) if 0 <= n < len(said)]
            held = [n for n in near if n in taken]
            if held and (loose or len(held) == len(near)):
                taken.add(at)
                changed = True
    if loose and not sure and all(word in misheard for word in said):
        taken = set(range(len(said)))
    extra = [(at, at + 1, misheard[said[at]], True) for at in taken - sure]
    return sorted([*spans, *extra])


def variants(said: Sequence[str], language: str = "en") -> list[str]:
    """Return the strings that the digits of `said` may mean, the likeliest first."""
    return list(
        dict.fromkeys(
            digits
            for tight in (Tight.JOINED, Tight.GROUPS, Tight.SINGLE)
            if (digits := "".join(run.digits for run in stretches(said, language, tight)))
        )
    )


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a number that is a name; of several ways to hear it, one of the right length."""
    found: list[Reading] = []
    ways = [(Tight.JOINED, 1.0), (Tight.GROUPS, 0.9), (Tight.SINGLE, 0.85)]
    for tight, sure in ways if context.asked else ways[:1]:
        whole = stretches(said, context.language, tight)
        found += [_reading(run, sure, slot) for run in whole]
        if context.asked:
            found += [_together(whole, sure, slot)] if len(whole) > 1 else []
            guessed = stretches(said, context.language, tight, loose=True)
            if guessed != whole:
                found += [_reading(run, sure * 0.9, slot) for run in guessed]
                found += [_together(guessed, sure * 0.9, slot)] if len(guessed) > 1 else []
    if not context.asked:
        return [reading for reading in found if not reading.problem]
    return list(dict.fromkeys(found))


def _together(several: list[Run], sure: float, slot: Slot) -> Reading:
    """Return the stretches as one: the caller has said something in between."""
    digits = "".join(run.digits for run in several)
    guessed = sum(run.guessed for run in several)
    return _reading(Run(several[0].first, several[-1].end, digits, guessed), sure * 0.8, slot)


def _reading(run: Run, sure: float, slot: Slot) -> Reading:
    sure *= max(0.6, 1.0 - 0.1 * run.guessed)
    return Reading(run.digits, sure, problem(slot, run.digits), run.first, run.end)


def problem(slot: Slot, digits: str) -> str:
    """Return why digits cannot be the slot's value, "" where they can."""
    if not slot.fits(digits):
        return "wrong_length"
    return "" if checksums.holds(slot.checksum, digits) else "wrong_checksum"


def spoken(digits: str, language: str = "en", sizes: Sequence[int] = ()) -> str:
    """Return `digits` as words in groups, for reading back: "five five five, one two, one two".

    Letters among them are said as they are; groups are as in `grouped`.
    """
    say = spoken_de.digits if tongue(language) == "de" else spoken_en.digits
    return ", ".join(said for group in grouped(digits, sizes) if (said := say(group)))


def grouped(digits: str, sizes: Sequence[int] = ()) -> list[str]:
    """Return `digits` in groups of the given sizes, without any in threes that end in pairs."""
    groups: list[str] = []
    rest = digits
    if sizes:
        for size in sizes:
            if rest:
                groups.append(rest[:size])
                rest = rest[size:]
        return [*groups, *(grouped(rest) if rest else [])]
    while len(rest) > 4:
        groups.append(rest[:3])
        rest = rest[3:]
    groups.append(rest)
    if len(groups[-1]) == 4 and len(groups) > 1:
        groups[-1:] = [rest[:2], rest[2:]]
    return groups
