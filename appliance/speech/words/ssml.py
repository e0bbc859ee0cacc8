"""The part of SSML that prompts may use (W3C Speech Synthesis Markup Language 1.1, section 3).

    <speak>                         around everything
    <p> <s>                         paragraphs and sentences
    <break time="300ms"/>           also strength="none|x-weak|weak|medium|strong|x-strong"
    <say-as interpret-as="digits">  characters, spell-out, telephone, date, time, ordinal, cardinal…
    <prosody rate="slow">           rate, volume; pitch is allowed and does nothing: no voice has it
    <phoneme alphabet="ipa" ph="">  the sound instead of the text
    <sub alias="">                  other words instead of the text
    <lang xml:lang="">              allowed and passed over

An author hears of a mistake in one sentence with line and column; a caller hears the text without
its tags, because a wrong tag is no reason for silence.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from appliance.contracts.errors import UserError
from appliance.speech.words import ipa
from appliance.speech.words.sayas import DATE_FORMATS, SayAs, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SOURCE: Final = 32_000
"""Characters of a marked-up text."""
MAX_DEPTH: Final = 12
MAX_ELEMENTS: Final = 1000
MAX_BREAK: Final = 10.0
"""Seconds: longer silence sounds like a lost call."""
RATES: Final = (0.5, 2.0)
VOLUMES: Final = (-40.0, 6.0)
"""dB; more than 6 would only meet the limiter."""

_STRENGTHS: Final[Mapping[str, float]] = {
    "none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2,
}  # fmt: skip
_PARAGRAPH: Final = 0.4
"""Seconds after a paragraph."""
_RATES: Final[Mapping[str, float]] = {
    "x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.3, "x-fast": 1.7, "default": 1.0,
}  # fmt: skip
_VOLUMES: Final[Mapping[str, float]] = {
    "silent": -40.0, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "loud": 4.0, "x-loud": 6.0,
    "default": 0.0,
}  # fmt: skip
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "speak": frozenset({"version", "onlangfailure"}),
    "p": frozenset(),
    "s": frozenset(),
    "break": frozenset({"time", "strength"}),
    "say-as": frozenset({"interpret-as", "format", "detail"}),
    "prosody": frozenset({"rate", "volume", "pitch"}),
    "phoneme": frozenset({"alphabet", "ph"}),
    "sub": frozenset({"alias"}),
    "lang": frozenset({"onlangfailure"}),
}
"""Elements with their attributes, besides `xml:…` and `xmlns`, which are passed over."""


class SsmlError(UserError):
    """Marked-up text that cannot be read; the sentence names line, column and what is allowed."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one manner."""

    text: str = ""
    """As an author writes, still to be normalised; what an IPA stands for."""
    ipa: str = ""
    """What is said instead of `text`, in our voices' form; empty: `text` is said."""
    rate: float = 1.0
    """Factor of speed."""
    volume_db: float = 0.0
    """dB, 0 as the voice speaks."""
    pause: float = 0.0
    """Seconds of silence after it."""
    ends: bool = False
    """Whether a sentence ends with it whatever its mark."""


def is_ssml(text: str) -> bool:
    """Whether `text` is marked up: it begins with ``<speak``."""
    return text.lstrip("\ufeff \t\r\n").startswith("<speak")


def check(text: str, language: str = "en") -> None:
    """Find an author's mistakes; plain text has none. Raises SsmlError."""
    if is_ssml(text):
        parse(text, language)


def parse(text: str, language: str = "en") -> tuple[Span, ...]:
    """Read marked-up text.

    Raises SsmlError with a sentence that says where and what is allowed.
    """
    if len(text) > MAX_SOURCE:
        raise SsmlError(f"The text has more than {MAX_SOURCE} characters: divide it.")
    return _Reader(language).read(text.strip("\ufeff \t\r\n"))


