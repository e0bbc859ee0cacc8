"""What a voice's files must be before sherpa-onnx may load them.

sherpa-onnx ends the process (or crashes it) on a graph with other inputs, without its metadata, or
with files that do not belong together. So each family has a check here, through onnxruntime: the
inputs and their types, the metadata, the sizes of tables, and one short run with the last token of
the table, which fails where the table is longer than the graph's alphabet.

Interfaces as sherpa-onnx 2.0.1 reads them (its `csrc/offline-tts-*-model.cc`).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.contracts.errors import UserError
from appliance.speech.runtime import GraphError, run, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    Array = npt.NDArray[np.generic]

SUPERTONIC_LANGUAGES: Final = frozenset(
    ("ar", "de", "el", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "vi", "zh")
)
_TYPES: Final = {"tensor(int64)": "int64", "tensor(float)": "float32"}
_BLANK: Final = "<BLNK>"
"""Coqui's last token, the only one longer than a code point that sherpa-onnx lets pass."""


class VoiceError(UserError):
    """The voice pack could not be loaded."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What was found out about a voice."""

    sample_rate: int
    """Hz of its audio."""
    speakers: int
    """How many speak; at least 1."""
    known: frozenset[str] = frozenset()
    """Code points of its token table; empty where it has none."""
    longest: int = 0
    """Code points that one phrase may have; 0: any number."""


class Graph:
    """A graph's inputs and metadata; `refuse` names the file."""

    def __init__(self, file: Path) -> None:
        """Raises VoiceError where the file is missing or no graph."""
        self.file = file
        if not file.is_file():
            msg = f"voice file is missing: {file}"
            raise VoiceError(msg)
        try:
            self._session = session(file)
        except GraphError as error:
            raise VoiceError(str(error)) from None
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.inputs = [(one.name, one.type, one.shape) for one in self._session.get_inputs()]
        self.outputs = [(one.name, one.type, one.shape) for one in self._session.get_outputs()]

    def refuse(self, why: str) -> VoiceError:
        """Return the error that says what is wrong with this file."""
        return VoiceError(f"'{self.file.name}' is no graph for this engine: {why}")

    def number(self, key: str, default: int | None = None) -> int:
        """Return a whole number of the metadata. Raises VoiceError."""
        value = self.metadata.get(key)
        if value is None and default is not None:
            return default
        try:
            return int(value or "")
        except ValueError:
            raise self.refuse(
                f"its metadata say '{value}' as {key}" if value else f"its metadata lack '{key}'"
            ) from None

    def numbers(self, key: str) -> list[int]:
        """Return a comma-separated row of whole numbers of the metadata. Raises VoiceError."""
        try:
            return [int(part) for part in self.metadata[key].split(",")]
        except (KeyError, ValueError):
            raise self.refuse(f"its metadata lack '{key}'") from None

    def probe(self, wanted: Sequence[tuple[str, Array]]) -> list[Array]:
        """Run once with these arrays in the order of the inputs, names empty where any will do.

        Raises VoiceError where the number, a name or a type differs, or the run fails.
        """
        names = [name or "any" for name, _ in wanted]
        if len(self.inputs) != len(wanted):
            raise self.refuse(
                f"it takes {len(self.inputs)} inputs ({', '.join(n for n, _, _ in self.inputs)}), "
                f"the engine gives {len(wanted)} ({', '.join(names)})"
            )
        feeds: dict[str, Array] = {}
        for (name, kind, shape), (expected, array) in zip(self.inputs, wanted, strict=True):
            if expected and name != expected:
                raise self.refuse(f"its input '{name}' should be '{expected}'")
            if _TYPES.get(kind) != array.dtype.name:
                raise self.refuse(f"its input '{name}' is {kind}, the engine gives {array.dtype}")
            if len(shape) != array.ndim:
                raise self.refuse(
                    f"its input '{name}' has {len(shape)} dimensions, the engine gives {array.ndim}"
                )
            feeds[name] = array
        try:
            return run(self._session, feeds)
        except GraphError as error:
            raise self.refuse(
                f"a short run fails, so the files belong to different models ({error})"
            ) from None


