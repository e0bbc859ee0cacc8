"""The third teacher: espeak-ng, analysed by WORLD, for a language that has no better free one.

line -> clauses -> IPA (the product's own)  --------------------------+-> seconds per code point
     -> teacher_espeak.c -> audio, phones with their times -----------+
                              +-> F0 by DIO, envelope by CheapTrick -> mel-cepstra -> rows
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyworld

from appliance.speech.speaking.resampling import Resampler
from appliance.speech.words.text import clauses
from models.train.voice import flite
from models.train.voice.aligned import FRAME_S, durations, signs, voiced
from models.train.voice.features import LEAD_FRAMES, ORDER, RATE, TRAIL_FRAMES, joined, warped
from models.train.voice.teach import TeacherError, compiled, example, records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.train.voice.teach import Record, Utterance

_STRENGTHS: Final = (1.0, 0.95, 0.85, 0.7, 0.6)
"""Bands of a voiced frame where no voice to imitate says better."""


def envelope() -> NDArray[np.float64]:
    """Matrix [513, 25] from log amplitudes of 1,024 points to mel-cepstra, by least squares."""
    cosines = np.cos(np.outer(np.arange(ORDER), warped(513)))
    weight = np.sqrt(np.gradient(warped(513)))
    return np.asarray(np.linalg.pinv((cosines * weight).T) * weight, dtype=np.float64).T


@dataclass(frozen=True, slots=True)
class Espeak:
    """An espeak-ng voice."""

    voice: str = "de"
    language: str = "de"
    words_a_minute: int = 155

    def filters(self, work: Path) -> NDArray[np.float64]:
        """Band filters of the vocoder: flite's. Raises TeacherError."""
        return flite.Flite().filters(work)

    def read(
        self, lines: Sequence[str], work: Path, *, waves: bool
    ) -> tuple[list[Utterance], dict[str, int]]:
        """See `teach.Teacher`."""
        program = compiled(Path(__file__).with_name("teacher_espeak.c"), work, ["espeak-ng"])
        text = "".join(
            " ".join(clause.words + clause.mark for clause in clauses(line, self.language)) + "\n"
            for line in lines
        )
        command = [str(program), self.voice, str(self.words_a_minute)]
        try:
            run = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
        except subprocess.CalledProcessError as error:
            raise TeacherError(error.stderr.decode()) from error
        lay, kept = envelope(), []
        for line, record in zip(lines, records(run.stdout, len(lines))[1], strict=True):
            made = self._utterance(line, record, lay)
            if made is not None:
                kept.append(made if waves else made.silent())
        return kept, {"phones disagree or too long": len(lines) - len(kept)}

    def _utterance(self, line: str, record: Record, lay: NDArray[np.float64]) -> Utterance | None:
        timed = durations(signs(line, self.language, self.voice), record.segments)
        if timed is None:
            return None
        texts, seconds, pieces = timed
        wave = _at_our_rate(record)
        lead, trail = LEAD_FRAMES * RATE // 100, TRAIL_FRAMES * RATE // 100
        wave = np.concatenate([np.zeros(lead), wave, np.zeros(trail)])
        seconds[0] += lead / RATE
        seconds[-1] += trail / RATE
        pieces = [("", lead / RATE), *((sound, end + lead / RATE) for sound, end in pieces)]
        pieces.append(("", len(wave) / RATE))
        found, at = pyworld.dio(wave, RATE, frame_period=1000 * FRAME_S)
        found = pyworld.stonemask(wave, found, at, RATE)
        pitch = voiced(pieces, found)
        # A breath of noise: digital silence has no logarithm.
        floor = np.random.default_rng(0).normal(0, 1e-4, len(wave))
        power = pyworld.cheaptrick(wave + floor, found, at, RATE, fft_size=1024)
        cepstra = 0.5 * np.log(power) @ lay
        strengths = (pitch[:, None] > 0) * np.array(_STRENGTHS)
        whole = np.round(wave * 32767).clip(-32768, 32767).astype(np.int16)
        return example(line, (texts, seconds), joined(pitch, cepstra, strengths), whole)


def _at_our_rate(record: Record) -> NDArray[np.float64]:
    change = Resampler(record.rate, RATE)
    loud = record.wave.astype(np.float32) / 32768
    return np.concatenate([change.push(loud), change.flush()]).astype(np.float64)
