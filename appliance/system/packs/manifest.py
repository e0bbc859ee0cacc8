"""Model packs: a folder with `manifest.toml` and the files it lists, verified before use.

A pack is refused as a whole when anything does not match: a model that is not the one that was
measured must not answer the phone.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from appliance.contracts.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT: Final = 1
MANIFEST: Final = "manifest.toml"
SIGNATURE: Final = "manifest.sig"
"""Who vouches for the manifest (see `signing`); the one file of a pack that it does not list."""


Folders: TypeAlias = "Path | Sequence[Path]"
"""One folder of packs, or several, the first before the others."""


class PackError(UserError):
    """A pack that cannot be used; `str()` is one sentence that says what to do."""


class PackKind(StrEnum):
    """What a pack is for."""

    STT = "stt"
    TTS = "tts"
    VAD = "vad"
    TURN = "turn"
    DENOISE = "denoise"
    ENCODER = "encoder"


ENGINES: Final[Mapping[PackKind, Mapping[str, tuple[str, ...]]]] = {
    PackKind.STT: {
        "sherpa-onnx/zipformer-ctc": ("model", "tokens", "lexicon"),
        "sherpa-onnx/online-transducer": ("encoder", "decoder", "joiner", "tokens"),
        "sherpa-onnx/online-nemo-transducer": ("encoder", "decoder", "joiner", "tokens"),
        "sherpa-onnx/online-zipformer2-ctc": ("model", "tokens"),
        "sherpa-onnx/online-nemo-ctc": ("model", "tokens"),
        "sherpa-onnx/online-paraformer": ("encoder", "decoder", "tokens"),
        "sherpa-onnx/offline-transducer": ("encoder", "decoder", "joiner", "tokens"),
        "sherpa-onnx/offline-nemo-transducer": ("encoder", "decoder", "joiner", "tokens"),
        "sherpa-onnx/offline-nemo-ctc": ("model", "tokens"),
        "sherpa-onnx/offline-zipformer-ctc": ("model", "tokens"),
        "sherpa-onnx/offline-paraformer": ("model", "tokens"),
        "sherpa-onnx/sense-voice": ("model", "tokens"),
        "sherpa-onnx/whisper": ("encoder", "decoder", "tokens"),
        "sherpa-onnx/moonshine": (
            "preprocessor",
            "encoder",
            "uncached_decoder",
            "cached_decoder",
            "tokens",
        ),
        "sherpa-onnx/moonshine-v2": ("encoder", "decoder", "tokens"),
        "sherpa-onnx/dolphin": ("model", "tokens"),
        "sherpa-onnx/canary": ("encoder", "decoder", "tokens"),
        "sherpa-onnx/fire-red-asr-ctc": ("model", "tokens"),
    },
    PackKind.TTS: {
        "sherpa-onnx/vits-piper": ("model", "tokens"),
        "sherpa-onnx/vits-coqui": ("model", "tokens"),
        "sherpa-onnx/vits-characters": ("model", "tokens"),
        "sherpa-onnx/vits-lexicon": ("model", "tokens", "lexicon"),
        "sherpa-onnx/matcha": ("model", "tokens", "vocoder"),
        "sherpa-onnx/kokoro": ("model", "tokens", "voices"),
        "sherpa-onnx/kitten": ("model", "tokens", "voices"),
        "sherpa-onnx/supertonic": (
            "duration",
            "encoder",
            "estimator",
            "vocoder",
            "config",
            "indexer",
            "voices",
        ),
    },
    PackKind.DENOISE: {
        "sherpa-onnx/gtcrn": ("model",),
        "sherpa-onnx/dpdfnet": ("model",),
    },
    PackKind.VAD: {"silero": ("model",)},
    PackKind.TURN: {"attendant/turn-1": ("weights",)},
    PackKind.ENCODER: {"onnx/wordpiece": ("model", "vocabulary")},
}
"""Engines of each kind with the roles that their files must fill."""

_FEATURES: Final = re.compile(
    r"(?:kaldi-fbank|nemo-fbank|lfr-fbank|whisper-mel)-\d{2,3}-(?:8|16)k|waveform-16k"
)
"""What a foreign graph may be fed with: how it is computed, mel bins, sample rate."""
_OURS: Final = "sherpa-onnx/zipformer-ctc"
"""The engine of the starter recognisers, whose features and level are known."""


@dataclass(frozen=True, slots=True)
class PackFile:
    """One verified file."""

    role: str
    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SttFacts:
    """What a recogniser's graph expects and returns."""

    feature: str = "kaldi-fbank-40-8k"
    """What the graph is fed with; empty: what its engine usually is."""
    level_dbfs: float = -23.0
    """Level of the voiced part that the graph was trained at, dBFS; 0: as it comes."""
    subsampling: int = 4
    """Feature frames (10 ms) to one output frame."""
    blank: int = 256
    """Column of the blank in `log_probs`."""
    phone_blank: int = 39
    """Column of the blank in `phone_log_probs`."""
    phones: tuple[str, ...] = ()
    """Names of the columns of `phone_log_probs` before the blank; empty: no phone head."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Kind of question → confidence from which an answer is taken, where the pack was measured."""


