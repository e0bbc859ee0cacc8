"""What a voice is given: a text, plain or marked up, in segments of ready IPA.

    text -> SSML or plain -> runs of one manner -> site's pronunciations -> clauses -> IPA
                                                        one clause at a time, when asked for

The first segment is ready before the second is looked at, so that a long answer begins at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from appliance.speech.words import ipa, ssml
from appliance.speech.words.phonemes import ACCENTS, phonemise
from appliance.speech.words.pronunciation import Entry
from appliance.speech.words.text import Clause, clauses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.speech.words.pronunciation import Pronunciations

_LONG: Final = 160
"""Characters of text that are prepared at once; sentences may make them more."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A clause, or a part of one, in one manner."""

    words: str
    """Plain words; empty for a mere pause."""
    ipa: str
    """What is said: espeak-ng's IPA, words apart by single spaces; empty for a mere pause."""
    mark: str
    """What closes it: one of ``, ; : . ! ?``; empty where the next segment runs on."""
    rate: float = 1.0
    """Factor of speed, within 0.5 to 2."""
    volume_db: float = 0.0
    """dB, 0 as the voice speaks, within -40 to 6."""
    pause: float = 0.0
    """Seconds of silence after it, besides what `mark` asks."""


@dataclass(slots=True)
class _Run:
    """Text of one manner up to a pause."""

    rate: float
    volume_db: float
    text: str = ""
    pause: float = 0.0
    ends: bool = False


@dataclass(slots=True)
class _Names:
    """What stands in the text by a made-up word, so that no rule touches how it is said.

    The made-up word is a name as far as every rule knows: letters only, with one capital.
    """

    language: str
    accent: str
    known: list[tuple[str, Entry | str]] = field(default_factory=list)
    """The word as written, with its entry or its IPA."""

    def keep(self, word: str, sound: Entry | str) -> str:
        self.known.append((word, sound))
        number, name = len(self.known) - 1, ""
        while True:
            number, digit = divmod(number, 25)
            name += chr(ord("a") + digit)  # never z, which ends it
            if not number:
                return f"Qxq{name}z"

    def entry(self, entry: Entry) -> str:
        return self.keep(entry.word, entry)

    def foreign(self, text: str) -> str:
        """Say German names in English text by the German rules: the letters tell them."""
        if self.language != "en":
            return text
        return _GERMAN.sub(
            lambda found: self.entry(Entry(found[0], said=found[0], origin="de")), text
        )

    def clause(self, words: str) -> tuple[str, str]:
        """Return a clause's words as written, and its IPA."""
        written: list[str] = []
        said: list[str] = []
        done = 0
        for match in _MADE_UP.finditer(words):
            number = sum((ord(c) - ord("a")) * 25**at for at, c in enumerate(match[1].lower()))
            if number >= len(self.known):
                continue  # an author's own strange word
            word, sound = self.known[number]
            heard = (
                sound if isinstance(sound, str) else sound.pronounced(self.language, self.accent)
            )
            if match[2]:
                heard = ipa.possessive(heard)
            before = words[done : match.start()]
            written += [before, word + (match[2] or "")]
            said += [self._plain(before), heard]
            done = match.end()
        written.append(words[done:])
        said.append(self._plain(words[done:]))
        return " ".join("".join(written).split()), " ".join(part for part in said if part)

    def _plain(self, words: str) -> str:
        return phonemise(words.strip(), self.accent) if words.strip(" '") else ""


_GERMAN: Final = re.compile(r"\b[^\W\d_]*[äöüßÄÖÜ][^\W\d_]*\b")
_MADE_UP: Final = re.compile(r"\bqxq([a-y]{1,4})z('s)?\b", re.IGNORECASE)


def segments(
    text: str,
    language: str = "en",
    lexicon: Pronunciations | None = None,
    *,
    accent: str = "",
    strict: bool = False,
) -> Iterator[Segment]:
    """Divide `text` into segments, each made when it is asked for.

    Args:
        text: plain, or SSML where it begins with ``<speak``.
        language: of the text: "en", "de"; digits of others are left to espeak-ng.
        lexicon: the site's pronunciations.
        accent: espeak-ng's voice; empty: that of the language.
        strict: whether SSML that cannot be read is an error; else its words are said without tags.

    Raises:
        PhonemesError: espeak-ng is not installed, or lacks the accent.
        SsmlError: only if `strict`.

    """
    names = _Names(language, accent or ACCENTS.get(language, language))
    runs = list(_runs(_spans(text, language, strict=strict), names, lexicon))
    for at, run in enumerate(runs):
        behind = runs[at + 1].text if at + 1 < len(runs) else None
        yield from _said(run, behind, names)


def _spans(text: str, language: str, *, strict: bool) -> Iterable[ssml.Span]:
    if not ssml.is_ssml(text):
        return (ssml.Span(text),)
    try:
        return ssml.parse(text, language)
    except ssml.SsmlError:
        if strict:
            raise
        return (ssml.Span(ssml.plain(text)),)


def _runs(
    spans: Iterable[ssml.Span], names: _Names, lexicon: Pronunciations | None
) -> Iterator[_Run]:
    """Join neighbours of one manner; a pause closes a run."""
    run: _Run | None = None
    for span in spans:
        if run and (run.rate, run.volume_db) != (span.rate, span.volume_db):
            yield run
            run = None
        run = run or _Run(span.rate, span.volume_db)
        if span.ipa:
            run.text += names.keep(span.text.strip() or span.ipa, span.ipa)
        else:
            text = (
                lexicon.replaced(span.text, names.language, names.entry) if lexicon else span.text
            )
            run.text += names.foreign(text)
        run.pause += span.pause
        if span.ends and run.text.strip() and not re.search(r"[.!?]\W*$", run.text):
            run.text += ". "
        if run.pause:
            yield run
            run = None
    if run:
        yield run


def _said(run: _Run, behind: str | None, names: _Names) -> Iterator[Segment]:
    """Say a run; its last clause also has the pause, and a mark that suits what follows."""
    held: Clause | None = None
    for clause in (clause for part in _parts(run.text) for clause in clauses(part, names.language)):
        if held:
            yield _segment(held, held.mark, run, names)
        held = clause
    if held is None:
        if run.pause:
            yield Segment("", "", "", run.rate, run.volume_db, run.pause)
        return
    mark = held.mark
    if behind is not None and not re.search(r"[,;:.!?…][\s\"')\]]*$", run.text):
        # Nothing closes it, and more follows: it does not fall like the end of a sentence.
        opening = re.match(r"\s*([,;:.!?])", behind)
        mark = opening[1] if opening else "," if run.pause else ""
    yield _segment(held, mark, run, names, run.pause)


def _segment(clause: Clause, mark: str, run: _Run, names: _Names, pause: float = 0.0) -> Segment:
    words, sound = names.clause(clause.words)
    return Segment(words, sound, mark if sound else "", run.rate, run.volume_db, pause)


def _parts(text: str) -> Iterator[str]:
    """Cut long text at sentences that surely end, so that the first need not wait for the rest."""
    done = 0
    while len(text) - done > _LONG:
        end = _SENTENCE.search(text, done + _LONG // 2)
        if end is None:
            break
        yield text[done : end.end()]
        done = end.end()
    yield text[done:]


_SENTENCE: Final = re.compile(
    r"(?:[a-zäöüß]{5,}(?<!jährl)(?<!einschl)(?<!entspr)(?<!abzgl)(?<!approx)\.|\w[!?]+)"
    r"\s+(?=[A-ZÄÖÜ])"
)
