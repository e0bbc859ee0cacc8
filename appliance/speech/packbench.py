"""What a pack costs on this machine: loading, memory, effort for a second of audio, latency.

pack ─► loaded ─► sentences spoken by the box's own voice, or said by the pack itself ─► Bench
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Expectation
from appliance.speech.engines.base import RATE, TAIL
from appliance.speech.engines.denoise import load_denoiser
from appliance.speech.engines.table import load_recogniser, load_speaker
from appliance.speech.turns.vad import WINDOW, Detector, Track
from appliance.system.packs.manifest import PackError, PackKind, find_pack, load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from appliance.speech.engines.base import Int16s, Recogniser
    from appliance.system.packs.manifest import Folders, Pack

Floats = npt.NDArray[np.float32]

_FRAME: Final = RATE // 50
_PARTIALS_EVERY: Final = RATE // 5
_SENTENCES: Final = {
    "en": (
        "Good morning, how can I help you today?",
        "The office is open from nine until half past five on weekdays.",
        "Your appointment is on Thursday, the twenty second of November.",
    ),
    "de": (
        "Guten Morgen, wie kann ich Ihnen helfen?",
        "Das Büro ist werktags von neun bis halb sechs geöffnet.",
        "Ihr Termin ist am Donnerstag, dem zweiundzwanzigsten November.",
    ),
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What a pack costs on this machine, with one thread and nothing else to do."""

    pack: str
    kind: PackKind
    load_seconds: float
    memory_bytes: int
    """Resident memory that loading and using it added to this process."""
    real_time_factor: float
    """Seconds of computing for a second of audio; hearing includes a partial each 0.2 s."""
    latency_ms: float | None = None
    """Hearing: from the end of the caller's turn to the final text; voices: from the text to the
    first audio. The median."""

    def lines(self) -> tuple[str, ...]:
        """Return what a person reads."""
        named = {
            PackKind.STT: "final text after the turn's end",
            PackKind.TTS: "first audio after the text",
        }
        lines = [
            f"pack              {self.pack} ({self.kind.value})",
            f"loading           {self.load_seconds:.2f} s",
            f"memory            {self.memory_bytes / 1e6:.0f} MB",
            f"real-time factor  {self.real_time_factor:.4f}",
        ]
        if self.latency_ms is not None:
            lines.append(f"latency           {self.latency_ms:.0f} ms, {named[self.kind]}")
        return tuple(lines)


def bench(pack: Pack, utterances: Sequence[Floats] = (), threads: int = 1) -> Bench:
    """Load one pack, use it, and return what it cost.

    `utterances`: speech for what hears (±1, 8 kHz), as `spoken` makes it; without it a recogniser
    hears noise, which costs about the same but for a decoder that stops early. Raises PackError
    where the pack cannot be loaded.
    """
    before = _resident()
    began = time.perf_counter()
    samples = list(utterances) or [_noise()]
    if pack.kind is PackKind.TTS:
        speaker = load_speaker(pack, threads)
        loaded = time.perf_counter()
        spent, seconds, waits = _speaking(speaker.say, pack.language)
    elif pack.kind is PackKind.STT:
        recogniser = load_recogniser(pack, threads)
        loaded = time.perf_counter()
        spent, seconds, waits = _hearing(recogniser, samples)
    elif pack.kind is PackKind.VAD:
        detector = Detector(pack.path("model"), threads)
        loaded = time.perf_counter()
        spent, seconds, waits = _detecting(detector, samples)
    elif pack.kind is PackKind.DENOISE:
        cleaner = load_denoiser(pack, threads).stream()
        loaded = time.perf_counter()
        spent, seconds, waits = _cleaning(cleaner.process, samples)
    else:
        raise PackError(
            f"Pack '{pack.name}' of kind '{pack.kind.value}' takes no audio to measure."
        )
    return Bench(
        pack=pack.name,
        kind=pack.kind,
        load_seconds=loaded - began,
        memory_bytes=max(0, _resident() - before),
        real_time_factor=spent / seconds if seconds else 0.0,
        latency_ms=1000 * median(waits) if waits else None,
    )


