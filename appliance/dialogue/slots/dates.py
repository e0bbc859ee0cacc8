"""Days of the calendar as callers name them: "next Tuesday", "in two weeks", "heute in acht Tagen".

Words become letters (items.py, calendar_words.py), letters are looked up in one table of patterns,
each with the function that reckons the day from today.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import digits
from appliance.dialogue.slots.calendar_words import DATES_DE, DATES_EN, MONTH, WEEK, YEAR
from appliance.dialogue.slots.items import Item, Lexer, kept, letters
from appliance.dialogue.slots.ranges import bounds, checked
from appliance.dialogue.slots.reading import Context, Reading, one_of
from appliance.dialogue.slots.reckoning import later, made
from appliance.dialogue.values import text

_MISHEARD: Final = "WMT"
_LEXERS: Final = {
    False: Lexer(DATES_EN, "en", _MISHEARD),
    True: Lexer(DATES_DE, "de", _MISHEARD),
}
_NO_YEAR: Final = 0.55
_WRONG_WEEKDAY: Final = 0.65
"""What is left of the confidence where the weekday said with a date is not that date's."""
_OLDEST: Final = 120
"""Years back that a two-digit year may mean."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the functions reckon from."""

    today: date
    items: list[Item]
    """All of them, filling left out; a function may look beyond its own."""
    end: int
    """The item after the pattern's last."""
    past: bool
    """Whether days that have been are what is asked for: a date of birth."""
    month_first: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    sure: float = 1.0
    used: int = 0
    """Items beyond the pattern that belong to it: a year."""


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a date; where the year or week is left open, every day that may be meant."""
    items = kept(_LEXERS[context.german].items(said))
    _, high = bounds(slot, context)
    today = context.now.date()
    past = bool(text(high)) and text(high) <= today.isoformat()
    found: list[Reading] = []
    line = letters(items)
    taken: set[int] = set()
    for pattern, meaning in _PATTERNS:
        for match in pattern.finditer(line):
            span = set(range(match.start(), match.end()))
            if span & taken:
                continue
            scene = _Scene(today, items, match.end(), past, context.country == "US", context.asked)
            days = meaning(items[match.start() : match.end()], scene)
            if days or meaning in _FINAL:
                taken |= span
            found += [_reading(day, items, match, scene) for day in days]
    if not found and context.asked:
        found = _in_digits(said, context, today, past=past)
    if context.asked:
        found = one_of(found)
    return [checked(reading, slot, context) for reading in found]


def _in_digits(said: Sequence[str], context: Context, today: date, *, past: bool) -> list[Reading]:
    """Read "oh three oh three nineteen eighty five", as it is written in a form."""
    found: list[Reading] = []
    scene = _Scene(today, [], 0, past, context.country == "US", asked=True)
    for keys in digits.variants(said, context.language):
        if len(keys) not in {6, 8}:
            continue
        written = ("/" if scene.month_first else ".").join((keys[:2], keys[2:4], keys[4:]))
        days = _figures([Item("D", 0, 0, len(said), text=written)], scene)
        found += [Reading(d.day.isoformat(), d.sure * 0.85, "", 0, len(said)) for d in days]
    return found


def _reading(day: _Day, items: list[Item], match: re.Match[str], scene: _Scene) -> Reading:
    sure = day.sure * min(item.sure for item in items[match.start() : match.end()])
    if scene.past and day.day > scene.today:
        sure *= 0.8
    last = items[match.end() - 1 + day.used]
    return Reading(day.day.isoformat(), sure, "", items[match.start()].first, last.end)


def _in_years(month: int, day: int, scene: _Scene) -> list[_Day]:
    """Return the day's next and last occurrence; February 29 has them years apart."""
    years = range(scene.today.year - 8, scene.today.year + 9)
    all_days = [found for year in years if (found := made(year, month, day))]
    after = [found for found in all_days if found >= scene.today]
    before = [found for found in all_days if found < scene.today]
    if scene.past:
        # A date of birth without its year is none that could be taken unasked.
        return [_Day(d, _NO_YEAR) for d in (*before[-1:], *after[:1])]
    return [*(_Day(d) for d in after[:1]), *(_Day(d, 0.85) for d in before[-1:])]


