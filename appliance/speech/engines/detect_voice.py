"""Which voice (or denoiser) lies in a folder that somebody brought.

    folder ─► graphs by what their metadata say ─► family ─► files by role ─► check ─► Detected

File names differ between releases, metadata hardly do: names only choose between several graphs of
one kind and find what is no graph. The folder is only read; what a voice as Piper publishes it
lacks is made in a temporary folder.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.speech.engines.denoise import Cleaners
from appliance.speech.engines.detected import Detected
from appliance.speech.engines.onnxfile import read_metadata
from appliance.speech.engines.published import published
from appliance.speech.engines.voice_interface import Graph, VoiceError
from appliance.speech.engines.voices import FAMILIES
from appliance.system.packs.manifest import PackError, PackKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from appliance.speech.engines.published import Published

_LANGUAGES: Final = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es",
    "italian": "it", "dutch": "nl", "polish": "pl", "portuguese": "pt", "russian": "ru",
    "chinese": "zh", "japanese": "ja", "korean": "ko", "turkish": "tr", "ukrainian": "uk",
    "swedish": "sv", "norwegian": "no", "danish": "da", "finnish": "fi", "czech": "cs",
    "greek": "el", "hungarian": "hu", "vietnamese": "vi", "arabic": "ar",
}  # fmt: skip
_SUPERTONIC: Final = {
    "duration": "duration_predictor*.onnx",
    "encoder": "text_encoder*.onnx",
    "estimator": "vector_estimator*.onnx",
    "vocoder": "vocoder*.onnx",
    "config": "tts.json",
    "indexer": "unicode_indexer.bin",
    "voices": "voice*.bin",
}
_VOCODERS: Final = ("hifigan", "vocos", "matcha-tts vocos")
_RELEASE: Final = "take it from the release in which sherpa-onnx publishes this voice"
_SMALLER: Final = (".int8.", ".fp16.")
"""Parts of names of smaller graphs, the preferred ones first."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a family is known, and where its files are."""

    engine: str
    called: str
    matches: Callable[[Mapping[str, str]], bool]
    files: Mapping[str, str]
    """Role → pattern of the name, for what is no graph."""


