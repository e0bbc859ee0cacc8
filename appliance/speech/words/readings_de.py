"""How German written forms are read aloud: one function for each, from a match to words.

The patterns stand in `text_de`; each function's match has the groups that its pattern names there.
"""

from __future__ import annotations

import re
from typing import Final

from appliance.speech.words.spelled_de import (
    cardinal,
    counted,
    digits,
    groups,
    letters,
    ordinal,
    year,
)

MONTHS: Final = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
    "Oktober", "November", "Dezember",
)  # fmt: skip
SHORT_MONTHS: Final = {
    "Jan": "Januar", "Jän": "Januar", "Feb": "Februar", "Febr": "Februar", "Mrz": "März",
    "Apr": "April", "Jun": "Juni", "Jul": "Juli", "Aug": "August", "Sep": "September",
    "Sept": "September", "Okt": "Oktober", "Nov": "November", "Dez": "Dezember",
}  # fmt: skip
DAYS: Final = {
    "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag",
    "Sa": "Samstag", "So": "Sonntag",
}  # fmt: skip
_PHRASES: Final = {
    "z.B.": "zum Beispiel", "d.h.": "das heißt", "u.a.": "unter anderem",
    "i.d.R.": "in der Regel", "o.Ä.": "oder Ähnliches", "o.ä.": "oder ähnlich",
    "u.U.": "unter Umständen", "v.a.": "vor allem", "i.A.": "im Auftrag", "i.V.": "in Vertretung",
    "z.T.": "zum Teil", "z.Zt.": "zur Zeit", "z.Hd.": "zu Händen", "s.o.": "siehe oben",
    "s.u.": "siehe unten", "a.D.": "außer Dienst", "e.V.": "e V", "o.g.": "oben genannt",
    "u.Ä.": "und Ähnliches", "u.ä.": "und ähnlich", "m.E.": "meines Erachtens",
    "n.Chr.": "nach Christus", "v.Chr.": "vor Christus", "i.d.F.": "in der Fassung",
    "u.s.w.": "und so weiter", "a.M.": "am Main", "v.H.": "vom Hundert", "e.K.": "e K",
    "i.R.": "im Ruhestand", "p.a.": "pro Jahr", "u.": "und",
}  # fmt: skip
PHRASES: Final = _PHRASES | {
    key[0].upper() + key[1:]: said[0].upper() + said[1:]
    for key, said in _PHRASES.items()
    if len(key) > 2
}
"""Abbreviations of several words; the blank after each stop is optional."""
ABBREVIATIONS: Final = {
    "Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Hrn": "Herrn", "Nr": "Nummer",
    "Nrn": "Nummern", "Str": "Straße", "Tel": "Telefon", "Abt": "Abteilung", "Art": "Artikel",
    "Bhf": "Bahnhof", "Hbf": "Hauptbahnhof", "Pl": "Platz", "St": "Sankt", "Std": "Stunden",
    "Min": "Minuten", "Sek": "Sekunden", "Mio": "Millionen", "Mrd": "Milliarden",
    "Tsd": "Tausend", "MwSt": "Mehrwertsteuer", "Mwst": "Mehrwertsteuer", "Ust": "Umsatzsteuer",
    "Dipl": "Diplom", "Ing": "Ingenieur", "Betr": "Betreff", "Kto": "Konto", "Kd": "Kunden",
    "Bd": "Band", "Kap": "Kapitel", "Abs": "Absatz", "Anm": "Anmerkung", "Jh": "Jahrhundert",
    "Geb": "Gebäude", "Zi": "Zimmer", "Etg": "Etage", "Whg": "Wohnung", "Fam": "Familie",
    "geb": "geboren", "bzw": "beziehungsweise", "usw": "und so weiter", "evtl": "eventuell",
    "ggf": "gegebenenfalls", "ca": "zirka", "inkl": "inklusive", "exkl": "exklusive",
    "zzgl": "zuzüglich", "abzgl": "abzüglich", "max": "maximal", "min": "mindestens",
    "bzgl": "bezüglich", "vgl": "vergleiche", "gem": "gemäß", "lt": "laut", "wg": "wegen",
    "tägl": "täglich", "mtl": "monatlich", "jährl": "jährlich", "einschl": "einschließlich",
    "etc": "et cetera", "jun": "junior", "sen": "senior", "tel": "telefonisch", "Nebenst":
    "Nebenstelle", "App": "Apparat", "zw": "zwischen", "entspr": "entsprechend",
    "sog": "sogenannt", "allg": "allgemein", "Mob": "Mobil",
    "med": "med", "jur": "jur", "phil": "phil", "rer": "rer", "nat": "nat",
}  # fmt: skip
_NEEDS_STOP: Final = frozenset(
    {"Art", "Pl", "St", "Min", "min", "Bd", "App", "Kap", "Abs", "Geb", "geb", "gem", "lt", "sen",
     "max", "tel", "Fam", "Mob", "Ing", "Str", "zw", "wg", "Std", "Sek", "med", "jur", "phil",
     "rer", "nat", "jun", "sog"}
)  # fmt: skip
_BEFORE_NUMBER: Final = frozenset({"Abs", "Art", "Bd", "Kap", "App", "Zi", "Geb"})
"""Ordinary words or word ends too: abbreviations only before a number."""
UNITS: Final = {
    "km/h": ("Kilometer pro Stunde",), "km": ("Kilometer",), "m": ("Meter",),
    "cm": ("Zentimeter",), "mm": ("Millimeter",), "kg": ("Kilogramm",), "g": ("Gramm",),
    "mg": ("Milligramm",), "l": ("Liter",), "ml": ("Milliliter",), "m²": ("Quadratmeter",),
    "qm": ("Quadratmeter",), "m³": ("Kubikmeter",), "cbm": ("Kubikmeter",),
    "kWh": ("Kilowattstunde", "Kilowattstunden"), "kW": ("Kilowatt",), "W": ("Watt",),
    "V": ("Volt",), "kV": ("Kilovolt",), "GB": ("Gigabyte",), "MB": ("Megabyte",),
    "TB": ("Terabyte",), "Hz": ("Hertz",), "kHz": ("Kilohertz",), "MHz": ("Megahertz",),
    "h": ("Stunde", "Stunden"), "Std": ("Stunde", "Stunden"), "Std.": ("Stunde", "Stunden"),
    "min": ("Minute", "Minuten"), "min.": ("Minute", "Minuten"), "Min.": ("Minute", "Minuten"),
    "Min": ("Minute", "Minuten"), "Sek.": ("Sekunde", "Sekunden"), "Sek": ("Sekunde", "Sekunden"),
    "s": ("Sekunde", "Sekunden"), "t": ("Tonne", "Tonnen"), "ha": ("Hektar",), "bar": ("Bar",),
    "ct": ("Cent",), "%": ("Prozent",), "°C": ("Grad Celsius",), "°F": ("Grad Fahrenheit",),
    "°": ("Grad",), "Stunde": ("Stunde", "Stunden"), "Minute": ("Minute", "Minuten"),
    "Sekunde": ("Sekunde", "Sekunden"), "Woche": ("Woche", "Wochen"),
}  # fmt: skip
"""Singular and, where it differs, plural; those with a plural of their own are feminine."""
_CURRENCIES: Final = {
    "€": "Euro", "EUR": "Euro", "Euro": "Euro", "$": "Dollar", "USD": "Dollar",
    "Dollar": "Dollar", "£": "Pfund", "GBP": "Pfund", "CHF": "Franken", "Franken": "Franken",
}  # fmt: skip
_SMALL: Final = {"Euro": "Cent", "Dollar": "Cent", "Pfund": "Pence", "Franken": "Rappen"}
_SCALES: Final = {
    "Mio": ("eine Million", "Millionen"), "Mill": ("eine Million", "Millionen"),
    "Mrd": ("eine Milliarde", "Milliarden"), "Tsd": ("ein Tausend", "Tausend"),
}  # fmt: skip
_TAKES_EN: Final = frozenset({
    "am", "im", "vom", "zum", "zur", "beim", "ab", "bis", "dem", "den", "des", "ins", "seit",
    "einer", "einem", "einen", "meiner", "ihrer", "seiner", "unserer", "keiner",
})  # fmt: skip
_TAKES_E: Final = frozenset({
    "der", "die", "das", "diese", "dieser", "dieses", "jede", "jeder", "jedes", "eine", "meine",
    "ihre", "seine", "unsere", "keine", "welche", "welcher", "welches",
})  # fmt: skip
_TAKES_ER: Final = frozenset({"ein", "mein", "dein", "sein", "ihr", "unser", "kein"})
_DATIVE: Final = frozenset({
    "in", "mit", "von", "aus", "bei", "zu", "nach", "seit", "an", "auf", "vor", "hinter", "unter",
    "über", "neben", "gegenüber", "während", "wegen", "trotz", "ab",
})  # fmt: skip
_NEUTER: Final = frozenset({
    "mal", "quartal", "obergeschoss", "untergeschoss", "og", "ug", "halbjahr", "kapitel", "kind",
    "zimmer", "semester", "lebensjahr", "jahr", "jahrhundert", "gebot", "angebot",
})  # fmt: skip
_FEMININE_ENDS: Final = ("e", "ung", "ion", "keit", "heit", "schaft", "tür", "person", "tät")
_ORDERED: Final = frozenset({
    "stock", "stockwerk", "etage", "og", "ug", "obergeschoss", "untergeschoss", "klasse", "quartal",
    "halbjahr", "mal", "mahnung", "rate", "versuch", "tag", "woche", "platz", "semester", "kapitel",
    "termin", "jahrhundert", "bezirk", "instanz", "advent", "weihnachtstag", "weihnachtsfeiertag",
    "fc", "sc", "vorsitzende", "vorsitzender", "bürgermeister", "bürgermeisterin", "aufl",
    "auflage", "reihe", "liga", "hälfte", "weltkrieg", "gang", "ebene", "stufe", "teil",
})  # fmt: skip
NUMBERED: Final = (
    "taste|zimmer|raum|nummer|option|gleis|halle|haus|gebäude|platz|station|ziffer|punkt|teil|"
    "kapitel|phase|typ|block|linie|bahn|bus|kasse|schalter|terminal|gate|durchwahl|nebenstelle|"
    "apparat|seite|straße|weg|allee|gasse|ist|lautet|die|der"
)
"""Words after which a number is a name: "Zimmer 1 Bitte" is no single request."""


