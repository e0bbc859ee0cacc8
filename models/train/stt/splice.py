"""German said by English people: their phones, cut out and put together anew.

    people's speech ─► phone head of the English recogniser ─► where each phone lies ─► units
    German sentences ─► words whose sounds English has ─► longest units of one speaker ─► speech

No German person is at hand to learn from. Synthetic German and human English alone teach that
people speak English: the recogniser then hears "the" and "with" in every German voice.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from appliance.speech.recognition.ctc import align
from models.train.stt import corpora, lexicon, texts
from models.train.stt.channel import RATE, Samples, features, resample, telephone
from models.train.stt.languages.base import Pronunciations
from models.train.stt.lexicon import PHONE_BLANK, PHONES
from models.train.stt.network import Recogniser
from models.train.stt.voices import Utterance

_LONGEST = 5
"""Phones of the longest unit."""
_FRAME = RATE // 25
"""Samples of a frame of the phone head."""
_PAD = int(0.3 * RATE)
"""Samples of silence that `telephone` puts before speech."""
_FADE = RATE // 200
_VOWELS = set("A AA AH AO AW AX AY EH EY IH IY OE OEH OW OY UE UH UW YH".split())
_FOREIGN = {"AE", "DH", "ER", "TH", "W"}
"""English phones of no use in German."""


@dataclass(slots=True)
class Speaker:
    """What one person said, and where each short run of phones can be cut out of it."""

    speech: list[tuple[Samples, list[int]]] = field(default_factory=list)
    """Samples (8 kHz) and the edges of their phones: one more than phones."""
    units: dict[tuple[str, ...], list[tuple[int, int]]] = field(default_factory=dict)
    """Phones → utterance and first phone."""

    def add(self, samples: Samples, edges: list[int], phones: list[str]) -> None:
        """Take one utterance; phones that German lacks end a unit."""
        self.speech.append((samples, edges))
        for first in range(len(phones)):
            for last in range(first + 1, min(first + _LONGEST, len(phones)) + 1):
                run = tuple(phones[first:last])
                if run[-1] in _FOREIGN:
                    break
                self.units.setdefault(run, []).append((len(self.speech) - 1, first))

    def say(self, phones: list[str], rng: random.Random) -> Samples | None:
        """Return `phones` put together from the longest units; None where one is missing."""
        parts: list[Samples] = []
        at = 0
        while at < len(phones):
            longest = min(rng.choice([_LONGEST, _LONGEST, 3, 2]), len(phones) - at)
            for size in range(longest, 0, -1):
                found = self.units.get(tuple(phones[at : at + size]))
                if found:
                    break
            else:
                return None
            which, first = rng.choice(found)
            samples, edges = self.speech[which]
            parts.append(samples[edges[first] : edges[first + size]])
            at += size
        return joined(parts)


def joined(parts: list[Samples]) -> Samples:
    """Return `parts` (8 kHz) one after the other, each faded into the next over 5 ms."""
    out = parts[0].copy()
    rise = np.linspace(0, 1, _FADE, dtype=np.float32)
    for part in parts[1:]:
        if len(part) <= 2 * _FADE or len(out) <= 2 * _FADE:
            out = np.concatenate([out, part])
            continue
        out[-_FADE:] = out[-_FADE:] * (1 - rise) + part[:_FADE] * rise
        out = np.concatenate([out, part[_FADE:]])
    return out


def in_english(german: list[str]) -> list[str] | None:
    """Return how an English mouth comes nearest to German phones; None where it cannot.

    Short a is the vowel of "cut", the end of "Lehrer" and r after a vowel are a schwa.
    """
    said: list[str] = []
    for at, phone in enumerate(german):
        if phone in {"CX", "KH", "OE", "OEH", "UE", "YH"}:
            return None
        if phone == "RX":
            before_vowel = at + 1 < len(german) and german[at + 1] in _VOWELS
            said.append("R" if before_vowel else "AH")
        else:
            said.append("AH" if phone == "AX" else phone)
    return said


def edges_of(log_probs: npt.NDArray[np.float32], ids: list[int]) -> list[int] | None:
    """Return the edges of phones `ids` in frames, by the log-probabilities [S, 40] of a phone head.

    One edge more than phones, half-way between the peaks; None where they do not fit.
    """
    labels = align(log_probs, ids, PHONE_BLANK)
    if not labels:
        return None
    inner = [(a.last + b.first + 1) // 2 for a, b in itertools.pairwise(labels)]
    return [max(0, labels[0].first - 1), *inner, labels[-1].last + 2]


def _stressed(path: Path) -> Pronunciations:
    """Return the pronunciations of `path`, in which a stressed AH is an A."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split("#")[0].split()
        found.setdefault(
            word, ["A" if phone in {"AH1", "AH2"} else phone.rstrip("012") for phone in phones]
        )
    return found


def people(data: Path, checkpoint: Path, names: list[str]) -> list[Speaker]:
    """Return the speakers of the training sets `names`, their speech cut by an English checkpoint."""
    model = Recogniser()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    model.eval()
    known = _stressed(data / "text" / "cmudict" / "cmudict.dict")
    found: dict[str, Speaker] = {}
    for name in names:
        for item in corpora.utterances(data / "audio_train" / name, "train"):
            words = lexicon.said(item.written, known)
            if words is None:
                continue
            phones = [phone for word in words for phone in word]
            x = torch.from_numpy(features(telephone(item.samples, item.rate)))
            x = torch.nn.functional.pad(x, (0, 0, 0, -len(x) % 4))[None]
            with torch.no_grad():
                logits = model(model.shape(x))[1][0].log_softmax(-1).numpy()
            ids = [PHONES.index("AH" if phone == "A" else phone) for phone in phones]
            edges = edges_of(logits, ids)
            if edges is not None:
                samples = resample(item.samples, item.rate)
                inside = [min(max(0, e * _FRAME - _PAD), len(samples)) for e in edges]
                found.setdefault(item.voice, Speaker()).add(samples, inside, phones)
    return [speaker for speaker in found.values() if len(speaker.speech) >= 12]


def utterances(
    speakers: list[Speaker], source: texts.Source, known: Pronunciations, rng: random.Random
) -> Iterator[Utterance]:
    """Yield German words without end, said by a random one of `speakers`."""
    while True:
        speaker = rng.choice(speakers)
        written, parts = [], []
        for word in source.draw(rng).written.split():
            phones = in_english(known[word]) if word in known else None
            samples = speaker.say(phones, rng) if phones else None
            if samples is not None and len(samples) > RATE // 20:
                written.append(word)
                parts.append(samples / (np.abs(samples).max() + 1e-4) * np.float32(0.4))
                if rng.random() < 0.15:
                    parts.append(np.zeros(int(RATE * rng.uniform(0.02, 0.25)), np.float32))
        if written:
            yield Utterance(" ".join(written), "spliced", joined(parts), RATE)