def _comment(word: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda metadata: "n_speakers" in metadata and word in metadata.get("comment", "")


def _type(*names: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda metadata: metadata.get("model_type", "").startswith(names)


def _kokoro(metadata: Mapping[str, str]) -> bool:
    return _type("kokoro")(metadata) or metadata.get("style_dim", "").count(",") == 2


def _letters(metadata: Mapping[str, str]) -> bool:
    return "n_speakers" in metadata and metadata.get("frontend") == "characters"


def _words(metadata: Mapping[str, str]) -> bool:
    return "n_speakers" in metadata and "comment" in metadata and "language" in metadata


_TOKENS: Final = {"tokens": "tokens*.txt"}
_KINDS: Final = (
    _Kind("sherpa-onnx/kitten", "Kitten voice", _type("kitten"), {**_TOKENS, "voices": "*.bin"}),
    _Kind("sherpa-onnx/kokoro", "Kokoro voice", _kokoro, {**_TOKENS, "voices": "*.bin"}),
    _Kind("sherpa-onnx/matcha", "Matcha voice", _type("matcha-tts"), _TOKENS),
    _Kind("sherpa-onnx/vits-piper", "Piper voice", _comment("piper"), _TOKENS),
    _Kind("sherpa-onnx/vits-characters", "VITS voice that reads letters", _letters, _TOKENS),
    _Kind("sherpa-onnx/vits-coqui", "Coqui voice", _comment("coqui"), _TOKENS),
    _Kind(
        "sherpa-onnx/vits-lexicon",
        "VITS voice that reads words",
        _words,
        {**_TOKENS, "lexicon": "lexicon*.txt"},
    ),
)
"""In the order in which they are asked for: the narrow ones first."""
_DENOISERS: Final = ("gtcrn", "dpdfnet")
_SCRATCH: Final[list[tempfile.TemporaryDirectory[str]]] = []
"""Folders of converted voices, removed when the process ends."""


def detect_voice(folder: Path) -> Detected | None:
    """Return what the folder holds, None where it is neither a voice nor a denoiser.

    Raises PackError where it is one that lacks something or does not fit together, and says what.
    """
    if any(folder.glob(_SUPERTONIC["estimator"])) or any(folder.glob(_SUPERTONIC["duration"])):
        return _supertonic(folder)
    metadata = {file: read_metadata(file) for file in sorted(folder.glob("*.onnx"))}
    for engine in _DENOISERS:
        found = [file for file, held in metadata.items() if held.get("model_type") == engine]
        if found:
            return _denoiser(engine, _smallest(found), metadata)
    for kind in _KINDS:
        vocoderless = {
            file: held for file, held in metadata.items() if held.get("model_type") not in _VOCODERS
        }
        found = [file for file, held in vocoderless.items() if kind.matches(held)]
        if found:
            return _voice(kind, folder, found, metadata)
    found_published = published(folder)
    return _converted(found_published) if found_published else None


def _converted(voice: Published) -> Detected:
    """Return what a voice is once sherpa-onnx can read it; the files last as long as we do."""
    scratch = tempfile.TemporaryDirectory(prefix="voice-")
    _SCRATCH.append(scratch)
    folder = Path(scratch.name)
    voice.convert(folder)
    found = detect_voice(folder)
    if found is None:
        raise PackError(
            f"'{voice.graph.name}' has a description beside it but is no Piper voice: take another."
        )
    note = (
        f"'{voice.graph.name}' is as Piper publishes it: what '{voice.description.name}' says was "
        "written into the graph, and the token table made of it."
    )
    return replace(found, notes=(*found.notes, note))


def _voice(
    kind: _Kind, folder: Path, found: Sequence[Path], metadata: Mapping[Path, Mapping[str, str]]
) -> Detected:
    model = _smallest(found)
    roles = {"model": model}
    for role, pattern in kind.files.items():
        there = sorted(folder.glob(pattern))
        if not there:
            raise _lacks(kind.called, folder, pattern)
        roles[role] = there[0]
    if kind.engine == "sherpa-onnx/matcha":
        vocoders = [f for f, held in metadata.items() if held.get("model_type") in _VOCODERS]
        if not vocoders:
            raise PackError(
                f"'{folder.name}' holds a Matcha voice without a vocoder: put a vocos or hifigan "
                "graph of the same sample rate beside it (sherpa-onnx publishes them apart)."
            )
        rate = metadata[model].get("sample_rate")
        fitting = [f for f in vocoders if metadata[f].get("sample_rate", "22050") == rate]
        roles["vocoder"] = _smallest(fitting or vocoders)
    held = metadata[model]
    accent = held.get("voice", "")
    language = _language(held.get("language", ""), accent)
    facts: dict[str, object] = {"speaker": 0}
    if accent and " " not in accent:
        facts["accent"] = accent
    return _checked(kind.engine, kind.called, roles, language, facts, _others(found, model))


def _supertonic(folder: Path) -> Detected:
    roles: dict[str, Path] = {}
    notes: list[str] = []
    for role, pattern in _SUPERTONIC.items():
        there = sorted(folder.glob(pattern))
        if not there:
            raise _lacks("Supertonic voice", folder, pattern)
        roles[role] = _smallest(there)
        notes += _others(there, roles[role])
    notes.append("Supertonic speaks several languages: say which one this pack is for.")
    return _checked(
        "sherpa-onnx/supertonic", "Supertonic voice", roles, "", {"speaker": 0}, tuple(notes)
    )


def _checked(
    engine: str,
    called: str,
    roles: Mapping[str, Path],
    language: str,
    facts: Mapping[str, object],
    notes: tuple[str, ...],
) -> Detected:
    try:
        found = FAMILIES[engine].check(roles)
    except VoiceError as error:
        raise PackError(f"This is a {called}, but {error}.") from None
    if found.speakers > 1:
        several = (
            f"It has {found.speakers} speakers, numbered from 0; number 0 is chosen: another one "
            "is set as speaker under [tts]."
        )
        notes = (*notes, several)
    return Detected(PackKind.TTS, engine, roles, found.sample_rate, language, facts, notes)


def _denoiser(engine: str, model: Path, metadata: Mapping[Path, Mapping[str, str]]) -> Detected:
    name = f"sherpa-onnx/{engine}"
    try:
        rate = Graph(model).number("sample_rate")
        Cleaners(name, model, rate)
    except VoiceError as error:
        raise PackError(f"This is a denoiser, but {error}.") from None
    others = [file for file, held in metadata.items() if held.get("model_type") == engine]
    return Detected(
        PackKind.DENOISE, name, {"model": model}, rate, "any", {}, _others(others, model)
    )


def _lacks(called: str, folder: Path, pattern: str) -> PackError:
    there = ", ".join(sorted(path.name for path in folder.iterdir())[:12])
    return PackError(
        f"'{folder.name}' holds a {called} without its file '{pattern}' (there are: {there}): "
        f"{_RELEASE}."
    )


def _smallest(files: Sequence[Path]) -> Path:
    """Choose the quantised one of several graphs of the same kind."""
    for part in _SMALLER:
        for file in files:
            if part in file.name:
                return file
    return min(files, key=lambda file: (file.stat().st_size, file.name))


def _others(files: Iterable[Path], chosen: Path) -> tuple[str, ...]:
    left = sorted(file.name for file in files if file != chosen)
    return (f"'{chosen.name}' is taken, {', '.join(left)} left out.",) if left else ()


def _language(named: str, accent: str) -> str:
    """Return ISO 639-1 of a language in words, or of espeak-ng's voice; empty where unknown."""
    first = named.lower().replace("_", "-").split("-")[0].split(" ")[0]
    if first in _LANGUAGES:
        return _LANGUAGES[first]
    if len(first) == 2 and first.isalpha():
        return first
    start = accent.lower().split("-")[0]
    return start if len(start) == 2 and start.isalpha() and " " not in accent else ""
