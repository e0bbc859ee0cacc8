"""Random sentences that callers might say, in the form the recogniser writes them.

A written form is lower case letters of the language and single spaces. A spoken form is what a
synthesiser is given: commas between digit groups and letters, letters as the voice says them.
"""

import json
import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.train.stt.languages.base import Language, Pronunciations
from models.train.stt.tables import records

_MAX_WORDS = 16


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to be spoken."""

    written: str
    """What the recogniser should write."""
    spoken: str
    """What a synthesiser is told to say."""


class Domain:
    """The sentences of a language's callers."""

    def __init__(self, language: Language) -> None:
        """Read its file; raises KeyError later for a slot that has neither list nor generator."""
        self._language = language
        content = tomllib.loads(language.domain.read_text(encoding="utf-8"))
        self.lists: dict[str, list[str]] = {
            name: [item.strip() for item in text.replace("\n", " ").split(",")]
            for name, text in content["lists"].items()
        }
        self._groups = [(t["lines"].strip().split("\n"), t["weight"]) for t in content["templates"]]
        self._weights = [weight for _, weight in self._groups]
        self._slots = language.slots(self.lists)

    def sentence(self, rng: random.Random) -> str:
        """Return one sentence (spoken punctuation, not yet written form)."""
        lines = rng.choices(self._groups, weights=self._weights)[0][0]
        return re.sub(r"\{(\w+)\}", lambda found: self.fill(found[1], rng), rng.choice(lines))

    def words(self) -> set[str]:
        """Return every word that lists and templates contain."""
        texts = [item for items in self.lists.values() for item in items]
        texts += [re.sub(r"\{\w+\}s?", " ", line) for lines, _ in self._groups for line in lines]
        return {word for text in texts for word in self._language.normalise(text).split()}

    def fill(self, slot: str, rng: random.Random) -> str:
        """Return what may stand in `slot`. Raises KeyError where there is no such slot."""
        if slot in self.lists:
            return rng.choice(self.lists[slot])
        return self._slots[slot](rng)


def _cut(text: str, language: Language) -> Iterator[str]:
    """Yield written pieces of `text` of 1 to 16 words, cut at punctuation where it is long."""
    if re.search(r"\d", text):
        return
    pieces = [text] if len(text.split()) <= _MAX_WORDS else re.split(r"[,;:.!?]", text)
    for piece in pieces:
        written = language.normalise(piece)
        if 1 <= len(written.split()) <= _MAX_WORDS and len(written) > 1:
            yield written


def eval_transcripts(audio: Path, language: Language) -> set[str]:
    """Return the written transcripts of four or more words that belong to any eval set."""
    found: set[str] = set()
    for manifest in sorted(audio.glob("*/manifest.tsv")):
        rows = (row for row in records(manifest) if row.get("split") == "eval")
        texts = (language.normalise(row["transcript"] or "") for row in rows)
        found.update(text for text in texts if len(text.split()) >= 4)
    return found


class Source:
    """An endless source of sentences: the callers', public texts, loose words."""

    def __init__(
        self, language: Language, corpus: list[str], words: list[str], held: list[str]
    ) -> None:
        """Mix 62 % of the domain, 30 % of `corpus` and 8 % of strings of `words`.

        `held`: sentences of the public texts that are for judging only.
        """
        self.language, self.domain, self.held = language, Domain(language), held
        self._corpus, self._words = corpus, words

    def draw(self, rng: random.Random) -> Sentence:
        """Return the next sentence."""
        kind = rng.random()
        if kind < 0.62:
            text = self.domain.sentence(rng)
        elif kind < 0.92:
            text = rng.choice(self._corpus)
        else:
            text = " ".join(
                self._words[int(len(self._words) * rng.random() ** 2)]
                for _ in range(rng.randint(2, 8))
            )
        return self.sentence(text)

    def sentence(self, text: str) -> Sentence:
        """Return `text` as a sentence."""
        return Sentence(self.language.normalise(text), self.language.spoken(text))


def prepare(data: Path, work: Path, language: Language) -> None:
    """Write texts.json to `work`: the sentences and words that `load` reads."""
    forbidden = eval_transcripts(data / "audio", language)
    texts = sorted({p for text in language.sentences(data / "text") for p in _cut(text, language)})
    texts = [text for text in texts if text not in forbidden]
    share = int(language.facts["held_texts"])
    held = random.Random(share).sample(texts, share) if share else []
    hidden = set(held)
    known: Pronunciations = language.lexicon(data, work)
    content = {
        "corpus": [text for text in texts if text not in hidden],
        "words": language.frequent(data / "text", known, 6000),
        "held": held,
    }
    (work / "texts.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load(work: Path, language: Language) -> Source:
    """Return the source of sentences prepared in `work`."""
    content = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    return Source(language, content["corpus"], content["words"], content.get("held", []))