def plain(text: str) -> str:
    """Take the tags away and leave the words; for text that `parse` refuses."""
    bare = text[:MAX_SOURCE].replace("<![CDATA[", " ").replace("]]>", " ")
    bare = re.sub(r"<break\b[^<>]*>", ", ", bare)
    bare = re.sub(r"</(?:p|s)\s*>", ". ", bare)
    bare = re.sub(r"</?[A-Za-z!?][^<>]*(?:>|$)", " ", bare)
    return html.unescape(re.sub(r"[<>]", " ", bare))


class _Reader:
    """One pass over one text."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._spans: list[Span] = []
        self._open: list[tuple[str, Mapping[str, str], Span]] = []
        """Elements around, each with its attributes and the manner that held before it."""
        self._manner = Span()
        self._inner: list[str] | None = None
        """Text gathered within `say-as`, `phoneme` and `sub`, which hold nothing but text."""
        self._count = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction

    def read(self, text: str) -> tuple[Span, ...]:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise SsmlError(
                f"Line {error.lineno}, column {error.offset + 1}: the tags do not fit together "
                f"({what}); close each tag, and write &amp; for & and &lt; for <."
            ) from None
        return tuple(self._spans)

    def _wrong(self, sentence: str) -> SsmlError:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        return SsmlError(f"Line {line}, column {column}: {sentence}")

    def _doctype(self, *_: object) -> None:
        # Entities are how a short text becomes a large one, or another file.
        raise self._wrong("a text may declare no document type and no entities; take it out.")

    def _instruction(self, *_: object) -> None:
        raise self._wrong("processing instructions (<?…?>) are not allowed; take it out.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise self._wrong(
                f"there are more than {MAX_ELEMENTS} tags or {MAX_DEPTH} levels; simplify it."
            )
        allowed = _ATTRIBUTES.get(name)
        if allowed is None:
            known = ", ".join(f"<{known}>" for known in _ATTRIBUTES)
            raise self._wrong(f"<{name}> is not known; there are {known}.")
        if (name == "speak") != (not self._open):
            raise self._wrong("<speak> stands once, around everything.")
        if self._inner is not None or (self._open and self._open[-1][0] == "break"):
            raise self._wrong(f"<{self._open[-1][0]}> may hold no other tag; take <{name}> out.")
        for key in attributes:
            if key not in allowed and not key.startswith(("xml:", "xmlns", "xsi:")):
                there = ", ".join(sorted(allowed)) or "none"
                raise self._wrong(f"<{name}> has no attribute '{key}'; it has {there}.")
        self._open.append((name, attributes, self._manner))
        if name == "prosody":
            self._manner = self._prosody(attributes)
        elif name == "break":
            self._pause(self._break(attributes))
        elif name in {"say-as", "phoneme", "sub"}:
            self._inner = []
        elif name in {"p", "s"}:
            self._close_sentence()

    def _end(self, name: str) -> None:
        _, attributes, self._manner = self._open.pop()
        if self._inner is not None:
            text, self._inner = "".join(self._inner), None
            self._add(_INNER[name](self, attributes, text))
        elif name in {"p", "s"}:
            self._close_sentence()
            if name == "p":
                self._pause(_PARAGRAPH)

    def _text(self, text: str) -> None:
        if self._inner is not None:
            self._inner.append(text)
        elif self._open[-1][0] == "break":
            if text.strip():
                raise self._wrong("<break/> holds no text; write <break/> with the slash.")
        else:
            self._add(replace(self._manner, text=text))

    def _add(self, span: Span) -> None:
        if span.text or span.ipa:
            self._spans.append(span)

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._spans.append(replace(self._manner, pause=seconds))

    def _close_sentence(self) -> None:
        if self._spans:
            self._spans[-1] = replace(self._spans[-1], ends=True)

    def _say_as(self, attributes: Mapping[str, str], text: str) -> Span:
        wanted = attributes.get("interpret-as", "")
        try:
            kind = SayAs(wanted.strip().lower())
        except ValueError:
            known = ", ".join(SayAs)
            raise self._wrong(
                f"<say-as> needs interpret-as with one of {known}; it has '{wanted}'."
            ) from None
        form = attributes.get("format", "").strip().lower()
        if kind is SayAs.DATE and form and form not in DATE_FORMATS:
            raise self._wrong(f"a date's format is one of {', '.join(DATE_FORMATS)}, not '{form}'.")
        return replace(self._manner, text=f" {said(kind, text, self._language, form)} ")

    def _phoneme(self, attributes: Mapping[str, str], text: str) -> Span:
        alphabet = attributes.get("alphabet", "ipa").strip().lower()
        if alphabet != "ipa":
            raise self._wrong(f"<phoneme> knows the alphabet ipa, not '{alphabet}'.")
        try:
            sound = ipa.parse(attributes.get("ph", ""))
        except ValueError as error:
            raise self._wrong(f"in ph of <phoneme>, {error}; write IPA.") from None
        sound = ipa.adapted(sound, self._language, foreign=False)
        return replace(self._manner, text=text, ipa=sound)

    def _sub(self, attributes: Mapping[str, str], text: str) -> Span:
        if "alias" not in attributes:
            raise self._wrong(f"<sub> around '{text.strip()}' needs an alias, the words to say.")
        return replace(self._manner, text=attributes["alias"])

    def _break(self, attributes: Mapping[str, str]) -> float:
        time = attributes.get("time")
        if time is not None:
            match = re.fullmatch(r"\+?([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s)", time.strip())
            if match is None:
                raise self._wrong(f"a break's time is like 300ms or 1.5s, not '{time}'.")
            seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
            if seconds > MAX_BREAK:
                raise self._wrong(f"a break lasts at most {MAX_BREAK:g}s, not {time}.")
            return seconds
        strength = attributes.get("strength", "medium").strip()
        if strength not in _STRENGTHS:
            known = ", ".join(_STRENGTHS)
            raise self._wrong(f"a break's strength is one of {known}, not '{strength}'.")
        return _STRENGTHS[strength]

    def _prosody(self, attributes: Mapping[str, str]) -> Span:
        rate, volume = self._manner.rate, self._manner.volume_db
        if "rate" in attributes:
            rate *= self._rate(attributes["rate"].strip())
        if "volume" in attributes:
            volume += self._volume(attributes["volume"].strip())
        low, high = RATES
        quiet, loud = VOLUMES
        return replace(
            self._manner, rate=min(high, max(low, rate)), volume_db=min(loud, max(quiet, volume))
        )

    def _rate(self, value: str) -> float:
        if value in _RATES:
            return _RATES[value]
        match = re.fullmatch(r"([+-]?)([0-9]{1,4}(?:\.[0-9]{1,4})?)(%?)", value)
        if match is None or (match[1] and not match[3]):
            known = ", ".join(_RATES)
            raise self._wrong(f"a rate is one of {known}, or like 80%, +10% or 1.2; not '{value}'.")
        number = float(match[2]) / (100 if match[3] else 1)
        if match[1]:
            return max(0.0, 1 + (number if match[1] == "+" else -number))
        return number

    def _volume(self, value: str) -> float:
        if value in _VOLUMES:
            return _VOLUMES[value]
        match = re.fullmatch(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,4})?)dB", value)
        if match is None:
            known = ", ".join(_VOLUMES)
            raise self._wrong(f"a volume is one of {known}, or like +3dB or -6dB; not '{value}'.")
        return float(match[1])


_INNER: Final[Mapping[str, Callable[[_Reader, Mapping[str, str], str], Span]]] = {
    "say-as": _Reader._say_as,  # noqa: SLF001
    "phoneme": _Reader._phoneme,  # noqa: SLF001
    "sub": _Reader._sub,  # noqa: SLF001
}