def symbols(file: Path, *, single: bool = True) -> dict[str, int]:
    """Read a token table: `symbol id` a line, a mere id for the space.

    `single`: each symbol is one code point. Raises VoiceError.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        msg = f"voice file is missing: {file}"
        raise VoiceError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"'{file.name}' is no token table: {error}"
        raise VoiceError(msg) from None
    table: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        parts = line.split()
        if not parts:
            continue
        symbol = parts[0] if len(parts) == 2 else " "
        wrong = len(parts) > 2 or not parts[-1].isdecimal() or symbol in table
        if wrong or (single and len(symbol) != 1 and symbol != _BLANK):
            msg = f"line {number} of '{file.name}' is not 'symbol number', once for each symbol"
            raise VoiceError(msg)
        table[symbol] = int(parts[-1])
    if not table:
        msg = f"'{file.name}' is an empty token table"
        raise VoiceError(msg)
    return table


def _known(table: Mapping[str, int]) -> frozenset[str]:
    return frozenset(symbol for symbol in table if len(symbol) == 1)


def _need(table: Mapping[str, int], wanted: str, file: Path) -> None:
    missing = " ".join(symbol for symbol in wanted if symbol not in table)
    if missing:
        msg = f"'{file.name}' lacks the symbols {missing}: it is the table of another model"
        raise VoiceError(msg)


def _ids(table: Mapping[str, int]) -> npt.NDArray[np.int64]:
    first = min(table.values())
    return np.array([[first, max(table.values()), first]], np.int64)


def _one(value: float, kind: type[np.generic] = np.float32) -> Array:
    return np.array([value], kind)


def piper(files: Mapping[str, Path]) -> Interface:
    """VITS with phonemes as Piper exports it."""
    return _phonemic(files, "piper", "_^$")


def coqui(files: Mapping[str, Path]) -> Interface:
    """VITS with phonemes as Coqui exports it."""
    return _phonemic(files, "coqui", ",")


def _phonemic(files: Mapping[str, Path], comment: str, needed: str) -> Interface:
    table = symbols(files["tokens"])
    graph = Graph(files["model"])
    if comment not in graph.metadata.get("comment", ""):
        raise graph.refuse(f"its metadata's comment does not say '{comment}'")
    _need(table, needed, files["tokens"])
    _vits_facts(graph)
    ids = _ids(table)
    scales = np.array([0.667, 1.0, 0.8], np.float32)
    wanted: list[tuple[str, Array]] = [("", ids), ("", _one(3, np.int64)), ("", scales)]
    wanted += [("sid", _one(0, np.int64)), ("langid", _one(0, np.int64))][
        : max(0, len(graph.inputs) - 3)
    ]
    graph.probe(wanted)
    return Interface(graph.number("sample_rate"), max(1, graph.number("n_speakers")), _known(table))


def _vits_facts(graph: Graph) -> None:
    for key in ("sample_rate", "n_speakers"):
        graph.number(key)
    if "language" not in graph.metadata:
        raise graph.refuse("its metadata lack 'language'")
    if "comment" not in graph.metadata:
        raise graph.refuse("its metadata lack 'comment'")


def words(files: Mapping[str, Path]) -> Interface:
    """VITS that reads words, by a lexicon or letter by letter (metadata `frontend`)."""
    table = symbols(files["tokens"], single=False)
    graph = Graph(files["model"])
    _vits_facts(graph)
    letters = graph.metadata.get("frontend") == "characters"
    if letters == ("lexicon" in files):
        raise graph.refuse(
            "it reads letters, no lexicon" if letters else "it reads a lexicon, which is missing"
        )
    ids, tone = _ids(table), _one(1.0)
    # MeloTTS: x, x_lengths, tones, sid, noise_scale, length_scale, noise_scale_w
    melo = "melo" in graph.metadata.get("comment", "")
    if melo and graph.number("version", 0) < 2:
        raise graph.refuse("it is a MeloTTS export older than version 2")
    wanted: list[tuple[str, Array]] = [("", ids), ("", _one(3, np.int64))]
    if melo:
        wanted += [("", np.zeros_like(ids)), ("", _one(0, np.int64))]
    wanted += [("", tone)] * 3
    if not melo and len(graph.inputs) == 6:
        name = graph.inputs[5][0]
        wanted.append((name if name in ("sid", "speaker") else "sid", _one(0, np.int64)))
    graph.probe(wanted)
    return Interface(graph.number("sample_rate"), max(1, graph.number("n_speakers")))


def matcha(files: Mapping[str, Path]) -> Interface:
    """Matcha's acoustic graph and a vocoder of the same mel bands and rate."""
    table = symbols(files["tokens"])
    graph, vocoder = Graph(files["model"]), Graph(files["vocoder"])
    _need(table, "^$", files["tokens"])
    for key in ("n_speakers", "use_eos_bos", "pad_id"):
        graph.number(key)
    if not graph.number("has_espeak", 0):
        raise graph.refuse("it does not read espeak-ng's phonemes")
    rate = graph.number("sample_rate")
    kind = vocoder.metadata.get("model_type", "")
    outputs = {"hifigan": 1, "vocos": 3, "matcha-tts vocos": 3}.get(kind)
    if outputs is None:
        raise vocoder.refuse("its metadata's model_type is neither hifigan nor vocos")
    if len(vocoder.outputs) < outputs:
        raise vocoder.refuse(f"a {kind} vocoder has {outputs} outputs, it {len(vocoder.outputs)}")
    if vocoder.number("sample_rate", 22_050) != rate:
        raise vocoder.refuse(
            f"it makes {vocoder.number('sample_rate', 22_050)} Hz, '{graph.file.name}' {rate} Hz"
        )
    wanted: list[tuple[str, Array]] = [("", _ids(table)), ("", _one(3, np.int64))]
    if len(graph.inputs) > 2 and graph.inputs[2][0] == "scales":
        wanted.append(("scales", np.array([0.667, 1.0], np.float32)))
    else:
        wanted += [("", _one(0.667)), ("", _one(1.0))]
        if len(graph.inputs) == 5:
            wanted.append(("sid", _one(0, np.int64)))
    mel = graph.probe(wanted)[0]
    vocoder.probe([("", np.asarray(mel, np.float32))])
    return Interface(rate, max(1, graph.number("n_speakers")), _known(table))


