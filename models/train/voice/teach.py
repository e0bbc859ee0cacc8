"""Let the teacher read the corpus: IPA tokens, their durations, vocoder parameters, no alignment.

line -> clauses -> espeak-ng IPA -> phones per word -> teacher (C program) -> segments, tracks
     -> durations per IPA code point + features -> one .npz per split
"""

from __future__ import annotations

import itertools
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.phonemes import phonemise
from appliance.speech.text import clauses
from models.train.voice.features import framed
from models.train.voice.phones import Sound, sounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

SYMBOLS: Final = (
    *"_^$ ,.;:!?'-ˈˌːabcdefghijklmnopqrstuvwxyzæðŋɐɑɒɔəɚɛɜɡɪɹɾʃʊʌʒʔθᵻ",
    "\u0329",
    *"ɫç",
)
"""Token of each id. 0 is the pad, 1 the start, 2 the end, 3 the space between words."""
IDS: Final = {symbol: number for number, symbol in enumerate(SYMBOLS)}
MAX_FRAMES: Final = 900
_MAGIC: Final = 0x7EAC


class TeacherError(RuntimeError):
    """The teacher could not be built or did not answer as agreed."""


@dataclass(frozen=True, slots=True)
class Token:
    """One IPA piece, mark or space, tied to the teacher's word and phones that carry it."""

    text: str
    word: int
    phones: tuple[int, ...]
    """Places of the phones within the word; empty for stress, spaces and marks."""


@dataclass(frozen=True, slots=True)
class Script:
    """A line as the student reads it (tokens) and as the teacher does (one line of its input)."""

    line: str
    tokens: tuple[Token, ...]
    teacher: str
    phones: tuple[int, ...]
    """Phones of each word, words counted from 1."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the teacher answered to one script."""

    segments: tuple[tuple[str, float, int], ...]
    """Phone, end in seconds, word (0 for pauses)."""
    track: NDArray[np.float32]
    wave: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One example for the student."""

    line: str
    tokens: NDArray[np.int64]
    frames: NDArray[np.int64]
    features: NDArray[np.float32]
    """[frames of 10 ms, 64]"""
    wave: NDArray[np.int16]
    """The teacher's audio at 16 kHz, trimmed like the features."""


def script(line: str) -> Script | None:
    """Prepare a line; None where a sound is unknown to the teacher."""
    tokens: list[Token] = []
    words: list[str] = []
    counts: list[int] = []
    before = ""
    for clause in clauses(line):
        units = phonemise(clause.words).split()
        spelled = clause.words.lower().split()
        for place, unit in enumerate(units):
            parsed = sounds(unit)
            if not parsed or not any(sound.phones for sound in parsed):
                return None
            last = place == len(units) - 1
            tokens += _tokens(parsed, len(words) + 1)
            phones = " ".join(itertools.chain.from_iterable(sound.phones for sound in parsed))
            # flite skips a word whose phones equal those before ("five five"): lead with a blank.
            phones = " " + phones if phones == before else phones
            before = phones
            # The word itself only tells the teacher's phrasing function words from content words.
            word = (
                spelled[place] if len(spelled) == len(units) else "banana" if "ˈ" in unit else "the"
            )
            words.append(f"{word}|{clause.mark if last else ''}|{phones}")
            counts.append(len(phones.split()))
            if not last:
                tokens.append(Token(" ", len(words), ()))
        tokens += [Token(clause.mark, len(words), ()), Token(" ", len(words), ())]
    if not tokens:
        return None
    return Script(line, tuple(tokens[:-1]), "\t".join(words), tuple(counts))


def _tokens(parsed: Iterable[Sound], word: int) -> Iterator[Token]:
    at = 0
    for sound in parsed:
        yield Token(sound.ipa, word, tuple(range(at, at + len(sound.phones))))
        at += len(sound.phones)


def records(answer: bytes, count: int) -> tuple[NDArray[np.float64], Iterator[Record]]:
    """Read the teacher's output: mixed-excitation filters [5, taps], then `count` records.

    Raises:
        TeacherError: the stream does not hold what it should.

    """
    bands, taps = struct.unpack_from("2i", answer)
    filters = np.frombuffer(answer, np.float64, bands * taps, 8).reshape(bands, taps)

    def read() -> Iterator[Record]:
        at = 8 + 8 * bands * taps
        for _ in range(count):
            magic, segments, frames, channels, samples, rate = struct.unpack_from("6i", answer, at)
            if magic != _MAGIC or rate != 16000:
                msg = f"the teacher's answer is broken at byte {at}"
                raise TeacherError(msg)
            at += 24
            spans = []
            for _ in range(segments):
                name, end, word = struct.unpack_from("8sfi", answer, at)
                spans.append((name.split(b"\0")[0].decode(), end, word))
                at += 16
            width = channels + bands
            track = np.frombuffer(answer, np.float32, frames * width, at).reshape(frames, width)
            at += 4 * frames * width
            wave = np.frombuffer(answer, np.int16, samples, at)
            at += 2 * samples
            yield Record(tuple(spans), track, wave)

    return filters, read()


