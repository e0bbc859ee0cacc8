"""From a recogniser pack to a loaded sherpa-onnx recogniser; everything is checked first.

pack ─► family (by engine) ─► graphs, tokens, sample rate, features checked ─► Model
load() ──► sherpa-onnx
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import sherpa_onnx

from appliance.contracts.expectation import Kind
from appliance.speech.engines import bias
from appliance.speech.engines.families import Blank, Sound
from appliance.speech.engines.interface import (
    BLANKS,
    check_part,
    check_tokens,
    read_graph,
    read_tokens,
)
from appliance.speech.engines.rows import FAMILIES
from appliance.speech.recognition.answers import digit_words, yes_no
from appliance.speech.recognition.lexicon import Pieces
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.contracts.expectation import Expectation
    from appliance.speech.engines.families import Family
    from appliance.speech.engines.interface import Graph
    from appliance.system.packs.manifest import Pack

WORD: Final = "\N{LOWER ONE EIGHTH BLOCK}"
"""How sentencepiece writes the beginning of a word."""
_HOTWORD_SCORE: Final = 1.5
"""Natural logarithm that each token of a hot word gains, sherpa-onnx's default."""
_LARGEST: Final = 100_000_000
"""Bytes of a model beyond which it is not loaded again for expected words …"""
_KEPT: Final = 3
"""… and how many times it may be loaded for them."""
_SENSE_VOICE: Final = ("zh", "en", "ja", "ko", "yue")


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose files fit together."""

    name: str
    family: Family
    files: Mapping[str, Path]
    """Role → file, of every part and `tokens`; `bpe` where the pack has it."""
    graphs: Mapping[str, Graph]
    tokens: Mapping[int, str]
    sample_rate: int
    bins: int
    language: str

    @property
    def lookahead(self) -> float:
        """Seconds after the voice that a streaming model must have heard."""
        return self.family.lookahead(self.graphs)

    @property
    def stretch(self) -> float:
        """Factor on the times that sherpa-onnx reports."""
        return self.family.stretch(self.graphs)

    @property
    def upper(self) -> bool:
        """Whether the model writes capitals only."""
        pieces = "".join(name for name in self.tokens.values() if not name.startswith("<"))
        return pieces.upper() == pieces and pieces.lower() != pieces

    @property
    def blank(self) -> int:
        """Id of the token that says nothing; -1 where there is none."""
        names = {name: number for number, name in self.tokens.items()}
        return next((names[name] for name in BLANKS if name in names), -1)

    @property
    def graph(self) -> bool:
        """Whether expected words can be given as a graph.

        For models that are not streaming, sherpa-onnx takes the blank of a graph to be the token 0.
        """
        return self.family.graph and (self.family.streaming or self.blank == 0)

    @property
    def unit(self) -> str:
        """What hot words are divided into, in sherpa-onnx's words; empty where they cannot be."""
        if not self.family.hotwords:
            return ""
        names = [name for name in self.tokens.values() if not name.startswith("<")]
        pieces = any(name.startswith(WORD) for name in names)
        signs = sum(len(name) == 1 and ord(name) > 0x2E80 for name in names) > len(names) / 4
        return {(True, False): "bpe", (True, True): "cjkchar+bpe", (False, True): "cjkchar"}.get(
            (pieces, signs), ""
        )


def check_pack(pack: Pack) -> Model:
    """Make sure that a pack can be loaded. Raises PackError in plain words where it cannot."""
    facts = pack.stt
    if facts is None:
        raise PackError(f"Pack '{pack.name}' is not a recogniser: choose another.")
    files = {file.role: file.path for file in pack.files}
    return check_files(
        pack.name, pack.engine, files, pack.sample_rate, pack.language, facts.feature
    )


def check_files(
    name: str,
    engine: str,
    files: Mapping[str, Path],
    sample_rate: int,
    language: str,
    feature: str = "",
) -> Model:
    """Make sure that the files of a model fit together and to what is said of them.

    `feature` is a manifest's (`kaldi-fbank-80-16k`), empty where it says nothing. Raises PackError.
    """
    family = FAMILIES[engine]
    try:
        return _checked(name, family, files, sample_rate, language, feature)
    except PackError as error:
        reason = str(error).rstrip(".")
        raise PackError(f"Pack '{name}' is not {family.what} as it stands: {reason}.") from None


def _checked(
    name: str,
    family: Family,
    files: Mapping[str, Path],
    sample_rate: int,
    language: str,
    feature: str,
) -> Model:
    graphs: dict[str, Graph] = {}
    for at, part in enumerate(family.parts):
        graph = graphs[part.role] = read_graph(files[part.role])
        check_part(part, graph)
        if at == 0:
            _check_type(family, graph)
    if misfit := family.fits(graphs):
        raise PackError(misfit)
    table = files["tokens"]
    tokens = read_tokens(table)
    check_tokens(tokens, family.columns(graphs), table.name, all_needed=family.all_named)
    _check_names(family, tokens, table.name)
    _check_rate(family, graphs, sample_rate)
    bins = _bins(family, graphs, feature, sample_rate)
    _check_language(family, graphs, language)
    return Model(name, family, files, graphs, tokens, sample_rate, bins, language)