@dataclass(frozen=True, slots=True)
class TtsFacts:
    """What a voice's graph expects."""

    accent: str
    """The espeak-ng voice that turns words into its phonemes."""
    gender: str = ""
    """As the voice sounds, for people who choose: female, male or empty."""
    speaker: int = 0
    """Number of the speaker within a graph of several."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """How a sentence encoder is fed, and how its vectors become one."""

    pooling: str = "mean"
    """"mean" of the pieces' vectors, or "cls": that of the first."""
    prefix: str = ""
    """Written before each sentence, where the model was trained so."""
    lowercase: bool = True
    most_pieces: int = 64
    """Pieces of a sentence, begin and end included; the rest is cut off."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A verified pack."""

    folder: Path
    name: str
    kind: PackKind
    engine: str
    language: str
    version: str
    sample_rate: int
    licence: str
    summary: str
    files: tuple[PackFile, ...]
    provenance: Mapping[str, object] = field(default_factory=dict)
    figures: Mapping[str, object] = field(default_factory=dict)
    stt: SttFacts | None = None
    tts: TtsFacts | None = None
    encoder: EncoderFacts | None = None

    def path(self, role: str) -> Path:
        """Return the file of a role. Raises PackError where the pack has none."""
        for file in self.files:
            if file.role == role:
                return file.path
        raise PackError(f"Pack '{self.name}' has no file of role '{role}'; install another pack.")

    def has(self, role: str) -> bool:
        """Whether a file fills this role."""
        return any(file.role == role for file in self.files)


def find_packs(folder: Path) -> tuple[Path, ...]:
    """Return the folders below `folder` that hold a manifest, sorted.

    Empty where there is none, or where we may not look.
    """
    try:
        children = sorted(folder.iterdir())
    except OSError:
        return ()
    return tuple(child for child in children if not child.name.startswith(".") and _is_pack(child))


def load_pack(folder: Path) -> Pack:
    """Read and verify a pack: format, fields, every size and SHA-256, and no file too many.

    Raises PackError with one sentence that says what to do.
    """
    values = read_manifest(folder)
    name = _text(values, "name", folder)
    if values.get("format") != FORMAT:
        raise PackError(
            f"Pack '{name}' has format {values.get('format')!r}, this version reads format "
            f"{FORMAT}: install a pack made for this version."
        )
    kind = _kind(values, name)
    engine = _text(values, "engine", folder)
    if engine not in ENGINES[kind]:
        known = ", ".join(ENGINES[kind])
        raise PackError(
            f"Pack '{name}' needs the engine '{engine}', which this version lacks (it has {known}):"
            " update the appliance or install another pack."
        )
    if name != folder.name:
        raise PackError(
            f"Pack '{name}' lies in a folder called '{folder.name}': rename the folder to '{name}'."
        )
    files = _files(values, name, folder)
    roles = [file.role for file in files]
    for role in ENGINES[kind][engine]:
        if roles.count(role) != 1:
            raise PackError(
                f"Pack '{name}' lists {roles.count(role)} files of role '{role}' where one is "
                "needed: install the pack again."
            )
    # An encoder reads; nothing of it is audio.
    rate = values.get("sample_rate", 8000 if kind is PackKind.ENCODER else None)
    if not isinstance(rate, int) or not 8000 <= rate <= 48000:
        raise PackError(f"Pack '{name}' has no sample_rate in Hz: correct its {MANIFEST}.")
    return Pack(
        folder=folder,
        name=name,
        kind=kind,
        engine=engine,
        language=_text(values, "language", folder),
        version=_text(values, "version", folder),
        sample_rate=rate,
        licence=_text(values, "licence", folder),
        summary=_text(values, "summary", folder),
        files=files,
        provenance=_table(values, "provenance", name),
        figures=_table(values, "figures", name),
        stt=_stt(values, name) if kind is PackKind.STT else None,
        tts=_tts(values, name) if kind is PackKind.TTS else None,
        encoder=_encoder(values, name) if kind is PackKind.ENCODER else None,
    )


