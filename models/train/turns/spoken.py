"""Callers' turns from recordings: what was asked, the sound, and when the last voice ended.

    single digits ──► strings with pauses between groups ─┐
    letters, digits, dates as they were read ─────────────┼─► Turn (8 kHz, line noise around)
    sentences ──► at word boundaries: hesitations ────────┘

The same sets are made of `split=train` (to train and tune) and of `split=eval` (figures only).
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.audiofile import read_audio
from appliance.speech.features import voiced_rms

Samples = npt.NDArray[np.float32]
RATE = 8000
DIGITS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
COMMANDS = ("go", "help", "stop", "repeat", "start", "erase", "rubout", "enter")
LEVEL_DBFS = -26.0
BEFORE, AFTER = 0.5, 2.6
"""Seconds of the line alone before and after the voice."""
SHORTEST_PAUSE, LONGEST_PAUSE, MEDIAN_PAUSE = 0.15, 0.9, 0.38
"""Seconds between two groups of a number, or of a hesitation; log-normal between the bounds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of a caller."""

    name: str
    group: str
    samples: Samples
    end: float
    """Seconds at which the last voice ends."""
    expectation: Expectation
    text: str


def pause(rng: random.Random) -> float:
    """Return the seconds of one pause."""
    while True:
        seconds = rng.lognormvariate(float(np.log(MEDIAN_PAUSE)), 0.5)
        if SHORTEST_PAUSE <= seconds <= LONGEST_PAUSE:
            return seconds


def rows(folder: Path, split: str) -> list[dict[str, str]]:
    """Return the rows of a set's manifest that belong to `split`."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        read = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in read if row["split"] == split]


def voice(samples: Samples) -> Samples:
    """Return the part of a recording from its first to its last voice."""
    first, last = bounds(samples)
    return samples[first:last]


def bounds(samples: Samples) -> tuple[int, int]:
    """Return where the voice begins and ends: 10 ms frames above both a share and the room."""
    size = RATE // 100
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    power = 10 * np.log10((frames**2).mean(1) + 1e-12)
    loud = np.percentile(power, 95)
    floor = max(loud - 30, min(np.percentile(power, 5) + 8, loud - 12))
    voiced = np.flatnonzero(power > floor)
    return int(voiced[0]) * size, int(voiced[-1] + 1) * size


def line(x: Samples, rng: random.Random) -> Samples:
    """Return speech at telephone level on a line of its own noise, before and after as well."""
    rms = voiced_rms(x)
    x = x * np.float32(10 ** (LEVEL_DBFS / 20) / max(rms, 1e-5))
    noise = np.random.default_rng(rng.randrange(2**31))
    floor = 10 ** (rng.uniform(-74, -56) / 20)
    before, after = round(BEFORE * RATE), round(AFTER * RATE)
    whole = np.concatenate([np.zeros(before, np.float32), x, np.zeros(after, np.float32)])
    hiss = noise.standard_normal(len(whole)).astype(np.float32) * np.float32(floor)
    return np.clip(whole + hiss, -1, 1)