def telephone(match: re.Match[str]) -> str:
    """Say a telephone number: plus, then its groups digit by digit."""
    said = [groups(run) for run in re.findall(r"\d+", match["number"])]
    cue = re.sub(r"^Tel\b\.?", "Telefon", match.groupdict().get("cue", ""))
    return f"{cue} {'plus ' if match['number'].startswith('+') else ''}{', '.join(said)} "


def account(match: re.Match[str]) -> str:
    """Say an IBAN or a code of letters and groups of digits: letters, then group by group."""
    run = match[0].replace(" ", "")
    cut = [run[i : i + 4] for i in range(0, len(run), 4)]
    return ", ".join(letters(group) for group in cut)


def address(match: re.Match[str]) -> str:
    """Say an e-mail or web address."""
    names = {
        ".": "Punkt", "@": "ät", "-": "Bindestrich", "_": "Unterstrich", "/": "Schrägstrich",
        "+": "plus",
    }  # fmt: skip
    said = []
    for run in re.findall(r"[^\W\d_]+|\d+|[\W_]", re.sub(r"^https?://", "", match[0])):
        if run.isdigit():
            said.append(digits(run))
        elif run.isalpha():
            short = run.lower() in {"www", "uk", "us", "de", "eu", "ch"}
            said.append(letters(run) if short else run)
        else:
            said.append(names.get(run, ""))
    return " ".join(said) + " "