def find_pack(packs: Folders, name: str) -> Path | None:
    """Return the folder of the pack called `name`, in the first of the folders that has it.

    Links are followed, so that a pack that is exchanged while it is read is read as one.
    """
    # A name comes from people: it leads to no other folder.
    if not name or name.startswith(".") or Path(name).name != name:
        return None
    for folder in _folders(packs):
        if _is_pack(folder / name):
            return (folder / name).resolve()
    return None


def load_kind(packs: Folders, name: str, kind: PackKind) -> Pack:
    """Load the pack called `name` and make sure that it is of `kind`.

    `packs`: one folder of packs, or several, where the first that has the name counts.
    """
    folder = find_pack(packs, name)
    if folder is None:
        places = " or ".join(map(str, _folders(packs)))
        names = {path.name for place in _folders(packs) for path in find_packs(place)}
        there = ", ".join(sorted(names)) or "none"
        raise PackError(
            f"Pack '{name}' is not in {places} (installed there: {there}): install it or choose "
            f"another in the settings under speech.{kind.value}."
        )
    pack = load_pack(folder)
    if pack.kind is not kind:
        raise PackError(
            f"Pack '{name}' is of kind '{pack.kind.value}', not '{kind.value}': choose another in "
            f"the settings under speech.{kind.value}."
        )
    return pack


def _is_pack(folder: Path) -> bool:
    try:
        return (folder / MANIFEST).is_file()
    except OSError:
        return False


def _folders(packs: Folders) -> tuple[Path, ...]:
    return (packs,) if isinstance(packs, Path) else tuple(packs)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest's values as they stand, nothing checked. Raises PackError."""
    manifest = folder / MANIFEST
    try:
        return tomllib.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(f"{folder} holds no {MANIFEST}: name a folder that is a pack.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{manifest} cannot be read ({error}): install the pack again.") from None


def _text(values: Mapping[str, Any], key: str, folder: Path) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value.strip():
        raise PackError(f"The pack in '{folder.name}' has no '{key}': correct its {MANIFEST}.")
    return value


def _table(values: Mapping[str, Any], key: str, name: str) -> Mapping[str, object]:
    value = values.get(key, {})
    if not isinstance(value, dict):
        raise PackError(f"'{key}' of pack '{name}' is not a table: correct its {MANIFEST}.")
    return value


def _kind(values: Mapping[str, Any], name: str) -> PackKind:
    try:
        return PackKind(str(values.get("kind")))
    except ValueError:
        known = ", ".join(kind.value for kind in PackKind)
        raise PackError(
            f"Pack '{name}' is of kind {values.get('kind')!r}, known are {known}: install a pack "
            "made for this version."
        ) from None


def _files(values: Mapping[str, Any], name: str, folder: Path) -> tuple[PackFile, ...]:
    listed = values.get("files")
    if not isinstance(listed, list) or not listed:
        raise PackError(f"Pack '{name}' lists no [[files]]: correct its {MANIFEST}.")
    files = tuple(_file(entry, name, folder) for entry in listed)
    expected = {file.path for file in files} | {folder / MANIFEST, folder / SIGNATURE}
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() and path not in expected:
            raise PackError(
                f"Pack '{name}' holds '{path.relative_to(folder)}', which its {MANIFEST} does not "
                "list: delete that file or install the pack again."
            )
    return files


