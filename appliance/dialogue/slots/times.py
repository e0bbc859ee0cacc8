"""Times of day as callers name them: "half past three", "halb vier", "fifteen thirty".

What leaves morning or afternoon open is resolved by the range, the part of the day, the office
hours and, on the same day, by what has not passed yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import numbers
from appliance.dialogue.slots.calendar_words import TIMES_DE, TIMES_EN
from appliance.dialogue.slots.items import Item, Lexer, kept, letters
from appliance.dialogue.slots.ranges import checked
from appliance.dialogue.slots.reading import Context, Reading, one_of

_LEXERS: Final = {
    False: Lexer(TIMES_EN, "en", clock=True),
    True: Lexer(TIMES_DE, "de", clock=True),
}
_MISHEARD: Final = {"for": "four", "fore": "four", "to": "two", "too": "two", "ate": "eight",
                    "won": "one", "free": "three", "tree": "three", "fife": "five"}  # fmt: skip
_MISHEARD_DE: Final = {"für": "vier", "wir": "vier", "frei": "drei", "nein": "neun", "ach": "acht",
                       "macht": "acht", "lieben": "sieben", "all": "halb", "alb": "halb",
                       "uhren": "uhr", "ohr": "uhr"}  # fmt: skip
_DAY: Final = 24 * 60
_UNITS: Final = {"minute": 1, "minutes": 1, "minuten": 1, "hour": 60, "hours": 60, "stunde": 60,
                 "stunden": 60}  # fmt: skip
_AT: Final = frozenset({"at", "around", "about", "um", "gegen", "so", "etwa", "ab"})


@dataclass(frozen=True, slots=True)
class _Clock:
    """A time on a dial of twelve hours, or of the whole day."""

    minute: int
    """Since midnight."""
    sure: float = 1.0
    whole_day: bool = False
    """Whether it is certain which half of the day is meant."""


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a time of day; each half of the day that may be meant is a reading."""
    found = _from_now(said, context) or _read(said, context, 1.0)
    if not found and context.asked:
        misheard = _MISHEARD_DE if context.german else _MISHEARD
        other = [misheard.get(word, word) for word in said]
        if other != list(said):
            found = _read(other, context, 0.75)
    return [checked(r, slot, context) for r in (one_of(found) if context.asked else found)]


def _read(said: Sequence[str], context: Context, sure: float) -> list[Reading]:
    items = kept(_LEXERS[context.german].items(said))
    line = letters(items)
    found: list[Reading] = []
    taken: set[int] = set()
    for pattern, meaning, trust in _PATTERNS_DE if context.german else _PATTERNS_EN:
        for match in pattern.finditer(line):
            span = set(range(match.start("core"), match.end("core")))
            if span & taken:
                continue
            core = items[match.start("core") : match.end("core")]
            lead = core[0].first and said[core[0].first - 1] in _AT
            if trust < 0.7 and not (context.asked or lead):
                continue
            clock = meaning(core)
            if clock is None or not 0 <= clock.minute <= _DAY:
                continue
            taken |= span
            likely_time = max(trust, 0.9) if context.asked else trust
            around = items[match.start() : match.end()]
            part = next((i for i in around if i.letter in "APK" and i not in core), None)
            first, end = around[0].first, around[-1].end
            found += [
                Reading(_text(minute), sure * likely_time * likely, "", first, end)
                for minute, likely in _halves(clock, part, context)
            ]
    if not found and context.asked:
        found = [
            Reading(f"{item.value:02d}:00", 0.3, "incomplete", item.first, item.end)
            for item in items
            if item.letter == "K"
        ] + [
            Reading("09:00" if item.letter == "A" else "15:00", 0.3, "incomplete",
                    item.first, item.end)
            for item in items
            if item.letter in "AP"
        ]  # fmt: skip
    return found