def _year(scene: _Scene) -> list[tuple[int, int]]:
    """Return what the numbers after the pattern may say of the year, and how many they are."""
    after = scene.items[scene.end : scene.end + 3]
    if letters(after) == "NzN" and after[0].value in {19, 20} and after[2].value < 10:
        return [(after[0].value * 100 + after[2].value, 3)]
    numbers = [item.value for item in itertools.takewhile(lambda i: i.letter == "N", after)]
    if len(numbers) > 1 and numbers[0] in {19, 20} and numbers[1] < 100:
        return [(numbers[0] * 100 + numbers[1], 2)]
    if numbers and 1850 <= numbers[0] <= 2200:
        return [(numbers[0], 1)]
    if numbers and numbers[0] < 100 and (scene.past or numbers[0] > 24):
        return [(year, 1) for year in _centuries(numbers[0], scene)]
    return []


def _centuries(short: int, scene: _Scene) -> list[int]:
    century = scene.today.year // 100 * 100
    years = [century + short, century - 100 + short]
    return [y for y in years if -_OLDEST <= y - scene.today.year <= (0 if scene.past else 20)]


def _of(day: int, month: int, scene: _Scene) -> list[_Day]:
    years = _year(scene)
    if years:
        days = [(made(year, month, day), used) for year, used in years]
        return [_Day(d, 1.0 - 0.05 * n, used) for n, (d, used) in enumerate(days) if d]
    return _in_years(month, day, scene)


def _weekday_of(items: list[Item], days: list[_Day]) -> list[_Day]:
    """Prefer the days that fall on the weekday that was said with the date."""
    named = [item.value for item in items if item.letter == "W"]
    if not named:
        return days
    return [
        d if d.day.weekday() == named[0] else _Day(d.day, d.sure * _WRONG_WEEKDAY, d.used)
        for d in days
    ]


def _day_month(items: list[Item], scene: _Scene) -> list[_Day]:
    day = next(item.value for item in items if item.letter in "ON")
    month = next(item.value for item in items if item.letter == "M")
    return _weekday_of(items, _of(day, month, scene))


def _ordinals(items: list[Item], scene: _Scene) -> list[_Day]:
    day, month = (item.value for item in items if item.letter in "ON")
    days = _of(day, month, scene)
    return _weekday_of(items, days)


def _figures(items: list[Item], scene: _Scene) -> list[_Day]:
    written = next(item.text for item in items if item.letter == "D")
    parts = re.split(r"[./]", written)
    numbers = [int(part) for part in parts]
    if len(parts[0]) > 2:  # ISO 8601 with slashes
        iso = made(*numbers)
        return _weekday_of(items, [_Day(iso)] if iso else [])
    day, month = numbers[1::-1] if scene.month_first and "/" in written else numbers[:2]
    if made(2000, month, day) is None:
        day, month = month, day
    if len(numbers) < 3:
        return _weekday_of(items, _of(day, month, scene))
    years = [numbers[2]] if numbers[2] > 99 else _centuries(numbers[2], scene)
    days = [made(year, month, day) for year in years]
    return _weekday_of(items, [_Day(d) for d in days[: 2 if scene.past else 1] if d])


def _three_numbers(items: list[Item], scene: _Scene) -> list[_Day]:
    first, second, third = (item.value for item in items)
    if first > 1850:
        day = made(first, second, third)
        return [_Day(day)] if day else []
    if third < 1850:
        following = scene.items[scene.end : scene.end + 1]
        if third in {19, 20} and following and following[0].letter == "N":
            day = made(third * 100 + following[0].value, second, first)
            return [_Day(day, 0.9, 1)] if day and following[0].value < 100 else []
        if not (scene.asked and third < 100):
            return []
        days = [made(year, second, first) for year in _centuries(third, scene)]
        return [_Day(d, 0.8) for d in days if d]
    day = made(third, second, first) or made(third, first, second)
    return [_Day(day)] if day else []


def _two_numbers(items: list[Item], scene: _Scene) -> list[_Day]:
    first, second = (item.value for item in items)
    if not scene.asked or not 0 < second < 13 or not 0 < first < 32:
        return []
    return [_Day(d.day, d.sure * 0.6, d.used) for d in _of(first, second, scene)]


def _from_today(items: list[Item], scene: _Scene) -> list[_Day]:
    return [_Day(scene.today + timedelta(days=items[0].value))]


