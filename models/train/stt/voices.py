"""Synthetic speakers: espeak-ng, flite and festival, run as programs."""

import os
import random
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.train.stt.channel import Samples, read_audio
from models.train.stt.texts import Sentence

_SPOILT = {
    *"Demonic whisper whisperf croak fast UniRobot anikaRobot AnxiousAndy Storm Nguyen".split(),
    *"serious Henrique Denis Tweaky grandma robosoft".split(),
    *(f"robosoft{i}" for i in range(2, 9)),
}
_HELD_VARIANTS = ["f4", "m7", "linda", "edward", "steph2", "victor", "Andrea"]
_ACCENTS = ["en-us"] * 10 + ["en-gb"] * 3 + ["en-us-nyc"] * 2
_ACCENTS += ["en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029"]
_HELD_ACCENTS = ["en-us", "en-gb-scotland", "en-gb"]
_EVERYDAY = 0.7
"""How often German is said as most do; espeak-ng's own r is rolled, its endings are whole."""
_FLITE = {"slt": 0.38, "rms": 0.38, "kal": 0.09, "kal16": 0.15}


@dataclass(frozen=True, slots=True)
class Utterance:
    """Clean speech of one sentence."""

    written: str
    voice: str
    samples: Samples
    rate: int


def variants(voice_dir: Path) -> list[str]:
    """Return the espeak-ng voice variants fit for training."""
    return [v for v in sorted(os.listdir(voice_dir)) if v not in {*_SPOILT, *_HELD_VARIANTS}]


def espeak(sentence: Sentence, variant: str, accent: str, rng: random.Random) -> Utterance:
    """Speak with espeak-ng at a random rate, pitch and word gap."""
    voice = f"{accent}+{variant}" if variant else accent
    command = ["espeak-ng", "-v", voice, "-s", str(rng.randint(115, 205))]
    command += ["-p", str(rng.randint(20, 85)), "-g", str(rng.choice([0, 0, 0, 1, 3]))]
    wave = subprocess.run([*command, "--stdout", sentence.spoken], capture_output=True, check=True)
    body = wave.stdout[44 : len(wave.stdout) & ~1]
    samples = np.frombuffer(body, "<i2").astype(np.float32) / np.float32(32768)
    return Utterance(sentence.written, f"espeak:{voice}", samples, 22050)


def flite_settings(voice: str, rng: random.Random) -> list[str]:
    """Return the options of flite for `voice` at a random tempo and, for kal, pitch."""
    command = ["flite", "-voice", voice, "--setf", f"duration_stretch={rng.uniform(0.8, 1.3):.2f}"]
    if voice.startswith("kal"):
        command += ["--setf", f"int_f0_target_mean={105 * rng.uniform(0.75, 1.6):.0f}"]
    return command


def flite(sentence: Sentence, voice: str, rng: random.Random, path: Path) -> Utterance:
    """Speak with flite by way of the file `path`."""
    command = [*flite_settings(voice, rng), "-t", sentence.spoken, "-o", str(path)]
    subprocess.run(command, capture_output=True, check=True)
    return Utterance(sentence.written, f"flite:{voice}", *read_audio(path))


def festival(sentences: list[Sentence], voice: str, rng: random.Random) -> Iterator[Utterance]:
    """Speak several sentences with one run of festival."""
    with tempfile.TemporaryDirectory() as folder:
        script = [f"(voice_{voice})"]
        for at, sentence in enumerate(sentences):
            text = sentence.spoken.replace('"', "")
            script.append(
                f"(Parameter.set 'Duration_Stretch {rng.uniform(0.8, 1.3):.2f})"
                f'(set! u (utt.synth (Utterance Text "{text}")))'
                f'(utt.save.wave u "{folder}/{at}.wav")'
            )
        (Path(folder) / "say.scm").write_text("\n".join(script))
        subprocess.run(["festival", "-b", f"{folder}/say.scm"], capture_output=True, check=False)
        for at, sentence in enumerate(sentences):
            path = Path(folder) / f"{at}.wav"
            if path.exists() and path.stat().st_size > 2000:
                yield Utterance(sentence.written, f"festival:{voice}", *read_audio(path))


