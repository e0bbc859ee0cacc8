"""English words into figures: the rules and tables behind `appliance.speech.words.written`.

Each rule looks at one place among lower-case words and says what stands there in figures and
where it ends. The first rule that knows wins; the order is that of `RULES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.speech.words import addresses, runs
from appliance.speech.words.readings import MONTHS
from appliance.speech.words.spelled import cardinal as _said
from appliance.speech.words.spelled import ordinal as _rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.speech.words.runs import Found

_ONES: Final = {_said(number): number for number in range(1, 10)}
_TEENS: Final = {_said(number): number for number in range(10, 20)}
_TENS: Final = {_said(number): number for number in range(20, 100, 10)} | {"fourty": 40}
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_ORDINALS: Final = {_rank(number): number for number in range(1, 20)} | {
    _rank(number): number for number in range(20, 100, 10)
}
_ZEROS: Final = frozenset({"zero", "oh", "o", "nought"})
_MONTHS: Final = {month.lower(): month for month in MONTHS}
_NO_PLAIN_DAY: Final = frozenset({"march", "may"})
"""Months that are verbs too: only a rank makes them a date."""
_HOURS: Final = {_said(number): number for number in range(1, 13)}
_TIME_CUES: Final = frozenset({
    "at", "around", "about", "by", "until", "till", "before", "after", "since", "from", "to",
    "between", "it's", "is",
})  # fmt: skip
_PAST: Final = frozenset({"past", "after"})
_TO: Final = frozenset({"to", "of", "till", "before"})
_NO_TIME_BEFORE: Final = frozenset({
    "dollars", "dollar", "euros", "euro", "pounds", "percent", "per", "street", "avenue", "road",
    "hundred", "thousand", "million", "cents", "people", "degrees", "point", "days", "minutes",
    "years", "weeks", "months", "hours", "times", "of", "boulevard", "lane", "drive",
})  # fmt: skip
_CURRENCIES: Final = {"dollar": "$", "dollars": "$", "euro": "€", "euros": "€"}
_POUNDS: Final = frozenset({"pound", "pounds"})
_CUES: Final = frozenset({
    "extension", "room", "code", "pin", "number", "account", "reference", "ticket", "order",
    "flight", "case", "option", "press", "ward", "suite", "apartment", "gate", "platform",
    "line", "route", "zip", "invoice", "booking", "unit", "floor", "level", "terminal",
})  # fmt: skip
_REPEATS: Final = {"double": 2, "triple": 3, "treble": 3}


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _pair(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read 10 to 99."""
    if _at(words, at) in _TEENS:
        return _TEENS[words[at]], at + 1
    tens = _TENS.get(_at(words, at))
    if tens is None:
        return None
    one = _ONES.get(_at(words, at + 1), 0)
    return tens + one, at + 1 + bool(one)


DIGITS: Final = runs.Digits(
    words={word: str(value) for word, value in _ONES.items()} | dict.fromkeys(_ZEROS, "0"),
    weak=frozenset({"oh", "o"}),
    repeats=_REPEATS,
    pair=_pair,
    hours=12,
)
ALPHABET: Final = runs.Alphabet(
    names={("double", "u"): "W", ("double", "you"): "W", ("zed",): "Z", ("zee",): "Z"},
    words={
        word: word[0].upper()
        for word in (
            "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel",
            "india", "juliet", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa",
            "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "whisky",
            "xray", "x-ray", "yankee", "zulu",
        )
    },
    likens=(("as", "in"), ("for",), ("like",)),
    weak=frozenset({"a", "i"}),
    repeats=_REPEATS,
)  # fmt: skip


def _below_hundred(words: Sequence[str], at: int) -> tuple[int, int] | None:
    pair = _pair(words, at)
    if pair:
        return pair
    one = _ONES.get(_at(words, at))
    return (one, at + 1) if one else None


def _below_thousand(words: Sequence[str], at: int) -> tuple[int, int] | None:
    found = (1, at + 1) if _at(words, at) == "a" else _below_hundred(words, at)
    if found is None or _at(words, found[1]) != "hundred":
        return None if _at(words, at) == "a" else found
    value, end = found[0] * 100, found[1] + 1
    rest = _below_hundred(words, end + (_at(words, end) == "and"))
    return (value + rest[0], rest[1]) if rest else (value, end)


