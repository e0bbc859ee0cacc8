"""Judging a pack on speech that no part of the training has heard.

All audio passes `channel.telephone`: resampled to 8 kHz at its own level, padded, G.711 µ-law,
level normalised as in the product. Word errors are free decoding, the best piece per frame.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import sherpa_onnx
import torch
from torch import Tensor

from models.train.stt import corpora, shards
from models.train.stt.channel import RATE, Samples, features, telephone
from models.train.stt.encoder import Encoder
from models.train.stt.languages.base import Language
from models.train.stt.languages.english import DIGIT
from models.train.stt.network import PIECES
from models.train.stt.score import ctc_costs, edits, greedy, word_errors

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One utterance to be judged."""

    written: str
    frames: npt.NDArray[np.float32]
    samples: Samples | None = None


class Graph:
    """A recogniser's ONNX graph on one core."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, frames: npt.NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Return log-probabilities of pieces [S, 257] and phones [S, phones + 1]."""
        feed = {"x": frames[None], "x_lens": np.array([len(frames)], np.int64)}
        pieces, _, phones = self._session.run(None, feed)
        return torch.from_numpy(pieces[0]), torch.from_numpy(phones[0])


def human_sets(data: Path, language: Language) -> Iterator[tuple[str, list[Item]]]:
    """Yield name and utterances of every human evaluation set, by kind where there are kinds."""
    judged = language.facts["judged"]
    for name in judged["sets"]:
        folder = data / "audio" / name
        kinds = {row["file"]: row.get("kind") or "" for row in corpora.manifest(folder)}
        found: dict[str, list[Item]] = {}
        for spoken, file in corpora.named_utterances(folder, "eval", language.normalise):
            label = f"{name}.{kinds[file]}" if name in judged["kinds"] else name
            samples = telephone(spoken.samples, spoken.rate)
            found.setdefault(label, []).append(Item(spoken.written, features(samples), samples))
        yield from found.items()


def held_sets(work: Path, language: Language) -> Iterator[tuple[str, list[Item]]]:
    """Yield name and utterances of the synthetic held-out sets."""
    for name in language.facts["judged"]["synthetic"]:
        rows = shards.read(work / "held" / f"{name}-000.json")
        items = [Item(row.written, np.asarray(row.frames, np.float32)) for row in rows]
        yield f"synthetic_{name}", items


def free(graph: Graph, encoder: Encoder, items: list[Item]) -> dict[str, float]:
    """Return word error and share of sentences wholly right (both in percent)."""
    errors = words = right = 0
    for item in items:
        pieces, _ = graph(item.frames)
        heard = encoder.decode(greedy(pieces[None], torch.tensor([len(pieces)]))[0])
        wrong, count = word_errors(heard, item.written)
        errors, words, right = errors + wrong, words + count, right + (wrong == 0)
    return {"word_error": 100 * errors / words, "sentences_right": 100 * right / len(items)}


def phone_error(
    graph: Graph, speak: Callable[[str], list[int] | None], items: list[Item], blank: int
) -> float:
    """Return the phone errors of free decoding, in percent of the phones of `items`."""
    errors = count = 0
    for item in items:
        meant = speak(item.written)
        if meant is None:
            continue
        _, phones = graph(item.frames)
        said = greedy(phones[None], torch.tensor([len(phones)]), blank)[0]
        errors, count = errors + edits(said, meant), count + len(meant)
    return 100 * errors / max(1, count)


def closed(
    graph: Graph,
    encode: Callable[[str], list[int]],
    speak: Callable[[str], list[int] | None],
    items: list[Item],
    candidates: list[str],
    blank: int,
) -> dict[str, float]:
    """Return how often the right candidate is the likeliest, by phones and by both heads (%)."""
    spoken = [(c, p) for c in candidates if (p := speak(c)) is not None]
    names = [c for c, _ in spoken]
    by_pieces, by_phones = [encode(c) for c in names], [p for _, p in spoken]
    items = [item for item in items if item.written in names]
    hits = [0, 0]
    for item in items:
        pieces, phones = graph(item.frames)
        cost = ctc_costs(phones, by_phones, blank)
        both = cost + ctc_costs(pieces, by_pieces, PIECES)
        hits[0] += names[int(cost.argmin())] == item.written
        hits[1] += names[int(both.argmin())] == item.written
    return {"phones": 100 * hits[0] / len(items), "both": 100 * hits[1] / len(items)}


def real_time_factor(model: Path, tokens: Path, items: list[Item]) -> tuple[float, int]:
    """Return sherpa-onnx's seconds of one core per second of speech, and how many transcripts
    of `items` differ from our own features and decoding (0 is expected).
    """
    recogniser = sherpa_onnx.OfflineRecognizer.from_zipformer_ctc(
        model=str(model), tokens=str(tokens), num_threads=1, sample_rate=RATE, feature_dim=40
    )
    graph, encoder = Graph(model), Encoder(tokens, tokens.with_name("bpe.txt"))
    spent = seconds = 0.0
    different = 0
    for item in items:
        if item.samples is None:
            continue
        begun = time.process_time()
        stream = recogniser.create_stream()
        stream.accept_waveform(RATE, item.samples)
        recogniser.decode_stream(stream)
        spent += time.process_time() - begun
        seconds += len(item.samples) / RATE
        pieces, _ = graph(item.frames)
        ours = encoder.decode(greedy(pieces[None], torch.tensor([len(pieces)]))[0])
        different += stream.result.text.strip().lower() != ours
    return spent / seconds, different


def figures(data: Path, work: Path, language: Language, pack: Path) -> dict[str, float]:
    """Return every figure of the pack in `pack`, and of the float graph in `work`."""
    encoder = Encoder(pack / "tokens.txt", pack / "bpe.txt")
    lexicon, judged = language.lexicon(data, work), language.facts["judged"]
    small, full = Graph(pack / "model.int8.onnx"), Graph(work / "model.onnx")
    found: dict[str, float] = {}

    def speak(text: str) -> list[int] | None:
        return language.pronounce(text, lexicon)

    for name, items in [*held_sets(work, language), *human_sets(data, language)]:
        for metric, value in free(small, encoder, items).items():
            found[f"{name}/{metric}"] = value
        found[f"{name}/word_error_float"] = free(full, encoder, items)["word_error"]
        found[f"{name}/phone_error"] = phone_error(small, speak, items, language.blank)
        texts = sorted({item.written for item in items})
        if name == judged["digits"]:
            texts = DIGIT
        if len(texts) >= 5:
            right = closed(small, encoder.encode, speak, items, texts, language.blank)
            for head, value in right.items():
                found[f"{name}/closed_of_{len(texts)}_by_{head}"] = value
        found[f"{name}/utterances"] = float(len(items))
        log.info("%s: %.1f %% of words wrong", name, found[f"{name}/word_error"])
        if name == judged["timed"]:
            factor, different = real_time_factor(
                pack / "model.int8.onnx", pack / "tokens.txt", items
            )
            found["real_time_factor_one_core"] = factor
            found["sherpa_transcripts_that_differ"] = float(different)
    return found
