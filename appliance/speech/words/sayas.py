"""SSML's `say-as`: what an author marks as digits, a date, an amount, so that it is read as such.

Numbers and letters come out in words; dates, times and amounts in the one written form that
`text.normalise` reads in any case, because in German the words around them have a say.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.speech.words import spelled, spelled_de
from appliance.speech.words.readings import MONTHS
from appliance.speech.words.text import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping


class SayAs(StrEnum):
    """The kinds, as `interpret-as` names them."""

    DIGITS = "digits"
    CHARACTERS = "characters"
    SPELL_OUT = "spell-out"
    VERBATIM = "verbatim"
    TELEPHONE = "telephone"
    DATE = "date"
    TIME = "time"
    ORDINAL = "ordinal"
    CARDINAL = "cardinal"
    NUMBER = "number"
    CURRENCY = "currency"


_SIGNS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        ".": "dot", "@": "at", "-": "dash", "_": "underscore", "/": "slash", "+": "plus",
        "#": "pound", "*": "star",
    },
    "de": {
        ".": "Punkt", "@": "ät", "-": "Bindestrich", "_": "Unterstrich", "/": "Schrägstrich",
        "+": "plus", "#": "Raute", "*": "Stern",
    },
}  # fmt: skip
DATE_FORMATS: Final = ("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y")
"""What `format` may say of a date: the order of month, day and year."""


def said(kind: SayAs, content: str, language: str = "en", form: str = "") -> str:
    """Make `content` unmistakable; what does not fit `kind` comes back as it is.

    Args:
        kind: how the author wants it read.
        content: digits, letters, a date: as the author wrote it.
        language: whose words; languages other than English and German get the content back.
        form: for dates one of `DATE_FORMATS`; empty: as the language is used to.

    """
    signs = _SIGNS.get(language)
    if signs is None:
        return content
    spell = spelled_de if language == "de" else spelled
    match kind:
        case SayAs.DIGITS:
            return spell.digits(content) or content
        case SayAs.CHARACTERS | SayAs.SPELL_OUT | SayAs.VERBATIM:
            parts = [signs.get(c) or (spell.letters(c) if c.isalnum() else "") for c in content]
            return " ".join(part for part in parts if part)
        case SayAs.TELEPHONE:
            plus = "plus " if content.lstrip().startswith("+") else ""
            runs = re.findall(r"[0-9]+", content)
            return plus + ", ".join(map(spell.groups, runs)) if runs else content
        case SayAs.DATE:
            return _date(content, form, language)
        case SayAs.TIME:
            bare = re.fullmatch(r"\s*([0-9]{1,2})([0-9]{2})\s*", content)
            return f"{bare[1]}:{bare[2]}" if bare else content
        case SayAs.ORDINAL | SayAs.CARDINAL | SayAs.NUMBER:
            return _number(content, language, rank=kind is SayAs.ORDINAL)
        case SayAs.CURRENCY:
            if language == "de":
                return re.sub(r"(?<=\d)\.(?=\d\d(?!\d))", ",", content)
            return re.sub(r"\b(EUR|USD|GBP)\s?(?=\d)", lambda m: _CODES[m[1]], content)


_CODES: Final = {"EUR": "€", "USD": "$", "GBP": "£"}


def _date(content: str, form: str, language: str) -> str:
    """Bring a date in figures whose order is told into one that cannot be read otherwise."""
    runs = re.findall(r"[0-9]+", content)
    if re.search(r"[^\W\d_]", content) or len(runs) != len(form):
        return content
    parts = dict(zip(form, runs, strict=True))
    if not {"d", "m"} <= parts.keys() or not 1 <= int(parts["m"]) <= 12:
        return content
    if len(parts.get("y", "")) == 4:
        return f"{parts['y']}-{parts['m']}-{parts['d']}"
    if language == "de":
        return f"{parts['d']}.{parts['m']}.{parts.get('y', '')}"
    year = f", 20{parts['y']}" if len(parts.get("y", "")) == 2 else ""
    return f"{MONTHS[int(parts['m']) - 1]} {parts['d']}{year}"


def _number(content: str, language: str, *, rank: bool) -> str:
    point, thousands = (",", ".") if language == "de" else (".", ",")
    match: re.Match[str] | None = re.fullmatch(
        rf"\s*(-?)([0-9]{{1,15}})(?:{re.escape(point)}([0-9]{{1,9}}))?\s*",
        content.replace(thousands, "") if not rank else content.strip(" .ndrsth"),
    )
    if match is None:
        return normalise(content, language)
    ordinal, cardinal, digits = (
        (spelled_de.ordinal, spelled_de.cardinal, spelled_de.digits)
        if language == "de"
        else (spelled.ordinal, spelled.cardinal, spelled.digits)
    )
    if rank:
        return ordinal(int(match[2]))
    words = ("minus " if match[1] else "") + cardinal(int(match[2]))
    if match[3]:
        words += (" Komma " if language == "de" else " point ") + digits(match[3])
    return words