def kokoro(files: Mapping[str, Path]) -> Interface:
    """Kokoro: a style for each speaker and each length of phrase."""
    found, style = _styled(files)
    if len(style) != 3 or style[1] != 1:
        raise Graph(files["model"]).refuse("its style_dim is not 'lengths,1,numbers'")
    # sherpa-onnx ends the process at a phrase for whose length there is no style.
    return Interface(found.sample_rate, found.speakers, found.known, longest=style[0] - 2)


def kitten(files: Mapping[str, Path]) -> Interface:
    """Kitten: a style for each speaker."""
    found, style = _styled(files)
    graph = Graph(files["model"])
    if graph.metadata.get("model_type") != "kitten-tts":
        raise graph.refuse("its metadata's model_type is not kitten-tts")
    if len(style) != 2 or style[0] != 1:
        raise graph.refuse("its style_dim is not '1,numbers'")
    if graph.number("has_espeak") != 1:
        raise graph.refuse("it does not read espeak-ng's phonemes")
    return found


def _styled(files: Mapping[str, Path]) -> tuple[Interface, list[int]]:
    table = symbols(files["tokens"])
    graph = Graph(files["model"])
    for key in ("sample_rate", "n_speakers", "has_espeak"):
        graph.number(key)
    speakers, style = graph.number("n_speakers"), graph.numbers("style_dim")
    voices = files["voices"]
    if not voices.is_file():
        msg = f"voice file is missing: {voices}"
        raise VoiceError(msg)
    numbers = int(np.prod(style)) * speakers
    if voices.stat().st_size // 4 != numbers or min(style) < 1:
        raise graph.refuse(
            f"'{voices.name}' holds {voices.stat().st_size // 4} numbers where {numbers} are "
            f"expected: it belongs to another model"
        )
    graph.probe([("", _ids(table)), ("", np.zeros((1, style[-1]), np.float32)), ("", _one(1.0))])
    return Interface(graph.number("sample_rate"), max(1, speakers), _known(table)), style


