"""Text, as a prompt author or a record writes it, into clauses of plain words.

    text -> fold (Unicode, cases) -> rules (addresses, dates, times, money, numbers)
         -> words (abbreviations, acronyms, codes) -> clauses (words + closing mark)

The result holds only letters, apostrophes and single spaces, so that the phonemiser behind it
never meets a digit or a sign it would misread (espeak-ng misreads `$12.50`, digit strings and the
full stop of "Dr."). The same code prepares the texts a voice is trained on and the texts it says.
English stands here, German in `text_de`; what is of another language keeps its digits, which
espeak-ng reads in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech.words import readings, text_de
from appliance.speech.words.spelled import cardinal, digits, groups, letters, ordinal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DAY: Final = "Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun"
_MONTH: Final = "|".join(readings.MONTHS)
MAX_CHARACTERS: Final = 8000
"""Longer texts are cut at the last word before this: about nine minutes of speech."""

MAX_CLAUSE_WORDS: Final = 24
"""Clauses without punctuation are divided near here, so that one clause never delays the audio."""

_SAID_AS_WORDS: Final = frozenset({
    "PIN", "SIM", "NATO", "NASA", "RAM", "ROM", "LAN", "SWIFT", "VISA", "IKEA", "AIDS", "LED",
    "COVID", "GIF", "UNICEF", "UNESCO", "FIFA", "OPEC", "AM", "PM",
})  # fmt: skip
_NAMES_A_LETTER: Final = frozenset({
    "and", "or", "plan", "option", "vitamin", "letter", "press", "gate", "class", "section",
    "block", "floor", "terminal", "hall", "is", "type", "to",
})  # fmt: skip
_CALLS_FOR_DIGITS: Final = r"(?:extension|room|code|pin|reference|account|ticket|order|flight|case)"


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of speech between two marks."""

    words: str
    """Letters (German ones too), apostrophes and single spaces; never empty."""
    mark: str
    """What closes it: one of ``, ; : . ! ?``"""


def clauses(text: str, language: str = "en") -> tuple[Clause, ...]:
    """Divide `text` into normalised clauses; empty where there is nothing to say."""
    found: list[Clause] = []
    parts = re.split(r"([,;:.!?]+)", normalise(text, language))
    for words, marks in zip(parts[::2], [*parts[1::2], "."], strict=True):
        stripped = " ".join(words.split())
        if re.search(r"[^\W_]", stripped):
            mark = next((m for m in "?!.;:," if m in marks), ".")
            found.extend(_divided(stripped, mark, _JOINS.get(language, _NO_WORDS)))
    return tuple(found)


_NO_WORDS: Final[frozenset[str]] = frozenset()
_JOINS: Final = {
    "en": frozenset({
        "and", "or", "but", "because", "which", "who", "that", "when", "if", "so", "to",
    }),
    "de": frozenset({
        "und", "oder", "aber", "weil", "dass", "denn", "wenn", "ob", "sondern", "damit", "als",
        "wo", "wie", "bis", "sowie",
    }),
}  # fmt: skip


def _divided(words: str, mark: str, joins: frozenset[str]) -> Iterable[Clause]:
    """Cut an overlong clause before a joining word if there is one in reach, else anywhere."""
    rest = words.split()
    while len(rest) > MAX_CLAUSE_WORDS:
        reach = range(MAX_CLAUSE_WORDS, MAX_CLAUSE_WORDS // 2, -1)
        at = next((i for i in reach if rest[i].lower() in joins), MAX_CLAUSE_WORDS)
        yield Clause(" ".join(rest[:at]), ",")
        rest = rest[at:]
    yield Clause(" ".join(rest), mark)


def normalise(text: str, language: str = "en") -> str:
    """Write `text` out in words and the marks ``, ; : . ! ?``; long texts are cut (see limits)."""
    if len(text) > MAX_CHARACTERS:
        text = (text[:MAX_CHARACTERS].rsplit(None, 1) or [""])[0]
    if language == "en":
        return _english(text)
    return text_de.normalise(text) if language == "de" else _as_written(text)


def _as_written(text: str) -> str:
    """Keep letters, digits and marks of a language without rules of its own."""
    plain = re.sub(r"[^\w' ,;:.!?]|_", " ", unicodedata.normalize("NFC", text.translate(_FOLDED)))
    return re.sub(r"\s+", " ", re.sub(r"\s+([,;:.!?])", r"\1", plain)).strip()


def _english(text: str) -> str:
    folded = _fold(text)
    for pattern, say in _RULES:
        folded = pattern.sub(say, folded)
    split = folded.split()
    words = [_word(word, before) for before, word in zip(["", *split], split, strict=False)]
    plain = re.sub(r"[^A-Za-z' ,;:.!?]", " ", " ".join(words))
    plain = re.sub(r"(?<![A-Za-z])'|'(?![A-Za-z])", " ", plain)
    return re.sub(r"\s+", " ", re.sub(r"\s+([,;:.!?])", r"\1", plain)).strip()


def _fold(text: str) -> str:
    text = text.translate(_FOLDED)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"\n\s*\n", ". ", text)
    text = re.sub(r"\s+", " ", text)
    shouted = re.findall(r"[A-Za-z]{2,}", text)
    if len(shouted) > 3 and all(word.isupper() for word in shouted):
        text = text.lower()
    text = re.sub(r"(?<=[\dmM.])\s-\s(?=\d)", " to ", text)
    text = re.sub(r"\s-+\s|--+", ", ", text)
    # No longer run of digits means anything, and patterns must not meet one.
    return re.sub(r"(\d{40})(?=\d)", r"\1 ", text)