def bench_named(packs: Folders, name: str, *, voice: str, threads: int = 1) -> Bench:
    """Bench an installed pack; a recogniser hears the voice pack `voice` where that fits.

    Raises PackError where it is not installed or cannot be loaded.
    """
    folder = find_pack(packs, name)
    if folder is None:
        raise PackError(f"Pack '{name}' is not installed: see `packs list`.")
    pack = load_pack(folder)
    said: list[Floats] = []
    place = find_pack(packs, voice)
    if pack.kind is not PackKind.TTS and place is not None:
        speaker = load_pack(place)
        if pack.language in {speaker.language, "any"}:
            # In a process of its own: what the voice took would hide what this pack takes.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                said = pool.submit(spoken, speaker).result()
    return bench(pack, said, threads)


def spoken(voice: Pack) -> list[Floats]:
    """Return some sentences of the voice's language, spoken, for `bench` (±1, 8 kHz)."""
    speaker = load_speaker(voice, rate=RATE)
    utterances = []
    for text in _sentences(voice.language):
        parts: list[Floats] = []

        def keep(samples: Int16s, parts: list[Floats] = parts) -> bool:
            parts.append((samples / 32_768).astype(np.float32))
            return True

        speaker.say(text, keep)
        utterances.append(np.concatenate(parts) if parts else np.zeros(0, np.float32))
    return utterances


def _sentences(language: str) -> tuple[str, ...]:
    return _SENTENCES.get(language.split("-", maxsplit=1)[0], _SENTENCES["en"])


def _speaking(
    say: Callable[[str, Callable[[Int16s], bool]], bool], language: str
) -> tuple[float, float, list[float]]:
    spent = seconds = 0.0
    waits: list[float] = []
    for text in _sentences(language):
        began = time.perf_counter()
        heard: list[float] = []

        def count(samples: Int16s, heard: list[float] = heard) -> bool:
            if not heard:
                heard.append(time.perf_counter())
            heard.append(len(samples) / RATE)
            return True

        say(text, count)
        spent += time.perf_counter() - began
        seconds += sum(heard[1:])
        waits += [heard[0] - began] if heard else []
    return spent, seconds, waits


def _hearing(
    recogniser: Recogniser, utterances: Iterable[Floats]
) -> tuple[float, float, list[float]]:
    spent = seconds = 0.0
    waits: list[float] = []
    # As the box does before the first call.
    recogniser.prepare(Expectation())
    for samples in utterances:
        began = time.perf_counter()
        utterance = recogniser.utterance()
        for first in range(0, len(samples), _FRAME):
            utterance.accept(samples[first : first + _FRAME])
            if first % _PARTIALS_EVERY == 0 and first:
                utterance.partial(0.0)
        utterance.accept(np.zeros(round(TAIL * RATE), np.float32))
        ended = time.perf_counter()
        utterance.read(Expectation(), TAIL)
        waits.append(time.perf_counter() - ended)
        spent += time.perf_counter() - began
        seconds += len(samples) / RATE
    return spent, seconds, waits


def _detecting(
    detector: Detector, utterances: Iterable[Floats]
) -> tuple[float, float, list[float]]:
    spent = seconds = 0.0
    for samples in utterances:
        track = Track()
        began = time.perf_counter()
        whole = len(samples) // WINDOW * WINDOW
        for first in range(0, whole, WINDOW):
            detector.probability(track, samples[first : first + WINDOW])
        spent += time.perf_counter() - began
        seconds += whole / RATE
    return spent, seconds, []


def _cleaning(
    process: Callable[[Floats], Floats], utterances: Iterable[Floats]
) -> tuple[float, float, list[float]]:
    spent = seconds = 0.0
    for samples in utterances:
        began = time.perf_counter()
        for first in range(0, len(samples), _FRAME):
            process(samples[first : first + _FRAME])
        spent += time.perf_counter() - began
        seconds += len(samples) / RATE
    return spent, seconds, []


def _noise() -> Floats:
    """Return 4 s of noise that swells and fades as syllables do, the same each time."""
    at = np.arange(4 * RATE) / RATE
    noise = np.random.default_rng(4).standard_normal(len(at))
    swelling: Floats = (0.05 * noise * (1 + np.sin(2 * np.pi * 4 * at))).astype(np.float32)
    return swelling


def _resident() -> int:
    """Return this process's resident memory, bytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
