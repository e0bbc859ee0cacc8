"""`call.rehearsal.process`: packs of the dialogue's language, and a process that uses them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from appliance.call.rehearsal import process
from appliance.call.rehearsal.process import Packs, choose
from appliance.contracts.errors import UserError
from appliance.settings import SpeechSettings
from appliance.system.packs.manifest import MANIFEST


def pack(folder: Path, name: str, kind: str, language: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / MANIFEST).write_text(
        f'name = "{name}"\nkind = "{kind}"\nlanguage = "{language}"\n'
    )


@pytest.fixture
def held(tmp_path: Path) -> SpeechSettings:
    for name, kind, language in (
        ("ears", "stt", "en"), ("other-ears", "stt", "en"), ("ohren", "stt", "de"),
        ("box", "tts", "en"), ("another", "tts", "en"), ("stimme", "tts", "de"),
        ("turns", "turn", "en"), ("vad", "vad", "any"),
    ):  # fmt: skip
        pack(tmp_path / "built-in", name, kind, language)
    pack(tmp_path / "site", "box", "tts", "en")
    return SpeechSettings(
        packs=tmp_path / "built-in", site_packs=tmp_path / "site", stt="other-ears", tts="box",
        turn="turns",
    )  # fmt: skip


def test_the_boxs_ears_hear_another_voice(held: SpeechSettings) -> None:
    """Lets the caller speak with a voice that is not the box's own, where there is one."""
    assert choose(held, "en-GB") == Packs("other-ears", "another", "turns")
    assert choose(held, "en", "box").tts == "box"
    quiet = held.model_copy(update={"turn": ""})
    assert choose(quiet, "en").turn == ""


def test_a_dialogue_of_another_language_has_other_packs(held: SpeechSettings) -> None:
    """Takes what hears and speaks it, the box's own voice where there is no other."""
    german = held.model_copy(update={"tts": "stimme"})
    assert choose(german, "de") == Packs("ohren", "stimme", "")
    with pytest.raises(UserError, match="'fr'"):
        choose(held, "fr")
    with pytest.raises(UserError, match="box, another"):
        choose(held, "en", "stimme")


def test_a_process_is_started_and_ended(
    tmp_path: Path, held: SpeechSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gives it settings of its own besides the site's, and leaves nothing running."""
    stand_in = tmp_path / "python"
    stand_in.write_text(
        "#!/bin/sh\n"
        "while [ $# -gt 1 ]; do shift; done\n"
        f'cp "$1" {tmp_path}/seen.toml\n'
        'touch "$(sed -n \'s/socket = "\\(.*\\)"/\\1/p\' "$1")"\n'
        "exec sleep 60\n"
    )
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with process.speech([], Packs("ears", "voice"), tmp_path) as socket:
        assert socket.exists()
    seen = (tmp_path / "seen.toml").read_text()
    assert 'stt = "ears"\ntts = "voice"\nturn = ""' in seen
    assert f'folder = "{tmp_path}"' in seen
    assert not socket.exists()


def test_a_process_that_does_not_come_up_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tells its last words."""
    stand_in = tmp_path / "python"
    stand_in.write_text("#!/bin/sh\necho 'appliance: Pack x is missing'\nexit 2\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(UserError, match="Pack x is missing"), process.speech([], Packs("a", "b")):
        pass
