"""What the command line does with hearing and voice: `hear` and `say`.

Functions return plain values or write lines to a stream that they are given; every mistake of the
user is a UserError of one sentence.
"""

from __future__ import annotations

import dataclasses
import json
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from appliance.contracts.errors import UserError
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Alternative, Word
from appliance.speech.audiofile import RATE, read_audio
from appliance.speech.engines.base import HEAD, TAIL
from appliance.speech.engines.table import load_recogniser, load_speaker
from appliance.speech.features import level_dbfs
from appliance.speech.turns.endpointing import (
    END_PROBABILITY,
    FLOOR_DBFS,
    LONGEST,
    START_AMONG,
    START_PROBABILITY,
    START_WINDOWS,
)
from appliance.speech.turns.vad import WINDOW, Detector, Track
from appliance.speech.words.phonemes import PhonemesError
from appliance.speech.words.pronunciation import PronunciationFile
from appliance.speech.words.ssml import check, is_ssml
from appliance.system.packs.manifest import PackKind, load_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.system.packs.manifest import Folders

Floats = npt.NDArray[np.float32]

_PAUSE: Final = {Kind.DIGITS: 1.8, Kind.LETTERS: 1.8}
"""Seconds of silence that part one utterance of a file from the next …"""
_OTHER_PAUSE: Final = 0.7
"""… where something else is expected."""
_LEAD_IN: Final = 0.12
"""Seconds of quiet that are put before a sound file."""
_FADE_IN: Final = 0.005
_PROGRESS_AFTER: Final = 2.0
"""Seconds of work, as guessed from the files' sizes, that deserve a bar."""
_BYTES_A_SECOND: Final = 500_000
"""Bytes of sound files that are heard in about a second, for that guess."""


@dataclass(frozen=True, slots=True)
class HeardFile:
    """What was heard in one file; times in seconds from its beginning."""

    file: str
    text: str
    confidence: float
    words: tuple[Word, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


class Ears:
    """A recogniser with its voice activity detector, for whole files."""

    def __init__(self, packs: Folders, *, stt: str, vad: str, threads: int = 1) -> None:
        """Verify and load both packs. Raises PackError where one cannot be used."""
        self._detector = Detector(load_kind(packs, vad, PackKind.VAD).path("model"))
        self._recogniser = load_recogniser(load_kind(packs, stt, PackKind.STT), threads)

    def hear(self, file: Path, expectation: Expectation) -> HeardFile:
        """Return what is said in a sound file; silence and noise give an empty text.

        Raises UserError where the file cannot be read.
        """
        samples = _led_in(read_audio(file))
        texts: list[str] = []
        words: list[Word] = []
        alternatives: tuple[Alternative, ...] = ()
        confidences: list[float] = []
        for first, last in self._utterances(samples, _PAUSE.get(expectation.kind, _OTHER_PAUSE)):
            utterance = self._recogniser.utterance()
            utterance.accept(samples[first:last])
            reading = utterance.read(expectation, 0.0)
            if not reading.text:
                continue
            texts.append(reading.text)
            confidences.append(reading.confidence)
            alternatives = alternatives or reading.alternatives
            offset = first / RATE - _LEAD_IN
            words += [
                dataclasses.replace(
                    word,
                    start=round(max(0.0, word.start + offset), 3),
                    end=round(max(0.0, word.end + offset), 3),
                )
                for word in reading.words
            ]
        confidence = round(min(confidences, default=0.0), 3)
        return HeardFile(str(file), " ".join(texts), confidence, tuple(words), alternatives)

    def _utterances(self, samples: Floats, pause: float) -> Iterator[tuple[int, int]]:
        """Yield the first and last sample of what was voiced, with a margin, pauses bridged."""
        lead = round(HEAD * RATE)
        tail = round(TAIL * RATE)
        # A clip may begin with the voice itself: the detector needs a moment of quiet before it.
        padded = np.concatenate([np.zeros(lead, np.float32), samples, np.zeros(tail, np.float32)])
        begun: int | None = None
        voiced_to = 0
        for start, end in self._voiced(padded):
            long = begun is not None and end - begun > LONGEST * RATE
            if begun is not None and (start - voiced_to > pause * RATE or long):
                yield max(0, begun - 2 * lead), min(len(samples), voiced_to)
                begun = None
            begun = start if begun is None else begun
            voiced_to = end
        if begun is not None:
            yield max(0, begun - 2 * lead), min(len(samples), voiced_to)

    def _voiced(self, padded: Floats) -> Iterator[tuple[int, int]]:
        """Yield stretches of voice by the same thresholds as on the telephone."""
        track = Track()
        recent: list[bool] = []
        begun: int | None = None
        for at in range(0, len(padded) - WINDOW + 1, WINDOW):
            window = padded[at : at + WINDOW]
            probability = self._detector.probability(track, window)
            loud = level_dbfs(window) > FLOOR_DBFS
            if begun is None:
                recent = [*recent, probability > START_PROBABILITY and loud][-START_AMONG:]
                if sum(recent) >= START_WINDOWS:
                    begun, recent = at - WINDOW * (len(recent) - 1 - recent.index(True)), []
            elif probability <= END_PROBABILITY:
                yield begun, at
                begun = None
        if begun is not None:
            yield begun, len(padded)


def _led_in(samples: Floats) -> Floats:
    """Put quiet before a clip that may be cut at its first sound, and let it begin softly.

    The recogniser has learnt that quiet comes before speech, and that a click is a consonant.
    """
    soft = min(len(samples), round(_FADE_IN * RATE))
    begun = samples[:soft] * np.linspace(0, 1, soft, dtype=np.float32)
    return np.concatenate([np.zeros(round(_LEAD_IN * RATE), np.float32), begun, samples[soft:]])


def hear(
    files: Sequence[Path],
    out: TextIO,
    *,
    expect: str,
    as_json: bool,
    packs: Folders,
    stt: str,
    vad: str,
    threads: int = 1,
) -> int:
    """Hear `files` as `appliance hear` does and write a line for each; return the exit status.

    A file that cannot be read is told on stderr and does not keep the others from being heard; the
    status is then 1. Raises UserError where nothing can be heard at all.
    """
    try:
        expectation = Expectation.parse(expect)
    except ValueError as error:
        raise UserError(f"{error}.") from None
    if not files:
        raise UserError("Nothing to hear: name at least one sound file.")
    ears = Ears(packs, stt=stt, vad=vad, threads=threads)
    console = Console(stderr=True)
    failed = 0
    with _bar(console, files) as progress:
        task = progress.add_task("hearing", total=len(files))
        for file in files:
            try:
                heard = ears.hear(file, expectation)
            except UserError as error:
                console.print(
                    str(error), style="red", markup=False, highlight=False, soft_wrap=True
                )
                failed += 1
            else:
                out.write((_json(heard) if as_json else _plain(heard)) + "\n")
                out.flush()
            progress.advance(task)
    return 1 if failed else 0


def _bar(console: Console, files: Sequence[Path]) -> Progress:
    size = sum(file.stat().st_size for file in files if file.is_file())
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=size < _PROGRESS_AFTER * _BYTES_A_SECOND or not console.is_terminal,
    )