def _number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read a whole number in one piece: "three thousand two hundred and five"."""
    total, end, limit = 0, at, 10**12
    while True:
        start = end + (end > at and _at(words, end) == "and")
        part = _below_thousand(words, start)
        if part is None and _at(words, start) == "a" and end == at:
            part = (1, at + 1)  # "a thousand"
        if part is None:
            break
        scale = _SCALES.get(_at(words, part[1]), 1)
        if scale >= limit or (scale == 1 and _at(words, at) == "a" and end == at and part[0] == 1):
            break
        total += part[0] * scale
        end, limit = part[1] + (scale > 1), scale
        if scale == 1:
            break
    return (total, end) if end > at else None


def _figure(value: int) -> str:
    if value >= 10**6 and value % 10**6 == 0:
        billions = value % 10**9 == 0
        return f"{value // (10**9 if billions else 10**6)} {'billion' if billions else 'million'}"
    return str(value)


def _amount(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read a number with or without decimals: "three point five million"."""
    found = _number(words, at) or ((0, at + 1) if _at(words, at) == "zero" else None)
    if found is None:
        return None
    value, end = found
    if _at(words, end) != "point":
        return _figure(value), end
    said, after = "", end + 1
    while after < len(words):
        one = runs.digit(words, after, DIGITS)
        if one is None:
            break
        said, after = said + one[0], one[1]
    if not said:
        return _figure(value), end
    text = f"{value}.{said}"
    if _at(words, after) in _SCALES:
        return f"{text} {words[after]}", after + 1
    return text, after


def _year(words: Sequence[str], at: int) -> tuple[int, int] | None:
    century = _pair(words, at)
    if century and 11 <= century[0] <= 20:
        rest = _pair(words, century[1])
        if rest:
            return century[0] * 100 + rest[0], rest[1]
        if _at(words, century[1]) in {"oh", "o"} and _at(words, century[1] + 1) in _ONES:
            return century[0] * 100 + _ONES[words[century[1] + 1]], century[1] + 2
    found = _number(words, at)
    return found if found and 1100 <= found[0] <= 2099 else None


def _ordinal(words: Sequence[str], at: int) -> tuple[int, int] | None:
    tens = _TENS.get(_at(words, at))
    if tens and 1 <= _ORDINALS.get(_at(words, at + 1), 0) <= 9:
        return tens + _ORDINALS[words[at + 1]], at + 2
    value = _ORDINALS.get(_at(words, at))
    return (value, at + 1) if value else None


def date(words: Sequence[str], at: int) -> Found:
    """Read "the twenty second of november twenty twenty six", "november twenty second"."""
    start = at + (_at(words, at) == "the")
    day = _ordinal(words, start)
    if day and day[0] <= 31 and _at(words, day[1]) == "of" and _at(words, day[1] + 1) in _MONTHS:
        end = day[1] + 2
        year = _year(words, end)
        text = f"{day[0]} {_MONTHS[words[day[1] + 1]]}"
        return (f"{text} {year[0]}", year[1]) if year else (text, end)
    if _at(words, at) not in _MONTHS:
        return None
    day = _ordinal(words, at + 1 + (_at(words, at + 1) == "the"))
    if day is None and words[at] not in _NO_PLAIN_DAY:
        day = _below_hundred(words, at + 1)
        if day and (day[0] > 31 or _year(words, at + 1) or _at(words, day[1]) in _SCALES):
            day = None
    if day is None or day[0] > 31 or (_at(words, day[1]) == "of" and words[at] == "may"):
        return None
    year = _year(words, day[1])
    text = f"{_MONTHS[words[at]]} {day[0]}"
    return (f"{text}, {year[0]}", year[1]) if year else (text, day[1])