def _from_now(said: Sequence[str], context: Context) -> list[Reading]:
    """Read "in half an hour", "in zwanzig Minuten"."""
    for at, word in enumerate(said[:-1]):
        if word != "in":
            continue
        half = " ".join(said[at + 1 : at + 4])
        number = numbers.cardinal(said, at + 1, context.language)
        if half.startswith(("half an hour", "einer halben stunde")):
            minutes, end = Decimal(30), at + 4
        elif said[at + 1] in {"an", "a", "einer", "one"} and at + 2 < len(said):
            minutes, end = Decimal(_UNITS.get(said[at + 2], 0)), at + 3
        elif number is not None and number.end < len(said):
            minutes, end = number.value * _UNITS.get(said[number.end], 0), number.end + 1
        else:
            continue
        if 0 < minutes < _DAY:
            later = context.now.hour * 60 + context.now.minute + int(minutes)
            return [Reading(_text(later), 0.9, "", at, end)]
    return []


def _text(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _halves(clock: _Clock, part: Item | None, context: Context) -> list[tuple[int, float]]:
    """Return the times of the day that a clock may show, with how likely each is meant."""
    minute = clock.minute % _DAY
    if clock.whole_day or minute >= 13 * 60:
        return [(minute, clock.sure)]
    early, late = minute % 720, minute % 720 + 720
    if part is not None:
        return [(_by_part(early, late, part), clock.sure)]
    is_open = (_open(early, context), _open(late, context))
    if is_open[0] != is_open[1]:
        best = late if is_open[1] else early
        likely = 0.95
    else:
        best = early if early >= 7 * 60 else late
        likely = 0.85
    other = early + late - best
    if _is_today(context):
        now = context.now.hour * 60 + context.now.minute
        if best <= now < other:
            best, other = other, best
    return [(best, clock.sure * likely), (other, clock.sure * 0.5)]


def _by_part(early: int, late: int, part: Item) -> int:
    if part.letter == "A":
        return early
    if part.letter == "P":
        night = part.value == 1
        return early if night and early < 6 * 60 else late
    return min(early, late, key=lambda minute: abs(minute - part.value * 60))


def _open(minute: int, context: Context) -> bool:
    at = time(minute // 60, minute % 60)
    return any(
        opens <= at and (at <= closes or closes == time(0))
        for spans in context.hours.week
        for opens, closes in spans
    )


def _is_today(context: Context) -> bool:
    return context.now.date().isoformat() in context.values.values()


def _hour(item: Item) -> int | None:
    return item.value if item.value <= 24 else None


def _figures(items: list[Item]) -> _Clock:
    item = items[0]
    suffix = item.text.lstrip("0123456789:.")
    minute = item.value
    if suffix.startswith("a"):
        return _Clock(minute % 720, whole_day=True)
    if suffix.startswith("p"):
        return _Clock(minute % 720 + 720, whole_day=True)
    certain = item.text.startswith("0")
    return _Clock(minute, whole_day=certain or (minute >= 720 and ":" in item.text))


def _plain(items: list[Item]) -> _Clock | None:
    hour = _hour(items[0])
    if hour is not None:
        return _Clock(hour * 60) if hour else _Clock(0, 0.5, whole_day=True)
    value = items[0].value
    if 100 <= value <= 2400 and value % 100 < 60:
        return _Clock(value // 100 * 60 + value % 100, 0.8, value >= 1300)
    return None


def _hour_minutes(items: list[Item]) -> _Clock | None:
    numbers = [item for item in items if item.letter == "N"]
    hour = _hour(numbers[0])
    if hour is None or numbers[-1].value > 59:
        return None
    return _Clock(hour * 60 + numbers[-1].value)


def _two_numbers(items: list[Item]) -> _Clock | None:
    """Read "three thirty", and "three oh five"; "three five" is two numbers."""
    if len(items) == 2 and items[1].value < 10:
        return None
    return _hour_minutes(items)


def _midnight_and(items: list[Item]) -> _Clock | None:
    minutes = [item.value for item in items if item.letter == "N"]
    return _Clock(minutes[0] if minutes else 0, whole_day=True) if not minutes or (
        minutes[0] < 60) else None  # fmt: skip


def _past_to(items: list[Item]) -> _Clock | None:
    """Read "ten past three", "viertel vor acht"."""
    amount, hour = items[0].value, _named_hour(items[-1])
    if hour is None or amount > 59:
        return None
    if amount % 5 and not any(item.letter in "cp" for item in items):
        return None  # "from three to four"
    sign = 1 if any(item.letter == "p" for item in items) else -1
    return _Clock((hour * 60 + sign * amount) % _DAY)


def _named_hour(item: Item) -> int | None:
    return {"n": 12, "m": 24}.get(item.letter, _hour(item))


def _half_after(items: list[Item]) -> _Clock | None:
    hour = _hour(items[-1])
    return None if hour is None else _Clock(hour * 60 + 30)


def _half_before(items: list[Item]) -> _Clock | None:
    """Read "halb vier", which is half past three, and "fünf vor halb vier"."""
    hour = _hour(items[-1])
    if hour is None or hour == 0:
        return None
    amount = items[0].value if items[0].letter in "Nq" else 0
    if any(item.letter == "t" for item in items):
        amount = -amount
    return _Clock((hour * 60 - 30 + amount) % _DAY)


def _quarter_of(items: list[Item]) -> _Clock | None:
    """Read "viertel acht" (a quarter of the eighth hour, 7:15) and "dreiviertel acht" (7:45)."""
    hour = _hour(items[-1])
    return None if hour is None or hour == 0 else _Clock(hour * 60 - 60 + items[0].value)


def _noon(_items: list[Item]) -> _Clock:
    return _Clock(720, whole_day=True)


def _midnight(_items: list[Item]) -> _Clock:
    return _Clock(0, whole_day=True)


_Meaning = Callable[[list[Item]], _Clock | None]
_Table = tuple[tuple[re.Pattern[str], _Meaning, float], ...]


def _table(*rows: tuple[str, _Meaning, float]) -> _Table:
    return tuple(
        (re.compile(f"[APK]?(?P<core>{core})[APKo]{{0,2}}"), meaning, trust)
        for core, meaning, trust in rows
    )


_PATTERNS_EN: Final = _table(
    ("C", _figures, 1.0),
    ("hN", _half_after, 1.0),
    ("[qN]c?[pt][Nnm]", _past_to, 1.0),
    ("Nn", _noon, 1.0),
    ("Nm", _midnight, 1.0),
    ("NzN|NoN", _hour_minutes, 1.0),
    ("NN(?=[APKo])", _two_numbers, 1.0),
    ("N(?=[APKo])", _plain, 1.0),
    ("n", _noon, 1.0),
    ("m", _midnight, 1.0),
    ("(?<=[APK])N", _plain, 0.9),
    ("NN", _two_numbers, 0.69),
    ("N", _plain, 0.68),
)
_PATTERNS_DE: Final = _table(
    ("C", _figures, 1.0),
    ("[Nq]c?[pt]hN", _half_before, 1.0),
    ("hN", _half_before, 1.0),
    ("[qN]c?[pt][Nnm]", _past_to, 1.0),
    ("[qv]N", _quarter_of, 0.95),
    ("zoN", _midnight_and, 1.0),
    ("NoN", _hour_minutes, 1.0),
    ("No?n", _noon, 1.0),
    ("No?m", _midnight, 1.0),
    ("zo", _midnight_and, 1.0),
    ("NN(?=[APKo])", _two_numbers, 1.0),
    ("N(?=[APKo])", _plain, 1.0),
    ("n", _noon, 1.0),
    ("m", _midnight, 1.0),
    ("(?<=[APK])N", _plain, 0.9),
    ("NN", _two_numbers, 0.69),
    ("N", _plain, 0.68),
)
"""Pattern, meaning, trust; what is trusted less than 0.7 counts as an answer or after "at" only."""