def load(model: Model, threads: int, expected: tuple[str, ...] = ()) -> Any:
    """Give checked files to sherpa-onnx; return its recogniser. Raises PackError.

    `expected` are words that it hears more readily, where the family takes them as a graph.
    """
    family = model.family
    arguments: dict[str, Any] = {
        keyword: str(model.files[role]) for role, keyword in family.keywords.items()
    }
    arguments |= {"tokens": str(model.files["tokens"]), "num_threads": threads}
    if family.configured:
        arguments |= {"sample_rate": model.sample_rate, "feature_dim": model.bins}
    arguments |= dict(family.fixed or {})
    for keyword in family.language:
        known = family.engine != "sherpa-onnx/sense-voice" or model.language in _SENSE_VOICE
        arguments[keyword] = model.language if known else "auto"
    kind = sherpa_onnx.OnlineRecognizer if family.streaming else sherpa_onnx.OfflineRecognizer
    with _vocabulary(model) as more, _graph(model, expected) as graph:
        try:
            return getattr(kind, family.constructor)(**arguments, **more, **graph)
        except (RuntimeError, ValueError, IndexError) as error:
            raise PackError(
                f"Pack '{model.name}' cannot be loaded by sherpa-onnx ({_first_line(error)}): "
                "install it again."
            ) from None


@contextlib.contextmanager
def _vocabulary(model: Model) -> Iterator[dict[str, Any]]:
    """Yield what makes hot words possible; sherpa-onnx reads the file while it loads."""
    unit = model.unit
    if not unit:
        yield {}
        return
    chosen = {
        "decoding_method": "modified_beam_search",
        "modeling_unit": unit,
        "hotwords_score": _HOTWORD_SCORE,
    }
    if "bpe" not in unit:
        yield chosen
    elif "bpe" in model.files:
        yield chosen | {"bpe_vocab": str(model.files["bpe"])}
    else:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "bpe.vocab"
            made.write_text(ranked(model.tokens), encoding="utf-8")
            yield chosen | {"bpe_vocab": str(made)}