def turn(
    name: str, group: str, x: Samples, expectation: Expectation, text: str, rng: random.Random
) -> Turn:
    """Put one answer on a line."""
    first, last = bounds(x)
    kept = x[max(0, first - RATE // 20) : last + RATE // 50]
    lead = min(first, RATE // 20)
    return Turn(
        name, group, line(kept, rng), BEFORE + (lead + last - first) / RATE, expectation, text
    )


def singles(data: Path, split: str) -> dict[str, dict[str, list[Samples]]]:
    """Return voice → digit → recordings, of both sets of single words."""
    found: dict[str, dict[str, list[Samples]]] = {}
    for name in ("fsdd_digits_8k", "speech_commands"):
        for row in rows(data / "audio" / name, split):
            if row["transcript"] in DIGITS:
                # Hardly anybody of speech_commands says more than one digit: they share a string.
                speaker = row["speaker"] if name.startswith("fsdd") else name
                x = voice(read_audio(data / "audio" / name / row["file"]))
                x = x * np.float32(0.05 / max(voiced_rms(x), 1e-5))
                found.setdefault(speaker, {}).setdefault(row["transcript"], []).append(x)
    return found


def strings(data: Path, split: str, count: int, rng: random.Random) -> Iterator[Turn]:
    """Yield `count` numbers of 4 to 10 digits in groups, asked with and without their length."""
    said = singles(data, split)
    speakers = sorted(said)
    for number in range(count):
        words = said[speakers[number % len(speakers)]]
        wanted, parts, texts = rng.randint(4, 10), [], []
        while len(texts) < wanted:
            size = min(rng.choice((2, 3, 3, 4)), wanted - len(texts))
            for _ in range(size):
                word = rng.choice(sorted(words))
                texts.append(word)
                gap = np.zeros(round(rng.uniform(0.02, 0.1) * RATE), np.float32)
                parts += [rng.choice(words[word]), gap]
            parts[-1] = np.zeros(round(pause(rng) * RATE), np.float32)
        x, text = np.concatenate(parts[:-1]), " ".join(texts)
        known = Expectation(Kind.DIGITS, shortest=wanted, longest=wanted)
        made = turn(f"string-{number}", "strings, length known", x, known, text, rng)
        yield made
        yield Turn(
            made.name, "strings, length unknown", made.samples, made.end,
            Expectation(Kind.DIGITS), text,
        )  # fmt: skip


def asked(text: str) -> tuple[str, Expectation] | None:
    """Return what would have been asked for an answer of AN4 or a learner's number."""
    words = text.split()
    if words in (["yes"], ["no"]):
        return "yes or no", Expectation(Kind.YES_NO)
    if len(words) == 1 and words[0] in COMMANDS:
        return "choice", Expectation(Kind.CHOICE, COMMANDS)
    if all(word in DIGITS for word in words) and len(words) > 1:
        return "digits", Expectation(Kind.DIGITS)
    if any(word in MONTHS for word in words):
        return "dates", Expectation(Kind.DATE)
    letters = [word for word in words if len(word) == 1]
    if len(letters) > 1 and all(len(word) == 1 or word in DIGITS for word in words):
        return "letters", Expectation(Kind.LETTERS)
    return None


def answers(folder: Path, split: str, rng: random.Random) -> Iterator[Turn]:
    """Yield the read answers of a set, with the pauses that their speakers made."""
    for row in rows(folder, split):
        text = row["transcript"].lower()
        found = asked(text)
        if found is None:
            continue
        group, expectation = found
        x = read_audio(folder / row["file"])
        yield turn(row["file"], group, x, expectation, text, rng)
        if expectation.kind in (Kind.DIGITS, Kind.LETTERS):
            count = len(text.split())
            known = Expectation(expectation.kind, shortest=count, longest=count)
            yield turn(row["file"], f"{group}, length known", x, known, text, rng)


def words(folder: Path, split: str, rng: random.Random) -> Iterator[Turn]:
    """Yield single words as answers to an open question."""
    for row in rows(folder, split):
        x = read_audio(folder / row["file"])
        yield turn(row["file"], "words", x, Expectation(), row["transcript"].lower(), rng)


def sentences(folder: Path, split: str, rng: random.Random) -> Iterator[Turn]:
    """Yield the sentences of a set as they were said; without a transcript too."""
    for row in rows(folder, split):
        text = (row["transcript"] or "").lower()
        if asked(text) is None and float(row["duration"]) < 13.0:
            x = read_audio(folder / row["file"])
            yield turn(row["file"], "sentences", x, Expectation(), text, rng)


def hesitant(said: Turn, boundaries: list[float], rng: random.Random) -> Turn | None:
    """Return a sentence with one or two hesitations at word boundaries (seconds of the turn).

    The cut is made where the sound is weakest near the boundary; None where there is none.
    """
    inner = [at for at in boundaries if BEFORE + 0.5 < at < said.end - 0.4]
    if not inner:
        return None
    chosen = sorted(rng.sample(inner, min(len(inner), rng.choice((1, 1, 2)))), reverse=True)
    x, end = said.samples, said.end
    for at in chosen:
        first = round((at - 0.08) * RATE)
        around = x[first : first + round(0.16 * RATE)].astype(np.float64) ** 2
        smooth = np.convolve(around, np.ones(160) / 160, "valid")
        cut = first + int(smooth.argmin()) + 80
        seconds = pause(rng)
        # The line goes on as it was before anybody spoke, mirrored so that nothing repeats.
        room = x[: round(0.4 * RATE)]
        rest = np.resize(np.concatenate([room, room[::-1]]), round(seconds * RATE))
        ramp = np.linspace(0, 1, 80, dtype=np.float32)
        left, right = x[:cut].copy(), x[cut:].copy()
        left[-80:] *= ramp[::-1]
        right[:80] *= ramp
        x, end = np.concatenate([left, rest, right]), end + seconds
    return Turn(said.name, "sentences with hesitations", x, end, said.expectation, said.text)
