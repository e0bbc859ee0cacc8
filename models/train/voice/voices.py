"""The voices this recipe makes: who teaches them, in which language, and what a pack says of them.

python -m models.train.voice --voice NAME ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.train.voice import corpus
from models.train.voice.espeak import Espeak
from models.train.voice.festival import Festival
from models.train.voice.flite import Flite
from models.train.voice.timbre import Dressed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from models.train.voice.teach import Teacher

COMPARED: Final = 700
"""English lines from which the German voice's timbre is learnt: a little more than half an hour."""
_CMU: Final = (
    "Language Technologies Institute, Carnegie Mellon University, Copyright (c) 1999-2016: "
    "free to use, copy and distribute with this notice (flite and CMU ARCTIC)"
)
_ENGLISH_TEXTS: Final = [
    "VCTK prompts (CC BY 4.0)",
    "LJ Speech transcripts (public domain)",
    "CLINC150 (CC BY 3.0)",
    "NLU++, RESTAURANTS-8K, BANKING77 (CC BY 4.0)",
    "FrequencyWords English list, single words (CC BY-SA 4.0)",
    "name and place lists (public domain, MIT)",
    "telephone prompts from this project's templates",
    "Harvard sentences, for judging only",
]
_GERMAN_TEXTS: Final = [
    "Thorsten-Voice prompts (CC0), 400 of them for judging only",
    "Home Assistant intents (CC BY 4.0)",
    "FrequencyWords German list, single words (CC BY-SA 4.0)",
    "faker's names and cities (MIT)",
    "telephone prompts from this project's templates",
]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of the recipe; its pack is called `name` with ``-16k`` behind it."""

    name: str
    language: str
    accent: str
    """espeak-ng voice that turns words into phonemes, here and in the product."""
    gender: str
    summary: str
    teacher: Callable[[Path], Teacher]
    """Makes the teacher; the argument is the folder of the text sets."""
    provenance: Mapping[str, object]
    lines: int | None = None
    """Training lines read, the first of the corpus; None: all."""

    @property
    def pack(self) -> str:
        """Name of the pack."""
        return f"{self.name}-16k"


def _german(texts: Path) -> Dressed:
    return Dressed(
        Espeak("de", "de"),
        Espeak("en-us", "en"),
        Flite("cmu_us_rms"),
        corpus.build(texts).train[:COMPARED],
    )


VOICES: Final = {
    voice.name: voice
    for voice in (
        Voice(
            "en-rms",
            "en",
            "en-us",
            "male",
            "Starter voice for English: American, male, quick on the smallest board; trained by "
            "this project's recipe, no recording of a customer or caller in it.",
            lambda _: Flite("cmu_us_rms"),
            {
                "teacher": "flite 2.2 voice cmu_us_rms, given espeak-ng's phones",
                "teacher_licence": _CMU,
                "texts": _ENGLISH_TEXTS,
            },
        ),
        Voice(
            "en-slt",
            "en",
            "en-us",
            "female",
            "Second voice for English: American, female, quick on the smallest board; trained by "
            "this project's recipe, no recording of a customer or caller in it.",
            lambda _: Festival("cmu_us_slt_arctic_hts"),
            {
                "teacher": "festival 2.5 voice cmu_us_slt_arctic_hts, given espeak-ng's phones",
                "teacher_licence": (
                    "Copyright (c) 2002-2003 Carnegie Mellon University, Nagoya Institute of "
                    "Technology and Tokyo Institute of Technology: free to use, copy and "
                    "distribute with this notice (EST-2000, EST-2003, 3-clause BSD)"
                ),
                "texts": _ENGLISH_TEXTS,
            },
            lines=5200,
        ),
        Voice(
            "de-rms",
            "de",
            "de",
            "male",
            "Starter voice for German: male, quick on the smallest board; espeak-ng's words in the "
            "timbre of an American voice; no recording of a customer or caller in it.",
            _german,
            {
                "teacher": (
                    "espeak-ng 1.51 voice de (phones, durations, pitch), analysed by WORLD, its "
                    "spectra changed into those of flite's cmu_us_rms by a network that learnt "
                    "from both reading English"
                ),
                "teacher_licence": f"espeak-ng: GPL-3.0-or-later; cmu_us_rms: {_CMU}",
                "texts": _GERMAN_TEXTS,
            },
        ),
    )
}
