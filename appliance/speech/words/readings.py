"""How written forms are read aloud: one function for each, from a pattern's match to words.

The patterns stand in `text`; each function's match has the groups that its pattern names there.
"""

from __future__ import annotations

import re
from typing import Final

from appliance.speech.words.spelled import cardinal, digits, groups, letters, ordinal, year

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
ABBREVIATIONS: Final = {
    "dr": "doctor", "mr": "mister", "mrs": "missus", "ms": "miz", "prof": "professor",
    "jr": "junior", "sr": "senior", "ave": "avenue", "rd": "road", "blvd": "boulevard",
    "apt": "apartment", "dept": "department", "approx": "approximately", "etc": "et cetera",
    "vs": "versus", "inc": "incorporated", "ltd": "limited", "corp": "corporation",
    "ext": "extension", "tel": "telephone", "no": "number", "nr": "number", "govt": "government",
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "jun": "June",
    "jul": "July", "aug": "August", "sep": "September", "sept": "September", "oct": "October",
    "nov": "November", "dec": "December", "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday",
    "wed": "Wednesday", "thu": "Thursday", "thur": "Thursday", "thurs": "Thursday",
    "fri": "Friday", "sat": "Saturday", "sun": "Sunday", "min": "minutes", "max": "maximum",
    "hr": "hour", "hrs": "hours", "mins": "minutes", "secs": "seconds", "fig": "figure",
    "ref": "reference", "appt": "appointment", "acct": "account", "est": "established",
}  # fmt: skip
# Ordinary English words too: with the full stop they are abbreviations only before a number.
_ONLY_BEFORE_NUMBER: Final = frozenset(
    {"no", "fig", "ref", "ext", "nr", "mar", "sat", "sun", "may"}
)
_NEEDS_STOP: Final = frozenset(
    {"no", "mar", "jun", "sat", "sun", "mon", "wed", "min", "max", "fig", "est", "inc", "sr", "ref"}
)
UNITS: Final = {
    "km": "kilometer", "cm": "centimeter", "mm": "millimeter", "kg": "kilogram", "mg": "milligram",
    "ml": "milliliter", "mph": "mile per hour", "kwh": "kilowatt hour", "kw": "kilowatt",
    "gb": "gigabyte", "mb": "megabyte", "kb": "kilobyte", "tb": "terabyte", "hz": "hertz",
    "khz": "kilohertz", "min": "minute", "mins": "minute", "sec": "second", "secs": "second",
    "hr": "hour", "hrs": "hour", "h": "hour", "lb": "pound", "lbs": "pound", "oz": "ounce",
    "ft": "foot", "sq": "square", "m": "meter", "ms": "millisecond",
}  # fmt: skip
_PLURALS: Final = {
    "mile per hour": "miles per hour", "foot": "feet", "hertz": "hertz", "kilohertz": "kilohertz",
    "square": "square",
}  # fmt: skip
_CURRENCIES: Final = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"),
    "USD": ("dollar", "cent"), "EUR": ("euro", "cent"), "GBP": ("pound", "penny"),
    "CHF": ("franc", "centime"),
}  # fmt: skip
_BEFORE_SAINTS: Final = frozenset({
    "at", "in", "on", "to", "from", "near", "the", "and", "is", "for", "call", "visit", "by",
    "with", "of", "your", "our", "this",
})  # fmt: skip
_DAYS: Final = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_DAYS_TOO: Final = frozenset({"sat", "sun"})
_MAY_END: Final = frozenset(
    {"etc", "inc", "ltd", "sat", "sun", "corp", "jr", "sr", "ave", "rd", "blvd", "min"}
)


def telephone(match: re.Match[str]) -> str:
    """Say a telephone number: plus, then its groups digit by digit."""
    said = [groups(run) for run in re.findall(r"\d+", match[0])]
    return f" {'plus ' if match[0].startswith('+') else ''}{', '.join(said)} "


def address(match: re.Match[str]) -> str:
    """Say an e-mail or web address."""
    names = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "/": "slash", "+": "plus"}
    said = []
    for run in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", re.sub(r"^https?://", "", match[0])):
        if run.isdigit():
            said.append(digits(run))
        elif run.isalpha():
            said.append(letters(run) if run.lower() in {"www", "uk", "us", "de", "eu"} else run)
        else:
            said.append(names.get(run, ""))
    return " ".join(said) + " "


def _plural(count: str, unit: str) -> str:
    if count == "1":
        return unit
    return _PLURALS.get(unit) or ("pence" if unit == "penny" else unit + "s")


def money(match: re.Match[str]) -> str:
    """Say an amount of money."""
    whole, fraction, scale = match["whole"].replace(",", ""), match["cents"], match["scale"]
    major, minor = _CURRENCIES[match["sign"] or match["code"]]
    sign = "minus " if match["minus"] else ""
    if scale:
        point = f" point {digits(fraction)}" if fraction else ""
        return f"{sign}{cardinal(int(whole))}{point} {scale} {_plural('2', major)}"
    said = f"{sign}{cardinal(int(whole))} {_plural(whole, major)}"
    if not fraction or not int(fraction):
        return said
    cents = str(int(fraction.ljust(2, "0")))
    small = f"{cardinal(int(cents))} {_plural(cents, minor)}"
    return sign + small if whole == "0" else f"{said} and {small}"