_FOLDED: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": " - ",
        "\u2026": ". ", "\u00a0": " ", "\u00df": "ss", "\u00e6": "ae", "\u00f8": "o",
        "\u00bd": " 1/2", "\u00bc": " 1/4", "\u00be": " 3/4", "\u00d7": " times ",
        "\u2022": ", ", "\u00ae": " ", "\u2122": " ",
    }
)  # fmt: skip


def _word(word: str, before: str) -> str:
    """Say one blank-separated word: abbreviations, acronyms, initials, mixed codes."""
    core = word.strip("\"()[]{}<>,;:!?'")
    bare = core.rstrip(".")
    tail = "," if word.endswith((")", "]", "}")) else ""
    tail = "".join(c for c in word[word.rfind(core) + len(core) :] if c in ",;:!?") or tail
    lead = ", " if word[:1] in "([{" else ""
    if not bare:
        return word
    if len(bare) > 1 and bare.isalpha() and bare.isupper() and bare not in _SAID_AS_WORDS:
        if bare == "OK":
            return lead + "okay" + tail
        if len(bare) <= 3 or (len(bare) <= 5 and not _PRONOUNCEABLE.match(bare)):
            return lead + letters(bare) + (core[len(bare) :] + tail)
        return lead + bare.capitalize() + core[len(bare) :] + tail
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]?", core):  # initials and e.g., U.S., p.m.
        known = {"e.g.": "for example", "i.e.": "that is"}.get(core.lower())
        # "J. Smith" goes on, "press A or B." does not.
        ends = "." if len(core) == 2 and before.lower() in _NAMES_A_LETTER else ""
        return lead + (known or letters(core.replace(".", ""))) + ends + tail
    if re.search(r"\d", bare) and re.search(r"[A-Za-z]", bare):
        return lead + _code(bare) + core[len(bare) :] + tail
    return lead + core + tail


_PRONOUNCEABLE: Final = re.compile(
    r"(?:[BCFGKPS]L|[BCDFGKPTW]R|[CGKPRSTW]H|S[CKMNPQTW]|TW|QU|[A-Z])?[AEIOUY]"
)


def _code(word: str) -> str:
    """Say a mixed code such as ``A4``, ``B2B`` or ``KX-4711``."""
    runs = re.findall(r"\d+|[A-Za-z]+", word)
    said = []
    for run in runs:
        if run.isdigit():
            said.append(cardinal(int(run)) if len(run) < 3 and run[0] != "0" else digits(run))
        else:
            said.append(letters(run) if len(run) < 3 or run.isupper() else run)
    return " ".join(said)


