"""Opening hours: a weekday table with holidays, and the sentences that answer for it.

All sentences come from a finite set (`sentences`), so that they can be rendered ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from appliance.dialogue import hours_de
from appliance.dialogue.text import words

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = words("twelve one two three four five six seven eight nine ten eleven")
_MINUTES: Final = {
    5: "five past", 10: "ten past", 15: "quarter past", 20: "twenty past",
    25: "twenty five past", 30: "half past", 35: "twenty five to", 40: "twenty to",
    45: "quarter to", 50: "ten to", 55: "five to",
}  # fmt: skip
_FORESIGHT: Final = 14
"""Days to look ahead for the next opening."""

Span = tuple[time, time]
"""Opening and closing time; closing at 00:00 is midnight, the end of the day."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When the site is open."""

    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    """Spans for Monday to Sunday, in order; an empty tuple is a closed day."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    """Closed days by date, with their names."""

    def on(self, day: date) -> tuple[Span, ...]:
        """Return the spans of a date."""
        return () if day in self.holidays else self.week[day.weekday()]

    def is_open(self, now: datetime) -> bool:
        """Return whether the site is open at a local time."""
        return self.current(now) is not None

    def current(self, now: datetime) -> Span | None:
        """Return the span that a local time falls into."""
        clock = now.time()
        for opens, closes in self.on(now.date()):
            if opens <= clock and (clock < closes or closes == time(0)):
                return opens, closes
        return None

    def following(self, now: datetime) -> tuple[date, time] | None:
        """Return the next opening within a fortnight."""
        for ahead in range(_FORESIGHT):
            day = now.date() + timedelta(days=ahead)
            for opens, _ in self.on(day):
                if ahead or opens > now.time():
                    return day, opens
        return None


def answer(hours: Hours, asked: str, now: datetime, language: str = "en") -> list[str]:
    """Return the sentences that answer for a day slot's value ("" for no day named)."""
    tongue = _tongue(language)
    today = now.date()
    if asked in WEEKDAYS:
        at = WEEKDAYS.index(asked)
        day = today + timedelta(days=(at - today.weekday()) % 7)
        return [_day(hours, day, tongue.on(at), tongue), *_summary(hours, tongue, short=True)]
    if asked == "tomorrow":
        day = today + timedelta(days=1)
        return [_day(hours, day, tongue.tomorrow, tongue), *_summary(hours, tongue, short=True)]
    if asked == "weekend":
        return [_weekday(hours, 5, tongue), _weekday(hours, 6, tongue)]
    if asked == "holidays":
        return [tongue.holidays, *_summary(hours, tongue)]
    return [_status(hours, now, tongue), *_summary(hours, tongue)]


def sentences(hours: Hours, language: str = "en") -> tuple[str, ...]:
    """Return everything that `answer` can say, each once."""
    return tuple(dict.fromkeys(_all(hours, _tongue(language))))


def _all(hours: Hours, tongue: _Tongue) -> Iterator[str]:
    yield from _summary(hours, tongue)
    yield from _summary(hours, tongue, short=True)
    spans = sorted({span for day in hours.week for span in day})
    for _, closes in spans:
        yield tongue.until(closes)
    yield tongue.closed
    for at, opens in sorted({(at, s[0]) for at, day in enumerate(hours.week) for s in day}):
        for day in (tongue.today, tongue.tomorrow, tongue.on(at)):
            yield tongue.reopens(day, opens)
    yield from (_weekday(hours, at, tongue) for at in range(7))
    if not all(hours.week):
        yield tongue.shut(tongue.tomorrow, "")
    for spans_of_day in sorted(set(hours.week) - {()}):
        yield tongue.open_day(tongue.tomorrow, spans_of_day)
    yield tongue.holidays
    for holiday, name in sorted(hours.holidays.items()):
        weekday = tongue.on(holiday.weekday())
        yield from (tongue.shut(day, name) for day in (tongue.today, tongue.tomorrow, weekday))


def _status(hours: Hours, now: datetime, tongue: _Tongue) -> str:
    span = hours.current(now)
    if span is not None:
        return tongue.until(span[1])
    if now.date() in hours.holidays:
        return tongue.shut(tongue.today, hours.holidays[now.date()])
    following = hours.following(now)
    if following is None:
        return tongue.closed
    day, opens = following
    ahead = (day - now.date()).days
    name = (tongue.today, tongue.tomorrow)[ahead] if ahead < 2 else tongue.on(day.weekday())
    return tongue.reopens(name, opens)


def _weekday(hours: Hours, at: int, tongue: _Tongue) -> str:
    spans = hours.week[at]
    day = tongue.on(at)
    return tongue.open_day(day, spans) if spans else tongue.shut(day, "")