def time(match: re.Match[str]) -> str:
    """Say a time of day; what is none stays as it is."""
    hour, minute, half = int(match["hour"]), match["minute"], match["half"]
    if hour > 24 or (minute and int(minute) > 59):
        return match[0]
    said = cardinal(hour)
    if minute and int(minute):
        said += (" oh " if minute[0] == "0" else " ") + cardinal(int(minute))
    elif minute and not half:
        said = "midnight" if hour in {0, 24} else said + (" hundred" if hour > 12 else " o'clock")
    if not half:
        return said
    # The stop of "p.m." also ends the sentence where a capital or nothing follows.
    ends = half.endswith(".") and re.match(r"\s*$|\s+[A-Z]", match.string[match.end() :])
    return f"{said} {letters(half[0])} M" + (" ." if ends else "")


def _date(month: int, day: int, number: str | None) -> str:
    said = f"{MONTHS[month - 1]} {ordinal(day)}"
    if not number:
        return said
    full = int(number) if len(number) == 4 else 2000 + int(number)
    return f"{said}, {year(full)}"


def iso_date(match: re.Match[str]) -> str:
    """Say a date in figures: year first, month first (slashes) or day first (stops)."""
    first, second = int(match["first"]), int(match["second"])
    if match["iso"] is None and match["mark"] == "." and second <= 12:
        first, second = second, first  # 22.11.2026: day first
    elif match["iso"] is None and first > 12 >= second:
        first, second = second, first
    if not (1 <= first <= 12 and 1 <= second <= 31):
        return match[0]
    return _date(first, second, match["iso"] or match["year"])


def day_of_month(match: re.Match[str]) -> str:
    """Say a month with a day, in either order."""
    if not 1 <= int(match["day"]) <= 31:
        return match[0]
    month = match["month"]
    if match.string[match.start()].isalpha():
        said = f"{month} {ordinal(int(match['day']))}"
    else:
        article = (
            "" if re.search(r"\bthe\s*$", match.string[: match.start()], re.IGNORECASE) else "the "
        )
        said = f"{article}{ordinal(int(match['day']))} of {month}"
    return said + (f", {year(int(match['year']))}" if match["year"] else "")


def number(match: re.Match[str]) -> str:
    """Say a number: digits where it is a code, a year, a decimal or a cardinal."""
    sign = "minus " if match["sign"] else ""
    whole, fraction = match["whole"].replace(",", ""), match["fraction"]
    if fraction:
        return f"{sign}{cardinal(int(whole))} point {digits(fraction)}"
    if len(whole) > 1 and whole[0] == "0":
        return groups(whole)
    if "," not in match["whole"] and (len(whole) >= 7 or len(whole) == 5):
        return groups(whole)
    if not sign and len(whole) == 4 and 1900 <= int(whole) <= 2099 and "," not in match["whole"]:
        return year(int(whole))
    return sign + cardinal(int(whole))


def fraction(match: re.Match[str]) -> str:
    """Say a fraction, or two numbers with a slash."""
    over, under = int(match[1]), int(match[2])
    if (over, under) == (24, 7):
        return "twenty four seven"
    if not 1 <= over < under <= 20:
        return f"{over} slash {under}"
    name = {2: "half", 4: "quarter"}.get(under) or ordinal(under)
    return f" {cardinal(over)} {name if over == 1 else 'halves' if under == 2 else name + 's'} "


def decade(match: re.Match[str]) -> str:
    """Say decades such as ``1980s``."""
    if match[2] == "0":
        return f"{match[1]}00s"
    tens = cardinal(int(match[2]) * 10) if match[2] != "1" else "ten"
    return f"{cardinal(int(match[1]))} {tens[:-1] + 'ies' if tens.endswith('y') else tens + 's'}"


def dotted(match: re.Match[str]) -> str:
    """Say a version or an address of numbers: each number, "point" between."""
    return " point ".join(cardinal(int(run)) for run in match[0].split("."))


def street(match: re.Match[str]) -> str:
    """Tell "Main St." from "At St. Mary's"."""
    if match["before"].lower() in _BEFORE_SAINTS:
        return match[0]
    ends = match["stop"] and re.match(r"\s*$|\s+[A-Z]", match.string[match.end() :])
    return f"{match['before']} Street{'.' if ends else ''}"


def unit(match: re.Match[str]) -> str:
    """Say the unit after a number, which is said later."""
    return f"{match[1]} {_plural(match[1], UNITS[match[2].lower()])}"


def abbreviation(match: re.Match[str]) -> str:
    """Write out an abbreviation; ordinary words that look like one stay."""
    key, stop = match["key"].lower(), match["stop"]
    if match["key"].isupper() and not stop:  # HR, MS: an acronym
        return match[0]
    named = stop and match["key"].istitle() and match.start() and key in _DAYS_TOO
    if (
        key in _ONLY_BEFORE_NUMBER
        and not named
        and not re.match(r"\s*\d", match.string[match.end() :])
    ):
        return match[0]
    ahead = match.string[match.end() :]
    day = key in _DAYS and match["key"].istitle() and re.match(r",?\s(?:\d|to\b)", ahead)
    if key in _NEEDS_STOP and not stop and not day:
        return match[0]
    # "etc." and "Inc." may also close the sentence.
    ends = stop and re.match(r"\s*$|\s+[A-Z]", ahead)
    return ABBREVIATIONS[key] + ("." if ends and key in _MAY_END else "")