_AMOUNT: Final = r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<cents>\d{1,2}))?(?![\d])"
_SCALE: Final = r"(?:\s*(?P<scale>million|billion|thousand|trillion))?"
_HALF: Final = r"(?P<half>[AaPp]\.?\s?[Mm]\b\.?)"
_YEAR_AFTER: Final = r"(?:,?\s+(?P<year>(?:1[1-9]|20)\d\d)\b(?!\s*(?:,\d|\.\d|:)))?"
_MONTH_DAY: Final = re.compile(
    rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:){_YEAR_AFTER}"
)
_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...]] = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"), readings.address),
    (
        re.compile(r"(?:https?://|\bwww\.)[\w.-]{1,200}(?:/[\w./-]{0,200})?(?<![.])"),
        readings.address,
    ),
    (re.compile(r"\b[\w-]{2,63}\.(?:com|org|net|gov|edu|info)\b"), readings.address),
    (re.compile(r"(?<=\d)\s*[-\u2013]\s*(?=\d{1,2}:\d\d)"), " to "),
    (
        re.compile(
            r"\b(?:(?P<iso>(?:19|20)\d\d)-)?(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})"
            r"(?(iso)|(?P=mark)(?P<year>(?:19|20)\d\d|\d\d))\b(?![-/.]\d)"
        ),
        readings.iso_date,
    ),
    (re.compile(rf"\b({_DAY})\.?\s?-\s?(?=(?:{_DAY})\b)"), r"\1. to "),
    (
        re.compile(
            r"\b(?P<key>" + "|".join(sorted(readings.ABBREVIATIONS, key=len, reverse=True)) + r")"
            r"(?P<stop>\.)?(?![\w'])",
            re.IGNORECASE,
        ),
        readings.abbreviation,
    ),
    (
        re.compile(r"\b(?P<before>[A-Z][a-z]+|\d+(?:st|nd|rd|th)) St\b(?P<stop>\.?)"),
        readings.street,
    ),
    (re.compile(r"\bSt\.?\s+(?=[A-Z])"), "Saint "),
    (re.compile(r"\bSt\b\.?(?=\s*$|[\s,;])"), "Street"),
    (_MONTH_DAY, readings.day_of_month),
    (
        re.compile(
            rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b{_YEAR_AFTER}"
        ),
        readings.day_of_month,
    ),
    (re.compile(rf"\b(?P<hour>\d{{1,2}}):(?P<minute>\d\d)\b(?:\s*{_HALF})?"), readings.time),
    (re.compile(rf"\b(?P<hour>1[0-2]|[1-9])(?P<minute>)\s*{_HALF}(?!\w)"), readings.time),
    (re.compile(r"(?<= M)\s*-\s*(?=[a-z\d])"), " to "),
    (
        re.compile(rf"(?P<minus>(?<!\w)-)?(?P<code>)(?P<sign>[$€£])\s?{_AMOUNT}{_SCALE}"),
        readings.money,
    ),
    (
        re.compile(
            rf"(?P<minus>(?<!\w)-)?(?P<sign>)\b{_AMOUNT}{_SCALE}\s?(?P<code>USD|EUR|GBP|CHF|[$€£])(?!\w)"
        ),
        readings.money,
    ),
    (
        re.compile(
            rf"\b({_CALLS_FOR_DIGITS}(?: (?:number|is))?:?\s+#?)(\d{{3,}})\b", re.IGNORECASE
        ),
        lambda match: f"{match[1].replace('#', '')}{groups(match[2])}",
    ),
    (
        re.compile(
            r"\+\d[\d ()/.-]{5,24}\d|\(\d{2,5}\)[ -]?\d[\d -]{4,18}\d|\b\d{3,4}-\d{4}\b"
            r"|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b|\b0\d{1,5}[ /-]\d[\d -]{3,18}\d\b"
            r"|\b\d{2,5}(?:-\d{2,6}){2,6}\b"
        ),
        readings.telephone,
    ),
    (re.compile(r"\b(\d+)\s*(?:st|nd|rd|th)\b"), lambda match: ordinal(int(match[1][:12]))),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})\b(?!/)"), readings.fraction),
    (re.compile(r"(?<![A-Za-z\d])(\d{1,9})\s?-\s?(?=\d)"), r"\1 to "),
    (
        re.compile(
            r"(?<!\d)(\d++)\s?(" + "|".join(sorted(readings.UNITS, key=len)[::-1]) + r")\b(?!')",
            re.IGNORECASE,
        ),
        readings.unit,
    ),
    (re.compile(r"\b(1[1-9]|20)(\d)0s\b"), readings.decade),
    (re.compile(r"(?<=\d)\s?x\s?(?=\d)"), " times "),
    (re.compile(r"\b\d{1,6}(?:\.\d{1,6}){2,6}\b"), readings.dotted),
    (re.compile(r"(?<=[\d)])\s*%"), " percent"),
    (re.compile(r"\s*\u00b0\s*C\b"), " degrees Celsius"),
    (re.compile(r"\s*\u00b0\s*F\b"), " degrees Fahrenheit"),
    (re.compile(r"\s*\u00b0"), " degrees"),
    (re.compile(r"#\s*(?=\d)"), "number "),
    (
        re.compile(
            r"(?<![\w.])(?P<sign>-)?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<fraction>\d+))?"
            r"(?![\w])"
        ),
        readings.number,
    ),
    (re.compile(r"&"), " and "),
    (re.compile(r"(?<=\w)\s*\+\s*(?=\w)|\s\+(?=\w)"), " plus "),
    (re.compile(r"\s=\s"), " equals "),
    (re.compile(r"\*"), " star "),
    (re.compile(r"#"), " pound "),
    (re.compile(r"(?<=[A-Za-z])/(?=[A-Za-z])"), " "),
    (re.compile(r"@"), " at "),
)