@contextlib.contextmanager
def _graph(model: Model, expected: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield what makes a recogniser of expected words; its file is read while it loads."""
    if not expected:
        yield {}
        return
    pieces = Pieces(model.files["tokens"])
    names = {name: number for number, name in model.tokens.items()}
    words = [way for said in expected for way in (pieces.encode(said), bias.fewest(said, names))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "expected.fst"
        bias.write(bias.graph(words, len(model.tokens), model.blank), path)
        yield {"ctc_graph": str(path)}


def ranked(tokens: Mapping[int, str]) -> str:
    """Return a sentencepiece vocabulary (piece, tab, score) made from a token table.

    BPE numbers its pieces in the order in which they were merged, and its scores are that order.
    """
    pieces = [name for _, name in sorted(tokens.items()) if not name.startswith(("<", "#"))]
    return "".join(f"{piece}\t{-rank}\n" for rank, piece in enumerate(pieces))


def _check_type(family: Family, graph: Graph) -> None:
    kind = graph.metadata.get("model_type", "")
    said = f"'{kind}' as" if kind else "no"
    known = family.types or tuple(family.variants or ())
    if known and kind not in known:
        raise PackError(
            f"'{graph.path.name}' has {said} 'model_type' in its metadata where this engine knows"
            f" {', '.join(known)}"
        )
    if family.variants:
        check_part(family.variants[kind], graph)


def _check_names(family: Family, tokens: Mapping[int, str], file: str) -> None:
    names = {name: number for number, name in tokens.items()}
    missing = [name for name in family.specials if name not in names]
    if missing:
        raise PackError(f"'{file}' lacks the token '{missing[0]}'")
    if family.blank is Blank.NONE:
        return
    blank = next((name for name in BLANKS if name in names), "")
    if not blank:
        raise PackError(f"'{file}' names no blank (<blk>, <eps> or <blank>)")
    if family.blank is Blank.FIRST and names[blank] != 0:
        raise PackError(f"the blank of '{file}' has the id {names[blank]} instead of 0")
    if family.blank is Blank.LAST and (blank != "<blk>" or names[blank] != max(tokens)):
        raise PackError(f"'{file}' does not name <blk> as its last token")


def _check_rate(family: Family, graphs: Mapping[str, Graph], sample_rate: int) -> None:
    if sample_rate not in family.rates:
        wanted = " or ".join(map(str, family.rates))
        raise PackError(f"the manifest says {sample_rate} Hz where such a model hears {wanted} Hz")
    for graph in graphs.values():
        told = graph.whole("sample_rate")
        if told not in (0, sample_rate):
            raise PackError(
                f"'{graph.path.name}' was trained at {told} Hz but the manifest says"
                f" {sample_rate} Hz"
            )


def _bins(family: Family, graphs: Mapping[str, Graph], feature: str, rate: int) -> int:
    """Return the mel bins to compute; raise PackError where manifest and graph disagree."""
    wanted = family.bins(graphs)
    middle = feature.removeprefix(family.sound.value).strip("-").partition("-")[0]
    said = int(middle) if middle.isdecimal() else None
    bins = wanted or said or family.default_bins
    if feature and feature != family.sound.named(bins, rate):
        raise PackError(
            f"the manifest says the features '{feature}' where the graph hears"
            f" '{family.sound.named(bins, rate)}'"
        )
    if family.sound is Sound.KALDI and rate == 8000 and bins > 64 and not feature:
        # Filters narrower than the spectrum's lines stay empty: such a graph was trained at 16 kHz.
        raise PackError(
            f"the graph takes {bins} mel bins, which only sound of 16000 Hz fills, but the manifest"
            f" says {rate} Hz"
        )
    told = graphs[family.parts[0].role].whole("n_mels")
    if told not in (0, bins):
        raise PackError(f"the graph takes {bins} mel bins but its metadata says {told}")
    return bins


def _check_language(family: Family, graphs: Mapping[str, Graph], language: str) -> None:
    if not family.language:
        return
    first = graphs[family.parts[0].role]
    codes = [code.strip() for code in first.metadata.get("all_language_codes", "").split(",")]
    if first.whole("is_multilingual") and language not in codes:
        raise PackError(f"the model does not know the language '{language}'")
    if family.engine == "sherpa-onnx/canary" and language not in ("en", "de", "es", "fr"):
        raise PackError(f"the model knows en, de, es and fr but not '{language}'")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


def unusable(model: Model, error: Exception) -> str:
    """Return the sentence for a model that loads but cannot hear."""
    return (
        f"Pack '{model.name}' loads but cannot hear ({_first_line(error)}): its graphs do not"
        " belong together or are not of this engine; build the pack again from one download."
    )


def faint(samples: int) -> npt.NDArray[np.float32]:
    """Return noise of -60 dBFS, the same each time: more like a line than digital silence."""
    return np.random.default_rng(1).normal(0.0, 0.001, samples).astype(np.float32)


def hotwords(model: Model, expectation: Expectation) -> tuple[str, ...]:
    """Return the words and phrases that an expectation makes likelier, as the model writes them.

    Empty where the model cannot be told. What has a letter that no piece of it holds is left out:
    sherpa-onnx would report it for every utterance.
    """
    if not model.unit and not model.graph:
        return ()
    letters = {
        letter for name in model.tokens.values() if not name.startswith("<") for letter in name
    }
    chosen = dict.fromkeys((*expectation.hotwords, *expectation.phrases))
    if model.graph:
        # A graph takes nothing from other words but a little; hot words in a beam would.
        language = model.language.split("-")[0]
        if expectation.kind is Kind.YES_NO:
            chosen |= dict.fromkeys(itertools.chain(*yes_no(language)))
        elif expectation.kind is Kind.DIGITS:
            chosen |= dict.fromkeys(word.text for word in digit_words(language))
    said = [phrase.upper() if model.upper else phrase for phrase in chosen]
    return tuple(
        phrase for phrase in said if phrase and "/" not in phrase and set(phrase) <= letters | {" "}
    )


class Engines:
    """A model's recognisers in sherpa-onnx: the plain one, and some for expected words.

    A graph of expected words belongs to a recogniser as a whole, so each question that is asked
    again and again has one, made while the question is still being spoken. Methods may be called
    from any thread.
    """

    def __init__(self, model: Model, threads: int) -> None:
        """Load the plain recogniser. Raises PackError."""
        self._model, self._threads = model, threads
        self._plain = load(model, threads)
        self._made: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._lock = threading.Lock()
        size = sum(graph.path.stat().st_size for graph in model.graphs.values())
        self._graphs = model.graph and size <= _LARGEST

    def prepare(self, expected: tuple[str, ...]) -> None:
        """Make the recogniser of these words, where there is none yet and the model is small."""
        if not expected or not self._graphs:
            return
        with self._lock:
            if expected in self._made:
                self._made.move_to_end(expected)
                return
        made = load(self._model, self._threads, expected)
        with self._lock:
            self._made[expected] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)

    def of(self, expected: tuple[str, ...]) -> Any:
        """Return the recogniser of these words, the plain one where there is none."""
        with self._lock:
            return self._made.get(expected, self._plain)
