"""What a language brings to the recipe; everything else is the same for all of them."""

import random
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Lists = Mapping[str, list[str]]
"""Names, places and the like, by the name of a slot."""
Slot = Callable[[random.Random], str]
"""Makes up what fills a slot of a sentence."""
Pronunciations = Mapping[str, list[str]]
"""Word → phone names."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its phones, its texts, and (in a file beside it) its facts."""

    code: str
    """ISO 639-1."""
    phones: tuple[str, ...]
    """Phone names in the order of their ids; the blank follows."""
    letters: str
    """Letters of a written form."""
    normalise: Callable[[str], str]
    """Text to written form: lower case letters, single spaces."""
    spoken: Callable[[str], str]
    """Sentence to what a synthesiser is told."""
    slots: Callable[[Lists], dict[str, Slot]]
    """Generators of the slots that are no lists."""
    sentences: Callable[[Path], Iterator[str]]
    """Sentences of the public text sets in a folder."""
    lexicon: Callable[[Path, Path], Pronunciations]
    """Pronunciations, from the data folder and the work folder."""
    common: Callable[[Path], list[str]]
    """Words that the pack's lexicon must have (names, letters), from the data folder."""
    pronounce: Callable[[str, Pronunciations], list[int] | None]
    """Phone ids of a written sentence; None where a word is unknown."""
    adopt: Callable[[list[str]], tuple[list[str], str]]
    """Phone names of an English word to the language's own, and how it would spell them."""
    facts: Mapping[str, Any]
    """<code>.toml: pack, summary, data, shares of the hours, sets to judge by."""

    @property
    def blank(self) -> int:
        """The phone head's column of the blank."""
        return len(self.phones)

    @property
    def domain(self) -> Path:
        """The file of callers' sentences."""
        return Path(__file__).with_name(f"{self.code}.domain.toml")

    def frequent(self, text_dir: Path, known: Pronunciations, count: int) -> list[str]:
        """Return the `count` most frequent words of the language that `known` can pronounce."""
        path = text_dir / "frequency_words" / f"{self.code}_50k.txt"
        words = (row.split()[0] for row in path.read_text(encoding="utf-8").splitlines())
        short = set(str(self.facts["short_words"]).split())
        fit = (w for w in words if w in known and (len(w) > 2 or w in short))
        return [word for word, _ in zip(fit, range(count), strict=False)]


def facts(code: str) -> Mapping[str, Any]:
    """Return what <code>.toml says."""
    path = Path(__file__).with_name(f"{code}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
