"""Sentences as vectors, by a pack of kind `encoder` and onnxruntime.

    text ─► WordPiece ─► graph: numbers, mask ─► vectors of the pieces ─► their mean ─► length 1

A graph that returns one vector a sentence is used as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.speech import runtime
from appliance.speech.understanding.wordpiece import WordPiece
from appliance.system.packs.manifest import EncoderFacts, Pack, PackError

Floats = npt.NDArray[np.float32]

_BATCH: Final = 32
"""Sentences of one run."""
_WANTED: Final = {"input_ids", "attention_mask"}
_OPTIONAL: Final = {"token_type_ids"}


class Encoder:
    """A loaded pack; methods may be called from any thread."""

    def __init__(self, pack: Pack, threads: int = 1) -> None:
        """Load vocabulary and graph. Raises PackError where they are of another shape."""
        self._facts = pack.encoder or EncoderFacts()
        self._pieces = WordPiece(pack.path("vocabulary"), lowercase=self._facts.lowercase)
        try:
            self._session = runtime.session(pack.path("model"), threads)
        except runtime.GraphError as error:
            raise PackError(f"{error}: install the pack '{pack.name}' again.") from error
        self._inputs = {node.name for node in self._session.get_inputs()}
        if not _WANTED <= self._inputs <= _WANTED | _OPTIONAL:
            raise PackError(
                f"The graph of '{pack.name}' wants {', '.join(sorted(self._inputs))}, not the "
                "numbers and the mask of a sentence: install another pack."
            )
        self.identity = f"{pack.name} {pack.version}"
        """Which pack, for what was learnt from its vectors."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length one for each text [texts, width].

        Raises PackError where the graph does not run or returns no vectors.
        """
        found = [self._run(texts[at : at + _BATCH]) for at in range(0, max(1, len(texts)), _BATCH)]
        return np.concatenate(found)

    def _run(self, texts: Sequence[str]) -> Floats:
        facts = self._facts
        rows = [
            self._pieces.encode(facts.prefix + text, facts.most_pieces) for text in texts or [""]
        ]
        longest = max(map(len, rows))
        numbers = np.zeros((len(rows), longest), np.int64)
        mask = np.zeros_like(numbers)
        for at, row in enumerate(rows):
            numbers[at, : len(row)] = row
            mask[at, : len(row)] = 1
        feeds = {"input_ids": numbers, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            feeds["token_type_ids"] = np.zeros_like(numbers)
        try:
            output = runtime.run(self._session, feeds)[0]
        except runtime.GraphError as error:
            raise PackError(f"The encoder '{self.identity}': {error}") from error
        vectors = _pooled(np.asarray(output, np.float32), mask, facts.pooling)
        if vectors.ndim != 2 or len(vectors) != len(rows):
            raise PackError(f"The encoder '{self.identity}' returns no vector for each sentence.")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)[: len(texts)]


def _pooled(output: Floats, mask: npt.NDArray[np.int64], pooling: str) -> Floats:
    if output.ndim != 3:
        return output
    if pooling == "cls":
        return output[:, 0]
    weights = mask[:, : output.shape[1], None].astype(np.float32)
    summed = (output * weights).sum(axis=1)
    return np.asarray(summed / np.maximum(weights.sum(axis=1), 1.0), np.float32)