def _day(hours: Hours, day: date, name: str, tongue: _Tongue) -> str:
    if day in hours.holidays:
        return tongue.shut(name, hours.holidays[day])
    spans = hours.on(day)
    return tongue.open_day(name, spans) if spans else tongue.shut(name, "")


def _summary(hours: Hours, tongue: _Tongue, *, short: bool = False) -> list[str]:
    """Return the week in one sentence, days with the same hours together; none if never open."""
    parts: list[str] = []
    at = 0
    while at < 7:
        end = at
        while end < 6 and hours.week[end + 1] == hours.week[at]:
            end += 1
        if hours.week[at]:
            parts.append(tongue.part(at, end, hours.week[at]))
        at = end + 1
    if not parts:
        return []
    closed = [tongue.weekdays[day] for day in range(7) if not hours.week[day]]
    return tongue.summary(parts, closed, short)


def _english_summary(parts: list[str], closed: list[str], short: bool) -> list[str]:
    if short:
        return [f"Our usual hours are {', and '.join(parts)}."]
    text = f"We are open {', and '.join(parts)}."
    if len(closed) in {1, 2}:
        return [text, f"On {' and '.join(closed)} we are closed."]
    return [text]


def _until(closes: time) -> str:
    if closes == time(0):
        return "Yes, we are open now, until midnight."
    return f"Yes, we are open now, until {clock(closes, today=True)}."


def _reopens(day: str, opens: time) -> str:
    return f"We are closed at the moment, and open again {day}, at {clock(opens)}."


def _open_day(day: str, spans: tuple[Span, ...]) -> str:
    return f"Yes, {day} we are open {_spans(spans)}."


def _shut(day: str, holiday: str) -> str:
    if holiday:
        return f"{_capital(day)} we are closed, because it is {holiday}."
    return f"No, {day} we are closed."


def _range(first: int, last: int) -> str:
    start, end = WEEKDAYS[first].capitalize(), WEEKDAYS[last].capitalize()
    if first == last:
        return f"on {start}"
    return f"from {start} to {end}" if last - first > 1 else f"on {start} and {end}"


def _spans(spans: tuple[Span, ...]) -> str:
    return " and ".join(f"from {clock(o)} to {clock(c)}" for o, c in spans)


def _on(at: int) -> str:
    return f"on {WEEKDAYS[at].capitalize()}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def clock(at: time, *, today: bool = False) -> str:
    """Return a time of day in words: "half past eight in the morning", "six this evening"."""
    if at == time(0):
        return "midnight"
    if at == time(12):
        return "noon"
    later = at.hour + (at.minute > 30)
    hour, nearer = _NUMBERS[at.hour % 12], _NUMBERS[later % 12]
    if at.minute == 0:
        said = hour
    elif at.minute in _MINUTES:
        said = f"{_MINUTES[at.minute]} {nearer}"
    else:
        said = f"{at.minute} minutes past {hour}"
    part = "morning" if at.hour < 12 else "afternoon" if at.hour < 17 else "evening"
    return f"{said} this {part}" if today else f"{said} in the {part}"


@dataclass(frozen=True, slots=True)
class _Tongue:
    """The sentences of one language."""

    today: str
    tomorrow: str
    weekdays: tuple[str, ...]
    closed: str
    holidays: str
    on: Callable[[int], str]
    until: Callable[[time], str]
    reopens: Callable[[str, time], str]
    open_day: Callable[[str, tuple[Span, ...]], str]
    shut: Callable[[str, str], str]
    part: Callable[[int, int, tuple[Span, ...]], str]
    summary: Callable[[list[str], list[str], bool], list[str]]


_ENGLISH: Final = _Tongue(
    "today", "tomorrow", tuple(day.capitalize() for day in WEEKDAYS),
    "We are closed at the moment.", "On public holidays we are closed.",
    _on, _until, _reopens, _open_day, _shut,
    lambda first, last, spans: f"{_range(first, last)}, {_spans(spans)}",
    _english_summary,
)  # fmt: skip
_GERMAN: Final = _Tongue(
    "heute", "morgen", hours_de.WEEKDAYS, hours_de.CLOSED, hours_de.HOLIDAYS,
    hours_de.on, hours_de.until, hours_de.reopens, hours_de.open_day, hours_de.shut,
    lambda first, last, spans: f"{hours_de.days(first, last)} {hours_de.between(spans)}",
    lambda parts, closed, short: hours_de.summary(parts, closed, short=short),
)  # fmt: skip


def _tongue(language: str) -> _Tongue:
    return _GERMAN if language.lower().startswith("de") else _ENGLISH
