"""Speech with exact phone times, for the bootstrap: flite tells when each phone ends."""

import random
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.train.stt.channel import RATE, Channel, Samples, pad, read_audio
from models.train.stt.lexicon import PHONE_BLANK, PHONES
from models.train.stt.texts import Sentence
from models.train.stt.voices import Utterance, flite_settings

_FRAME_S = 0.04
_IDS = {name: i for i, name in enumerate(PHONES)} | {"AX": PHONES.index("AH")}


@dataclass(frozen=True, slots=True)
class Timed:
    """Clean speech and when its phones are spoken."""

    speech: Utterance
    phones: list[tuple[int, float, float]]
    """Phone id, start and end in seconds."""


def speak(sentence: Sentence, voice: str, rng: random.Random, path: Path) -> Timed | None:
    """Speak with flite by way of `path`; None where its phone times do not fit its samples."""
    command = [*flite_settings(voice, rng), "-psdur", "-t", sentence.spoken, "-o", str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    samples, rate = read_audio(path)
    if told and ":" in told[0]:
        told = [part for item in told for part in item.split(":")]
    phones: list[tuple[int, float, float]] = []
    offset = last = 0.0
    for name, end in zip(told[::2], map(float, told[1::2]), strict=True):
        if end < last - 1e-6:  # a new clause starts again at 0
            offset, last = offset + last, 0.0
        if name.upper() in _IDS:
            phones.append((_IDS[name.upper()], offset + last, offset + end))
        last = end
    if not phones or abs(offset + last - len(samples) / rate) > 0.12:
        return None
    return Timed(Utterance(sentence.written, f"flite:{voice}", samples, rate), phones)


def utterance(timed: Timed, channel: Channel) -> tuple[Samples, npt.NDArray[np.int16]]:
    """Return `timed` over a random line (8 kHz) and the phone id of every 40 ms, blank elsewhere."""
    x, factor = channel.speed(timed.speech.samples, timed.speech.rate)
    before = channel.rng.uniform(0.0, 0.3)
    x = channel.line(pad(x, before, channel.rng.uniform(0.1, 0.5)))
    frames = round(len(x) / (RATE / 100))
    labels = np.full((frames + 3) // 4, PHONE_BLANK, np.int16)
    for phone, start, end in timed.phones:
        first = round((start / factor + before) / _FRAME_S)
        labels[first : max(first + 1, round((end / factor + before) / _FRAME_S))] = phone
    return x, labels


def piece_labels(
    written: str,
    labels: npt.NDArray[np.int16],
    lexicon: Mapping[str, list[str]],
    encode: Callable[[str], list[int]],
    lengths: list[int],
    blank: int,
) -> npt.NDArray[np.int16] | None:
    """Return a piece id for every 40 ms: each word's pieces spread over its phones.

    `labels` are phone ids (blank 39), `lengths` the letters of every piece. None where a word
    is unknown or no phone fits.
    """
    words = written.split()
    runs = _runs(labels)
    if not runs or any(word not in lexicon for word in words):
        return None
    expected = [(PHONES.index(p), at) for at, word in enumerate(words) for p in lexicon[word]]
    owner = _owners([phone for phone, _, _ in runs], expected)
    out = np.full(len(labels), blank, np.int16)
    for at, word in enumerate(words):
        mine = [run for run, word_at in zip(runs, owner, strict=True) if word_at == at]
        if not mine:
            continue
        start, end = mine[0][1], mine[-1][2]
        ids = encode(word)
        shares = np.cumsum([0, *(lengths[i] for i in ids)])
        edges = start + (end - start) * shares / shares[-1]
        for number, a, b in zip(ids, edges[:-1], edges[1:], strict=True):
            out[round(a) : max(round(a) + 1, round(b))] = number
    return out


def _runs(labels: npt.NDArray[np.int16]) -> list[tuple[int, int, int]]:
    """Return (phone, first frame, end frame) of every phone in `labels`."""
    edges = np.flatnonzero(np.diff(labels)) + 1
    parts = zip([0, *edges.tolist()], [*edges.tolist(), len(labels)], strict=True)
    return [(int(labels[a]), a, b) for a, b in parts if labels[a] != PHONE_BLANK]


def _owners(said: list[int], expected: list[tuple[int, int]]) -> list[int]:
    """Return for every phone said the word it belongs to, by least edit distance."""
    n, m = len(said), len(expected)
    cost = np.zeros((n + 1, m + 1))
    cost[0], cost[:, 0] = np.arange(m + 1), np.arange(n + 1)
    differs = 1.2 * (np.array(said)[:, None] != np.array([p for p, _ in expected])[None])
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            change = cost[i - 1, j - 1] + differs[i - 1, j - 1]
            cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, change)
    owners, i, j = [0] * n, n, m
    while i > 0 and j > 0:
        owners[i - 1] = expected[j - 1][1]
        if cost[i, j] == cost[i - 1, j - 1] + differs[i - 1, j - 1]:
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return owners
