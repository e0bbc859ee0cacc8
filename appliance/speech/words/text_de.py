"""German text into plain words: the German half of `appliance.speech.words.text`.

    text -> fold (Unicode, cases) -> rules (addresses, dates, times, money, numbers)
         -> words (acronyms, initials, codes)

The result holds only letters (ä, ö, ü and ß among them), apostrophes, single spaces and the marks
``, ; : . ! ?``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from appliance.speech.words import readings_de as readings
from appliance.speech.words.spelled_de import cardinal, digits, groups, letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LETTERS: Final = "A-Za-zÄÖÜäöüß"
_SAID_AS_WORDS: Final = frozenset({
    "PIN", "TAN", "SIM", "NATO", "NASA", "UNO", "LAN", "TÜV", "DIN", "ISO", "BIC", "HUK", "IKEA",
    "GAU", "GIF", "COVID", "FIFA", "UEFA", "ELSTER", "IBAN", "EDEKA", "BAFÖG", "AIDS", "VISA",
    "REWE", "ALDI", "LIDL",
})  # fmt: skip
_SPELLED: Final = frozenset({"ADAC", "DEVK", "AWO", "ICE", "IHK", "USB", "EDV", "EKG"})
_SAID: Final = {
    "OK": "okay", "WLAN": "We Lan", "GmbH": "G M B H", "mbH": "M B H", "KGaA": "K G A A",
    "gGmbH": "G G M B H", "OG": "Obergeschoss", "UG": "Untergeschoss", "EG": "Erdgeschoss",
    "PLZ": "Postleitzahl", "Co": "Co", "kg": "Kilogramm", "km": "Kilometer",
}  # fmt: skip
_NAMES_A_LETTER: Final = frozenset({
    "gebäude", "haus", "station", "plan", "option", "und", "oder", "taste", "block", "eingang",
    "halle", "gate", "terminal", "hepatitis", "vitamin", "buchstabe", "aufgang", "typ", "klasse",
})  # fmt: skip
_PRONOUNCEABLE: Final = re.compile(
    r"(?:[BCFGKPS]L|[BCDFGKPTW]R|[CGKPRSTW]H|S[CKMNPQTW]|TW|QU|[A-Z])?[AEIOUYÄÖÜ]"
)
_CALLS_FOR_DIGITS: Final = (
    r"(?:zimmer|raum|durchwahl|nebenstelle|apparat|pin|tan|code|\w{0,20}nummer|\w{0,20}zeichen|"
    r"konto|flug|ticket|auftrag|vorgang|fall|plz|postleitzahl|bestellung|rechnung)"
)


def normalise(text: str) -> str:
    """Write German `text` out in words and the marks ``, ; : . ! ?``."""
    folded = _fold(text)
    for pattern, say in _RULES:
        folded = pattern.sub(say, folded)
    split = folded.split()
    words = [_word(word, before) for before, word in zip(["", *split], split, strict=False)]
    plain = re.sub(rf"[^{LETTERS}' ,;:.!?]", " ", " ".join(words))
    plain = re.sub(rf"(?<![{LETTERS}])'|'(?![{LETTERS}])", " ", plain)
    return re.sub(r"\s+", " ", re.sub(r"\s+([,;:.!?])", r"\1", plain)).strip()


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(_FOLDED))
    text = "".join(c if c in "äöüßÄÖÜ²³°€£§" else _unmarked(c) for c in text)
    text = re.sub(r"\n\s*\n", ". ", text)
    text = re.sub(r"\s+", " ", text)
    shouted = re.findall(rf"[{LETTERS}]{{2,}}", text)
    if len(shouted) > 3 and all(word == word.upper() for word in shouted):
        text = text.lower()
    # No longer run of digits means anything, and patterns must not meet one.
    return re.sub(r"(\d{40})(?=\d)", r"\1 ", text)


def _unmarked(character: str) -> str:
    if character.isascii():
        return character
    parts = unicodedata.normalize("NFKD", character)
    return "".join(c for c in parts if not unicodedata.combining(c))


_FOLDED: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
        "\u2013": "-", "\u2014": " - ", "\u2026": ". ", "\u00a0": " ", "\u202f": " ",
        "\u2009": " ", "\u1e9e": "ß", "\u00e6": "ä", "\u00f8": "ö", "\u00c6": "Ä", "\u00d8": "Ö",
        "\u00bd": " 1/2", "\u00bc": " 1/4", "\u00be": " 3/4", "\u00d7": " mal ", "\u2022": ", ",
        "\u00ae": " ", "\u2122": " ",
    }
)  # fmt: skip


def _word(word: str, before: str) -> str:
    """Say one blank-separated word: acronyms, initials, mixed codes."""
    core = word.strip("\"()[]{}<>,;:!?'")
    bare = core.rstrip(".")
    tail = "," if word.endswith((")", "]", "}")) else ""
    tail = "".join(c for c in word[word.rfind(core) + len(core) :] if c in ",;:!?") or tail
    lead = ", " if word[:1] in "([{" else ""
    if not bare:
        return word
    rest = core[len(bare) :] + tail
    if re.fullmatch(rf"(?:[{LETTERS}]\.)+[{LETTERS}]?", core):  # initials: "J. R. Weber"
        # "J. Weber" goes on, "in Gebäude C." does not.
        ends = "." if len(core) == 2 and before.lower() in _NAMES_A_LETTER else ""
        return lead + letters(core.replace(".", "")) + ends + tail
    parts = [part for part in bare.split("-") if part]
    if parts and all(part.isalpha() for part in parts):
        return lead + " ".join(_acronym(part) for part in parts) + rest
    if re.search(r"\d", bare) and re.search(rf"[{LETTERS}]", bare):
        return lead + _code(bare) + rest
    return lead + core + tail


def _acronym(bare: str) -> str:
    if bare in _SAID:
        return _SAID[bare]
    if len(bare) < 2 or bare != bare.upper() or bare in _SAID_AS_WORDS:
        return bare
    if bare in _SPELLED or len(bare) <= 3 or (len(bare) <= 5 and not _PRONOUNCEABLE.match(bare)):
        return letters(bare)
    return bare.capitalize()


def _code(word: str) -> str:
    """Say a mixed code such as ``A4``, ``B2B`` or ``KX-4711``."""
    said = []
    for run in re.findall(rf"\d+|[{LETTERS}]+", word):
        if run.isdigit():
            said.append(cardinal(int(run)) if len(run) < 3 and run[0] != "0" else digits(run))
        else:
            said.append(letters(run) if len(run) < 3 or run.isupper() else run)
    return " ".join(said)


def _any(keys: Iterable[str]) -> str:
    return "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))


_SHORTENED: Final = {
    *readings.ABBREVIATIONS,
    *(key[0].upper() + key[1:] for key in readings.ABBREVIATIONS),
}
_MONTH: Final = "|".join(readings.MONTHS)
_SHORT: Final = "|".join(readings.SHORT_MONTHS)
_DAY: Final = "|".join(readings.DAYS)
_YEAR: Final = r"(?:1[1-9]|20)\d\d"
_WHOLE: Final = r"(?P<whole>\d{1,3}(?:\.\d{3})+|\d{1,15})"
_AMOUNT: Final = rf"{_WHOLE}(?:,(?P<cents>\d{{1,2}}|-{{1,2}}))?(?![\d])"
_SCALE: Final = r"(?:\s?(?P<scale>Mio\b\.?|Mrd\b\.?|Tsd\b\.?|Mill(?:ion(?:en)?|\.)))?"
_PHONE: Final = (
    r"\+\d[\d ()/.-]{5,24}\d|\(0\d{1,5}\)\s?\d[\d -]{2,18}\d"
    r"|\b0\d{1,5}\s?[/ -]\s?\d[\d -]{2,18}\d\b|\b\d{4,8}-\d{1,4}\b(?!-)"
    r"|\b\d{2,5}(?:-\d{2,6}){2,6}\b"
)
_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...]] = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"), readings.address),
    (
        re.compile(r"(?:https?://|\bwww\.)[\w.-]{1,200}(?:/[\w./-]{0,200})?(?<![.])"),
        readings.address,
    ),
    (re.compile(r"\b[\w-]{2,63}\.(?:de|com|org|net|eu|info|at|ch)\b"), readings.address),
    # ranges
    (
        re.compile(
            rf"\b(?P<first>{_DAY})\.?\s?(?P<joint>-|bis|und|/|&|\+)\s?(?P<last>{_DAY})\b\.?"
        ),
        readings.days,
    ),
    (re.compile(r"(?<=[\dr])\s?-\s?(?=\d{1,2}(?:[:.]\d\d)?\s?Uhr\b|\d{1,2}:\d\d)"), " bis "),
    # words
    (
        re.compile(
            r"(?<![\w.])(?:"
            + "|".join(
                r"\s?".join(rf"{re.escape(part)}\." for part in key.split(".")[:-1])
                for key in sorted(readings.PHRASES, key=len, reverse=True)
            )
            + r")(?!\w)"
        ),
        readings.phrase,
    ),
    (re.compile(rf"\b(?P<key>{_DAY})\b(?P<stop>\.)?"), readings.day),
    # dates
    (re.compile(r"(?<![\w.,])(\d{1,2})\.\s?-\s?(?=\d{1,2}\.)"), r"\1. bis "),
    (re.compile(r"(?<![\w.,])(\d{1,2})\.\s?/\s?(?=\d{1,2}\.)"), r"\1. und "),
    (
        re.compile(
            r"(?<![\w.-])(?P<year>(?:19|20)\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b(?![-/.]\d)"
        ),
        readings.date,
    ),
    (
        re.compile(
            r"(?<![\w.,/])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\."
            r"(?:\s?(?P<year>(?:19|20)\d\d|\d\d)\b(?![.,:]\d|\s?Uhr))?(?!\d)"
        ),
        readings.date,
    ),
    (
        re.compile(r"(?<![\w.,/])(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>(?:19|20)\d\d)\b"),
        readings.date,
    ),
    (
        re.compile(
            rf"(?<![\w.,])(?P<day>\d{{1,2}})\.\s?(?P<month>{_MONTH})\b"
            rf"(?:\s(?P<year>{_YEAR})\b(?![.,:]\d))?"
        ),
        readings.date,
    ),
    (
        re.compile(
            rf"(?<![\w.,])(?P<day>\d{{1,2}})\.\s?(?P<month>{_SHORT})\b\.?"
            rf"(?:\s(?P<year>{_YEAR})\b(?![.,:]\d))?"
        ),
        readings.date,
    ),
    (
        re.compile(rf"\b(?P<cue>Jahre?s?|seit|anno|{_MONTH})\s(?P<year>1[1-9]\d\d)\b(?![.,]\d)"),
        readings.old_year,
    ),
    # times
    (
        re.compile(r"(?<![\w.,:])(?P<hour>\d{1,2})[:.](?P<minute>\d\d)\s?(?:Uhr\b|h\b)"),
        readings.time,
    ),
    (
        re.compile(r"(?<![\w.,:])(?P<hour>\d{1,2})\s?Uhr\b(?:\s(?P<minute>\d{1,2})\b(?![.,:]\d))?"),
        readings.time,
    ),
    (re.compile(r"(?<![\w.,:])(?P<hour>\d{1,2}):(?P<minute>\d\d)\b(?!:)"), readings.time),
    # numbers that are names
    (
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?\d{4}){3,7}(?: ?\d{1,4})?\b"),
        readings.account,
    ),
    (
        re.compile(
            r"\b(?P<cue>(?:Tel(?:efon\w*)?|Fax|Mobil|Hotline|Rufnummer)\b\.?:?)\s?"
            r"(?P<number>\+?\d[\d /()-]{2,24}\d)"
        ),
        readings.telephone,
    ),
    (
        re.compile(r"(?<![\w.,])(?P<from>(?:19|20)\d\d)\s?-\s?(?P<to>(?:19|20)\d\d)\b"),
        r"\g<from> bis \g<to>",
    ),
    (re.compile(rf"(?P<number>{_PHONE})"), readings.telephone),
    (
        re.compile(
            rf"\b(?P<cue>{_CALLS_FOR_DIGITS}(?: (?:Nr\.|Nummer|ist|lautet))?:?\s+#?)(\d{{3,}})\b",
            re.IGNORECASE,
        ),
        lambda match: f"{match['cue'].replace('#', '').replace('Nr.', 'Nummer')}{groups(match[2])}",
    ),
    (re.compile(r"(?<![A-Za-z\d])(\d{1,9})\s?-\s?(?=\d)"), r"\1 bis "),
    # money
    (
        re.compile(
            rf"(?P<minus>(?<!\w)-)?(?P<code>)(?P<sign>[€$£]|\bEUR|\bCHF)\s?{_AMOUNT}{_SCALE}"
        ),
        readings.money,
    ),
    (
        re.compile(
            rf"(?P<minus>(?<!\w)-)?(?P<sign>)(?<![\w.,]){_AMOUNT}{_SCALE}\s?"
            r"(?P<code>EUR|USD|GBP|CHF|Euro|Dollar|Franken|[€$£])(?!\w)"
        ),
        readings.money,
    ),
    (re.compile(r"(?<=Euro|llar)\s?/\s?(?=[A-ZÄÖÜ])"), " pro "),
    # abbreviations of one word; "Hauptstr." too
    (re.compile(r"(?<=[a-zäöüß])str\.(?=\s*[\d,]|\s+[a-zäöüß])"), "straße"),
    (re.compile(r"(?<=[a-zäöüß])str\."), "straße."),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})\b(?!/)"), readings.fraction),
    (
        re.compile(
            rf"(?P<sign>(?<!\w)-)?(?<![\w.,]){_WHOLE}(?:,(?P<fraction>\d{{1,6}}))?\s?"
            rf"(?P<unit>{_any(readings.UNITS)})(?![\w/])"
        ),
        readings.unit,
    ),
    (
        re.compile(
            rf"(?<![\w.,]){_WHOLE}(?:,(?P<fraction>\d{{1,6}}))?\s?(?P<scale>(?:Mio|Mrd|Tsd)\b)\.?"
        ),
        readings.scaled,
    ),
    (
        re.compile(
            rf"\b(?P<key>{_any(_SHORTENED)})"
            r"(?P<stop>\.)?(?![\w'])"
        ),
        readings.abbreviation,
    ),
    (
        re.compile(
            r"(?<![\w.,:/-])(?P<rank>\d{1,3})\."
            r"(?=\s*$|\s+(?P<noun>[A-Za-zÄÖÜäöüß]+)|\s*-\s*\d|\s*,)"
        ),
        readings.rank,
    ),
    # numbers
    (re.compile(r"\b((?:1[1-9]\d0)|\d0)er\b"), readings.decade),
    (
        re.compile(r"\b(\d{1,3})\s?(?:x|mal)(?=\s[a-zäöü]|[.,;!?]|$)"),
        lambda m: cardinal(int(m[1])) + "mal",
    ),
    (re.compile(r"(?<=\d)\s?x\s?(?=\d)"), " mal "),
    (re.compile(r"\b\d{1,6}(?:\.\d{1,6}){2,6}\b(?<!\.\d{3}\.\d{3})"), readings.dotted),
    (re.compile(r"(?<![\d.,])\d{1,4}\.\d{1,2}(?!\d|[.,]\d)"), readings.dotted),
    (re.compile(r"#\s*(?=\d)"), "Nummer "),
    (re.compile(r"§§\s*"), "Paragrafen "),
    (re.compile(r"§\s*"), "Paragraf "),
    (re.compile(r"(?<![\w.,])1(?=\s(?P<noun>[A-ZÄÖÜ][a-zäöüß]{2,}))"), readings.single),
    (
        re.compile(
            r"(?<![\w.])(?P<sign>-)?(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<fraction>\d+))?"
            r"(?![\w])"
        ),
        readings.number,
    ),
    # signs
    (re.compile(r"\s-+\s|--+"), ", "),
    (re.compile(r"%"), " Prozent"),
    (re.compile(r"°"), " Grad"),
    (re.compile(r"&"), " und "),
    (re.compile(r"(?<=\w)\s*\+\s*(?=\w)|\s\+(?=\w)"), " plus "),
    (re.compile(r"\s=\s"), " gleich "),
    (re.compile(r"\*"), " Stern "),
    (re.compile(r"#"), " Raute "),
    (re.compile(rf"(?<=[{LETTERS}])/(?=[{LETTERS}])"), " "),
    (re.compile(r"@"), " ät "),
)
