"""German words into figures: the rules and tables behind `appliance.speech.words.written`.

German numbers are one word each, but a recognised text may divide them ("zwei und zwanzig"), so
neighbours that only make sense together are joined before they are looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.speech.words import addresses, runs
from appliance.speech.words.readings_de import MONTHS
from appliance.speech.words.spelled_de import cardinal as _said
from appliance.speech.words.spelled_de import ordinal as _rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.speech.words.runs import Found


def _spellings(word: str) -> tuple[str, ...]:
    made = [word]
    if word.startswith("hundert"):
        made.append("ein" + word)
    made += [form.replace("zwei", "zwo") for form in made if "zwei" in form]
    return (*made, *(form.replace("ß", "ss") for form in made if "ß" in form))


_BELOW: Final = {form: number for number in range(1000) for form in _spellings(_said(number))}
"""Numbers below a thousand as one word."""
_COUNTS: Final = _BELOW | {
    form.removesuffix("s"): number for form, number in _BELOW.items() if form.endswith("eins")
}
"""The same before a noun or "tausend": "ein", "hundertein"; alone "ein" is no number."""
_ORDINALS: Final = {
    form: number
    for number in range(1, 101)
    for ending in ("e", "er", "en", "es", "em")
    for form in _spellings(_rank(number, ending))
} | dict.fromkeys(("siebente", "siebenten", "siebenter"), 7)  # fmt: skip
_MONTHS: Final = {month.lower(): month for month in MONTHS} | {
    "juno": "Juni", "julei": "Juli", "feber": "Februar", "jänner": "Januar",
}  # fmt: skip
_ONES: Final = {_said(number): number for number in range(1, 10)} | {"zwo": 2}
_JOINTS: Final = ("hundert", "tausend", "und")
_SCALES: Final = {"million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9}
_CURRENCIES: Final = {"euro": "€", "dollar": "$", "franken": "CHF"}
_NO_MINUTES_BEFORE: Final = frozenset({
    "euro", "prozent", "uhr", "leute", "personen", "tage", "tagen", "wochen", "monate", "monaten",
    "minuten", "stunden", "jahre", "jahren", "cent", "grad", "komma", "dollar", "franken",
})  # fmt: skip
_AFTER_MINUTES: Final = frozenset({
    "", "bis", "und", "oder", "am", "an", "heute", "morgen", "übermorgen", "früh", "abends",
    "morgens", "nachmittags", "vormittags", "nachts", "bitte", "ist", "geht", "passt",
})  # fmt: skip
_CUES: Final = frozenset({
    "zimmer", "raum", "durchwahl", "nebenstelle", "apparat", "pin", "tan", "code", "nummer",
    "konto", "flug", "ticket", "auftrag", "vorgang", "fall", "postleitzahl", "option", "taste",
    "gleis", "station", "kundennummer", "telefonnummer", "rufnummer", "vertragsnummer",
    "bestellnummer", "rechnungsnummer", "zählernummer", "hausnummer", "linie", "drücken",
})  # fmt: skip
_REPEATS: Final = {"doppel": 2, "doppelt": 2}


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _compound(word: str) -> int | None:
    """Read a number that is one word: below a million, years by hundreds included."""
    if word in _COUNTS:
        return _COUNTS[word] if word != "ein" else None
    head, thousand, tail = word.partition("tausend")
    if thousand:
        count = _COUNTS.get(head) if head else 1
        rest = _COUNTS.get(tail.removeprefix("und")) if tail else 0
        if count is not None and rest is not None and count and (rest or not tail):
            return count * 1000 + rest
        return None
    head, hundred, tail = word.partition("hundert")
    century = _BELOW.get(head, 0) if hundred else 0
    if 11 <= century <= 19:
        rest = _BELOW.get(tail) if tail else 0
        if rest is not None and rest < 100:
            return century * 100 + rest
    return None


def _joined(words: Sequence[str], at: int, table: Mapping[str, int] | None = None) -> (
    tuple[int, int] | None
):  # fmt: skip
    """Read the longest run of words that make one number, whole (or a rank, from `table`)."""
    text, best = "", None
    for end in range(at, min(len(words), at + 7)):
        word = words[end]
        if text and not (text.endswith(_JOINTS) or word.startswith(_JOINTS)):
            break
        text += word
        value = _compound(text) if table is None else table.get(text)
        if value is not None:
            best = value, end + 1
        if word == "und" and end == at:
            break
    return best


def _pair(words: Sequence[str], at: int) -> tuple[int, int] | None:
    found = _joined(words, at)
    return found if found and 10 <= found[0] <= 99 else None


DIGITS: Final = runs.Digits(
    words={word: str(value) for word, value in _ONES.items()} | {"null": "0"},
    weak=frozenset(),
    repeats=_REPEATS,
    pair=_pair,
    hours=24,
)
ALPHABET: Final = runs.Alphabet(
    names={
        ("ypsilon",): "Y", ("eszett",): "ß", ("scharfes", "s"): "ß", ("jot",): "J",
        ("zett",): "Z", ("vau",): "V", ("a", "umlaut"): "Ä", ("o", "umlaut"): "Ö",
        ("u", "umlaut"): "Ü", ("ae",): "Ä", ("oe",): "Ö", ("ue",): "Ü",
    },
    words={
        "anton": "A", "ärger": "Ä", "berta": "B", "caesar": "C", "cäsar": "C", "charlotte": "CH",
        "dora": "D", "emil": "E", "friedrich": "F", "gustav": "G", "heinrich": "H", "ida": "I",
        "julius": "J", "kaufmann": "K", "konrad": "K", "ludwig": "L", "martha": "M",
        "nordpol": "N", "otto": "O", "ökonom": "Ö", "paula": "P", "quelle": "Q", "richard": "R",
        "samuel": "S", "siegfried": "S", "schule": "SCH", "theodor": "T", "ulrich": "U",
        "übermut": "Ü", "viktor": "V", "wilhelm": "W", "xanthippe": "X", "ypsilon": "Y",
        "zacharias": "Z", "zeppelin": "Z",
    },
    likens=(("wie",), ("für",)),
    weak=frozenset({"o"}),
    repeats=_REPEATS,
)  # fmt: skip


def _number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read a whole number: "zwei millionen dreihunderttausend"."""
    total, end = 0, at
    while True:
        found = _joined(words, end) or _counted(words, end)
        if found is None:
            break
        scale = _SCALES.get(_at(words, found[1]))
        if scale is None:
            if end > at or _at(words, at) in _BELOW or found[1] > at:
                total, end = total + found[0], found[1]
            break
        total, end = total + found[0] * scale, found[1] + 1
    return (total, end) if end > at else None


