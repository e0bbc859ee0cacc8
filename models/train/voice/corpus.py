"""Texts the teacher reads: public sentences plus generated telephone prompts, the same every time.

text sets + templates -> normalise (the product's own) -> filter -> shuffle -> training lines
unseen sentences + hand-written prompts -> test lines (never trained on)

What belongs to one language stands in `english` and `german`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech.words.text import normalise
from models.train.voice import english, german

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = 20261122
LANGUAGES: Final = {"en": english, "de": german}
TESTS: Final = 200


@dataclass(frozen=True, slots=True)
class Corpus:
    """Lines of plain words and marks, normalised."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def build(texts: Path, language: str = "en") -> Corpus:
    """Read the sets under `texts` and make the corpus; equal inputs give equal corpora.

    Raises:
        OSError: a text set is not there.

    """
    tongue = LANGUAGES[language]
    chance = random.Random(SEED)  # variety, not secrecy
    train: list[str] = []
    for kind, lines in tongue.sources(texts, chance).items():
        picked = list(dict.fromkeys(said for line in lines if (said := suitable(line, language))))
        chance.shuffle(picked)
        train += picked[: tongue.SHARES[kind]]
    train += [line for line in tongue.FIXED for _ in range(3)]
    others = [said for line in tongue.unseen(texts) if (said := suitable(line, language))]
    test = [*tongue.TEST_PROMPTS, *chance.sample(others, TESTS - len(tongue.TEST_PROMPTS))]
    unseen = set(test)
    kept = [line for line in train if line not in unseen]
    chance.shuffle(kept)
    return Corpus(tuple(kept), tuple(test))


def suitable(line: str, language: str = "en") -> str | None:
    """Normalise a line; None if it is too short, too long or holds other letters."""
    said = normalise(line, language)
    words = said.split()
    plain = LANGUAGES[language].PLAIN
    if not 2 <= len(words) <= 20 or not plain.fullmatch(said) or len(said) > 110:
        return None
    return said if said[-1] in ".!?,;:" else said + "."