def supertonic(files: Mapping[str, Path]) -> Interface:
    """Supertonic: four graphs, a configuration, an alphabet and a file of styles."""
    rate, latent = _supertonic_config(files["config"])
    indexer = files["indexer"]
    if indexer.suffix != ".bin" or not indexer.is_file() or indexer.stat().st_size % 4:
        msg = f"'{indexer.name}' is no alphabet of Supertonic: a .bin of 32-bit numbers"
        raise VoiceError(msg)
    speakers, ttl, dp = _supertonic_styles(files["voices"])
    ids, mask = np.zeros((1, 4), np.int64), np.ones((1, 1, 4), np.float32)
    length = Graph(files["duration"]).probe([("", ids), ("", dp), ("", mask)])[0]
    if length.size != 1:
        msg = f"'{files['duration'].name}' gives {length.size} durations where one is expected"
        raise VoiceError(msg)
    encoded = Graph(files["encoder"]).probe([("", ids), ("", ttl), ("", mask)])[0]
    noisy = np.zeros((1, latent, 5), np.float32)
    estimator = Graph(files["estimator"])
    made = estimator.probe([
        ("noisy_latent", noisy), ("text_emb", np.asarray(encoded, np.float32)),
        ("style_ttl", ttl), ("latent_mask", np.ones((1, 1, 5), np.float32)), ("text_mask", mask),
        ("current_step", _one(0.0)), ("total_step", _one(5.0)),
    ])[0]  # fmt: skip
    if made.shape != noisy.shape:
        raise estimator.refuse(f"it makes {made.shape} of {noisy.shape}")
    Graph(files["vocoder"]).probe([("", np.asarray(made, np.float32))])
    return Interface(rate, speakers)


def _supertonic_config(file: Path) -> tuple[int, int]:
    """Return the sample rate and the height of the latent."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        rate, chunk = int(held["ae"]["sample_rate"]), int(held["ae"]["base_chunk_size"])
        factor = int(held["ttl"]["chunk_compress_factor"])
        latent = int(held["ttl"]["latent_dim"]) * factor
    except (OSError, ValueError, KeyError, TypeError):
        msg = f"'{file.name}' is no configuration of Supertonic (ae and ttl with their sizes)"
        raise VoiceError(msg) from None
    if min(rate, chunk, latent) <= 0:
        msg = f"'{file.name}' holds a size that is not positive"
        raise VoiceError(msg)
    return rate, latent


def _supertonic_styles(file: Path) -> tuple[int, Array, Array]:
    """Return the number of speakers and the first one's two styles."""
    head = struct.calcsize("<6q")
    content = file.read_bytes() if file.is_file() else b""
    shape = struct.unpack_from("<6q", content) if len(content) >= head else (0,) * 6
    ttl, dp = shape[:3], shape[3:]
    size = head + 4 * (ttl[0] * ttl[1] * ttl[2] + dp[0] * dp[1] * dp[2])
    if min(shape) <= 0 or ttl[0] != dp[0] or len(content) != size:
        msg = f"'{file.name}' is no file of styles of Supertonic: it is missing or damaged"
        raise VoiceError(msg)
    return (
        ttl[0],
        np.zeros((1, ttl[1], ttl[2]), np.float32),
        np.zeros((1, dp[1], dp[2]), np.float32),
    )