def _json(heard: HeardFile) -> str:
    return json.dumps(dataclasses.asdict(heard), ensure_ascii=False)


def _plain(heard: HeardFile) -> str:
    return f"{heard.file}: {heard.text or '(nothing)'} ({heard.confidence:.2f})"


def say(
    text: str,
    output: Path,
    *,
    packs: Folders,
    tts: str,
    speed: float = 1.0,
    loudness: float = 0.0,
    pronunciation: Path | None = None,
    threads: int = 1,
) -> float:
    """Write `text`, spoken, as a 16-bit WAV at the voice's own rate; return its seconds.

    `text` is plain or SSML; `loudness` in dB against telephone level; `pronunciation`: the site's
    file of names. What SSML has wrong is told here, where a call would speak on without its tags.
    Raises UserError where there is nothing to say, no voice, or the file cannot be written.
    """
    if not text.strip():
        raise UserError("Nothing to say: give a text.")
    if not 0.5 <= speed <= 2.0:
        raise UserError(f"A speed of {speed:g} is out of range: give one from 0.5 to 2.")
    if output.suffix.lower() != ".wav":
        raise UserError(f"{output} is no WAV file: give a name that ends in .wav.")
    pack = load_kind(packs, tts, PackKind.TTS)
    if is_ssml(text):
        check(text, pack.language)
    names = PronunciationFile(pronunciation).current if pronunciation else lambda: None
    pieces = [np.zeros(0, np.int16)]

    def keep(piece: npt.NDArray[np.int16]) -> bool:
        pieces.append(piece)
        return True

    try:
        voice = load_speaker(pack, threads, rate=pack.sample_rate, loudness=loudness, lexicon=names)
        voice.say(text, keep, speed)
    except PhonemesError as error:
        raise UserError(f"{error}.") from None
    samples = np.concatenate(pieces)
    if not len(samples):
        raise UserError("The text holds nothing that can be said: give words or numbers.")
    try:
        with output.open("wb") as stream, wave.open(stream) as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(pack.sample_rate)
            file.writeframes(samples.astype("<i2").tobytes())
    except OSError as error:
        raise UserError(f"{output} cannot be written ({error.strerror}): choose another.") from None
    return len(samples) / pack.sample_rate
