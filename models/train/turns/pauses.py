"""The pauses of recorded turns: what was understood and how it sounded before each, and whether
the caller went on.

The recogniser hears each turn as it does in a call: up to the pause and a tenth of a second more,
with its errors. So the model learns how far its text can be trusted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from appliance.contracts.expectation import Kind
from appliance.speech.engines.base import HEAD, Recogniser
from appliance.speech.features import level_dbfs
from appliance.speech.turns.endpointing import (
    END_PROBABILITY,
    FLOOR_DBFS,
    RANGE_DB,
    START_PROBABILITY,
)
from appliance.speech.turns.prosody import SECONDS, tracks
from appliance.speech.turns.vad import WINDOW, Detector, Track
from models.train.turns.spoken import RATE, Turn

SHORTEST = 0.09
"""Seconds of silence from which the endpointer asks for a judgement."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One silence of at least SHORTEST seconds in a turn."""

    name: str
    group: str
    kind: str
    final: bool
    seconds: float
    """How long it lasted; 0 where it is the last."""
    earlier: tuple[float, ...]
    """Seconds of the pauses of this turn before."""
    spoken: float
    """Seconds of voice so far."""
    text: str
    confidence: float
    progress: str


def stretches(turn: Turn, detector: Detector) -> list[tuple[float, float]]:
    """Return begin and end (s) of each stretch of voice, SHORTEST seconds of silence apart."""
    track, found, loudest, quiet = Track(), [], FLOOR_DBFS, True
    for at in range(0, len(turn.samples) - WINDOW + 1, WINDOW):
        window = turn.samples[at : at + WINDOW]
        probability = detector.probability(track, window)
        level = level_dbfs(window)
        begin, end = at / RATE, (at + WINDOW) / RATE
        limit = START_PROBABILITY if quiet else END_PROBABILITY
        floor = FLOOR_DBFS if quiet else max(FLOOR_DBFS, loudest - RANGE_DB)
        if probability <= limit or level <= floor:
            continue
        quiet = False
        loudest = max(loudest, level)
        if found and begin - found[-1][1] < SHORTEST:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def pauses(
    turn: Turn, detector: Detector, recogniser: Recogniser
) -> Iterator[tuple[Pause, np.ndarray]]:
    """Yield the pauses of a turn, each with the tracks of the last SECONDS of voice before it."""
    voiced = [s for s in stretches(turn, detector) if s[0] < turn.end]
    if not voiced or voiced[-1][1] < turn.end - 0.3:
        return  # its end was not heard: nothing to learn
    first = max(0, round((voiced[0][0] - HEAD) * RATE))
    utterance, taken = recogniser.utterance(), first
    spoken, earlier = 0.0, []
    for number, (begin, end) in enumerate(voiced):
        spoken += end - begin
        upto = round((end + 0.096) * RATE)
        utterance.accept(turn.samples[taken:upto])
        taken = upto
        reading = utterance.read(turn.expectation, 0.096)
        last = number == len(voiced) - 1
        seconds = 0.0 if last else voiced[number + 1][0] - end
        tail = turn.samples[max(first, round((end - SECONDS) * RATE)) : round(end * RATE)]
        kind = Kind(turn.expectation.kind)
        yield (
            Pause(turn.name, turn.group, kind.value, last, seconds, tuple(earlier), spoken,
                  reading.text, reading.confidence, reading.progress.value),
            tracks(tail).astype(np.float16),
        )  # fmt: skip
        earlier.append(seconds)


def write(turns: Iterable[Turn], detector: Detector, recogniser: Recogniser, file: Path) -> int:
    """Write all pauses of all turns to one .npz; return how many there are."""
    found, sounds = [], []
    for turn in turns:
        for pause, sound in pauses(turn, detector, recogniser):
            found.append(asdict(pause))
            sounds.append(sound)
    lengths = np.array([len(sound) for sound in sounds])
    np.savez_compressed(
        file, pauses=np.array(found, object), lengths=lengths,
        tracks=np.concatenate(sounds) if sounds else np.zeros((0, 3), np.float16),
    )  # fmt: skip
    return len(found)


def read(file: Path) -> list[tuple[Pause, np.ndarray]]:
    """Return what `write` wrote."""
    held = np.load(file, allow_pickle=True)
    ends = np.cumsum(held["lengths"])
    return [
        (Pause(**{**values, "earlier": tuple(values["earlier"])}), sound.astype(np.float32))
        for values, sound in zip(held["pauses"], np.split(held["tracks"], ends[:-1]), strict=True)
    ]