def everyday(mnemonics: str, rng: random.Random) -> str:
    """Return espeak-ng's German phoneme `mnemonics` with r, and often -en, as most people say them.

    Before a vowel r is a fricative (or an approximant), after one a vowel, as in "Uhr"; in "haben"
    the n is a syllable.
    """
    if rng.random() < 0.4:
        mnemonics = re.sub(r"(?<=[bdfgkpstvxzCS])@n(?![',]*[aeiouyAEIOUYW@3&])", "n-", mnemonics)
    before = rng.choice(['Q"', 'Q"', "Q"])
    said = re.sub(r"(?<![A-Za-z@3&])r(?=[',]*[aeiouyAEIOUYW@])", before, mnemonics)
    said = re.sub(r"r(?=[',]*[aeiouyAEIOUYW@3&])", before, said)
    return re.sub(r"(?<=[aeiouyAEIOUW:])r", "3", said)


def espeak_german(sentence: Sentence, variant: str, rng: random.Random) -> Utterance:
    """Speak German with espeak-ng, most often the everyday way."""
    if rng.random() > _EVERYDAY:
        return espeak(sentence, variant, "de", rng)
    command = ["espeak-ng", "-v", "de", "-q", "-x", sentence.spoken]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    clauses = (everyday(line.strip(), rng) for line in told.splitlines() if line.strip())
    end = "?" if sentence.spoken.endswith("?") else ""
    told = ", ".join(f"[[{clause}]]" for clause in clauses) + end
    said = espeak(Sentence(sentence.written, told), variant, "de", rng)
    return Utterance(said.written, f"{said.voice}:r", said.samples, said.rate)


class GermanCast:
    """Draws German speakers: espeak-ng's variants; the held-out cast has variants of its own."""

    def __init__(self, espeak_variants: list[str], *, held_out: bool) -> None:
        """Use `espeak_variants` for training, the fixed held-out voices otherwise."""
        self._variants = _HELD_VARIANTS if held_out else espeak_variants + [""] * 4

    def perform(self, sentences: list[Sentence], rng: random.Random) -> Iterator[Utterance]:
        """Yield each of `sentences` spoken by some voice."""
        for sentence in sentences:
            yield espeak_german(sentence, rng.choice(self._variants), rng)


class Cast:
    """Draws English speakers; the held-out cast shares no voice with the training cast."""

    def __init__(self, espeak_variants: list[str], *, held_out: bool) -> None:
        """Use `espeak_variants` for training, the fixed held-out voices otherwise."""
        self._held_out = held_out
        self._variants = _HELD_VARIANTS if held_out else espeak_variants + [""] * 6
        self._accents = _HELD_ACCENTS if held_out else _ACCENTS

    def perform(self, sentences: list[Sentence], rng: random.Random) -> Iterator[Utterance]:
        """Yield each of `sentences` spoken by some voice (festival's in one run)."""
        left: dict[str, list[Sentence]] = {}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "flite.wav"
            for sentence in sentences:
                kind = rng.random()
                if kind < 0.38:
                    variant, accent = rng.choice(self._variants), rng.choice(self._accents)
                    yield espeak(sentence, variant, accent, rng)
                elif self._held_out and kind < 0.75:
                    yield flite(sentence, "awb", rng, path)
                elif not self._held_out and kind < 0.80:
                    voice = rng.choices(list(_FLITE), weights=list(_FLITE.values()))[0]
                    yield flite(sentence, voice, rng, path)
                else:
                    voice = "kal_diphone" if kind < 0.88 else "cmu_us_slt_arctic_hts"
                    left.setdefault("ked_diphone" if self._held_out else voice, []).append(sentence)
        for voice, batch in left.items():
            yield from festival(batch, voice, rng)


CASTS: dict[str, type[Cast] | type[GermanCast]] = {"en": Cast, "de": GermanCast}
"""The cast of each language."""
