"""The second teacher: festival's phrasing and intonation, an HTS voice's parameters.

    script -> festival (told the phones) -> full-context labels -> teacher_hts.c -> records
           -> mel-cepstra of the voice's rate laid on ours -> rows

Festival's own pronunciation is never asked: each word's syllables are looked up in a lexicon that
answers with the next ones of the list. Its pauses stand where the marks are.
"""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.speaking.resampling import Resampler
from models.train.voice import flite
from models.train.voice.features import ORDER, RATE, joined, warped
from models.train.voice.teach import Record, TeacherError, compiled, read_aloud, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from models.train.voice.teach import Script, Utterance

ROOT: Final = Path("/usr/share/festival/voices/us")
_ALPHA: Final = 0.45
"""All-pass constant of the voice (its OPTION[MCP]), at 32 kHz."""
_STRENGTHS: Final = (1.0, 0.95, 0.85, 0.75, 0.7)
"""Bands of a voiced frame. The voice knows only pulse or noise; this mix takes the buzz away."""
_FULL_SCALE: Final = 32768.0
# Consonants that may begin an English syllable together (after Kahn's legal onsets).
_ONSETS: Final = frozenset(
    "p r|p l|p y|b r|b l|b y|t r|t w|d r|d w|k r|k l|k w|k y|g r|g l|g w|f r|f l|f y|v y|th r|th w|"
    "sh r|s p|s t|s k|s m|s n|s l|s w|s f|hh y|m y|s p r|s p l|s p y|s t r|s k r|s k w|s k y".split(
        "|"
    )
)

PROGRAM: Final = """
(voice_{voice})
(set! postlex_rules_hooks nil)
(set! token_to_words (lambda (token name) (list name)))
(Parameter.set 'Phrase_Method 'cart_tree)
(set! phrase_cart_tree simple_phrase_cart_tree)
(define (told_lts word features)
  (let ((syllables (car told_words)))
    (set! told_words (cdr told_words))
    (list word nil syllables)))
(lex.create "told")
(lex.set.phoneset "radio")
(lex.set.lts.method 'told_lts)
(mapcar (lambda (mark) (lex.add.entry (list mark 'punc nil))) '("." "," ";" ":" "!" "?"))
(define (told tokens)
  (let ((utt (eval (list 'Utterance 'Text ""))))
    (utt.relation.create utt 'Token)
    (set! told_words
      (mapcar (lambda (one) (utt.relation.append utt 'Token (cdr one)) (car one)) tokens))
    (lex.select "cmu")
    (Token_POS utt) (Token utt) (POS utt) (Phrasify utt)
    (lex.select "told")
    (Word utt) (Pauses utt) (Intonation utt) (PostLex utt) (Duration utt) (Int_Targets utt)
    (mapcar
      (lambda (phone)
        (format t "%s\\t%s\\n"
          (item.feat phone "R:SylStructure.parent.parent.R:Token.parent.index")
          (hts_feats_output_string phone)))
      (utt.relation.items utt 'Segment))
    (format t "end\\n")))
"""
"""Festival Scheme. `told` takes ((syllables name features) ...), a word each."""


def syllables(phones: Sequence[str]) -> list[tuple[list[str], int]]:
    """Divide a word's phones (vowels end in their stress) by the longest legal onset."""
    vowels = [at for at, phone in enumerate(phones) if phone[-1].isdigit()]
    if not vowels:
        return [(list(phones), 0)]
    starts = [0]
    for before, vowel in itertools.pairwise(vowels):
        onset = max(before + 1, vowel - 1)
        while onset > before + 1 and " ".join(phones[onset - 1 : vowel]) in _ONSETS:
            onset -= 1
        starts.append(vowel if phones[onset:vowel] == ["ng"] else onset)
    parts = [
        list(phones[start:end])
        for start, end in zip(starts, [*starts[1:], len(phones)], strict=True)
    ]
    return [([phone.rstrip("012") for phone in part], int("1" in "".join(part))) for part in parts]


