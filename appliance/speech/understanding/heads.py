"""What a dialogue's intents look like among an encoder's vectors: learnt on publish, read here.

    examples, spoken out ─► encoder ─► vectors ─► logistic regression ─► encoder.bin
                                                     ▲ sharpness, by what the n-grams miss

Confidences are sharpened so that they count as much as those of the n-gram model, with whose they
are multiplied in `dialogue`: both are learnt from the same part of the templates, and the sharpness
is what explains the rest best.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import structlog

from appliance.dialogue.script import Script
from appliance.dialogue.understanding import foreign
from appliance.dialogue.understanding.classify import content
from appliance.dialogue.understanding.examples import Example, of_script
from appliance.dialogue.understanding.linear import NONE, Linear
from appliance.speech.understanding import training
from appliance.speech.understanding.encoder import Encoder
from appliance.system.packs.manifest import PackError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
log = structlog.get_logger(__name__)

_SENTENCES: Final = 4
"""Of one template that are encoded: vectors cost more than n-grams, and know more of words."""
_STEPS: Final = 200
_DECAY: Final = 1e-4
_RATE: Final = 0.5
_FOLDS: Final = 3
_LEAST: Final = 0.01
"""Confidence below which an intent is not told."""
_SHARPNESS: Final = (0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
_MOST: Final = 8
"""Intents that are told of an utterance."""


class Heads:
    """What was learnt from the vectors of one encoder for one dialogue; immutable."""

    def __init__(
        self, classes: Sequence[str], weights: Floats, sharpness: float, encoder: str
    ) -> None:
        """`weights`: width of a vector and one (for the bias) by classes."""
        self.classes = tuple(classes)
        self.encoder = encoder
        self._weights = weights
        self._sharpness = sharpness

    @classmethod
    def parse(cls, data: bytes) -> Heads:
        """Read what `train_heads` wrote. Raises PackError for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as held:
                about = json.loads(bytes(held["about"]))
                weights = np.asarray(held["weights"], np.float32)
                classes = [str(name) for name in about["classes"]]
                sharpness, encoder = float(about["sharpness"]), str(about["encoder"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise PackError(f"encoder.bin cannot be used ({error}): publish again.") from None
        if weights.ndim != 2 or weights.shape[1] != len(classes) or not classes:
            raise PackError("encoder.bin is of another shape: publish again.")
        return cls(classes, weights, sharpness, encoder)

    def bytes(self) -> bytes:
        """Return the file."""
        about = {
            "classes": self.classes, "sharpness": self._sharpness, "encoder": self.encoder,
        }  # fmt: skip
        stream = io.BytesIO()
        coded = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez(stream, weights=self._weights, about=coded)
        return stream.getvalue()

    def confidences(self, vectors: Floats) -> Floats:
        """Return the sharpened confidences of the classes [vectors, classes]."""
        return _softmax(_levels(vectors, self._weights) * np.float32(self._sharpness))


class Intents:
    """The encoder beside the recogniser, with what the published dialogue taught it.

    The file is read again where it was published anew; while it is missing or was made with
    another encoder, nothing is told. Methods may be called from any thread.
    """

    def __init__(self, encoder: Encoder, file: Callable[[], Path]) -> None:
        """`file`: where it is, asked at each utterance."""
        self._encoder = encoder
        self._file = file
        self._known: tuple[object, Heads | None] = (None, None)

    def of(self, text: str) -> tuple[tuple[str, float], ...]:
        """Return the likeliest intents of a text with their confidences; "" is none of them."""
        heads = self._current()
        if heads is None or not text:
            return ()
        found = heads.confidences(self._encoder.encode([text]))[0]
        ranked = sorted(zip(heads.classes, found.tolist(), strict=True), key=lambda one: -one[1])
        return tuple((name, round(sure, 4)) for name, sure in ranked[:_MOST] if sure >= _LEAST)

    def _current(self) -> Heads | None:
        try:
            file = self._file().resolve()
            status = file.stat()
            stamp: object = (file, status.st_ino, status.st_mtime_ns, status.st_size)
        except OSError:
            return None
        known, heads = self._known
        if stamp != known:
            heads = self._read(file)
            self._known = (stamp, heads)
        return heads

    def _read(self, file: Path) -> Heads | None:
        try:
            heads = Heads.parse(file.read_bytes())
        except (OSError, PackError) as error:
            log.warning("encoder not used", reason=str(error))
            return None
        if heads.encoder != self._encoder.identity:
            log.warning(
                "encoder not used", reason="the dialogue was published with another: publish again"
            )
            return None
        return heads


def train_heads(script: Script, encoder: Encoder, *, seconds: float = training.SECONDS) -> bytes:
    """Return what the encoder makes of a dialogue's examples.

    Takes at most about `seconds`, as long as a few thousand sentences are encoded in half of it.
    Raises PackError where the encoder does not run.
    """
    return fit_heads(of_script(script), encoder, language=script.language, seconds=seconds)


def fit_heads(
    examples: Mapping[str, Sequence[Example]],
    encoder: Encoder,
    *,
    language: str = "en",
    seconds: float = training.SECONDS,
) -> bytes:
    """Do so for labelled sentences; `Example.said` is what is encoded."""
    began = time.thread_time()
    names = [*(name for name in examples if name != NONE), NONE]
    rows = _chosen(names, examples, language)
    vectors = encoder.encode([example.said or example.text for _, example in rows])
    classes = np.array([at for at, _ in rows], np.int64)
    costs = np.array([example.weight for _, example in rows], np.float32)
    sharpness = _sharpness(names, rows, vectors, began + seconds / 2, language)
    weights = _regression(vectors, classes, costs, len(names))
    return Heads(names, weights, sharpness, encoder.identity).bytes()


def _chosen(
    names: Sequence[str], examples: Mapping[str, Sequence[Example]], language: str
) -> list[tuple[int, Example]]:
    """Return class and example: some of each template, and foreign sentences as none."""
    rows: list[tuple[int, Example]] = []
    last = 0
    for at, name in enumerate(names):
        taken: dict[int, int] = {}
        for example in examples.get(name, ()):
            last = max(last, example.group)
            taken[example.group] = taken.get(example.group, 0) + 1
            if taken[example.group] <= _SENTENCES:
                rows.append((at, example))
    known = {example.text for _, example in rows}
    strange = [text for text in foreign.sentences(language) if text not in known]
    return rows + [
        (len(names) - 1, Example(text, last + at, said=text)) for at, text in enumerate(strange, 1)
    ]


def _sharpness(
    names: Sequence[str],
    rows: Sequence[tuple[int, Example]],
    vectors: Floats,
    until: float,
    language: str,
) -> float:
    """Return the sharpness that explains kept-back templates best together with n-grams."""
    levels: list[Floats] = []
    theirs: list[Floats] = []
    wanted: list[Ints] = []
    for turn in range(_FOLDS):
        held = [at for at, (_, example) in enumerate(rows) if example.group % _FOLDS == turn]
        kept = [at for at, (_, example) in enumerate(rows) if example.group % _FOLDS != turn]
        left = until - time.thread_time()
        if not held or not kept or left <= 0:
            continue
        classes = np.array([rows[at][0] for at in kept], np.int64)
        costs = np.array([rows[at][1].weight for at in kept], np.float32)
        weights = _regression(vectors[kept], classes, costs, len(names))
        levels.append(_levels(vectors[held], weights))
        learnt: dict[str, list[Example]] = {name: [] for name in names}
        for at in kept:
            learnt[names[rows[at][0]]].append(rows[at][1])
        model = Linear.parse(
            training.fit(learnt, language=language, seconds=left / _FOLDS, strange=())
        )
        theirs.append(_of_words(model, names, [rows[at][1] for at in held], language))
        wanted.append(np.array([rows[at][0] for at in held], np.int64))
    if not levels:
        return 1.0
    every, others, right = np.concatenate(levels), np.concatenate(theirs), np.concatenate(wanted)

    def loss(sharpness: float) -> float:
        mixed = np.log(_softmax(every * np.float32(sharpness)) + 1e-6) + np.log(others + 1e-6)
        shares = _softmax(0.5 * mixed)
        return float(-np.log(shares[np.arange(len(right)), right] + 1e-9).mean())

    return min(_SHARPNESS, key=loss)


def _of_words(
    model: Linear, names: Sequence[str], examples: Sequence[Example], language: str
) -> Floats:
    found = np.zeros((len(examples), len(names)), np.float32)
    for at, example in enumerate(examples):
        for name, sure in model.classify(content(example.text, language)).items():
            found[at, names.index(name)] = sure
    return found


def _levels(vectors: Floats, weights: Floats) -> Floats:
    return np.asarray(vectors @ weights[:-1] + weights[-1], np.float32)


def _softmax(levels: Floats) -> Floats:
    shares = np.exp(levels - levels.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def _regression(vectors: Floats, classes: Ints, costs: Floats, count: int) -> Floats:
    """Return the weights of a logistic regression, by Nesterov's accelerated gradient.

    Vectors of length one make its curvature small: steps may be long.
    """
    held = np.hstack([vectors, np.ones((len(vectors), 1), np.float32)])
    wanted = np.zeros((len(vectors), count), np.float32)
    wanted[np.arange(len(vectors)), classes] = 1.0
    # Each class counts the same, whatever the number of its examples.
    of_class = np.bincount(classes, costs, count)[classes]
    scaled = (costs / of_class / max(1, len(set(classes.tolist()))))[:, None].astype(np.float32)
    weights = np.zeros((held.shape[1], count), np.float32)
    ahead = weights
    rate = np.float32(_RATE * count)
    for step in range(_STEPS):
        slope = held.T @ ((_softmax(held @ ahead) - wanted) * scaled) + _DECAY * ahead
        fresh = np.asarray(ahead - rate * slope, np.float32)
        ahead = np.asarray(fresh + np.float32(step / (step + 3)) * (fresh - weights), np.float32)
        weights = fresh
    return weights
