"""Let the teacher read the corpus: IPA tokens, their durations, vocoder parameters, no alignment.

line -> clauses -> espeak-ng IPA -> phones per word -> teacher (C program) -> segments, tracks
     -> durations per IPA code point + features -> one .npz per split
"""

from __future__ import annotations

import itertools
import struct
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from appliance.speech.words.phonemes import phonemise
from appliance.speech.words.text import clauses
from models.train.voice.features import RATE, framed
from models.train.voice.phones import Sound, sounds
from models.train.voice.symbols import IDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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
    """As read: F0 in Hz first. As given by a teacher: rows of `features.joined`, each 5 ms."""
    wave: NDArray[np.int16]
    rate: int = RATE


class Teacher(Protocol):
    """Whoever reads lines aloud and tells how."""

    def filters(self, work: Path) -> NDArray[np.float64]:
        """Band filters [5, taps] of the mixed excitation. Raises TeacherError."""

    def read(
        self, lines: Sequence[str], work: Path, *, waves: bool
    ) -> tuple[list[Utterance], dict[str, int]]:
        """Usable utterances (with audio where `waves`), and how many lines fell out, by reason.

        Raises TeacherError.
        """


class ToldTeacher(Protocol):
    """A teacher that is told phones word by word."""

    def speak(self, scripts: Sequence[Script], work: Path, *, waves: bool) -> Iterator[Record]:
        """Answer each script in order; audio only where `waves`. Raises TeacherError."""


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

    def silent(self) -> Utterance:
        """Without the audio, which only the judge needs."""
        return replace(self, wave=self.wave[:0])


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
            if magic != _MAGIC:
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
            yield Record(tuple(spans), track, wave, rate)

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
    return None if timed is None else example(said.line, timed, record.track, record.wave)


def example(
    line: str,
    timed: tuple[list[str], NDArray[np.float64]],
    track: NDArray[np.float32],
    wave: NDArray[np.int16],
) -> Utterance | None:
    """Join code points with their seconds, rows each 5 ms and audio at 16 kHz; None if unusable."""
    texts, seconds = timed
    if any(text not in IDS for text in texts) or not np.isfinite(track).all():
        return None
    rows, counts, cut = framed(track, seconds)
    if len(rows) > MAX_FRAMES:
        return None
    ids = np.array([IDS[text] for text in texts], np.int64)
    return Utterance(line, ids, counts, rows, wave[cut * 160 : (cut + len(rows)) * 160])


def compiled(
    source: Path, work: Path, libraries: Sequence[str], names: Mapping[str, str] | None = None
) -> Path:
    """Compile a teacher's C program into `work`, with `names` defined.

    Raises:
        TeacherError: no C compiler or no library (see the README for the Debian packages).

    """
    program = work / source.stem
    command = ["cc", "-O2", *(f"-D{name}={value}" for name, value in (names or {}).items())]
    command += [str(source), "-o", str(program), *(f"-l{name}" for name in libraries)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        msg = "no C compiler: install gcc"
        raise TeacherError(msg) from error
    except subprocess.CalledProcessError as error:
        msg = (
            f"the teacher does not compile (is its -dev package installed?): {error.stderr[-500:]}"
        )
        raise TeacherError(msg) from error
    return program


def read_aloud(
    teacher: ToldTeacher, lines: Sequence[str], work: Path, *, waves: bool
) -> tuple[list[Utterance], dict[str, int]]:
    """Write scripts for all lines and have them read; what `Teacher.read` promises."""
    scripts = [said for said in map(script, lines) if said is not None]
    dropped = {"unknown sound": len(lines) - len(scripts), "unusable answer": 0}
    kept = []
    for said, record in zip(scripts, teacher.speak(scripts, work, waves=waves), strict=True):
        made = utterance(said, record)
        if made is None:
            dropped["unusable answer"] += 1
        else:
            kept.append(made)
    return kept, dropped


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
