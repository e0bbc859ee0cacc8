"""Which engine a folder of foreign files is for, and what is missing where it is for none.

    folder ─► graphs by the words in their names ─► what the graphs say of themselves ─► Detected
                                                     └─ checked as they will be when loaded

Names tell the parts of a model apart, for every publisher keeps them ("encoder-epoch-99.int8.onnx",
"tiny.en-decoder.onnx", "uncached_decode.onnx"); inputs and metadata tell the kinds of models apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech.engines.detect_encoder import detect_encoder
from appliance.speech.engines.detect_voice import detect_voice
from appliance.speech.engines.detected import Detected
from appliance.speech.engines.families import Sound
from appliance.speech.engines.interface import Graph, read_graph
from appliance.speech.engines.loading import check_files
from appliance.speech.engines.rows import FAMILIES
from appliance.system.packs.manifest import PackError, PackKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SUFFIXES: Final = (".onnx", ".ort")
_PARTS: Final = (
    ("joiner", re.compile(r"joiner|joint")),
    ("preprocessor", re.compile(r"preprocess")),
    ("uncached_decoder", re.compile(r"uncached")),
    ("cached_decoder", re.compile(r"cached")),
    ("encoder", re.compile(r"encode")),
    ("decoder", re.compile(r"decode")),
)
"""Role of a file by its name, the first that fits; what fits none is a whole model."""
_PART: Final = re.compile(
    r"(?:un)?cached|(?:en|de)coder?|joiner|joint|preprocess(?:or)?|merged|model"
)
_SMALL: Final = re.compile(r"[._-](?:int8|quant(?:ized)?|uint8)(?=[._-]|$)")
_LANGUAGES: Final = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "zh", "ja", "ko", "ar", "tr", "sv",
    "da", "no", "fi", "cs", "el", "hu", "ro", "vi", "th", "id",
)  # fmt: skip
_MOONSHINE: Final = ("preprocessor", "encoder", "uncached_decoder", "cached_decoder")
_TRANSDUCER: Final = ("encoder", "decoder", "joiner")


@dataclass(frozen=True, slots=True)
class _Found:
    """The files of a folder that matter."""

    parts: Mapping[str, Path]
    """Role → the file chosen for it."""
    tokens: Path | None
    vocabulary: Path | None
    """`bpe.vocab`, for hot words."""
    notes: tuple[str, ...]


def detect(folder: Path, *, small: bool = True) -> Detected:
    """Return what model lies in `folder`, a voice or a recogniser.

    `small`: where a part is there with 8-bit weights too, that one is taken. Raises PackError with
    a sentence that says what is missing or what does not fit.
    """
    if not folder.is_dir():
        raise PackError(f"{folder} is not a folder: name the folder that holds the model's files.")
    if (voice := detect_voice(folder)) is not None:
        return voice
    found = _look(folder, small=small)
    if not found.parts:
        raise PackError(
            f"'{folder.name}' holds no graph (*.onnx): name the folder that holds the model's files"
            " after unpacking."
        )
    graphs = {role: read_graph(path) for role, path in found.parts.items()}
    if "model" in graphs and graphs["model"].takes("input", "state", "sr"):
        return Detected(PackKind.VAD, "silero", {"model": found.parts["model"]}, 8000)
    if (encoder := detect_encoder(folder, graphs)) is not None:
        return encoder
    engine = _engine(folder, graphs)
    return _described(folder, engine, found, graphs)


def _look(folder: Path, *, small: bool) -> _Found:
    """Sort the files of a folder by their names."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and "test_wavs" not in path.parts
    )
    by_role: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix in _SUFFIXES:
            by_role.setdefault(_role(path.stem.lower()), []).append(path)
    if len(by_role) > 1 and "model" in by_role:
        # A whole model beside parts is something else: a denoiser, a punctuation model.
        del by_role["model"]
    parts: dict[str, Path] = {}
    notes: list[str] = []
    wanted: str | None = None
    for role, paths in by_role.items():
        chosen = _best(paths, wanted, small=small)
        parts[role] = chosen
        wanted = wanted or _variant(chosen)
        left = [path.name for path in paths if path != chosen]
        if left:
            notes.append(f"'{chosen.name}' is taken as the {role}, left out: {', '.join(left)}.")
    tables = [path for path in files if path.name.lower().endswith("tokens.txt")]
    vocabulary = next((path for path in files if path.name == "bpe.vocab"), None)
    tokens = min(tables, key=lambda path: (path.name != "tokens.txt", path.name), default=None)
    return _Found(parts, tokens, vocabulary, tuple(notes))


def _role(stem: str) -> str:
    return next((role for role, words in _PARTS if words.search(stem)), "model")


def _variant(path: Path) -> str:
    """Return what is left of a name without its part and its kind of weights."""
    return _PART.sub("", _SMALL.sub("", path.stem.lower())).strip("._-")


def _best(paths: Sequence[Path], variant: str | None, *, small: bool) -> Path:
    """Choose among the files of one role: of the same variant as the others, then by weights."""
    return min(
        paths,
        key=lambda path: (
            variant is not None and _variant(path) != variant,
            bool(_SMALL.search(path.stem.lower())) is not small,
            path.name,
        ),
    )


