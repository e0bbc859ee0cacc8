"""Speaking into the box's sentence: real interruptions stop it, listeners' noises do not.

    python -m tests.bench.bargein

Real ears (voice activity, recogniser, manner) and a real call session in the stream's own time: a
sentence of ten seconds is being said, and after one of them the caller begins. Interruptions are
people's recordings of the evaluation sets; back-channels are spoken by held-out synthetic voices
and made by rule (hums, coughs), because no recording of any is at hand; background is a
recording 20 dB below the caller. Beside ours: a detector that stops at any voice.
"""

import csv
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from appliance.audio.g711 import CODECS
from appliance.call.sentences import is_back_channel
from appliance.contracts.backchannels import backchannels
from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import Heard, Manner, SpeechStarted
from appliance.speech.audiofile import read_audio
from appliance.speech.server import load_engines
from appliance.speech.turns.listening import Listener
from tests.bench.figures import spread
from tests.conftest import data_folder

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "models" / "packs"
RATE = 8000
BEFORE, AFTER = 1.0, 2.0
"""Seconds of the line before and after what is said into the sentence."""
BACKCHANNELS = ("mhm", "uh huh", "okay", "yeah", "right", "I see", "yes", "oh okay", "hmm", "sure")
VOICES = ("en-gb+f3", "en-us+m7", "en-scotland+f1", "en-us+m2")
SPEECH_EXPECTED = Expectation()


def line(samples: np.ndarray) -> np.ndarray:
    """Return a sound between quiet, with a room's noise, through G.711."""
    chance = np.random.default_rng(1)
    whole = np.concatenate([np.zeros(round(BEFORE * RATE)), samples, np.zeros(round(AFTER * RATE))])
    whole = whole + 3e-4 * chance.standard_normal(len(whole))
    codec = CODECS["PCMA"]
    pcm = (np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes()
    return np.frombuffer(codec.decode(codec.encode(pcm)), "<i2").astype(np.float32) / 32768


def level(samples: np.ndarray, dbfs: float = -24.0) -> np.ndarray:
    """Cut the quiet around a sound and bring its loud part to a level."""
    power = np.convolve(samples**2, np.ones(160) / 160, "same")
    loud = np.flatnonzero(power > power.max() / 40)
    cut = samples[loud[0] : loud[-1] + 1]
    rms = np.sqrt(np.mean(cut[np.abs(cut) > np.abs(cut).max() / 10] ** 2))
    return cut * (10 ** (dbfs / 20) / rms)


def recordings(data: Path, name: str, longest: float) -> Iterator[np.ndarray]:
    """Yield people's recordings of a set, cut at `longest` seconds, but listeners' words."""
    folder = data / "audio" / name
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            listening = row["transcript"].lower() in backchannels("en")
            if row["split"] == "eval" and not listening:
                yield level(read_audio(folder / row["file"]))[: round(longest * RATE)]


def spoken(texts: tuple[str, ...]) -> Iterator[np.ndarray]:
    """Yield texts in synthetic voices that no training used as they are here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "say.wav"
        for voice in VOICES:
            for text in texts:
                subprocess.run(["espeak-ng", "-v", voice, "-w", path, text], check=True)
                yield level(read_audio(path))


def hums() -> Iterator[np.ndarray]:
    """Yield "mm" and "mm-hm" with closed lips, as people of different pitch hum them."""
    for hertz in (105, 130, 180, 220):
        for seconds in (0.25, 0.4, 0.6):
            at = np.arange(round(seconds * RATE)) / RATE
            bend = hertz * (1 + 0.06 * np.sin(2 * np.pi * 1.3 * at))
            phase = 2 * np.pi * np.cumsum(bend) / RATE
            tone = sum(np.sin(n * phase) / n**2.2 for n in range(1, 6))
            yield level(tone * np.hanning(len(at)) ** 0.4)


def coughs() -> Iterator[np.ndarray]:
    """Yield bursts of shaped noise, one or two in a row."""
    chance = np.random.default_rng(7)
    for number in range(12):
        parts = []
        for _ in range(1 + number % 2):
            size = round(chance.uniform(0.15, 0.35) * RATE)
            noise = np.convolve(chance.standard_normal(size), np.hanning(3 + number % 5), "same")
            parts += [noise * np.exp(-5 * np.linspace(0, 1, size)), np.zeros(RATE // 8)]
        yield level(np.concatenate(parts), -18.0)


def react(listener: Listener, sound: np.ndarray) -> tuple[float | None, bool]:
    """Return seconds from the sound's begin to the pause of the box, and whether it stayed silent.

    The box pauses at SpeechStarted and goes on where the utterance turns out not to be for it.
    """
    whole = line(sound)
    paused, stopped = None, False
    for at in range(0, len(whole) - 159, 160):
        listener.feed(whole[at : at + 160])
        while (job := listener.job()) is not None:
            listener.done(job, job.run())
        now = (at + 160) / RATE
        for message in listener.messages():
            if isinstance(message, SpeechStarted):
                paused = now - BEFORE if paused is None else paused
            elif isinstance(message, Heard):
                length = message.end - message.start
                kind = SPEECH_EXPECTED.kind
                goes_on = message.manner is not Manner.SPEECH or is_back_channel(
                    message.text, message.confidence, length, kind
                )
                stopped = stopped or not goes_on
    return paused, stopped


def main() -> None:
    """Print how often and how fast the box stops, by what is said into its sentence."""
    data = data_folder()
    if not (data / "audio").is_dir():
        raise SystemExit(f"no human speech at {data}: set ATTENDANT_DATA to where it is")
    engines = load_engines(
        PACKS, stt="en-telephone-8k", tts="en-rms-16k", vad="silero-vad", turn="turns-en"
    )

    def listener() -> Listener:
        made = engines.listener()
        made.expect(SPEECH_EXPECTED)
        # The box knows how loud its caller is: two turns have been taken before.
        for _ in range(2):
            made._usual.note(-24.0)
        return made

    groups = {
        "interruptions, people's sentences": (
            [
                *list(recordings(data, "an4_eval", 3.0))[::2],
                *list(recordings(data, "common_voice_eval", 3.0))[::2],
            ],
            True,
        ),
        "interruptions, single words": (list(recordings(data, "speech_commands", 2.0))[::9], True),
        "back-channel words, synthetic": (list(spoken(BACKCHANNELS)), False),
        "hums, made by rule": (list(hums()), False),
        "coughs, made by rule": (list(coughs()), False),
        "background, people 20 dB down": (
            [0.1 * s for s in list(recordings(data, "common_voice_eval", 3.0))[1::4]],
            False,
        ),
    }
    yields: list[float] = []
    kept = all_kept = simple = 0
    for name, (sounds, real) in groups.items():
        results = [react(listener(), sound) for sound in sounds]
        stops = sum(stopped for _, stopped in results)
        pauses = [1000 * paused for paused, _ in results if paused is not None]
        if real:
            yields += pauses
        else:
            kept, all_kept = kept + len(sounds) - stops, all_kept + len(sounds)
            simple += len(sounds) - len(pauses)
        share = stops / len(sounds) if real else 1 - stops / len(sounds)
        word = "stopped for" if real else "kept through"
        print(f"{name:36s} {word} {share:6.1%} of {len(sounds)}; paused {len(pauses)}", flush=True)
    print(f"interruption to pause, ms            {spread(yields)}")
    print(f"kept through all that was none       {kept / all_kept:.1%} of {all_kept}")
    print(f"a detector that stops at any voice   {simple / all_kept:.1%}, as fast")


if __name__ == "__main__":
    main()
