"""The tone language with a word graph, and frames that say exactly what a test wants."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.system.packs.manifest import Pack, load_pack
from models.train.lm.__main__ import Texts, build
from models.train.manifest import refresh
from tests.speech import tones

Floats = npt.NDArray[np.float32]

PHONES = [letter.upper() for letter in tones.LETTERS]
BLANK = len(PHONES)
SENTENCES = [
    "are you open",
    "the bill please",
    "the open hours please",
    "no bill please",
    "yes please",
    "right",
    "operator please",
    "one two three",
    "four five six seven",
    "eight nine zero",
]


BESIDES = (
    "doctor", "meyer", "maier", "quite", "so", "half", "past", "twenty", "noon", "ten", "percent",
    "dollars", "point", "next", "friday",
)  # fmt: skip
"""Words that the lexicon has and the graph lacks."""


def make_pack(tones_pack: Pack, folder: Path) -> Pack:
    """Copy the tone pack to `folder` and add a word graph made from SENTENCES."""
    copy = folder / tones_pack.name
    shutil.copytree(tones_pack.folder, copy)
    with (copy / "lexicon.txt").open("a", encoding="utf-8") as lexicon:
        lexicon.writelines(f"{word} {' '.join(word.upper())}\n" for word in BESIDES)
    refresh(copy)
    build(copy, "en", Texts(SENTENCES * 5, [], [], {}), [], 0.0, 1.0)
    return load_pack(copy)


def frames(said: str, others: float = 0.02, blanks: int = 1) -> Floats:
    """Return log-probabilities [frames, 27] that say letters: one frame each, blanks between.

    A full stop is a blank frame; `others`: the probability of every label that is not said.
    """
    labels: list[int] = [BLANK]
    for letter in said:
        if letter == ".":
            labels.append(BLANK)
        elif letter != " ":
            labels += [tones.LETTERS.index(letter), *[BLANK] * blanks]
    return certain(labels, others)


def certain(labels: Sequence[int], others: float = 0.02) -> Floats:
    """Return log-probabilities of one label each frame."""
    probs = np.full((len(labels), BLANK + 1), others / BLANK)
    probs[np.arange(len(labels)), list(labels)] = 1.0 - others
    return np.log(probs).astype(np.float32)
