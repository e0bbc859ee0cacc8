"""What packs cost on this machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.speech.packbench import Bench, bench, bench_named, spoken
from appliance.system.packs.manifest import Pack, PackError, PackKind, load_kind, load_pack


def _plausible(found: Bench, kind: PackKind) -> None:
    assert found.kind is kind
    assert found.load_seconds > 0
    assert found.real_time_factor > 0
    assert found.memory_bytes >= 0
    text = "\n".join(found.lines())
    assert f"{found.pack} ({kind.value})" in text
    assert "real-time factor" in text


def test_a_recogniser_is_measured(tone_pack: Pack) -> None:
    """Load time, memory, effort for a second of audio, and how long the final text takes."""
    found = bench(tone_pack)
    _plausible(found, PackKind.STT)
    assert found.latency_ms is not None
    assert "final text after the turn's end" in found.lines()[-1]


def test_a_detector_is_measured(packs_folder: Path) -> None:
    """It has no latency of its own."""
    found = bench(load_pack(packs_folder / "silero-vad"))
    _plausible(found, PackKind.VAD)
    assert found.latency_ms is None


def test_a_voice_is_measured_and_speaks_for_the_recogniser(packs_folder: Path) -> None:
    """First audio counts from the text; its sentences are what a recogniser of its language
    hears.
    """
    if not (packs_folder / "en-rms-16k" / "manifest.toml").is_file():
        pytest.skip("the pack en-rms-16k is not in models/packs")
    found = bench_named(packs_folder, "en-rms-16k", voice="en-rms-16k")
    _plausible(found, PackKind.TTS)
    assert found.latency_ms is not None
    sentences = spoken(load_kind(packs_folder, "en-rms-16k", PackKind.TTS))
    assert len(sentences) == 3
    assert all(len(samples) > 8000 for samples in sentences)
    assert all(0.01 < np.abs(samples).max() <= 1 for samples in sentences)


def test_a_pack_that_is_not_there(packs_folder: Path) -> None:
    """Says where to look."""
    with pytest.raises(PackError, match="see `packs list`"):
        bench_named(packs_folder, "none", voice="")


def test_what_a_pack_takes_is_not_hidden_by_the_voice_that_tries_it(packs_folder: Path) -> None:
    """The sentences are spoken elsewhere, so that the memory is the pack's own."""
    if not (packs_folder / "en-rms-16k" / "manifest.toml").is_file():
        pytest.skip("the pack en-rms-16k is not in models/packs")
    found = bench_named(packs_folder, "silero-vad", voice="en-rms-16k")
    _plausible(found, PackKind.VAD)
