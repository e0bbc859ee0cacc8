"""Sentences that callers say, whole and broken off: what the first network learns from."""

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

from appliance.speech.words.text import normalise
from models.train.stt.languages import LANGUAGES
from models.train.stt.texts import Domain

FILLERS = {
    "en": ("um", "uh", "and", "because", "so", "but", "or", "the", "my number is", "it's", "i",
           "that is", "let me see", "well", "for", "to", "my name is", "hold on", "and then"),
    "de": ("äh", "ähm", "und", "weil", "also", "aber", "oder", "die", "der", "meine nummer ist",
           "das ist", "moment", "ich", "für", "mit", "und dann", "dass", "mein name ist"),
}  # fmt: skip
SHORT = {
    "en": ("yes", "no", "yes please", "no thank you", "okay", "that's right", "correct", "operator",
           "radiology", "the pharmacy", "tomorrow", "on monday", "good morning", "hello", "goodbye",
           "thank you", "that's all", "help", "repeat that please", "never mind", "not really"),
    "de": ("ja", "nein", "ja bitte", "nein danke", "genau", "richtig", "das stimmt", "morgen",
           "am montag", "guten tag", "hallo", "tschüss", "danke", "das ist alles", "hilfe",
           "auf wiederhören", "die radiologie", "die apotheke", "eher nicht", "stimmt nicht"),
}  # fmt: skip
DIGITS = {
    "en": ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "de": ("null", "eins", "zwei", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
}  # fmt: skip
LENGTHS = (4, 5, 6, 6, 7, 7, 8, 10, 10, 11, 12)
"""Of numbers that are asked for: codes, accounts, telephones."""
BEFORE_NUMBER = {
    "en": ("", "", "", "it's", "my number is", "the number is", "that's", "it is"),
    "de": ("", "", "", "das ist", "meine nummer ist", "die nummer ist", "es ist"),
}


def _column(path: Path, at: int) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[at] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]


def requests(text: Path, language: str) -> list[str]:
    """Return what callers say, as it was written."""
    if language == "de":
        spoken = (text / "thorsten_de" / "sentences.txt").read_text(encoding="utf-8").splitlines()
        return _column(text / "home_assistant_intents" / "de.tsv", 1) * 2 + spoken
    found = []
    for name, file in (
        ("banking77", "train"), ("clinc150", "train"), ("clinc150", "oos_train"),
        ("nlupp", "banking"), ("nlupp", "hotels"), ("snips", "train"), ("restaurant8k", "all"),
        ("home_assistant_intents", "en"),
    ):  # fmt: skip
        found += _column(text / name / f"{file}.tsv", 1)
    # Some read sentences too: callers also tell things.
    told = (text / "ljspeech_text" / "sentences.txt").read_text(encoding="utf-8").splitlines()
    return found + [sentence for sentence in told if len(sentence) < 120][:3000]


def names(text: Path, language: str) -> list[str]:
    """Return first and last names."""
    last = "last_de.txt" if language == "de" else "last_us.txt"
    folder = text / "names"
    first = (folder / "first_all.txt").read_text(encoding="utf-8").split()
    return [*first[:3000], *(folder / last).read_text(encoding="utf-8").split()[:3000]]


def plain(written: str, language: str) -> list[list[str]]:
    """Return the words of each sentence of a text, as they are spoken."""
    sentences = re.split(r"(?<=[.?!])\s+", written.strip())
    normal = (normalise(sentence, language).lower() for sentence in sentences)
    found = [re.findall(r"[a-zäöüß']+", sentence) for sentence in normal]
    return [words for words in found if words]


def misheard(
    words: list[str], rate: float, vocabulary: dict[str, list[str]], rng: random.Random
) -> list[str]:
    """Return `words` with a share of them lost or taken for another that begins alike."""
    heard = []
    for word in words:
        if rng.random() >= rate:
            heard.append(word)
        elif rng.random() < 0.8:
            heard.append(rng.choice(vocabulary.get(word[:2], [word])))
    return heard


def number(language: str, rng: random.Random) -> tuple[list[str], list[str]]:
    """Return what comes before a number, and its digits."""
    lead = rng.choice(BEFORE_NUMBER[language]).split()
    return lead, [rng.choice(DIGITS[language]) for _ in range(rng.choice(LENGTHS))]


def examples(text: Path, language: str, seed: int) -> Iterator[tuple[str, bool]]:
    """Yield (words so far, whether that was all), for ever, in random order."""
    rng = random.Random(seed)
    sentences = [
        found for written in requests(text, language) if (found := plain(written, language))
    ]
    vocabulary: dict[str, list[str]] = {}
    for sentence in sentences:
        for words in sentence:
            for word in words:
                vocabulary.setdefault(word[:2], []).append(word)
    domain = Domain(LANGUAGES[language])
    called = [name.lower() for name in names(text, language)]
    fillers, short = FILLERS[language], SHORT[language]
    while True:
        chance = rng.random()
        if chance < 0.12:
            lead, digits = number(language, rng)
            whole = rng.random() < 0.4
            # People break a number off where a group ends, and seldom after one digit.
            kept = digits if whole else digits[: rng.choice((2, 3, 3, 4, 6, 7))]
            yield " ".join([*lead, *kept]), whole or len(kept) == len(digits)
            if rng.random() < 0.1 and lead:
                yield " ".join(lead), False
            continue
        if chance < 0.2:
            words = rng.choice(short).split() if chance < 0.16 else rng.choices(called, k=2)
            yield " ".join(words), True
            if rng.random() < 0.3:
                yield " ".join([*words, *rng.choice(fillers).split()]), False
            continue
        # Nearly half of it is what callers of a switchboard say, as the recogniser learned it.
        domestic = rng.random() < 0.45
        sentence = plain(domain.sentence(rng), language) if domestic else rng.choice(sentences)
        # Up to the end of one of its sentences; what follows would be a turn of its own.
        words = [word for part in sentence[: rng.randint(1, len(sentence) or 1)] for word in part]
        words = misheard(words, rng.choice((0.0, 0.0, 0.1, 0.3)), vocabulary, rng)
        if not words:
            continue
        if rng.random() < 0.5 or len(words) < 2:
            yield " ".join(words), True
        elif rng.random() < 0.2:
            cut = words[: rng.randint(1, len(words))]
            yield " ".join([*cut, *rng.choice(fillers).split()]), False
        else:
            yield " ".join(words[: rng.randint(1, len(words) - 1)]), False
