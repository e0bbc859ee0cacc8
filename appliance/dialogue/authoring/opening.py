"""Reading `hours:`: the week, and the days on which the site is closed.

hours:
  monday: 08:00-12:00, 14:00-18:00
  holidays: {country: DE, state: BY, 2026-12-24: Christmas Eve}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Final

import holidays

from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.hours import WEEKDAYS, Hours, Span

_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def read_hours(table: Table, language: str, country: str, years: Iterable[int]) -> Hours:
    """Return the opening hours; public holidays are those of `years`, by the library `holidays`."""
    node = table.need("hours", "the opening hours")
    inner = table.reader.table(node, "hours") if node is not None else None
    if inner is None:
        return Hours()
    week = tuple(_spans(inner, day) for day in WEEKDAYS)
    days = inner.table("holidays")
    found = _public(days, language, country, years) if days else {}
    for name, value, place in days.rows() if days else ():
        if name in {"country", "state"}:
            continue
        try:
            found[date.fromisoformat(name)] = table.reader.text(value, place)
        except ValueError:
            table.reader.wrong(value, place, f"'{name}' is no date: write 2026-12-25")
    inner.close()
    return Hours(week, found)


def _public(days: Table, language: str, country: str, years: Iterable[int]) -> dict[date, str]:
    """Return the public holidays of the country and state that `days` names."""
    named, state = days.text("country"), days.text("state")
    if not named and not state:
        return {}
    named = named or country
    known = holidays.list_supported_countries(include_aliases=True)
    if named not in known:
        hint = near(named, known) or "write its two letters, like DE or GB"
        days.wrong("country", f"no holidays are known of '{named}'; {hint}")
        return {}
    if state and state not in known[named]:
        hint = near(state, known[named])
        listed = hint or f"write one of {', '.join(known[named]) or 'none: leave it out'}"
        days.wrong("state", f"no holidays are known of '{state}' in {named}; {listed}")
        return {}
    # The library falls back to the country's own language where it has not the asked one.
    spoken = {"en": "en_US"}.get(language, language)
    found = holidays.country_holidays(
        named, subdiv=state or None, years=tuple(years), language=spoken
    )
    # "Boxing Day (observed); ..." is no name that one says.
    return {
        day: re.sub(r"\s*\([^)]*\)", "", str(name)).split(";")[0].strip()
        for day, name in sorted(found.items())
    }


def _spans(table: Table, day: str) -> tuple[Span, ...]:
    text = table.text(day, "closed")
    if text == "closed":
        return ()
    spans: list[Span] = []
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            table.wrong(day, f"'{part.strip()}' is no span of time: write 08:00-18:00, or closed")
            return ()
        opens = _time(table, day, found[1], found[2])
        closes = _time(table, day, found[3], found[4])
        if opens is None or closes is None:
            return ()
        if closes != time(0) and closes <= opens:
            table.wrong(day, f"'{part.strip()}' closes before it opens")
        if spans and (spans[-1][1] == time(0) or opens <= spans[-1][1]):
            table.wrong(day, f"'{part.strip()}' begins before the span ahead of it has ended")
        spans.append((opens, closes))
    return tuple(spans)


def _time(table: Table, day: str, hour: str, minute: str) -> time | None:
    if (int(hour), int(minute)) == (24, 0):
        return time(0)
    if int(hour) > 23 or int(minute) > 59:
        table.wrong(day, f"'{hour}:{minute}' is no time of day")
        return None
    return time(int(hour), int(minute))