def _counted(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read "eine million" and "ein euro": one before its noun."""
    one = _at(words, at) in {"ein", "eine", "einen", "einem"}
    behind = _at(words, at + 1)
    return (1, at + 1) if one and behind in {*_SCALES, *_CURRENCIES, "prozent", "uhr"} else None


def _figure(value: int) -> str:
    for size, one, many in ((10**9, "Milliarde", "Milliarden"), (10**6, "Million", "Millionen")):
        if value >= size and value % size == 0:
            return f"{value // size} {one if value == size else many}"
    return str(value)


def _amount(words: Sequence[str], at: int) -> tuple[str, int] | None:
    found = _number(words, at)
    if found is None:
        return None
    value, end = found
    if _at(words, end) != "komma":
        return _figure(value), end
    said, after = "", end + 1
    while after < len(words):
        one = runs.digit(words, after, DIGITS)
        if one is None:
            break
        said, after = said + one[0], one[1]
    if not said:
        return _figure(value), end
    scale = {"million": "Millionen", "millionen": "Millionen", "milliarden": "Milliarden"}
    if _at(words, after) in scale:
        return f"{value},{said} {scale[words[after]]}", after + 1
    return f"{value},{said}", after


def _year(words: Sequence[str], at: int) -> tuple[int, int] | None:
    century = _pair(words, at)
    if century and century[0] in {19, 20}:
        rest = _pair(words, century[1])
        if rest:
            return century[0] * 100 + rest[0], rest[1]
    found = _joined(words, at)
    return found if found and 1100 <= found[0] <= 2099 else None


def date(words: Sequence[str], at: int) -> Found:
    """Read "zweiundzwanzigsten november", "dritter elfter zweitausendsechsundzwanzig"."""
    day = _joined(words, at, _ORDINALS)
    if day is None or not 1 <= day[0] <= 31:
        return None
    name = _MONTHS.get(_at(words, day[1]))
    if name:
        text, end, blank = f"{day[0]}. {name}", day[1] + 1, " "
    else:
        month = _joined(words, day[1], _ORDINALS)
        if month is None or month[0] > 12:
            return None
        text, end, blank = f"{day[0]}.{month[0]}.", month[1], ""
    year = _year(words, end)
    return (f"{text}{blank}{year[0]}", year[1]) if year else (text, end)


def _hour(words: Sequence[str], at: int, most: int = 24) -> tuple[int, int] | None:
    found = _joined(words, at) or _counted(words, at)
    if found is None and _at(words, at) == "ein":
        found = 1, at + 1
    return found if found and found[0] <= most else None


def _swallowed(words: Sequence[str], hour: int, minute: int, end: int) -> tuple[str, int]:
    return f"{hour}:{minute:02d} Uhr", end + (_at(words, end) == "uhr")


def _relative(words: Sequence[str], at: int) -> Found:
    """Read "halb vier", "viertel nach drei", "fünf vor halb vier"."""
    first = _at(words, at)
    if first == "halb":
        hour = _hour(words, at + 1, 12)
        return _swallowed(words, hour[0] - 1 or 12, 30, hour[1]) if hour and hour[0] else None
    three = first == "dreiviertel" or list(words[at : at + 2]) == ["drei", "viertel"]
    if three or first == "viertel":
        end = at + 1 + (first == "drei")
        joint = _at(words, end)
        hour = _hour(words, end + (joint in {"vor", "nach"}), 12)
        if hour is None or not hour[0]:
            return None
        before = hour[0] - 1 or 12
        if joint == "nach" and not three:
            return _swallowed(words, hour[0], 15, hour[1])
        if joint in {"vor", "nach"}:
            return None if three else _swallowed(words, before, 45, hour[1])
        return _swallowed(words, before, 45 if three else 15, hour[1])
    found = _joined(words, at)
    if found is None or found[0] > 29:
        return None
    minutes, end = found
    told = _at(words, end) in {"minuten", "minute"}
    joint = _at(words, end + told)
    if joint not in {"vor", "nach"} or not (told or minutes in {5, 10, 20, 25}):
        return None
    half = _at(words, end + told + 1) == "halb"
    hour = _hour(words, end + told + 1 + half, 12 if half else 24)
    if hour is None or _at(words, hour[1]) in _NO_MINUTES_BEFORE - {"uhr"}:
        return None  # "zehn vor zwei wochen"
    base = hour[0] * 60 - (30 if half else 0) + (minutes if joint == "nach" else -minutes)
    clock, minute = divmod(base, 60)
    return _swallowed(words, clock if clock > 0 or hour[0] > 12 else 12 + clock, minute, hour[1])


def time(words: Sequence[str], at: int) -> Found:
    """Read "fünfzehn uhr dreißig", "halb vier"."""
    relative = _relative(words, at)
    if relative:
        return relative
    found = _hour(words, at)
    if found is None:
        return None
    if _at(words, found[1]) == "bis":  # "von acht bis achtzehn uhr"
        last = time(words, found[1] + 1)
        return (f"{found[0]} bis {last[0]}", last[1]) if last else None
    if _at(words, found[1]) != "uhr":
        return None
    hour, end = found[0], found[1] + 1
    minute = _joined(words, end)
    if minute and 1 <= minute[0] <= 59:
        behind = _at(words, minute[1])
        clear = minute[0] >= 10 and behind not in _NO_MINUTES_BEFORE
        if clear or behind in _AFTER_MINUTES:
            return f"{hour}:{minute[0]:02d} Uhr", minute[1]
    return f"{hour} Uhr", end


def money(words: Sequence[str], at: int) -> Found:
    """Read "zwölf euro fünfzig", "drei millionen euro"."""
    amount = _amount(words, at)
    sign = _CURRENCIES.get(_at(words, amount[1])) if amount else None
    if amount is None or sign is None:
        return None
    text, end = amount[0], amount[1] + 1
    cents = _cents(words, end) if text.isdigit() else None
    return (f"{text},{cents[0]:02d} {sign}", cents[1]) if cents else (f"{text} {sign}", end)


def _cents(words: Sequence[str], at: int) -> tuple[int, int] | None:
    joined = _at(words, at) == "und"
    found = _joined(words, at + joined)
    if found is None or not 1 <= found[0] <= 99:
        return None
    if _at(words, found[1]) in {"cent", "rappen"}:
        return found[0], found[1] + 1
    behind = _at(words, found[1])
    bare = not joined and (
        (found[0] >= 10 and behind not in _NO_MINUTES_BEFORE) or behind in _AFTER_MINUTES
    )
    return found if bare else None


def measure(words: Sequence[str], at: int) -> Found:
    """Read "fünf prozent", "drei komma fünf", "minus vier grad"."""
    minus = _at(words, at) == "minus"
    amount = _amount(words, at + minus)
    if amount is None:
        return None
    text, end = amount
    sign = "-" if minus else ""
    if _at(words, end) == "prozent":
        return f"{sign}{text} %", end + 1
    return (sign + text, end) if "," in text or (minus and _at(words, end) == "grad") else None


def _cued(words: Sequence[str], at: int) -> bool:
    before = _at(words, at - 1)
    return before in _CUES or (
        before in {"ist", "lautet", "die", "nummer", "sie"} and _at(words, at - 2) in _CUES
    )


def _within_a_number(words: Sequence[str], at: int) -> bool:
    """Whether a number stands right before, which was unclear: the end of "acht dreißig"."""
    return _at(words, at - 1) in _BELOW


def spelled(words: Sequence[str], at: int) -> Found:
    """Read "b c eins zwei", "b wie berta"."""

    def number(words: Sequence[str], at: int) -> Found:
        pair = _pair(words, at)
        return (str(pair[0]), pair[1]) if pair else runs.digit(words, at, DIGITS)

    return runs.letters(words, at, ALPHABET, number)


def digits(words: Sequence[str], at: int) -> Found:
    """Read "null drei null vierundvierzig", "zimmer zwei null vier", "plus vier neun …"."""
    if _at(words, at) == "plus":
        found = runs.digits(words, at + 1, DIGITS, cued=False) if at + 1 < len(words) else None
        return (f"+{found[0]}", found[1]) if found and len(found[0]) >= 5 else None
    if _within_a_number(words, at):
        return None
    return runs.digits(words, at, DIGITS, cued=_cued(words, at))


def whole(words: Sequence[str], at: int) -> Found:
    """Read "dreihundertzweiundvierzig"; below ten, and what may be several numbers, stays words."""
    found = _number(words, at)
    if (
        found is None
        or found[0] < 10
        or _at(words, at) in {"hundert", "tausend"} - _more(found, at)
    ):
        return None
    value, end = found
    if _joined(words, end) or _within_a_number(words, at):
        return None
    return _figure(value), end


def _more(found: tuple[int, int], at: int) -> set[str]:
    return {"hundert", "tausend"} if found[1] > at + 1 else set()


def rank(words: Sequence[str], at: int) -> Found:
    """Read "zwölften"; below ten ranks stay words."""
    found = _joined(words, at, _ORDINALS)
    return (f"{found[0]}.", found[1]) if found and found[0] >= 10 else None


_SIGNS: Final = addresses.Signs(
    marks={"punkt": ".", "bindestrich": "-", "minus": "-", "unterstrich": "_"},
    ats=frozenset({"at", "ät", "klammeraffe"}),
    only_ats=frozenset({"at", "ät", "klammeraffe"}),
    cues=frozenset(),
    never=frozenset({"der", "die", "das", "den", "dem", "ein", "diesem", "am", "im", "und", "zu"}),
    number=lambda words, at: runs.digit(words, at, DIGITS),
)


def address(words: Sequence[str], at: int) -> Found:
    """Read "max punkt weber at beispiel punkt de"."""
    return addresses.address(words, at, _SIGNS)


RULES: Final = (address, date, time, money, measure, spelled, digits, whole, rank)
