"""Reading settings from files."""

import pytest

from appliance.settings import SettingsError, load


def write(folder, name, text):
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_absent_files_leave_the_defaults(tmp_path):
    """A desk needs no file."""
    assert load([tmp_path / "none.toml"]).account.user == "100"


def test_later_files_win_field_by_field(tmp_path):
    """The site's file changes what it names and leaves the board's other values."""
    board = write(tmp_path, "board.toml", "[call]\ncapacity = 4\nport = 5070\n")
    site = write(tmp_path, "settings.toml", "[call]\ncapacity = 2\n")
    call = load([board, site]).call
    assert (call.capacity, call.port) == (2, 5070)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[call]\ncapacity = 'many'\n", ["settings.toml", "call.capacity", "integer"]),
        ("[call]\ncapcity = 3\n", ["settings.toml", "call.capcity", "no such setting"]),
        ("[call\n", ["settings.toml", "line 1"]),
        ("[account]\nport = 70000\n", ["settings.toml", "account.port", "65535"]),
    ],
)
def test_a_mistake_names_file_and_field(tmp_path, text, words):
    """A mistake is told with the file, the line or field, and the reason."""
    with pytest.raises(SettingsError) as caught:
        load([write(tmp_path, "settings.toml", text)])
    assert all(word in str(caught.value) for word in words)


def test_a_password_does_not_show(tmp_path):
    """Printing settings does not print the password."""
    secrets = write(tmp_path, "secrets.toml", "[account]\npassword = 'hunter2'\n")
    settings = load([secrets])
    assert "hunter2" not in repr(settings)
    assert settings.account.password.get_secret_value() == "hunter2"


def test_an_unreadable_file_is_told(tmp_path):
    """A file that is no text is named."""
    file = tmp_path / "settings.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load([file])
