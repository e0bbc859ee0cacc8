"""From a manifest's engine to its adapter."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.speech.engines import table
from appliance.speech.engines.table import load_recogniser, load_speaker
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.system.packs.manifest import ENGINES, Pack, PackError, PackKind, load_kind


def test_a_recogniser_is_loaded_by_its_engine(tone_pack: Pack) -> None:
    """The engine of the manifest chooses the adapter."""
    assert isinstance(load_recogniser(tone_pack), CtcRecogniser)


def test_every_engine_of_the_manifest_has_an_adapter() -> None:
    """No pack passes verification that nothing can load."""
    assert set(ENGINES[PackKind.STT]) == set(table._RECOGNISERS)
    assert set(ENGINES[PackKind.TTS]) == set(table._SPEAKERS)


def test_a_voice_that_cannot_speak(packs_folder: Path) -> None:
    """A graph of another rate than its manifest says is refused with the pack's name."""
    pack = load_kind(packs_folder, "en-rms-16k", PackKind.TTS)
    with pytest.raises(PackError, match="'en-rms-16k' cannot speak"):
        load_speaker(replace(pack, sample_rate=22_050))