def _count(whole: str, fraction: str | None, *, feminine: bool = False) -> str:
    number = int(whole.replace(".", ""))
    if fraction:
        return f"{cardinal(number)} Komma {digits(fraction)}"
    return counted(number, feminine=feminine)


def money(match: re.Match[str]) -> str:
    """Say an amount of money."""
    whole, fraction, scale = match["whole"].replace(".", ""), match["cents"], match["scale"]
    major = _CURRENCIES[match["sign"] or match["code"]]
    sign = "minus " if match["minus"] else ""
    if scale:
        one, many = _SCALES[scale[:3] if scale[:4] != "Mill" else "Mill"]
        fraction = fraction if fraction and fraction.isdigit() else None
        said = one if whole == "1" and not fraction else f"{_count(whole, fraction)} {many}"
        return f"{sign}{said} {major}"
    said = f"{sign}{counted(int(whole))} {major}"
    if not fraction or not fraction.isdigit() or not int(fraction):
        return said
    cents = int(fraction.ljust(2, "0"))
    if whole.strip("0") == "":
        return f"{sign}{counted(cents)} {_SMALL[major]}"
    return f"{said} {cardinal(cents)}"


def time(match: re.Match[str]) -> str:
    """Say a time of day; what is none stays as it is."""
    hour, minute = int(match["hour"]), match["minute"]
    if hour > 24 or (minute and int(minute) > 59):
        return match[0]
    said = f"{counted(hour)} Uhr"
    return said + (f" {cardinal(int(minute))}" if minute and int(minute) else "")