def _half(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read "a m", "pm" and their like."""
    for size, run in ((2, "".join(words[at : at + 2])), (1, _at(words, at))):
        if run.replace(".", "") in {"am", "pm"} and len(words[at : at + size]) == size:
            return run.replace(".", ""), at + size
    return None


def _timed(hour: int, minute: int, words: Sequence[str], end: int) -> tuple[str, int]:
    half = _half(words, end)
    text = f"{hour}:{minute:02d}"
    return (f"{text} {half[0]}", half[1]) if half else (text, end)


def _relative(words: Sequence[str], at: int) -> Found:
    """Read "half past three", "twenty five to six"."""
    named = {"half": 30, "quarter": 15}.get(_at(words, at))
    if named is None and _at(words, at) == "a" and _at(words, at + 1) == "quarter":
        named, at = 15, at + 1
    found = (named, at + 1) if named else _below_hundred(words, at)
    if found is None or (not named and found[0] not in {5, 10, 20, 25}):
        return None
    minutes, end = found
    told = _at(words, end) == "minutes"
    joint = _at(words, end + told)
    hour = _HOURS.get(_at(words, end + told + 1))
    if hour is None:
        return None
    after = end + told + 2
    if joint in _PAST and (joint == "past" or named):
        return _timed(hour, minutes, words, after)
    # "from ten to five people" and "five to ten days" are no times.
    cued = _at(words, at - 1) in _TIME_CUES - {"from", "between"}
    certain = (cued or named or told or minutes >= 20) and _at(words, after) not in _NO_TIME_BEFORE
    if joint in _TO and minutes != 30 and certain and (joint != "of" or named == 15):
        return _timed(hour - 1 or 12, 60 - minutes, words, after)
    return None


def time(words: Sequence[str], at: int) -> Found:
    """Read "half past three", "three thirty p m", "at nine oh five", "five o'clock"."""
    relative = _relative(words, at)
    if relative:
        return relative
    found = _below_hundred(words, at)
    if found is None or found[0] > 23:
        return None
    hour, end = found
    if hour <= 12:
        if _at(words, end) == "o'clock":
            return _timed(hour, 0, words, end + 1)
        half = _half(words, end)
        if half:
            return f"{hour} {half[0]}", half[1]
    minute = _pair(words, end)
    if minute is None and _at(words, end) in {"oh", "o"} and _at(words, end + 1) in _ONES:
        minute = _ONES[words[end + 1]], end + 2
    if minute is None or minute[0] > 59:
        return _range(words, hour, end)
    if hour <= 12 and _half(words, minute[1]):
        return _timed(hour, minute[0], words, minute[1])
    cue = _at(words, at - 1)
    unclear = hour in {19, 20} and cue != "at"  # "since nineteen fifty" is a year
    if cue not in _TIME_CUES or unclear or not _closes(words, minute[1]):
        return None
    return _timed(hour, minute[0], words, minute[1])


def _range(words: Sequence[str], hour: int, end: int) -> Found:
    """Read "one to three p m" from its second hour on."""
    joint = _at(words, end)
    if not 1 <= hour <= 12 or joint not in {"to", "until", "till", "through"}:
        return None
    last = time(words, end + 1)
    if last is None or not last[0].endswith("m"):
        return None
    return f"{hour} {joint} {last[0]}", last[1]


def _closes(words: Sequence[str], at: int) -> bool:
    """Whether what ends at `at` is not the beginning of a longer number or amount."""
    behind = _at(words, at)
    return behind not in _NO_TIME_BEFORE and _below_hundred(words, at) is None and (
        behind not in _ZEROS and behind not in _REPEATS
    )  # fmt: skip


def money(words: Sequence[str], at: int) -> Found:
    """Read "twelve dollars fifty", "three million euros", "five pounds and twenty pence"."""
    amount = _amount(words, at)
    if amount is None:
        return None
    text, end = amount
    unit = _at(words, end)
    sign = _CURRENCIES.get(unit)
    cents = _cents(words, end + 1) if "." not in text and " " not in text else None
    if unit in _POUNDS and cents:
        sign = "£"  # alone they may be a weight
    if sign is None:
        return None
    return (f"{sign}{text}.{cents[0]:02d}", cents[1]) if cents else (f"{sign}{text}", end + 1)


def _cents(words: Sequence[str], at: int) -> tuple[int, int] | None:
    joined = _at(words, at) == "and"
    found = _below_hundred(words, at + joined)
    if found is None:
        return None
    if _at(words, found[1]) in {"cents", "cent", "pence", "p"}:
        return found[0], found[1] + 1
    bare = not joined and found[0] >= 10 and _closes(words, found[1])
    return found if bare else None


def measure(words: Sequence[str], at: int) -> Found:
    """Read "five percent", "three point five", "minus four degrees"."""
    minus = _at(words, at) == "minus"
    amount = _amount(words, at + minus)
    if amount is None or _at(words, at + minus) == "a":
        return None
    text, end = amount
    sign = "-" if minus else ""
    if _at(words, end) == "percent":
        return f"{sign}{text}%", end + 1
    if _at(words, end) == "per" and _at(words, end + 1) == "cent":
        return f"{sign}{text}%", end + 2
    if "." in text or (minus and _at(words, end) in {"degrees", "degree"}):
        return sign + text, end
    return None


def _cued(words: Sequence[str], at: int) -> bool:
    before = _at(words, at - 1)
    return before in _CUES or (
        before in {"is", "number"}
        and at >= 2
        and words[at - 2] in _CUES
        and before != words[at - 2]
    )


def _within_a_number(words: Sequence[str], at: int) -> bool:
    """Whether a number stands right before, which was unclear: the end of "five fifty"."""
    before = _at(words, at - 1)
    return before in _ONES or before in _TEENS or before in _TENS or before in {"zero", "oh", "o"}


def spelled(words: Sequence[str], at: int) -> Found:
    """Read "b c one two", "b as in bravo"."""

    def number(words: Sequence[str], at: int) -> Found:
        pair = _pair(words, at)
        found = (str(pair[0]), pair[1]) if pair else runs.digit(words, at, DIGITS)
        # "l h four hundred": the number is no digit of the code
        return found if found and _at(words, found[1]) not in {"hundred", *_SCALES} else None

    return runs.letters(words, at, ALPHABET, number)


def digits(words: Sequence[str], at: int) -> Found:
    """Read "double seven oh four", "room two zero four", "plus four nine …"."""
    if _at(words, at) == "plus":
        found = runs.digits(words, at + 1, DIGITS, cued=False) if at + 1 < len(words) else None
        return (f"+{found[0]}", found[1]) if found and len(found[0]) >= 5 else None
    if _within_a_number(words, at):
        return None
    if list(words[at : at + 3]) == ["twenty", "four", "seven"] and not _cued(words, at):
        return "24/7", at + 3
    found = runs.digits(words, at, DIGITS, cued=_cued(words, at))
    if found is None or _at(words, found[1]) in {"hundred", *_SCALES}:
        return None
    return found


def whole(words: Sequence[str], at: int) -> Found:
    """Read "three hundred forty two"; below ten, and what may be several numbers, stays words."""
    found = _number(words, at)
    if found is None or found[0] < 10:
        return None
    value, end = found
    alone = end - at == 2 and words[at] == "a"  # "a hundred"
    if alone or not (_closes(words, end) or words[end] in _NO_TIME_BEFORE):
        return None
    return None if _within_a_number(words, at) else (_figure(value), end)


def rank(words: Sequence[str], at: int) -> Found:
    """Read "the twenty second", "twelfth"; below ten ranks stay words."""
    found = _ordinal(words, at)
    if found is None or found[0] < 10:
        return None
    value, end = found
    before = _at(words, at - 1)
    if before in _ONES or before == "a" or (end - at == 2 and value % 10 == 2 and before != "the"):
        return None  # "a tenth", "twenty second wait"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th") if value > 20 else "th"
    return f"{value}{ending}", end


_SIGNS: Final = addresses.Signs(
    marks={"dot": ".", "dash": "-", "hyphen": "-", "underscore": "_"},
    ats=frozenset({"at"}),
    only_ats=frozenset(),
    cues=frozenset({"email", "e-mail", "mail", "address", "is"}),
    never=frozenset({"the", "this", "that", "of", "on", "in", "and", "to"}),
    number=lambda words, at: runs.digit(words, at, DIGITS) if words[at] != "o" else None,
)


def address(words: Sequence[str], at: int) -> Found:
    """Read "jane dot doe at example dot com"."""
    return addresses.address(words, at, _SIGNS)


RULES: Final = (address, date, time, money, measure, rank, spelled, digits, whole)
