"""What hearing and speaking cost on one core; run: python -m tests.bench.speech [VOICE ...].

Times are of the processor, milliseconds, with the committed packs; the first audio of the voice
and the end of a turn over the link are wall clock. Named voices alone: only what is said of them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from appliance.contracts import speech as link
from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.engines.table import load_speaker
from appliance.speech.features import FilterBank
from appliance.speech.server import load_engines, serve
from appliance.speech.speaking.loudness import DBM0, active_level
from appliance.speech.turns.listening import Listener
from appliance.speech.turns.vad import WINDOW, Track
from appliance.system.packs.manifest import PackKind, load_kind
from tests.bench.figures import memory_mib, spread

PACKS = Path(__file__).resolve().parents[2] / "models" / "packs"
STT, TTS, VAD = "en-telephone-8k", "en-rms-16k", "silero-vad"
SENTENCES = (
    "what are your opening hours",
    "please put me through to the cardiology department",
    "i would like to leave a message for the pharmacy",
)
ANSWER = "We are open from eight to six, Monday to Friday, and on Saturday until one."
PLACES = ("radiology", "cardiology", "pediatrics", "maternity", "billing", "admissions", "surgery")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today")
REQUESTS = tuple(
    f"{begin} {way} {place}{end}"
    for begin in ("please", "could you", "i would like you to", "can you", "hello")
    for way in ("connect me to", "put me through to", "give me", "transfer me to")
    for place in PLACES
    for end in ("", " please", " now")
)
QUESTIONS = tuple(
    f"{begin} {place} open {day}"
    for begin in ("is", "when is", "how late is")
    for place in PLACES
    for day in DAYS
)
ANSWERS = {
    "en": {
        5: (
            "We are open till eight.",
            "Please stay on the line.",
            "Your appointment is confirmed now.",
            "Which department do you need?",
        ),
        11: (
            "I will put you through to the cardiology department right away.",
            "Our visiting hours are from two until eight in the evening.",
            "Please tell me the name of the person you are calling.",
            "Your appointment is on Monday, November 23, at half past nine.",
        ),
        25: (
            (
                "I am sorry, but nobody in radiology can take your call at the moment, "
                "so I will ask them to call you back this afternoon."
            ),
            (
                "We are open from eight in the morning until six in the evening on weekdays, and on "
                "Saturdays we are here from nine until one."
            ),
            (
                "To change your appointment please give me your date of birth and the number that "
                "stands in the upper right corner of our last letter."
            ),
        ),
    },
    "de": {
        5: ("Bitte bleiben Sie am Apparat.", "Wir haben bis acht geöffnet."),
        11: (
            "Ich verbinde Sie jetzt mit der Abteilung für Kardiologie, bitte warten.",
            "Unsere Besuchszeiten sind jeden Tag von zwei bis acht am Abend.",
        ),
        25: (
            (
                "Leider kann in der Radiologie im Augenblick niemand Ihren Anruf annehmen, daher bitte "
                "ich die Kollegen darum, Sie heute Nachmittag gegen vier Uhr zurückzurufen, ja?"
            ),
        ),
    },
}
"""Answers by their number of words."""
EXPECTATIONS = {
    "free": Expectation(),
    "free, 600 phrases": Expectation(Kind.FREE, (*SENTENCES, *REQUESTS, *QUESTIONS)[:600]),
    "yes-no": Expectation(Kind.YES_NO),
    "digits:6": Expectation(Kind.DIGITS, shortest=6, longest=6),
    "letters": Expectation(Kind.LETTERS),
}


def measure(step: Callable[[], object], times: int = 30) -> dict[str, float]:
    """Return the spread of a step in milliseconds of this thread's processor time."""
    taken = []
    for _ in range(times):
        begin = time.thread_time_ns()
        step()
        taken.append((time.thread_time_ns() - begin) / 1e6)
    return spread(taken)


def models(engines) -> list[np.ndarray]:
    """Print the cost of each model alone; return the sentences as audio."""
    spoken = [engines.voice.render(text).astype(np.float32) / 32768 for text in SENTENCES]
    seconds = [len(samples) / 8000 for samples in spoken]
    track = Track()
    window = spoken[0][4000 : 4000 + WINDOW]
    cost = measure(lambda: engines.detector.probability(track, window), 300)
    print(f"voice activity, a window of 32 ms  {cost}")
    print(f"  of a core for each call          {cost['median'] / 32:.2%}")
    bank = FilterBank()
    bank.accept(spoken[1])
    length = seconds[1]
    hear = measure(lambda: engines.recogniser.hear(bank))
    print(f"recogniser, {length:.1f} s of speech       {hear}")
    print(f"  real-time factor                 {hear['median'] / 1000 / length:.4f}")
    posteriors = engines.recogniser.hear(bank)
    for name, expectation in EXPECTATIONS.items():
        engines.recogniser.prepare(expectation)
        cost = measure(lambda e=expectation: engines.recogniser.read(posteriors, e))
        print(f"reading, {name:24s}  {cost}")
    rendered = len(engines.voice.render(ANSWER)) / 8000
    say = measure(lambda: engines.voice.render(ANSWER), 10)
    print(f"voice, {rendered:.1f} s of speech            {say}")
    print(f"  real-time factor                 {say['median'] / 1000 / rendered:.4f}")
    listening(engines, spoken[1])
    return spoken