def _ending(before: str, noun: str) -> str:
    """Return the ending of a rank after `before` (all text up to it) and with `noun` behind it."""
    before = re.sub(r"(?:\d{1,3}\.\s*(?:und|oder|bis|,|-)\s*)+$", "", before)
    found = re.findall(r"[^\W\d_]+[^\w]*", before[-80:])
    words = [re.match(r"[^\W\d_]+", word)[0].lower() for word in found]  # type: ignore[index]
    # What a mark parts from the number says nothing about it ("Montag, 22. November").
    last = words[-1] if words and not re.search(r"[,;:.!?]", found[-1]) else ""
    if last == "der" and len(words) > 1 and words[-2] in _DATIVE:
        return "en"
    if last in _TAKES_EN or (len(last) > 4 and last.endswith(("sen", "ten", "nen", "den", "em"))):
        return "en"
    if last in _TAKES_E:
        return "e"
    if last in _TAKES_ER:
        return "es" if noun.lower() in _NEUTER else "er"
    if noun.lower() in _NEUTER:
        return "es"
    return "e" if noun.lower().endswith(_FEMININE_ENDS) and noun not in MONTHS else "er"


def _full_year(number: str) -> str:
    return year(int(number) if len(number) == 4 else 2000 + int(number))


def date(match: re.Match[str]) -> str:
    """Say a date in figures (day first, or year first) or with the month's name."""
    groups_ = match.groupdict()
    day, month = int(match["day"]), match["month"]
    name = month if month.isalpha() else ""
    if not name and 1 <= int(month) <= 12:
        name = MONTHS[int(month) - 1]
    if not name or not 1 <= day <= 31:
        return match[0]
    name = SHORT_MONTHS.get(name, name)
    said = f"{ordinal(day, _ending(match.string[: match.start()], name))} {name}"
    number = groups_.get("year")
    if number:
        return f"{said} {_full_year(number)}"
    # The stop of "am 22.11." also ends the sentence where nothing follows.
    ends = match[0].endswith(".") and not match.string[match.end() :].strip()
    return said + ("." if ends else "")


def rank(match: re.Match[str]) -> str:
    """Tell "der 2. Versuch" from "Zimmer 2. Danke." and say the first as a rank."""
    before, behind = match.string[: match.start()], match["noun"] or ""
    last = (re.findall(r"[^\W\d_]+(?=\s*$)", before[-40:]) or [""])[0].lower()
    listed = re.search(r"\d\.\s*(?:und|oder|bis|-)\s*$", before)
    led = last in _TAKES_EN | _TAKES_E | _TAKES_ER or bool(listed)
    if re.fullmatch(NUMBERED, last) and last not in {"der", "die"}:
        return match[0]
    listing = re.match(r"\s*(?:und|oder|bis|-)\s*\d{1,3}\.", match.string[match.end() :])
    if not behind and not listing:
        if last in {"am", "vom", "zum", "den", "dem"}:
            return f"{ordinal(int(match['rank']), 'en')}."
        return match[0]
    if led or listing or behind[:1].islower() or behind.lower() in _ORDERED:
        return ordinal(int(match["rank"]), _ending(before, behind))
    return match[0]


def number(match: re.Match[str]) -> str:
    """Say a number: digits where it is a code, a year, a decimal or a cardinal."""
    sign = "minus " if match["sign"] else ""
    whole, fraction = match["whole"].replace(".", ""), match["fraction"]
    if fraction:
        return f"{sign}{cardinal(int(whole))} Komma {digits(fraction)}"
    if len(whole) > 1 and whole[0] == "0":
        return groups(whole)
    if "." not in match["whole"] and (len(whole) >= 7 or len(whole) == 5):
        return groups(whole)
    if not sign and "." not in match["whole"] and 1900 <= int(whole) <= 1999:
        return year(int(whole))
    return sign + cardinal(int(whole))


