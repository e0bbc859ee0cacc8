"""`call.prompts`: sentences on disk that outlive a dead `speech`."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.call.prompts import PromptCache, without_lead

PCM = bytes(range(256)) * 10


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    """Finds a sentence again by voice and text, without being told the voice."""
    cache = PromptCache(tmp_path / "prompts")
    assert cache.load("voice 1", ["hello"]) == ["hello"]
    cache.keep("voice 1", "hello", PCM)
    again = PromptCache(tmp_path / "prompts")
    assert again.lookup("hello") is None
    assert again.load("", ["hello", "other"]) == ["other"]
    assert again.lookup("hello") == PCM


def test_a_sentence_begins_at_once() -> None:
    """Keeps 20 ms of what was silent before the first sound, and all of the rest."""
    sound = (1000).to_bytes(2, "little") * 800
    assert without_lead(bytes(1600) + sound) == bytes(320) + sound
    assert without_lead(bytes(100) + sound) == bytes(100) + sound
    assert without_lead(bytes(1600)) == bytes(1600)
    assert without_lead(b"") == b""


def test_another_voice_is_rendered_anew(tmp_path: Path) -> None:
    """Does not mix two voices."""
    cache = PromptCache(tmp_path)
    cache.keep("voice 1", "hello", PCM)
    assert cache.load("voice 2", ["hello"]) == ["hello"]
    assert cache.lookup("hello") is None


@pytest.mark.parametrize("other", ["en-rms-16k@2+0123", "en-slt-16k@1+0123", "en-rms-16k@1+4567"])
def test_a_voice_of_another_sound_is_another_voice(tmp_path: Path, other: str) -> None:
    """Plays nothing of another pack, version, loudness or pronunciation, and throws it away."""
    cache = PromptCache(tmp_path)
    cache.keep("en-rms-16k@1+0123", "hello", PCM)
    assert cache.load(other, ["hello"]) == ["hello"]
    cache.keep(other, "hello", PCM)
    assert cache.prune(other, ["hello"]) == 1
    assert cache.load("en-rms-16k@1+0123", ["hello"]) == ["hello"]


def test_a_sentence_kept_again_replaces_the_old_file(tmp_path: Path) -> None:
    """Leaves one file of a sentence, the newest, and none half written."""
    cache = PromptCache(tmp_path)
    cache.keep("voice", "hello", PCM)
    cache.keep("voice", "hello", PCM[::-1])
    assert len(list(tmp_path.glob("*.pcm"))) == 1
    assert PromptCache(tmp_path).load("voice", ["hello"]) == []
    (tmp_path / "abc.pcm.part").write_bytes(PCM)
    assert cache.prune("voice", ["hello"]) == 1
    assert cache.load("voice", ["hello"]) == []


@pytest.mark.parametrize("damage", [b"", PCM[:100], b"x" * len(PCM)])
def test_a_damaged_file_is_rendered_anew(tmp_path: Path, damage: bytes) -> None:
    """Notices a file that a power cut left short or wrong."""
    cache = PromptCache(tmp_path)
    cache.keep("voice", "hello", PCM)
    (file,) = tmp_path.glob("*.pcm")
    file.write_bytes(damage)
    assert cache.load("voice", ["hello"]) == ["hello"]


def test_what_is_no_longer_said_is_removed(tmp_path: Path) -> None:
    """Deletes other voices and old sentences, keeps the rest."""
    cache = PromptCache(tmp_path)
    cache.keep("voice 1", "hello", PCM)
    cache.keep("voice 2", "hello", PCM)
    cache.keep("voice 2", "old", PCM)
    assert cache.prune("voice 2", ["hello"]) == 2
    assert cache.load("voice 2", ["hello", "old"]) == ["old"]


def test_a_sentence_that_cannot_be_written_is_still_said(tmp_path: Path) -> None:
    """Holds it in memory and tells that the disk refused."""
    cache = PromptCache(tmp_path / "prompts")
    (tmp_path / "prompts").rmdir()
    with pytest.raises(OSError, match="prompts"):
        cache.keep("voice", "hello", PCM)
    assert cache.lookup("hello") == PCM
