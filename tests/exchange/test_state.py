"""The desk's folder."""

import stat
from pathlib import Path

import pytest

from appliance import settings
from appliance.contracts.errors import UserError
from appliance.exchange.state import (
    DEPARTMENTS,
    EXTENSIONS,
    Folder,
    default_folder,
    make_accounts,
    read_accounts,
    toml,
    write_private,
)


def folder(path: Path) -> Folder:
    return Folder(path / "state", path)


def test_passwords_stay_from_run_to_run(tmp_path: Path) -> None:
    """The second start finds the accounts of the first, so that a softphone stays registered."""
    first = folder(tmp_path).prepare()
    assert folder(tmp_path).prepare() == first
    assert set(first) == set(EXTENSIONS)
    assert len(set(first.values())) == len(first)


def test_new_extensions_get_a_password(tmp_path: Path) -> None:
    """Accounts of an older version are completed, not replaced."""
    held = folder(tmp_path)
    held.root.mkdir()
    write_private(held.root / "accounts.toml", '"301" = "old"\n')
    accounts = held.prepare()
    assert accounts["301"] == "old"
    assert set(accounts) == set(EXTENSIONS)


def test_settings_are_what_the_processes_read(tmp_path: Path) -> None:
    """What is written is accepted by the schema, the password from a file of its own."""
    held = folder(tmp_path)
    held.prepare()
    files = held.write_settings(host="127.0.0.1", port=5061, password='a"b\\c', bus="none")
    read = settings.load(files)
    assert read.account.user == "100"
    assert read.account.port == 5061
    assert read.account.password.get_secret_value() == 'a"b\\c'
    assert read.speech.socket == held.link
    assert read.bus.address == "none"
    assert 'a"b' not in files[0].read_text()


def test_secrets_are_private(tmp_path: Path) -> None:
    """Passwords are in files that only their owner may read, also when written again."""
    held = folder(tmp_path)
    held.prepare()
    for _ in range(2):
        held.write_settings(host="127.0.0.1", port=1, password="x", bus="none")
    for file in (held.secrets, held.root / "accounts.toml"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_unusable_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A folder that cannot be made names itself and the option."""
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(UserError, match="--state"):
        folder(tmp_path).prepare()


def test_folder_has_room_for_one_desk(tmp_path: Path) -> None:
    """A second desk in the same folder is refused in a sentence; afterwards it is free again."""
    held = folder(tmp_path)
    held.prepare()
    with held.locked(), pytest.raises(UserError, match="--state"), held.locked():
        pass
    with held.locked():
        pass


@pytest.mark.parametrize("text", ["", "x", '"301" = 5', '[a]\n"301" = "x"', '"301" = ""'])
def test_accounts_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    """A file that holds anything but extensions and passwords is refused by name."""
    file = tmp_path / "accounts.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"accounts\.toml"):
        read_accounts(file)


def test_state_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_STATE_HOME decides where the folder lies."""
    monkeypatch.setenv("XDG_STATE_HOME", "/some/where")
    assert default_folder() == Path("/some/where/attendant")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_folder().parts[-3:] == (".local", "state", "attendant")


def test_files_have_their_places(tmp_path: Path) -> None:
    """Recordings, logs and clips lie in the folder; sockets where paths are short."""
    held = folder(tmp_path)
    assert held.recording("a").relative_to(held.root) == Path("recordings/a.wav")
    assert held.log("call").relative_to(held.root) == Path("logs/call.log")
    assert held.clips.parent == held.root
    assert held.link.parent == tmp_path


def test_departments_have_accounts() -> None:
    """Every department's telephone can register."""
    assert set(DEPARTMENTS) <= set(make_accounts())


def test_toml_is_written_by_section() -> None:
    """Sections and plain values come out as TOML."""
    assert toml({"a": {"b": "c", "d": 1}}) == '[a]\nb = "c"\nd = 1\n'
