"""What the tests of hearing and voice share: the tone recogniser and the committed packs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.turns.vad import Detector
from appliance.system.packs.manifest import Pack, PackKind, load_kind, load_pack
from tests.speech import tones


@pytest.fixture(scope="session")
def tone_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The tone language's pack."""
    return load_pack(tones.make_pack(tmp_path_factory.mktemp("packs")))


@pytest.fixture(scope="session")
def tone_recogniser(tone_pack: Pack) -> CtcRecogniser:
    """A recogniser of tones."""
    return CtcRecogniser(tone_pack)


@pytest.fixture(scope="session")
def starter(packs_folder: Path) -> CtcRecogniser:
    """The committed recogniser."""
    if not (packs_folder / "en-telephone-8k" / "manifest.toml").is_file():
        pytest.skip("the pack en-telephone-8k is not in models/packs")
    return CtcRecogniser(load_kind(packs_folder, "en-telephone-8k", PackKind.STT))


@pytest.fixture(scope="session")
def detector(packs_folder: Path) -> Detector:
    """The committed voice activity detector."""
    return Detector(load_kind(packs_folder, "silero-vad", PackKind.VAD).path("model"))


@pytest.fixture(scope="session")
def evaluation(human_speech: Path) -> Callable[[str], list[tuple[Path, str]]]:
    """Files and transcripts of a set's evaluation split."""

    def rows(name: str) -> list[tuple[Path, str]]:
        folder = human_speech / "audio" / name
        with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
            read = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return [
                (folder / row["file"], row["transcript"].lower())
                for row in read
                if row["split"] == "eval"
            ]

    return rows
