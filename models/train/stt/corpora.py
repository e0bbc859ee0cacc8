"""Human speech: the sets under DATA/audio and DATA/audio_train, by their manifests."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from models.train.stt.channel import RATE, Samples, read_audio, resample
from models.train.stt.languages.english import DIGIT
from models.train.stt.languages.english import normalise as english
from models.train.stt.tables import records
from models.train.stt.voices import Utterance

_MAX_S = 18.0


def manifest(folder: Path) -> list[dict[str, str]]:
    """Return the rows of `folder`/manifest.tsv."""
    return records(folder / "manifest.tsv")


def utterances(
    folder: Path, split: str, normalise: Callable[[str], str] = english
) -> Iterator[Utterance]:
    """Yield the transcribed utterances of `split` of the set in `folder`, up to 18 s each."""
    yield from (utterance for utterance, _ in named_utterances(folder, split, normalise))


def named_utterances(
    folder: Path, split: str, normalise: Callable[[str], str] = english
) -> Iterator[tuple[Utterance, str]]:
    """Yield the same with the name of each file."""
    for row in manifest(folder):
        written = normalise(row["transcript"] or "")
        if row["split"] != split or not written or float(row["duration"]) > _MAX_S:
            continue
        voice = f"{folder.name}:{row['speaker']}"
        yield Utterance(written, voice, *read_audio(folder / row["file"])), row["file"]


def digit_strings(folder: Path, count: int, rng: random.Random) -> Iterator[Utterance]:
    """Yield `count` strings of two to nine digits, each joined from one speaker's single digits."""
    said: dict[str, dict[str, list[Samples]]] = {}
    for single in utterances(folder, "train"):
        if single.written in DIGIT:
            samples = resample(single.samples, single.rate)
            said.setdefault(single.voice, {}).setdefault(single.written, []).append(samples)
    speakers = [voice for voice, words in said.items() if len(words) >= 8]
    for _ in range(count):
        voice = rng.choice(speakers)
        words = rng.choices(list(said[voice]), k=rng.randint(2, 9))
        gap, parts = rng.uniform(0.0, 0.25), []
        for word in words:
            x = rng.choice(said[voice][word])
            parts.append(x / (np.abs(x).max() + 1e-5) * np.float32(rng.uniform(0.4, 0.6)))
            parts.append(np.zeros(int(RATE * gap * rng.uniform(0.5, 1.5)), np.float32))
        yield Utterance(" ".join(words), voice, np.concatenate(parts), RATE)
