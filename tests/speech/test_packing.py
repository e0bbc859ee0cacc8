"""Packs made of foreign folders, and what packs cost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from appliance.speech import packing
from appliance.speech.packing import About, build
from appliance.system.packs.manifest import Pack, PackError, PackKind, load_pack
from tests.speech.engines import graphs, voice_graphs

LICENCE = "Apache License\n   Version 2.0, January 2004\n"


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A streaming zipformer as its makers pack it, with a licence and a recording beside it."""
    folder = tmp_path / "from" / "sherpa-onnx-streaming-Zipformer-en-2023"
    graphs.files("online-transducer", folder)
    for part in ("encoder", "decoder", "joiner"):
        (folder / f"{part}.onnx").rename(folder / f"{part}-epoch-99-avg-1.onnx")
    (folder / "LICENSE").write_text(LICENCE)
    (folder / "test_wavs").mkdir()
    (folder / "test_wavs" / "0.wav").write_bytes(b"RIFF")
    return folder


def _state(folder: Path) -> list[tuple[str, int, int]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files]


def test_a_foreign_folder_becomes_a_pack(brought: Path, tmp_path: Path) -> None:
    """Engine, rate, language and licence come from the files, notes tell what was chosen, and the
    folder stays as it was.
    """
    before = _state(brought)
    made = build(brought, tmp_path / "made")
    pack = made.pack
    assert pack.folder == tmp_path / "made" / "sherpa-onnx-streaming-zipformer-en-2023"
    assert (pack.engine, pack.language, pack.licence, pack.sample_rate) == (
        "sherpa-onnx/online-transducer", "en", "Apache-2.0", 16_000,
    )  # fmt: skip
    assert pack.has("joiner")
    assert pack.path("licence").name == "LICENSE"
    assert not list(pack.folder.rglob("*.wav"))
    assert pack.provenance == {"folder": brought.name}
    assert any("sherpa-onnx/online-transducer" in note for note in made.notes)
    assert _state(brought) == before
    assert load_pack(pack.folder) == pack


def test_the_pack_hears(brought: Path, tmp_path: Path) -> None:
    """What was built is a recogniser: it knows its words."""
    from appliance.contracts.expectation import Expectation
    from appliance.speech.engines.table import load_recogniser

    pack = build(brought, tmp_path / "made").pack
    utterance = load_recogniser(pack).utterance()
    utterance.accept(np.concatenate([graphs.silence(0.3), graphs.speak("yes no")]))
    assert utterance.read(Expectation(), 0.25).text == "yes no"


def test_a_person_may_say_it_better(brought: Path, tmp_path: Path) -> None:
    """Name, language, licence, summary and version that are given win."""
    about = About("ears-de", "de", "MIT", "Hears.", "7")
    pack = build(brought, tmp_path, about, {"fetched_from": ["there"]}).pack
    assert (pack.name, pack.language, pack.licence, pack.summary, pack.version) == (
        "ears-de", "de", "MIT", "Hears.", "7",
    )  # fmt: skip
    assert pack.provenance["fetched_from"] == ["there"]


@pytest.mark.parametrize("engine", ["whisper", "sense-voice", "moonshine", "offline-nemo-ctc"])
def test_other_families_are_built_as_well(engine: str, tmp_path: Path) -> None:
    """Each family's files find their roles, and the model loads."""
    folder = tmp_path / "from" / engine
    graphs.files(engine, folder)
    pack = build(folder, tmp_path, About(language="en", licence="MIT", name=engine)).pack
    assert pack.engine == f"sherpa-onnx/{engine}"
    assert pack.kind is PackKind.STT


def test_a_voice_is_built_as_well(tmp_path: Path) -> None:
    """A Piper voice as sherpa-onnx publishes it, with espeak-ng's data, which is left out."""
    folder = tmp_path / "from" / "vits-piper-en_US-someone-medium"
    voice_graphs.piper(folder)
    (folder / "espeak-ng-data").mkdir()
    (folder / "espeak-ng-data" / "en_dict").write_bytes(b"x")
    pack = build(folder, tmp_path, About(language="en", licence="MIT", name="someone")).pack
    assert (pack.kind, pack.engine) == (PackKind.TTS, "sherpa-onnx/vits-piper")
    assert sorted(file.role for file in pack.files) == ["model", "tokens"]
    assert pack.tts is not None
    assert pack.tts.accent


