"""Opening hours: a weekday table with holidays, and the sentences that answer for it.

All sentences come from a finite set (`sentences`), so that they can be rendered ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

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


def answer(hours: Hours, asked: str, now: datetime) -> list[str]:
    """Return the sentences that answer for a day slot's value ("" for no day named)."""
    today = now.date()
    if asked in WEEKDAYS:
        ahead = (WEEKDAYS.index(asked) - today.weekday()) % 7
        return [
            _day(hours, today + timedelta(days=ahead), _on(asked)),
            *_summary(hours, short=True),
        ]
    if asked == "tomorrow":
        return [_day(hours, today + timedelta(days=1), "tomorrow"), *_summary(hours, short=True)]
    if asked == "weekend":
        return [_weekday(hours, 5), _weekday(hours, 6)]
    if asked == "holidays":
        return [_HOLIDAYS, *_summary(hours)]
    return [_status(hours, now), *_summary(hours)]


def sentences(hours: Hours) -> tuple[str, ...]:
    """Return everything that `answer` can say, each once."""
    return tuple(dict.fromkeys(_all(hours)))


def _all(hours: Hours) -> Iterator[str]:
    yield from _summary(hours)
    yield from _summary(hours, short=True)
    spans = sorted({span for day in hours.week for span in day})
    for _, closes in spans:
        yield _until(closes)
    yield _CLOSED
    for at, opens in sorted({(at, s[0]) for at, day in enumerate(hours.week) for s in day}):
        for day in ("today", "tomorrow", _on(WEEKDAYS[at])):
            yield _reopens(day, opens)
    yield from (_weekday(hours, at) for at in range(7))
    if not all(hours.week):
        yield _shut("tomorrow", "")
    for spans_of_day in sorted(set(hours.week) - {()}):
        yield _open_day("tomorrow", spans_of_day)
    yield _HOLIDAYS
    for holiday, name in sorted(hours.holidays.items()):
        weekday = _on(WEEKDAYS[holiday.weekday()])
        yield from (_shut(day, name) for day in ("today", "tomorrow", weekday))


_CLOSED: Final = "We are closed at the moment."
_HOLIDAYS: Final = "On public holidays we are closed."


def _status(hours: Hours, now: datetime) -> str:
    span = hours.current(now)
    if span is not None:
        return _until(span[1])
    if now.date() in hours.holidays:
        return _shut("today", hours.holidays[now.date()])
    following = hours.following(now)
    if following is None:
        return _CLOSED
    day, opens = following
    ahead = (day - now.date()).days
    name = ("today", "tomorrow")[ahead] if ahead < 2 else _on(WEEKDAYS[day.weekday()])
    return _reopens(name, opens)


def _until(closes: time) -> str:
    if closes == time(0):
        return "Yes, we are open now, until midnight."
    return f"Yes, we are open now, until {clock(closes, today=True)}."


def _reopens(day: str, opens: time) -> str:
    return f"We are closed at the moment, and open again {day}, at {clock(opens)}."


def _weekday(hours: Hours, at: int) -> str:
    spans = hours.week[at]
    return _open_day(_on(WEEKDAYS[at]), spans) if spans else _shut(_on(WEEKDAYS[at]), "")


def _day(hours: Hours, day: date, name: str) -> str:
    if day in hours.holidays:
        return _shut(name, hours.holidays[day])
    spans = hours.on(day)
    return _open_day(name, spans) if spans else _shut(name, "")


def _open_day(day: str, spans: tuple[Span, ...]) -> str:
    return f"Yes, {day} we are open {_spans(spans)}."


def _shut(day: str, holiday: str) -> str:
    if holiday:
        return f"{_capital(day)} we are closed, because it is {holiday}."
    return f"No, {day} we are closed."


def _summary(hours: Hours, *, short: bool = False) -> list[str]:
    """Return the week in one sentence, days with the same hours together; none if never open."""
    parts: list[str] = []
    at = 0
    while at < 7:
        end = at
        while end < 6 and hours.week[end + 1] == hours.week[at]:
            end += 1
        if hours.week[at]:
            parts.append(f"{_range(at, end)}, {_spans(hours.week[at])}")
        at = end + 1
    if not parts:
        return []
    closed = [WEEKDAYS[day].capitalize() for day in range(7) if not hours.week[day]]
    if short:
        return [f"Our usual hours are {', and '.join(parts)}."]
    text = f"We are open {', and '.join(parts)}."
    if len(closed) in {1, 2}:
        return [text, f"On {' and '.join(closed)} we are closed."]
    return [text]


def _range(first: int, last: int) -> str:
    start, end = WEEKDAYS[first].capitalize(), WEEKDAYS[last].capitalize()
    if first == last:
        return f"on {start}"
    return f"from {start} to {end}" if last - first > 1 else f"on {start} and {end}"


def _spans(spans: tuple[Span, ...]) -> str:
    return " and ".join(f"from {clock(o)} to {clock(c)}" for o, c in spans)


def _on(day: str) -> str:
    return f"on {day.capitalize()}"


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
