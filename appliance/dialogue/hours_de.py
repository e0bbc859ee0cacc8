"""The German sentences about opening hours, and times of day in German words."""

from __future__ import annotations

from datetime import time
from typing import Final

from appliance.dialogue.text import words

WEEKDAYS: Final = words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag")
_SMALL: Final = words(
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
    "sechzehn siebzehn achtzehn neunzehn"
)
_TENS: Final = words("- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")

CLOSED: Final = "Wir haben im Moment geschlossen."
HOLIDAYS: Final = "An Feiertagen haben wir geschlossen."


def below_hundred(value: int) -> str:
    """Return 0 to 99 in words as they stand before a noun: "ein", "einundzwanzig"."""
    if value < 20:
        return _SMALL[value]
    unit = f"{_SMALL[value % 10]}und" if value % 10 else ""
    return f"{unit}{_TENS[value // 10]}"


def clock(at: time) -> str:
    """Return a time of day in words: "fünfzehn Uhr dreißig"."""
    if at == time(0):
        return "Mitternacht"
    minutes = f" {below_hundred(at.minute)}" if at.minute > 1 else " eins" if at.minute else ""
    return f"{below_hundred(at.hour)} Uhr{minutes}"


def on(weekday: int) -> str:
    """Return "am Montag" for 0, and so on."""
    return f"am {WEEKDAYS[weekday]}"


def until(closes: time) -> str:
    """Say that it is open."""
    return f"Ja, wir haben jetzt geöffnet, bis {clock(closes)}."


def reopens(day: str, opens: time) -> str:
    """Say when it opens again; `day` is "heute", "morgen" or "am Montag"."""
    at = "um Mitternacht" if opens == time(0) else f"um {clock(opens)}"
    return f"Wir haben im Moment geschlossen und öffnen wieder {day} {at}."


def open_day(day: str, spans: tuple[tuple[time, time], ...]) -> str:
    """Say the hours of a day."""
    return f"Ja, {day} haben wir {between(spans)} geöffnet."


def between(spans: tuple[tuple[time, time], ...]) -> str:
    """Return "von acht Uhr bis zwölf Uhr und von ... bis ..."."""
    return " und ".join(f"von {clock(o)} bis {clock(c)}" for o, c in spans)


def shut(day: str, holiday: str) -> str:
    """Say that it is closed on a day, and why."""
    if holiday:
        return f"{day[:1].upper()}{day[1:]} haben wir geschlossen, denn es ist {holiday}."
    return f"Nein, {day} haben wir geschlossen."


def summary(parts: list[str], closed: list[str], *, short: bool) -> list[str]:
    """Return the sentences of the week."""
    listed = " und ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    text = f"Wir haben {'normalerweise ' if short else ''}{listed} geöffnet."
    if not short and len(closed) in {1, 2}:
        return [text, f"Am {' und am '.join(closed)} haben wir geschlossen."]
    return [text]


def days(first: int, last: int) -> str:
    """Return "von Montag bis Freitag", "am Montag und Dienstag", "am Montag"."""
    if first == last:
        return f"am {WEEKDAYS[first]}"
    if last - first > 1:
        return f"von {WEEKDAYS[first]} bis {WEEKDAYS[last]}"
    return f"am {WEEKDAYS[first]} und {WEEKDAYS[last]}"
