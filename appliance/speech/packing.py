"""Making a pack of a folder that someone brought, without knowing what lies in it.

folder of foreign files ─► detect ─► links to the files that count ─► manifest ─► loaded once
"""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.speech.engines.denoise import load_denoiser
from appliance.speech.engines.detect import detect
from appliance.speech.engines.table import load_recogniser, load_speaker
from appliance.speech.turns.turnend import TurnModel
from appliance.speech.turns.vad import Detector
from appliance.speech.understanding.encoder import Encoder
from appliance.system.packs.manifest import PackError, PackKind, load_pack
from appliance.system.packs.writing import checked_name, write_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.speech.engines.detected import Detected
    from appliance.system.packs.manifest import Pack

_LICENCES: Final = ("license", "licence", "copying", "notice", "model_card")
"""How the names of files begin that say under which licence a model may be used."""


@dataclass(frozen=True, slots=True)
class About:
    """What a person says of a model that its files do not; empty where the files tell."""

    name: str = ""
    language: str = ""
    """ISO 639-1."""
    licence: str = ""
    summary: str = ""
    version: str = ""
    speaker: int = 0
    """Which voice of a graph that has several."""


@dataclass(frozen=True, slots=True)
class Built:
    """A pack that was made of foreign files."""

    pack: Pack
    notes: tuple[str, ...]
    """What was chosen and left out, in sentences for the person who brought the files."""


def build(
    source: Path,
    target: Path,
    about: About | None = None,
    provenance: Mapping[str, object] | None = None,
    *,
    try_it: bool = True,
) -> Built:
    """Make a pack of the model in the folder `source`, as a new folder within `target`.

    The source stays as it is; its files are linked where the file system can, else copied.
    `try_it`: load the model once, so that what cannot run is told now and not at the next start.
    Raises PackError in plain words where a file is missing or does not fit, something must be
    said about the model, or the new folder exists.
    """
    about = about or About()
    if not source.is_dir():
        raise PackError(f"{source} is no folder: name the folder that holds the model's files.")
    found = detect(source)
    name = checked_name(about.name or _plain(source.resolve().name))
    folder = target / name
    if folder.exists():
        raise PackError(f"{folder} exists: give another --name or --output, or delete it.")
    language = about.language or found.language
    if not language and found.kind not in {PackKind.STT, PackKind.TTS}:
        language = "any"
    if not language:
        raise PackError(
            f"Nothing in {source.name} says which language it is for: say --language, as en."
        )
    licence = about.licence or _guessed_licence(source)
    if not licence:
        raise PackError(
            f"Nothing in {source.name} says under which licence it may be used: say --licence, as "
            "Apache-2.0."
        )
    done = False
    try:
        files = list(_brought(found, source, folder))
        facts = dict(found.facts)
        if found.kind is PackKind.TTS and about.speaker:
            facts["speaker"] = about.speaker
        values = {
            "name": name,
            "kind": found.kind.value,
            "engine": found.engine,
            "language": language,
            "version": about.version or time.strftime("%Y.%m.%d", time.gmtime()),
            "sample_rate": found.sample_rate,
            "licence": licence,
            "summary": about.summary or f"Made of the folder {source.resolve().name}.",
            "provenance": {"folder": source.resolve().name, **(provenance or {})},
            **({found.kind.value: facts} if facts else {}),
        }
        if found.kind is PackKind.STT:
            values.setdefault("stt", {})
        write_manifest(folder, values, files)
        pack = load_pack(folder)
        if try_it:
            load(pack)
    except OSError as error:
        raise PackError(
            f"{folder} cannot be written ({error.strerror}): choose another --output."
        ) from None
    else:
        done = True
        return Built(pack, found.notes)
    finally:
        if not done:
            shutil.rmtree(folder, ignore_errors=True)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64].rstrip("-._")


def _guessed_licence(source: Path) -> str:
    """Return the SPDX name of a licence whose text lies beside the model; empty for none."""
    marks = {
        "Apache-2.0": r"Apache License\s+Version 2\.0",
        "MIT": r"\bMIT License\b|Permission is hereby granted, free of charge",
        "CC-BY-4.0": r"Creative Commons Attribution 4\.0|CC[- ]BY[- ]4\.0",
    }
    for file in _licence_files(source):
        text = file.read_bytes()[:20_000].decode("utf-8", "replace")
        for licence, mark in marks.items():
            if re.search(mark, text):
                return licence
    return ""


def _licence_files(source: Path) -> list[Path]:
    files = (path for path in source.iterdir() if path.is_file())
    return sorted(path for path in files if path.name.lower().startswith(_LICENCES))


def _brought(found: Detected, source: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Bring the files that count into `folder`; yield the role and the path there of each."""
    taken: dict[str, Path] = {}
    wanted = [*found.roles.items(), *(("licence", path) for path in _licence_files(source))]
    for role, path in wanted:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in below:
            if not file.is_file():
                continue
            name = _within(file, source)
            if name in taken:
                continue
            taken[name] = file
            _bring(file, folder / name)
            yield role, name


def _within(file: Path, source: Path) -> str:
    try:
        return file.relative_to(source).as_posix()
    except ValueError:
        return file.name


def _bring(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file.resolve(), target)
    except OSError:
        # Another disk, or a file system without links.
        shutil.copyfile(file, target)


def load(pack: Pack) -> None:
    """Load a pack's model and drop it. Raises PackError where its files do not fit together."""
    if pack.kind is PackKind.STT:
        load_recogniser(pack)
    elif pack.kind is PackKind.TTS:
        load_speaker(pack)
    elif pack.kind is PackKind.VAD:
        Detector(pack.path("model"))
    elif pack.kind is PackKind.DENOISE:
        load_denoiser(pack)
    elif pack.kind is PackKind.ENCODER:
        Encoder(pack).encode(["good morning"])
    else:
        TurnModel(pack.path("weights"))