def _week_after(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "tomorrow week", "heute in acht tagen"."""
    start = scene.today + timedelta(days=items[0].value)
    amount = next((item.value for item in items if item.letter == "N"), 1)
    unit = items[-1].value
    return _later(start, amount, unit)


def _amount(items: list[Item], scene: _Scene) -> list[_Day]:
    amount = next((item.value for item in items if item.letter == "N"), 1)
    unit = next(item.value for item in items if item.letter in "Uf")
    sign = -1 if any(item.letter == "b" for item in items) else 1
    return _later(scene.today, sign * amount, unit)


def _later(start: date, amount: int, unit: int) -> list[_Day]:
    day = later(start, amount, unit)
    return [_Day(day)] if day else []


def _coming(scene: _Scene, weekday: int) -> date:
    """Return the next such day, today left out."""
    return scene.today + timedelta(days=(weekday - scene.today.weekday() - 1) % 7 + 1)


def _weekday(items: list[Item], scene: _Scene) -> list[_Day]:
    day = _coming(scene, items[-1].value)
    today = scene.today.weekday() == items[-1].value
    before = _Day(day - timedelta(days=7), 0.85)
    if today and not scene.past:
        return [_Day(day, 0.55), _Day(scene.today, 0.5)]
    return [before, _Day(day, 0.8)] if scene.past else [_Day(day), before]


def _this_weekday(items: list[Item], scene: _Scene) -> list[_Day]:
    weekday = next(item.value for item in items if item.letter == "W")
    coming = _coming(scene, weekday)
    if scene.today.weekday() == weekday and items[0].value == 0:
        return [_Day(scene.today, 0.8)]
    return [_Day(coming)]


def _next_weekday(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "next Friday": on a Wednesday some mean in two days, some in nine; it is asked."""
    weekday = items[-1].value
    coming = _coming(scene, weekday)
    if weekday > scene.today.weekday():
        later = _Day(coming + timedelta(days=7), 0.55)
        sooner = _Day(coming, 0.5)
        return [later, sooner]
    return [_Day(coming)]


def _last_weekday(items: list[Item], scene: _Scene) -> list[_Day]:
    return [_Day(_coming(scene, items[-1].value) - timedelta(days=7 + 7 * (
        scene.today.weekday() == items[-1].value)))]  # fmt: skip


def _weekday_after_next(items: list[Item], scene: _Scene) -> list[_Day]:
    weekday = next(item.value for item in items if item.letter == "W")
    return [_Day(_coming(scene, weekday) + timedelta(days=7), 0.8)]


def _of_week(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "Tuesday next week"."""
    weeks = next(item.value for item in items if item.letter == "j")
    weekday = next(item.value for item in items if item.letter == "W")
    monday = scene.today - timedelta(days=scene.today.weekday())
    return [_Day(monday + timedelta(days=7 * weeks + weekday))]


def _a_week_on(items: list[Item], scene: _Scene) -> list[_Day]:
    if items[0].value == 1:
        return _of_week([Item("j", 1, 0, 0), items[-1]], scene)
    return [_Day(_coming(scene, items[-1].value) + timedelta(days=7))]


def _weekday_in_weeks(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "montag in zwei wochen", "two weeks on tuesday"."""
    weekday = next(item.value for item in items if item.letter == "W")
    amount = next((item.value for item in items if item.letter == "N"), 1)
    unit = next(item.value for item in items if item.letter in "Uf")
    if unit % WEEK or unit in {MONTH, YEAR} or amount > 100:
        return []
    return [_Day(_coming(scene, weekday) + timedelta(days=amount * unit))]


def _weekday_week(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "Friday week", and "a week from tomorrow"."""
    if items[-1].letter == "T":
        unit = items[0].value if items[0].letter == "f" else WEEK
        return _later(scene.today + timedelta(days=items[-1].value), 1, unit)
    if items[-1].value not in {WEEK, 14}:
        return []
    return [_Day(_coming(scene, items[0].value) + timedelta(days=items[-1].value))]


def _weekday_ordinal(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "Tuesday the fifth": the next month in which it is one, else the next fifth."""
    weekday, day = items[0].value, items[-1].value
    days = _months_with(day, scene)
    right = [d for d in days if d.weekday() == weekday]
    if right:
        return [_Day(right[0])]
    return [_Day(days[0], 0.55)] if days else []


def _months_with(day: int, scene: _Scene) -> list[date]:
    year, month = scene.today.year, scene.today.month
    dates = [made(year + (month + n - 1) // 12, (month + n - 1) % 12 + 1, day) for n in range(13)]
    return [d for d in dates if d and d >= scene.today]


def _ordinal(items: list[Item], scene: _Scene) -> list[_Day]:
    days = _months_with(items[0].value, scene)
    sure = 0.85 if scene.asked else 0.3
    return [_Day(days[0], sure)] if days else []


def _nth_weekday(items: list[Item], scene: _Scene) -> list[_Day]:
    """Reckon "the first Monday in December"."""
    count, weekday, month = items[0].value, items[1].value, items[-1].value
    for year in (scene.today.year, scene.today.year + 1):
        first = date(year, month, 1)
        ahead = (weekday - first.weekday()) % 7 + 7 * (count - 1)
        day = first + timedelta(days=ahead)
        if day >= scene.today:
            return [_Day(day)] if day.month == month else []
    return []


def _alone(items: list[Item], scene: _Scene) -> list[_Day]:
    """Read "am 3.": a number and nothing else where a day was asked for."""
    if not scene.asked or len(scene.items) > 1:
        return []
    return [_Day(d.day, 0.65) for d in _ordinal(items, scene)]


def _of_next_month(items: list[Item], scene: _Scene) -> list[_Day]:
    if items[-1].value != MONTH:
        return []
    months = scene.today.year * 12 + scene.today.month - (items[1].letter == "s")
    day = made(months // 12, months % 12 + 1, items[0].value)
    return [_Day(day)] if day else []


def _feast(items: list[Item], scene: _Scene) -> list[_Day]:
    return _of(items[-1].value % 100, items[-1].value // 100, scene)


def _weekend(items: list[Item], scene: _Scene) -> list[_Day]:
    saturday = scene.today + timedelta(days=(5 - scene.today.weekday()) % 7)
    if items[0].letter == "x":
        return [_Day(saturday + timedelta(days=7), 0.5), _Day(saturday, 0.45)]
    return [_Day(saturday, 0.6)]


def _next_unit(items: list[Item], scene: _Scene) -> list[_Day]:
    sign = -1 if items[0].letter == "l" else 1
    return [_Day(d.day, 0.5) for d in _later(scene.today, sign, items[1].value)]


def _next_week(items: list[Item], scene: _Scene) -> list[_Day]:
    monday = scene.today - timedelta(days=scene.today.weekday())
    if not items[0].value:
        return []
    return [_Day(monday + timedelta(days=7 * items[0].value), 0.4)]


def moved(before: str, said: Sequence[str], context: Context) -> str:
    """Return the day of `before` in another month or year ("no, in January"), "" for none."""
    try:
        day = date.fromisoformat(before)
    except ValueError:
        return ""
    items = kept(_LEXERS[context.german].items(said))
    months = [item.value for item in items if item.letter == "M"]
    at = next((n for n, item in enumerate(items) if item.letter == "N"), len(items))
    scene = _Scene(context.now.date(), items, at, past=False, month_first=False, asked=True)
    years = _year(scene)
    if not months and not years:
        return ""
    other = made(years[0][0] if years else day.year, months[0] if months else day.month, day.day)
    if other and not years and other < scene.today <= day:
        other = made(day.year + 1, months[0], day.day)
    return f"{other.day}.{other.month}.{other.year}" if other else ""


_Meaning = Callable[[list[Item], _Scene], list[_Day]]
_PATTERNS: Final[tuple[tuple[re.Pattern[str], _Meaning], ...]] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        ("OWi?M", _nth_weekday),
        ("W?[ON]M", _day_month),
        ("W?M[ON]", _day_month),
        ("W?D", _figures),
        ("W?O[O]", _ordinals),
        ("NNN", _three_numbers),
        ("O[xs]U", _of_next_month),
        ("TiNU|Tif|TU|Tf", _week_after),
        ("WiNU|Wif|NUW", _weekday_in_weeks),
        ("iNU|if|NUa|fa|NUb|fb|bNU|bf", _amount),
        ("wW", _a_week_on),
        ("WU|wT|fT", _weekday_week),
        ("jW|Wj", _of_week),
        ("FW|WF|xxW", _weekday_after_next),
        ("xW", _next_weekday),
        ("sW", _this_weekday),
        ("lW", _last_weekday),
        ("WO", _weekday_ordinal),
        ("[sx]?H", _feast),
        ("[sx]?e", _weekend),
        ("T", _from_today),
        ("W", _weekday),
        ("O", _ordinal),
        ("[xl]U", _next_unit),
        ("j", _next_week),
        ("NN", _two_numbers),
        ("N", _alone),
    )
)
"""The first that stands anywhere takes its words; the rest is looked for in what is left."""
_FINAL: Final = frozenset({_day_month, _figures})
"""Their words mean a date or nothing: the thirtieth of February is no thirtieth."""
