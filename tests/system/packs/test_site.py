"""Where a box keeps its packs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.settings import SettingsError
from appliance.system.packs.manifest import PackError, PackKind
from appliance.system.packs.site import digest_of, locked, site_of
from tests.system.packs.making import make_pack, make_site, settings_file


def test_the_settings_say_where(tmp_path: Path) -> None:
    """Folders, keys and what is in use come from the settings; what is off is not in use.

    The model that judges pauses is on where nobody has said otherwise.
    """
    site = make_site(tmp_path)
    assert site.folders == (tmp_path / "site", tmp_path / "builtin")
    assert site.settings == tmp_path / "settings.toml"
    assert site.in_use == {
        PackKind.STT: "ears",
        PackKind.TTS: "voice",
        PackKind.VAD: "guard",
        PackKind.TURN: "turns-en",
    }
    assert site.names() == ("ears", "guard", "voice")


def test_choices_are_not_written_to_secrets(tmp_path: Path) -> None:
    """The last file counts, unless it is the one of secrets."""
    file = settings_file(tmp_path)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("")
    assert site_of([file, secrets]).settings == file
    with pytest.raises(SettingsError, match="only secrets"):
        site_of([secrets])


def test_a_missing_settings_file_is_told(tmp_path: Path) -> None:
    """A name that is mistyped does not become a new file."""
    with pytest.raises(SettingsError, match="does not exist"):
        site_of([tmp_path / "none.toml"])


def test_a_digest_tells_packs_and_signatures_apart(tmp_path: Path) -> None:
    """Another file, or another signature, is another pack."""
    one, two = make_pack(tmp_path / "a", "guard"), make_pack(tmp_path / "b", "guard", content="x")
    assert digest_of(one) != digest_of(two)
    before = digest_of(one)
    assert before == digest_of(one)
    (one / "manifest.sig").write_text("x")
    assert digest_of(one) != before


def test_two_commands_do_not_meet(tmp_path: Path) -> None:
    """A second process is told to wait; once the first has died, the lock is free."""
    code = (
        "import sys, pathlib; from appliance.system.packs.site import locked\n"
        f"with locked(pathlib.Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(PackError, match="Another command"), locked(tmp_path):
            pass
    finally:
        child.kill()
        child.communicate()
    with locked(tmp_path):
        pass


def test_a_folder_that_is_not_ours_is_told(tmp_path: Path) -> None:
    """Says what to do where the folder cannot be made."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(PackError, match=r"cannot be written .*speech\.site_packs"),
        locked(tmp_path / "file" / "x"),
    ):
        pass