def single(match: re.Match[str]) -> str:
    """Say a lonely 1 before a noun: "ein Termin", "eine Frage"; "Zimmer 1" keeps its number."""
    before = re.search(r"([^\W\d_]+)\s*$", match.string[: match.start()][-40:])
    if before and re.fullmatch(NUMBERED, before[1].lower()):
        return match[0]
    noun = match["noun"].lower()
    return "eine" if noun.endswith(_FEMININE_ENDS) and not noun.endswith("name") else "ein"


def old_year(match: re.Match[str]) -> str:
    """Say a year before 2000 after a word that announces one."""
    return f"{match['cue']} {year(int(match['year']))}"


def fraction(match: re.Match[str]) -> str:
    """Say a fraction, or two numbers with a slash."""
    over, under = int(match[1]), int(match[2])
    if (over, under) == (24, 7):
        return "vierundzwanzig sieben"
    if (over, under) == (1, 2):
        return (
            " eine halbe" if re.match(r"\s+Stunde", match.string[match.end() :]) else " ein halb "
        )
    if not 1 <= over < under <= 20:
        return f"{over} Schrägstrich {under}"
    return f" {counted(over)} {ordinal(under, 'el').capitalize()} "


def decade(match: re.Match[str]) -> str:
    """Say decades such as ``80er`` and ``1980er``."""
    number_ = int(match[1])
    said = year(number_) if number_ >= 1000 else cardinal(number_)
    return said.replace(" ", "") + "er"


def dotted(match: re.Match[str]) -> str:
    """Say a version, a room or an address of numbers: each number, "Punkt" between."""
    runs = match[0].split(".")
    return " Punkt ".join(digits(run) if run[0] == "0" else cardinal(int(run)) for run in runs)


def unit(match: re.Match[str]) -> str:
    """Say an amount with its unit."""
    names = UNITS[match["unit"]]
    feminine = len(names) > 1
    said = _count(match["whole"], match["fraction"], feminine=feminine)
    one = match["whole"] == "1" and not match["fraction"]
    sign = "minus " if match["sign"] else ""
    name = names[0] if one else names[-1]
    # "Std." at the end of a sentence closes it as well.
    ends = match["unit"].endswith(".") and not match.string[match.end() :].strip()
    return f"{sign}{said} {name}" + ("." if ends else "")


def scaled(match: re.Match[str]) -> str:
    """Say "3 Mio." and its like."""
    one, many = _SCALES[match["scale"][:3]]
    if match["whole"] == "1" and not match["fraction"]:
        return one
    return f"{_count(match['whole'], match['fraction'])} {many}"


def phrase(match: re.Match[str]) -> str:
    """Write out an abbreviation of several words."""
    said = PHRASES[re.sub(r"\s", "", match[0])]
    ends = not match.string[match.end() :].strip()
    return said + ("." if ends else "")


def abbreviation(match: re.Match[str]) -> str:
    """Write out an abbreviation; ordinary words that look like one stay."""
    key, stop = match["key"], match["stop"]
    ahead = match.string[match.end() :]
    if not stop and not _NEEDS_STOP.isdisjoint({key, key[0].lower() + key[1:]}):
        return match[0]
    if key in _BEFORE_NUMBER and not re.match(r"\s*\d", ahead):
        return match[0]
    said = ABBREVIATIONS.get(key) or ABBREVIATIONS[key[0].lower() + key[1:]].capitalize()
    ends = stop and not ahead.strip()
    closing = stop and key in {"usw", "etc", "evtl"} and re.match(r"\s+[A-ZÄÖÜ]", ahead)
    return said + ("." if ends or closing else "")


def day(match: re.Match[str]) -> str:
    """Say a weekday; "Fr. Weber" is a lady."""
    key, ahead = match["key"], match.string[match.end() :]
    if key == "Fr" and re.match(r"\s+(?:Dr\.|Prof\.|[A-ZÄÖÜ][a-zäöüß])", ahead) and match["stop"]:
        return "Frau"
    if re.match(r",?\s*(?:den\s|dem\s|der\s)?\d", ahead) or (
        match["stop"] and re.match(r"\s*(?:,|bis\b|und\b|-)", ahead)
    ):
        return DAYS[key]
    return match[0]


def days(match: re.Match[str]) -> str:
    """Say two weekdays: "Mo-Fr" is "Montag bis Freitag"."""
    joint = {"-": "bis", "/": "und", "+": "und", "&": "und"}.get(match["joint"], match["joint"])
    return f"{DAYS[match['first']]} {joint} {DAYS[match['last']]}"
