"""A text divided into phrases: what a voice is asked to say in one go.

    text ─► segments (clauses, normalised, in IPA) ─► phrases, each ready when asked for

A phrase is a sentence, or a part of a long one that ends at a mark. The first one is short, because
nobody hears anything before it is made: it ends at the first mark, or else where a natural speaker
might hesitate, before a word without stress.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from appliance.speech.words.script import segments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.speech.words.pronunciation import Pronunciations
    from appliance.speech.words.script import Segment

PHRASE_CHARACTERS: Final = 90
"""A phrase longer than this ends at its next mark; voices are taught on up to about 110."""
FIRST_CHARACTERS: Final = 36
"""Characters that the first phrase has at most, where it can be cut: some two seconds of speech."""
_EARLIEST: Final = 12
"""Characters that a first phrase has at least: "Hello," alone would sound like an answer."""
_SENTENCE: Final = ".!?"
_STRESS: Final = "ˈ"


class Takes(Enum):
    """What an engine is given to say."""

    PHONEMES = auto()
    """espeak-ng's IPA by code point, made by our front-end."""
    WORDS = auto()
    """Normalised words; the engine has a lexicon or an alphabet of its own."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is synthesised in one go."""

    said: str
    """IPA or words (see `Takes`) with single spaces and marks; empty for a mere pause."""
    mark: str
    """The closing mark, one of ``, ; : . ! ?``; empty where the next phrase runs on."""
    rate: float = 1.0
    """Factor of the utterance's speed."""
    volume_db: float = 0.0
    """dB against the usual loudness."""
    pause: float = 0.0
    """Seconds of silence after it, besides what its mark asks."""


def phrases(
    text: str,
    language: str = "en",
    *,
    accent: str = "",
    lexicon: Pronunciations | None = None,
    takes: Takes = Takes.PHONEMES,
) -> Iterator[Phrase]:
    """Divide `text` (plain, or SSML where it begins with `<speak`) into phrases.

    Raises:
        PhonemesError: espeak-ng is not installed.

    """
    yield from _begun(_joined(segments(text, language, lexicon, accent=accent), takes))


def _joined(parts: Iterator[Segment], takes: Takes) -> Iterator[Phrase]:
    """Join clauses of a sentence up to `PHRASE_CHARACTERS`; all but the first one, which waits."""
    held: Phrase | None = None
    first = True
    for part in parts:
        said = part.ipa if takes is Takes.PHONEMES else part.words
        new = Phrase(
            f"{said}{part.mark}" if said else "", part.mark, part.rate, part.volume_db, part.pause
        )
        if held is not None and _joins(held, new):
            said = f"{held.said} {new.said}"
            held = Phrase(said, new.mark, held.rate, held.volume_db, new.pause)
        else:
            if held is not None:
                yield held
                first = False
            held = new
        complete = held.mark in _SENTENCE if held.mark else True
        if complete or (first and len(held.said) >= _EARLIEST):
            yield held
            held, first = None, False
    if held is not None:
        yield held


def _joins(held: Phrase, new: Phrase) -> bool:
    return (
        bool(held.said and new.said and held.mark)
        and held.pause == 0
        and (held.rate, held.volume_db) == (new.rate, new.volume_db)
        and len(held.said) + len(new.said) <= PHRASE_CHARACTERS
    )


def _begun(all_of_them: Iterator[Phrase]) -> Iterator[Phrase]:
    """Cut the first phrase where it is long, so that its beginning is heard at once."""
    for phrase in all_of_them:
        at = _cut(phrase.said)
        if at:
            yield Phrase(phrase.said[:at], "", phrase.rate, phrase.volume_db)
            yield Phrase(
                phrase.said[at + 1 :], phrase.mark, phrase.rate, phrase.volume_db, phrase.pause
            )
        else:
            yield phrase
        break
    yield from all_of_them


def _cut(said: str) -> int:
    """Return the place of the space at which a long first phrase is cut, 0 where it is not."""
    if len(said) <= FIRST_CHARACTERS + _EARLIEST:
        return 0
    spaces = [at for at in range(_EARLIEST, FIRST_CHARACTERS + 1) if said[at] == " "]
    # A speaker who hesitates does so after a stressed word and before an unstressed one.
    good = [
        at
        for at in spaces
        if _stressed(said[:at].rsplit(" ", 1)[-1])
        and not _stressed(said[at + 1 :].split(" ", 1)[0])
    ]
    return max(good, default=max(spaces, default=0))


def _stressed(unit: str) -> bool:
    """Whether a word carries weight: by its stress mark in IPA, by its length in letters."""
    return _STRESS in unit or (unit.isascii() and len(unit) > 3)