def _engine(folder: Path, graphs: Mapping[str, Graph]) -> str:
    """Return the engine of these graphs. Raises PackError where they are none, or not all."""
    roles = set(graphs)
    if roles & {"preprocessor", "uncached_decoder", "cached_decoder"}:
        _complete(graphs, _MOONSHINE, "a Moonshine model")
        return "moonshine"
    if "model" in roles:
        return _whole(folder, graphs["model"])
    if roles == {"encoder", "decoder"}:
        engine = _pair(graphs["encoder"], graphs["decoder"])
        if engine:
            return engine
    _complete(graphs, _TRANSDUCER, "a transducer")
    nemo = len(graphs["decoder"].inputs) > 1
    streaming = len(graphs["encoder"].inputs) > 2
    return f"{'online' if streaming else 'offline'}-{'nemo-' if nemo else ''}transducer"


def _pair(encoder: Graph, decoder: Graph) -> str:
    """Return the engine of an encoder and a decoder, empty where a part more is needed."""
    if "n_mels" in encoder.metadata or encoder.takes("mel"):
        return "whisper"
    if encoder.metadata.get("model_type") == "EncDecMultiTaskModel":
        return "canary"
    if "lfr_window_size" in encoder.metadata:
        return "online-paraformer"
    if any("key_values" in tensor.name for tensor in decoder.inputs):
        return "moonshine-v2"
    if "cmvn_mean" in encoder.metadata:
        raise PackError(
            f"'{encoder.path.name}' is of FireRedASR with a decoder, which is too slow for a"
            " telephone: take FireRedASR 2 with CTC."
        )
    return ""


def _whole(folder: Path, model: Graph) -> str:
    """Return the engine of a single graph. Raises PackError where it is of none."""
    said, kind = model.metadata, model.metadata.get("model_type", "")
    signs = (
        ("sense-voice", "with_itn" in said),
        ("offline-paraformer", "lfr_window_size" in said),
        ("online-nemo-ctc", model.takes("cache_last_channel")),
        ("online-zipformer2-ctc", kind == "zipformer2" and len(model.inputs) > 2),
        ("dolphin", "invstd" in said),
        ("fire-red-asr-ctc", kind.startswith("fire-red-asr")),
        ("offline-nemo-ctc", "normalize_type" in said or model.takes("audio_signal", "length")),
        ("offline-zipformer-ctc", "zipformer" in kind or model.takes("x", "x_lens")),
    )
    engine = next((engine for engine, fits in signs if fits), "")
    if not engine:
        inputs = ", ".join(tensor.name for tensor in model.inputs[:6])
        raise PackError(
            f"'{model.path.name}' in '{folder.name}' is of no kind that this version knows (it"
            f" takes {inputs}{f', and calls itself {kind}' if kind else ''}): take a model that was"
            " published for sherpa-onnx."
        )
    return engine


def _complete(graphs: Mapping[str, Graph], wanted: Sequence[str], what: str) -> None:
    missing = [role for role in wanted if role not in graphs]
    if missing:
        here = " and ".join(f"'{graph.path.name}'" for graph in graphs.values())
        lacks = " and ".join(f"{'an' if role[0] in 'aeiou' else 'a'} {role}" for role in missing)
        raise PackError(
            f"{here} {'is' if len(graphs) == 1 else 'are'} here, but {what} also needs"
            f" {lacks.replace('_', ' ')}: download {missing[0].replace('_', ' ')}*.onnx from the"
            " same place and put it beside."
        )


def _described(
    folder: Path, short: str, found: _Found, graphs: Mapping[str, Graph]
) -> Detected:  # fmt: skip
    engine = f"sherpa-onnx/{short}"
    family = FAMILIES[engine]
    if found.tokens is None:
        names = ", ".join(f"'{path.name}'" for path in found.parts.values())
        raise PackError(
            f"{names}: this is {family.what}, but its token table is missing: download tokens.txt"
            " from the same place and put it beside."
        )
    notes = list(found.notes)
    roles = {part.role: found.parts[part.role] for part in family.parts}
    roles["tokens"] = found.tokens
    if family.hotwords and found.vocabulary is not None:
        roles["bpe"] = found.vocabulary
    rate = _rate(short, graphs, notes)
    language = _language(folder, graphs, notes)
    model = check_files(folder.name, engine, roles, rate, language or "en")
    facts: dict[str, object] = {"feature": family.sound.named(model.bins, rate)}
    notes.insert(0, f"This is {family.what} ({engine}).")
    return Detected(PackKind.STT, engine, roles, rate, language, facts, tuple(notes))


def _rate(short: str, graphs: Mapping[str, Graph], notes: list[str]) -> int:
    family = FAMILIES[f"sherpa-onnx/{short}"]
    told = next((rate for graph in graphs.values() if (rate := graph.whole("sample_rate"))), 0)
    if told:
        return told
    if len(family.rates) == 1:
        return family.rates[0]
    bins = family.bins(graphs) or family.default_bins
    rate = 8000 if family.sound is Sound.KALDI and bins < 64 else 16_000
    notes.append(
        f"Its graphs do not tell the sample rate: with {bins} mel bins it is taken to be {rate} Hz."
    )
    return rate


def _language(folder: Path, graphs: Mapping[str, Graph], notes: list[str]) -> str:
    for graph in graphs.values():
        for key in ("language", "lang"):
            code = graph.metadata.get(key, "").lower()[:2]
            if code in _LANGUAGES:
                return code
        if graph.whole("is_multilingual"):
            notes.append("The model knows many languages: say which one the callers speak.")
            return ""
    names = [folder.name, *(graph.path.stem for graph in graphs.values())]
    words = [word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())]
    spoken = list(dict.fromkeys(word for word in words if word in _LANGUAGES))
    if len(spoken) == 1:
        notes.append(f"The language '{spoken[0]}' is taken from the names of the files.")
        return spoken[0]
    notes.append("Nothing tells the language: say which one the callers speak.")
    return ""
