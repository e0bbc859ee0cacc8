"""The first teacher: a CMU voice of flite, told espeak-ng's phones."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.train.voice.features import ORDER, joined, postfiltered
from models.train.voice.teach import Record, compiled, read_aloud, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from models.train.voice.teach import Script, Utterance


@dataclass(frozen=True, slots=True)
class Flite:
    """A voice of flite: rms and awb are men, slt is a woman."""

    voice: str = "cmu_us_rms"

    def filters(self, work: Path) -> NDArray[np.float64]:
        """Band filters of its mixed excitation. Raises TeacherError."""
        return records(self._answer("", work), 0)[0]

    def read(
        self, lines: Sequence[str], work: Path, *, waves: bool
    ) -> tuple[list[Utterance], dict[str, int]]:
        """See `teach.Teacher`."""
        return read_aloud(self, lines, work, waves=waves)

    def speak(self, scripts: Sequence[Script], work: Path, *, waves: bool) -> Iterator[Record]:
        """Read the scripts aloud, in order. Raises TeacherError."""
        answer = self._answer("".join(said.teacher + "\n" for said in scripts), work)
        for raw in records(answer, len(scripts))[1]:
            wave = raw.wave if waves else raw.wave[:0]
            yield Record(raw.segments, _rows(raw.track), wave, raw.rate)

    def _answer(self, text: str, work: Path) -> bytes:
        source = Path(__file__).with_name("teacher.c")
        program = compiled(
            source,
            work,
            [f"flite_{self.voice}", "flite_usenglish", "flite_cmulex", "flite", "m"],
            {"VOICE": f"register_{self.voice}"},
        )
        run = subprocess.run([str(program)], input=text.encode(), capture_output=True, check=True)
        return run.stdout


def _rows(track: NDArray[np.float32]) -> NDArray[np.float32]:
    return joined(track[:, 0], postfiltered(track[:, 1 : 1 + ORDER]), track[:, -5:])