def scheme(said: Script) -> str:
    """Write the call of `told` for one line."""
    words = []
    for index, word in enumerate(said.teacher.split("\t"), 1):
        name, mark, phones = word.split("|")
        divided = " ".join(f"(({' '.join(p)}) {s})" for p, s in syllables(phones.split()))
        words.append(
            f'(({divided}) "{name}" ((index {index}) (punc "{mark or 0}") (whitespace " ")'
            ' (prepunctuation "")))'
        )
    return f"(told '({' '.join(words)}))\n"


def relaid() -> NDArray[np.float64]:
    """Matrix [45, 25] that lays mel-cepstra of 32 kHz on ours, by least squares below 8 kHz."""
    bins = 257
    at = np.pi * np.arange(2 * bins - 1) / (2 * bins - 2)
    their = at + 2 * np.arctan(_ALPHA * np.sin(at) / (1 - _ALPHA * np.cos(at)))
    theirs = np.cos(np.outer(np.arange(45), their[:bins]))
    ours = np.cos(np.outer(np.arange(ORDER), warped(bins)))
    # Each bin counts by its share of the warped axis, so that the low formants are kept.
    weight = np.sqrt(np.gradient(warped(bins)))
    solution = np.linalg.lstsq((ours * weight).T, (theirs * weight).T, rcond=None)[0]
    return np.asarray(solution.T, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Festival:
    """A festival HTS voice."""

    voice: str = "cmu_us_slt_arctic_hts"

    def filters(self, work: Path) -> NDArray[np.float64]:
        """Band filters of the vocoder: flite's, this voice has none. Raises TeacherError."""
        return flite.Flite().filters(work)

    def read(
        self, lines: Sequence[str], work: Path, *, waves: bool
    ) -> tuple[list[Utterance], dict[str, int]]:
        """See `teach.Teacher`."""
        return read_aloud(self, lines, work, waves=waves)

    def speak(self, scripts: Sequence[Script], work: Path, *, waves: bool) -> Iterator[Record]:
        """Read the scripts aloud, in order.

        Raises:
            TeacherError: festival, its voice or libhtsengine-dev is missing, or an answer broken.

        """
        program = compiled(Path(__file__).with_name("teacher_hts.c"), work, ["HTSEngine", "m"])
        voice = ROOT / self.voice / "hts" / f"{self.voice}.htsvoice"
        task = work / "told.scm"
        task.write_text(PROGRAM.format(voice=self.voice) + "".join(map(scheme, scripts)))
        try:
            labels = subprocess.run(
                ["festival", "-b", str(task)], capture_output=True, check=True
            ).stdout
            wanted = "waves" if waves else "parameters"
            answer = subprocess.run(
                [str(program), str(voice), wanted], input=labels, capture_output=True, check=True
            ).stdout
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            msg = f"festival or its voice {self.voice} does not answer: {error}"
            raise TeacherError(msg) from error
        lay = relaid()
        for raw in records(answer, len(scripts))[1]:
            yield Record(raw.segments, _rows(raw.track, lay), _ours(raw.wave, raw.rate), RATE)


def _rows(track: NDArray[np.float32], lay: NDArray[np.float64]) -> NDArray[np.float32]:
    cepstra = track[:, 1:].astype(np.float64) @ lay
    cepstra[:, 0] -= np.log(_FULL_SCALE)
    voiced = (track[:, :1] > 0).astype(np.float32)
    return joined(track[:, 0], cepstra.astype(np.float32), voiced * np.float32(_STRENGTHS))


def _ours(wave: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    if rate == RATE or not len(wave):
        return wave
    change = Resampler(rate, RATE)
    made = np.concatenate([change.push(wave.astype(np.float32)), change.flush()])
    return np.clip(np.round(made), -32768, 32767).astype(np.int16)