def listening(engines, samples: np.ndarray) -> None:
    """Print what one talking caller costs, decodes for partials included."""
    sound = np.concatenate([np.zeros(4000, np.float32), samples, np.zeros(8000, np.float32)])

    def call() -> None:
        listener = Listener(engines.detector, engines.recogniser)
        listener.expect(EXPECTATIONS["free, 600 phrases"])
        for at in range(0, len(sound), 160):
            listener.feed(sound[at : at + 160])
            while (job := listener.job()) is not None:
                listener.done(job, job.run())

    cost = measure(call, 10)
    share = cost["median"] / 1000 / (len(sound) / 8000)
    print(f"one talking caller, of a core      {share:.2%}")


def once(voice, text: str) -> tuple[tuple[float, float], np.ndarray, float]:
    """Say a text; return ms (wall, processor) to its first audio, the audio, processor seconds."""
    pieces: list[np.ndarray] = []
    first: list[tuple[float, float]] = []
    begin, spent = time.perf_counter(), time.thread_time()

    def hear(piece: np.ndarray) -> bool:
        first.append((time.perf_counter() - begin, time.thread_time() - spent))
        pieces.append(piece)
        return True

    voice.say(text, hear)
    sound = np.concatenate(pieces).astype(np.float32) / 32768
    return (1000 * first[0][0], 1000 * first[0][1]), sound, time.thread_time() - spent


def voices(names: list[str]) -> None:
    """Print first audio, pace and level of each voice."""
    for name in names:
        pack = load_kind(PACKS, name, PackKind.TTS)
        voice = load_speaker(pack)
        levels, peaks = [], []
        print(f"{voice.identity}")
        for words, texts in ANSWERS[pack.language].items():
            first, cost, share = [], [], []
            for text in texts * 6:
                begun, sound, spent = once(voice, text)
                first.append(begun[0])
                cost.append(begun[1])
                share.append(spent / (len(sound) / 8000))
                levels.append(active_level(sound, 8000) - DBM0)
                peaks.append(20 * np.log10(np.abs(sound).max()))
            print(f"  first audio, {words:2} words, wall       {spread(first)}")
            print(f"  first audio, {words:2} words, processor  {spread(cost)}")
            print(f"  real-time factor, {words:2} words        {spread(share)}")
        print(f"  active level                       {spread(levels)} dBm0")
        print(f"  highest peak                       {max(peaks):.1f} dBFS")


def turns(engines, spoken: list[np.ndarray]) -> None:
    """Print the latencies of the link in real time."""
    path = Path(tempfile.mkdtemp()) / "speech.sock"
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    server = loop.create_task(serve(path, engines, on_ready=ready.set))

    def run() -> None:
        loop.run_until_complete(asyncio.gather(server, return_exceptions=True))

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.connect(str(path))
    peer.send(link.encode(link.Open("bench")))
    peer.recv(70_000)
    first = []
    for number in range(10):
        begin = time.monotonic()
        peer.send(link.encode(link.Say(number, ANSWER)))
        message = link.decode(peer.recv(70_000))
        first.append(1000 * (time.monotonic() - begin))
        while isinstance(message, link.Spoken) and not message.last:
            message = link.decode(peer.recv(70_000))
    print(f"voice, first audio over the link   {spread(first)}")
    peer.send(link.encode(link.Expect(EXPECTATIONS["free, 600 phrases"])))
    started, decided = [], []
    for samples in spoken * 3:
        begun, ended = one_turn(peer, samples)
        started.append(begun)
        decided.append(ended)
    print(f"begin of speech to SpeechStarted   {spread(started)}")
    print(f"end of speech to Heard, free       {spread(decided)}")
    peer.close()
    loop.call_soon_threadsafe(server.cancel)
    thread.join()


def one_turn(peer: socket.socket, samples: np.ndarray) -> tuple[float, float]:
    """Play one sentence in real time; return ms from its first and last sound to the messages."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    quiet = np.zeros(4000, np.float32)
    sound = np.concatenate([quiet, samples[: loud[-1]], np.zeros(16_000, np.float32)])
    pcm = (sound * 32767).astype("<i2").tobytes()
    begin = time.monotonic()
    started = heard = 0.0
    peer.setblocking(False)
    for at in range(0, len(pcm), 320):
        time.sleep(max(0.0, begin + (at + 320) / 16_000 - time.monotonic()))
        peer.send(link.encode(link.Audio(pcm[at : at + 320])))
        deadline = begin + (at + 640) / 16_000 - 0.002
        while not heard and time.monotonic() < deadline:
            try:
                message = link.decode(peer.recv(70_000))
            except BlockingIOError:
                time.sleep(0.0005)
                continue
            if isinstance(message, link.SpeechStarted):
                started = time.monotonic() - begin
            elif isinstance(message, link.Heard):
                heard = time.monotonic() - begin
    peer.setblocking(True)
    first_sound = (len(quiet) + loud[0]) / 8000
    last_sound = (len(quiet) + loud[-1]) / 8000
    return 1000 * float(started - first_sound), 1000 * float(heard - last_sound)


def main() -> None:
    """Print every figure of the speech process, or of the voices that are named."""
    if sys.argv[1:]:
        voices(sys.argv[1:])
        return
    before = memory_mib(os.getpid())
    begin = time.monotonic()
    engines = load_engines(PACKS, stt=STT, tts=TTS, vad=VAD)
    print(f"load of the three packs            {1000 * (time.monotonic() - begin):.0f} ms")
    spoken = models(engines)
    voices([TTS])
    turns(engines, spoken)
    print(f"memory, of which before the packs  {memory_mib(os.getpid())} MiB, {before} MiB")


if __name__ == "__main__":
    main()