def test_one_of_several_speakers_is_chosen(tmp_path: Path) -> None:
    """The person says which; the manifest keeps it."""
    voice_graphs.piper(tmp_path / "from", speakers=3)
    about = About(language="en", licence="MIT", name="someone", speaker=2)
    pack = build(tmp_path / "from", tmp_path / "made", about).pack
    assert pack.tts is not None
    assert pack.tts.speaker == 2


def test_a_detector_needs_no_language(packs_folder: Path, tmp_path: Path) -> None:
    """Silero's file alone is a pack for any language."""
    folder = tmp_path / "silero"
    folder.mkdir()
    shutil.copy(packs_folder / "silero-vad" / "silero_vad.onnx", folder)
    pack = build(folder, tmp_path / "made", About(licence="MIT")).pack
    assert (pack.kind, pack.language) == (PackKind.VAD, "any")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "joiner-epoch-99-avg-1.onnx").unlink(), "joiner"),
        (lambda f: (f / "tokens.txt").unlink(), "token table is missing"),
        (lambda f: (f / "tokens.txt").write_text("<blk> 0\na 1\n"), "token"),
        (lambda f: (f / "LICENSE").unlink(), "say --licence"),
        (lambda f: (f / "LICENSE").write_text("All rights reserved."), "say --licence"),
        (lambda f: (f / "encoder-epoch-99-avg-1.onnx").write_bytes(b"rubbish"), "encoder"),
        (lambda f: shutil.rmtree(f), "is no folder"),
        (lambda f: f.rename(f.with_name("model")), "is no folder"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(brought: Path, tmp_path: Path, spoil, words: str) -> None:
    """Says in a sentence what is missing or does not fit, and leaves nothing behind."""
    spoil(brought)
    with pytest.raises(PackError, match=words) as raised:
        build(brought, tmp_path / "made")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "made").exists() or not list((tmp_path / "made").iterdir())


def test_a_language_that_nothing_tells_must_be_said(brought: Path, tmp_path: Path) -> None:
    """A folder without a language in its name asks for it."""
    folder = brought.rename(brought.with_name("model"))
    with pytest.raises(PackError, match="say --language"):
        build(folder, tmp_path / "made")
    assert build(folder, tmp_path / "made", About(language="en")).pack.language == "en"


def test_a_pack_that_exists_is_not_written_over(brought: Path, tmp_path: Path) -> None:
    """Another name or place is asked for; the old pack stays whole."""
    first = build(brought, tmp_path / "made").pack
    with pytest.raises(PackError, match="give another --name"):
        build(brought, tmp_path / "made")
    assert load_pack(first.folder) == first
    with pytest.raises(PackError, match="no name for a pack"):
        build(brought, tmp_path / "made", About(name="../evil"))


def test_a_disk_without_links_gets_copies(
    brought: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where hard links cannot be made the files are copied."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    linked = build(brought, tmp_path / "linked").pack.path("encoder").stat().st_nlink
    monkeypatch.setattr(os, "link", refuse)
    pack = build(brought, tmp_path / "copied").pack
    assert (linked, pack.path("encoder").stat().st_nlink) == (2, 1)
    monkeypatch.setattr(packing.shutil, "copyfile", refuse)
    with pytest.raises(PackError, match="cannot be written"):
        build(brought, tmp_path / "nothing")
    assert not list((tmp_path / "nothing").iterdir())


def test_a_model_that_does_not_load_is_no_pack(
    brought: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is tried once; what fails there fails now."""

    def refuse(_: Pack) -> None:
        raise PackError("It does not load: bring another.")

    monkeypatch.setattr(packing, "load_recogniser", refuse)
    with pytest.raises(PackError, match="does not load"):
        build(brought, tmp_path / "made")
    assert not list((tmp_path / "made").iterdir())
    assert build(brought, tmp_path / "made", try_it=False).pack.name
