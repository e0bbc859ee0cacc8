"""Command line: `python -m models.train.lm --language en --data DATA --work DIR --pack PACK`.

Makes the pack's word graph: reads its phones and lexicon, the sentences that DIR/texts.json and the
language's callers give (models.train.stt.texts), and writes graph.npz and words.txt to the pack.
`--sentences FILE` (one sentence a line) stands in for the texts of the recipe.
"""

import argparse
import json
import logging
import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.speech.recognition.lexicon import letter_names
from appliance.speech.recognition.wordgraph import packed
from models.train.lm import ngram
from models.train.lm.compose import compose
from models.train.manifest import MANIFEST, entry
from models.train.stt import texts
from models.train.stt.languages import LANGUAGES
from models.train.stt.languages.base import Language

PACKS = Path(__file__).parents[2] / "packs"
log = logging.getLogger(__name__)

DRAWN = 150_000
"""Callers' sentences drawn."""
SCALE = 1.2
"""What the network's logarithms are worth against the language model's."""
BIAS = 2.0
"""Taken from the logarithm of every blank: the network leaves out more than people do."""
FREQUENT = 12_000
"""Most frequent words of the language that are in the vocabulary anyhow."""
OFTEN = 3
"""Times that a word of the public texts must occur."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What the model learns from."""

    callers: list[str]
    public: list[str]
    listed: list[str]
    """Words that belong to the vocabulary however rare: names, letters, frequent words."""
    frequency: Mapping[str, int]


def pronunciations(lexicons: Iterable[Path], phones: list[str]) -> dict[str, list[tuple[int, ...]]]:
    """Read `word PHONE …` lines of several files; what is said in other phones is left out."""
    ids = {phone: at for at, phone in enumerate(phones)}
    found: dict[str, list[tuple[int, ...]]] = {}
    for file in lexicons:
        for line in file.read_text(encoding="utf-8").splitlines():
            word, *said = line.split()
            if said and all(phone in ids for phone in said):
                way = tuple(ids[phone] for phone in said)
                if way not in found.setdefault(word, []):
                    found[word].append(way)
    return found


def vocabulary(learned: Texts, known: Mapping[str, object]) -> list[str]:
    """Return the words of the graph, sorted."""
    seen = Counter(word for line in learned.public for word in line.split())
    words = {word for line in learned.callers for word in line.split()}
    words |= {word for word, count in seen.items() if count >= OFTEN}
    words |= set(learned.listed)
    return sorted(word for word in words if word in known)


def base(learned: Texts, words: list[str]) -> dict[str, float]:
    """Return what is known of a word without any text: half its frequency, half nothing."""
    total = sum(learned.frequency.get(word, 0) for word in words) or 1
    share = {w: 0.45 * learned.frequency.get(w, 0) / total + 0.45 / len(words) for w in words}
    share[ngram.END] = 0.1
    whole = sum(share.values())
    return {word: chance / whole for word, chance in share.items()}


def build(
    folder: Path,
    language: str,
    learned: Texts,
    lexicons: list[Path],
    threshold: float,
    callers: float,
) -> None:
    """Write the graph and its words into the pack in `folder` and list them in its manifest."""
    facts = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))["stt"]
    phones = [str(phone) for phone in facts["phones"]]
    said = pronunciations([folder / "lexicon.txt", *lexicons], phones)
    for letter, name in letter_names(language).items():
        if all(phone in phones for phone in name.split()):
            way = tuple(phones.index(phone) for phone in name.split())
            said[letter] = list(dict.fromkeys([*said.get(letter, []), way]))
    words = vocabulary(learned, said)
    known = base(learned, words)
    parts = [(ngram.Text(learned.callers, known), callers)]
    if learned.public:
        parts.append((ngram.Text(learned.public, known), 1.0 - callers))
    else:
        parts = [(parts[0][0], 1.0)]
    model = ngram.mixed(parts)
    log.info("%d words, n-grams %s", len(words), model.size())
    model = ngram.pruned(model, threshold)
    log.info("pruned to %s", model.size())
    graph, door = compose(model, words, said, len(phones))
    log.info("%d states, %d arcs", graph.states, len(graph.to))
    lines = ("\t".join([w, *(" ".join(phones[p] for p in way) for way in said[w])]) for w in words)
    (folder / "words.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    np.savez_compressed(folder / "graph.npz", **packed(graph, door, SCALE, BIAS))
    for role, name in (("graph", "graph.npz"), ("words", "words.txt")):
        listed(folder, role, name)


def listed(folder: Path, role: str, name: str) -> None:
    """List a file in the manifest of `folder`, or correct its size and hash; all else stays."""
    path = folder / MANIFEST
    values = entry(folder, role, name)
    block = "\n[[files]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
    text = path.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"\n\[\[files\]\]\n(?:[^\[\n].*\n)+", text))
    old = next((found for found in blocks if f'role = "{role}"' in found[0]), None)
    begin, end = old.span() if old else (blocks[-1].end(), blocks[-1].end())
    path.write_text(text[:begin] + block + text[end:], encoding="utf-8")


def recipe_texts(language: Language, data: Path, work: Path) -> Texts:
    """Return the texts that the recogniser of `language` learned from."""
    source, rng = texts.load(work, language), random.Random(5)
    content = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    frequency = {}
    counted = data / "text" / "frequency_words" / f"{language.code}_50k.txt"
    for line in counted.read_text(encoding="utf-8").splitlines():
        word, _, count = line.partition(" ")
        frequency[word] = int(count)
    known = language.lexicon(data, work)
    return Texts(
        [language.normalise(source.domain.sentence(rng)) for _ in range(DRAWN)],
        content["corpus"],
        [*language.common(data), *language.frequent(data / "text", known, FREQUENT)],
        frequency,
    )


def main() -> None:
    """Build the graph of one pack."""
    parser = argparse.ArgumentParser(prog="models.train.lm", description=__doc__)
    parser.add_argument("--language", choices=sorted(LANGUAGES), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the data folder (text, audio)")
    parser.add_argument("--work", type=Path, required=True, help="work folder of models.train.stt")
    parser.add_argument("--pack", type=Path, help="default: the language's own in models/packs")
    parser.add_argument("--sentences", type=Path, help="one sentence a line, instead of the texts")
    parser.add_argument("--lexicon", type=Path, action="append", default=[], help="words besides")
    parser.add_argument("--threshold", type=float, default=3e-7, help="of pruning")
    parser.add_argument("--callers", type=float, default=0.5, help="share of callers' sentences")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    language = LANGUAGES[given.language]
    folder = given.pack or PACKS / str(language.facts["pack"])
    if given.sentences:
        lines = given.sentences.read_text(encoding="utf-8").splitlines()
        learned = Texts([language.normalise(line) for line in lines], [], [], {})
    else:
        learned = recipe_texts(language, given.data, given.work)
    build(folder, language.code, learned, given.lexicon, given.threshold, given.callers)


if __name__ == "__main__":
    main()