def _file(entry: object, name: str, folder: Path) -> PackFile:
    if not isinstance(entry, dict):
        raise PackError(f"Pack '{name}' has a file that is not a table: correct its {MANIFEST}.")
    role, where, size, digest = (entry.get(key) for key in ("role", "path", "bytes", "sha256"))
    if not (isinstance(role, str) and isinstance(where, str) and role and where):
        raise PackError(f"Pack '{name}' lists a file without role or path: correct its {MANIFEST}.")
    if not isinstance(size, int) or not isinstance(digest, str):
        raise PackError(f"'{where}' of pack '{name}' has no bytes or sha256: correct {MANIFEST}.")
    relative = PurePosixPath(where)
    path = folder / relative
    # A pack comes from outside: neither `..` nor a link may make us read (or hash) anything else.
    outside = relative.is_absolute() or ".." in relative.parts
    if outside or not path.resolve().is_relative_to(folder.resolve()):
        raise PackError(
            f"Pack '{name}' points at '{where}' outside its folder: do not use this pack."
        )
    if not path.is_file():
        raise PackError(f"Pack '{name}' lacks its file '{where}': install the pack again.")
    if path.stat().st_size != size:
        raise PackError(
            f"'{where}' of pack '{name}' has {path.stat().st_size} bytes instead of {size}: "
            "install the pack again."
        )
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest.lower():
        raise PackError(
            f"'{where}' of pack '{name}' is not the file that was packed (its SHA-256 differs): "
            "install the pack again."
        )
    return PackFile(role, path, size, found)


def _stt(values: Mapping[str, Any], name: str) -> SttFacts:
    table = values.get("stt")
    if not isinstance(table, dict):
        raise PackError(f"Pack '{name}' has no [stt] table: correct its {MANIFEST}.")
    ours = values.get("engine") == _OURS
    default = SttFacts() if ours else SttFacts(feature="", level_dbfs=0.0)
    try:
        facts = SttFacts(
            feature=str(table.get("feature", default.feature)),
            level_dbfs=float(table.get("level_dbfs", default.level_dbfs)),
            subsampling=int(table.get("subsampling", default.subsampling)),
            blank=int(table.get("blank", default.blank)),
            phone_blank=int(table.get("phone_blank", default.phone_blank)),
            phones=tuple(map(str, table.get("phones", ()))),
            thresholds={str(k): float(v) for k, v in dict(table.get("thresholds", {})).items()},
        )
    except (TypeError, ValueError) as error:
        raise PackError(f"[stt] of pack '{name}' is wrong ({error}): correct {MANIFEST}.") from None
    known = facts.feature == default.feature or _FEATURES.fullmatch(facts.feature)
    if not known or (ours and facts.feature != default.feature):
        raise PackError(
            f"Pack '{name}' needs features '{facts.feature}', which this version lacks: update the "
            "appliance or install another pack."
        )
    return facts


_ACCENTS: Final = {"en": "en-us"}


def _tts(values: Mapping[str, Any], name: str) -> TtsFacts:
    table = _table(values, "tts", name)
    language = str(values.get("language", "")).split("-")[0]
    speaker = table.get("speaker", 0)
    if not isinstance(speaker, int) or speaker < 0:
        raise PackError(f"[tts] of pack '{name}' has no number as speaker: correct its {MANIFEST}.")
    accent = str(table.get("accent", _ACCENTS.get(language, language)))
    return TtsFacts(accent, str(table.get("gender", "")), speaker)


def _encoder(values: Mapping[str, Any], name: str) -> EncoderFacts:
    table = _table(values, "encoder", name)
    pooling, most = table.get("pooling", "mean"), table.get("most_pieces", 64)
    if pooling not in {"mean", "cls"}:
        raise PackError(f"[encoder] of pack '{name}' pools by '{pooling}': correct its {MANIFEST}.")
    if not isinstance(most, int) or not 8 <= most <= 512:
        raise PackError(
            f"[encoder] of pack '{name}' has no usable most_pieces: correct {MANIFEST}."
        )
    lowercase = table.get("lowercase", True)
    return EncoderFacts(str(pooling), str(table.get("prefix", "")), bool(lowercase), most)