def durations(said: Script, record: Record) -> tuple[list[str], NDArray[np.float64]] | None:
    """Seconds of each code point, start and end tokens included; None if the phones disagree."""
    starts = [0.0, *(end for _, end, _ in record.segments)]
    spoken: dict[int, list[int]] = {}
    pauses = []
    for place, (name, _, word) in enumerate(record.segments):
        if name == "pau":
            pauses.append(place)
        else:
            spoken.setdefault(word, []).append(place)
    if any(len(spoken.get(word, ())) != n for word, n in enumerate(said.phones, 1)):
        return None
    texts, seconds = ["^"], [0.0]
    rest_after: dict[int, int] = {}  # the first token after a word takes the pause behind it
    for token in said.tokens:
        if not token.phones:
            if token.text not in "ˈˌ":
                rest_after.setdefault(token.word, len(texts))
            texts.append(token.text)
            seconds.append(0.0)
            continue
        places = [spoken[token.word][i] for i in token.phones]
        spans = [starts[place + 1] - starts[place] for place in places]
        if len(spans) != len(token.text):
            spans = [sum(spans) / len(token.text)] * len(token.text)
        texts += token.text
        seconds += spans
    texts.append("$")
    seconds.append(0.0)
    for place in pauses:
        span = starts[place + 1] - starts[place]
        if place == 0:
            seconds[0] += span
        elif place == len(record.segments) - 1:
            seconds[-1] += span
        else:
            owner = rest_after.get(record.segments[place - 1][2])
            if owner is None:
                return None
            seconds[owner] += span
    return texts, np.array(seconds)


def utterance(said: Script, record: Record) -> Utterance | None:
    """Join script and answer; None where the answer is unusable (flite's F0 may be infinite)."""
    timed = durations(said, record)
    if timed is None or not np.isfinite(record.track).all():
        return None
    texts, seconds = timed
    if any(text not in IDS for text in texts):
        return None
    rows, counts, cut = framed(record.track, seconds)
    if len(rows) > MAX_FRAMES or not np.isfinite(rows).all():
        return None
    ids = np.array([IDS[text] for text in texts], np.int64)
    wave = record.wave[cut * 160 : (cut + len(rows)) * 160]
    return Utterance(said.line, ids, counts, rows, wave)


def build_teacher(work: Path) -> Path:
    """Compile the teacher into `work`.

    Raises:
        TeacherError: no C compiler or no flite (Debian: gcc, flite1-dev).

    """
    program = work / "teacher"
    source = Path(__file__).with_name("teacher.c")
    libraries = ["flite_cmu_us_rms", "flite_usenglish", "flite_cmulex", "flite", "m"]
    command = ["cc", "-O2", str(source), "-o", str(program), *(f"-l{name}" for name in libraries)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        msg = "no C compiler: install gcc"
        raise TeacherError(msg) from error
    except subprocess.CalledProcessError as error:
        msg = f"the teacher does not compile (is flite1-dev installed?): {error.stderr[-500:]}"
        raise TeacherError(msg) from error
    return program


def speak(
    teacher: Path, lines: Iterable[str]
) -> tuple[NDArray[np.float64], list[Utterance], dict[str, int]]:
    """Have all lines read; returns the band filters, the usable utterances and what was dropped."""
    scripts = [said for said in map(script, lines) if said is not None]
    dropped = {"unknown sound": sum(1 for _ in lines) - len(scripts), "unusable answer": 0}
    text = "".join(said.teacher + "\n" for said in scripts)
    run = subprocess.run([str(teacher)], input=text.encode(), capture_output=True, check=True)
    filters, answers = records(run.stdout, len(scripts))
    kept = []
    for said, record in zip(scripts, answers, strict=True):
        made = utterance(said, record)
        if made is None:
            dropped["unusable answer"] += 1
        else:
            kept.append(made)
    return filters, kept, dropped


def store(path: Path, made: list[Utterance], *, waves: bool) -> None:
    """Write utterances as flat arrays with lengths: quick to load, no pickle."""
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        lines=np.array([one.line for one in made]),
        tokens=np.concatenate([one.tokens for one in made]),
        token_counts=np.array([len(one.tokens) for one in made]),
        frames=np.concatenate([one.frames for one in made]),
        features=np.concatenate([one.features for one in made]),
        frame_counts=np.array([len(one.features) for one in made]),
        waves=np.concatenate([one.wave if waves else one.wave[:0] for one in made]),
        wave_counts=np.array([len(one.wave) if waves else 0 for one in made]),
    )
    temporary.replace(path)


def load(path: Path) -> list[Utterance]:
    """Read what `store` wrote."""
    with np.load(path) as held:
        flat = {name: held[name] for name in held.files}

    def cut(name: str, counts: str) -> list[NDArray[np.generic]]:
        return np.split(flat[name], np.cumsum(flat[counts])[:-1])

    return [
        Utterance(str(line), tokens, frames, rows, wave)
        for line, tokens, frames, rows, wave in zip(
            flat["lines"],
            cut("tokens", "token_counts"),
            cut("frames", "token_counts"),
            cut("features", "frame_counts"),
            cut("waves", "wave_counts"),
            strict=True,
        )
    ]
