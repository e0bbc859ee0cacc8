"""The steps that fill WORK/shards: synthetic, human, aligned and held-out speech."""

import logging
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.train.stt import align, corpora, splice, texts, voices
from models.train.stt.channel import Channel, features, telephone
from models.train.stt.languages.base import Language
from models.train.stt.shards import Row, Writer

log = logging.getLogger(__name__)

_COPIES = 2
"""Every utterance is heard over this many different lines."""


def _espeak_variants() -> list[str]:
    found = subprocess.run(
        ["espeak-ng", "--version"], capture_output=True, check=True, text=True
    ).stdout
    return voices.variants(Path(found.split("Data at:")[1].strip()) / "voices" / "!v")


def _add(
    writer: Writer,
    channel: Channel,
    spoken: Iterator[voices.Utterance],
    copies: int,
    limit_s: float,
) -> None:
    started, heard = time.monotonic(), 0
    for utterance in spoken:
        heard += 1
        if heard % 2000 == 0:
            elapsed = time.monotonic() - started
            log.info("%s: %.1f h in %.0f s", writer.name, writer.total_s / 3600, elapsed)
        if len(utterance.samples) < 0.05 * utterance.rate:
            continue
        for _ in range(copies):
            x = channel.utterance(utterance.samples, utterance.rate)
            if 1600 < len(x) < 20 * 8000:
                frames = features(x).astype(np.float16)
                writer.add(Row(utterance.written, utterance.voice, frames))
        if writer.total_s >= limit_s:
            break
    writer.flush()


def synthetic(data: Path, work: Path, language: Language, hours: float, seed: int) -> None:
    """Write `hours` of synthetic speech as shards synth<seed>-*."""
    source, rng = texts.load(work, language), random.Random(seed)
    cast = voices.CASTS[language.code](_espeak_variants(), held_out=False)

    def spoken() -> Iterator[voices.Utterance]:
        while True:
            yield from cast.perform([source.draw(rng) for _ in range(200)], rng)

    writer = Writer(work / "shards", f"synth{seed}")
    channel = Channel(seed, data / "audio" / "noise_rir")
    _add(writer, channel, spoken(), _COPIES, hours * 3600)


def spliced(
    data: Path, work: Path, language: Language, checkpoint: Path, hours: float, seed: int
) -> None:
    """Write `hours` of people's English cut up and put together to German, as spliced<seed>-*."""
    source, rng = texts.load(work, language), random.Random(seed)
    speakers = splice.people(data, checkpoint, language.facts["splice"])
    log.info("%d speakers to cut", len(speakers))
    spoken = splice.utterances(speakers, source, language.lexicon(data, work), rng)
    channel = Channel(seed, data / "audio" / "noise_rir")
    writer = Writer(work / "shards", f"spliced{seed}", limit_s=1800.0)
    _add(writer, channel, spoken, _COPIES, hours * 3600)


def human(data: Path, work: Path, seed: int) -> None:
    """Write all human (English) training speech as shards human-*; digits also joined to strings."""
    rng = random.Random(seed)
    channel = Channel(seed, data / "audio" / "noise_rir")
    audio, train = data / "audio", data / "audio_train"
    sets = {
        "an4": (corpora.utterances(train / "an4", "train"), 4),
        "fsdd": (corpora.utterances(audio / "fsdd_digits_8k", "train"), 3),
        "strings": (corpora.digit_strings(audio / "fsdd_digits_8k", 700, rng), 2),
        "ocean": (corpora.utterances(train / "speechocean762_train", "train"), 2),
        "voice": (corpora.utterances(train / "common_voice_v1_dev", "train"), 2),
        "libri": (corpora.utterances(train / "mini_librispeech_train_clean_5", "train"), 2),
        "words": (corpora.utterances(train / "speech_commands_minali", "train"), 2),
        "words2": (corpora.utterances(audio / "speech_commands", "train"), 3),
    }
    for name, (spoken, copies) in sets.items():
        writer = Writer(work / "shards", f"human_{name}")
        _add(writer, channel, spoken, copies, float("inf"))
        log.info("%s: %.2f h", name, writer.total_s / 3600)


def aligned(data: Path, work: Path, language: Language, hours: float, seed: int) -> None:
    """Write `hours` of flite speech with the phone of every 40 ms as shards aligned-*."""
    source, rng = texts.load(work, language), random.Random(seed)
    channel = Channel(seed, data / "audio" / "noise_rir")
    writer = Writer(work / "shards", "aligned")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flite.wav"
        while writer.total_s < hours * 3600:
            sentence = source.draw(rng)
            if len(sentence.written) > 45:
                continue
            timed = align.speak(sentence, rng.choice(["slt", "rms", "kal", "kal16"]), rng, path)
            if timed is None:
                continue
            for _ in range(_COPIES):
                x, labels = align.utterance(timed, channel)
                frames = features(x).astype(np.float16)
                writer.add(Row(sentence.written, timed.speech.voice, frames, labels))
    writer.flush()


def held_out(data: Path, work: Path, language: Language, count: int, seed: int) -> None:
    """Write `count` sentences of callers and of texts, held-out voices; some of the human sets."""
    source, rng = texts.load(work, language), random.Random(seed)
    judged = language.facts["judged"]
    lines = source.held
    if judged["text"]:
        lines = (data / "text" / judged["text"]).read_text(encoding="utf-8").splitlines()
    cast = voices.CASTS[language.code]([], held_out=True)
    channel = Channel(seed, data / "audio" / "noise_rir")
    domain = [language.normalise(source.domain.sentence(rng)) for _ in range(count)]
    sets = dict(zip(judged["synthetic"], (domain, lines[:count]), strict=False))
    for name, slot in judged["slots"].items():
        sets[name] = [source.domain.fill(slot, rng) for _ in range(count)]
    for name, said in sets.items():
        writer = Writer(work / "held", name)
        spoken = cast.perform([source.sentence(text) for text in said], rng)
        _add(writer, channel, spoken, 1, float("inf"))
    for folder in judged["held"]:
        human = list(corpora.utterances(data / "audio" / folder, "eval", language.normalise))
        writer = Writer(work / "held", folder)
        for item in rng.sample(human, min(60, len(human))):
            frames = features(telephone(item.samples, item.rate)).astype(np.float16)
            writer.add(Row(item.written, item.voice, frames))
        writer.flush()
