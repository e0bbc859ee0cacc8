"""Reading settings from files."""

import pytest

from appliance.settings import USUAL_FILES, SettingsError, load, load_named, site_file


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
        ("# [call]\n\n[call]\n# a\n'capacity' = -1 # b\n", ["settings.toml:5: call.capacity:"]),
        ("call.capacity = -1\n", ["settings.toml:1: call.capacity:"]),
        (
            "[call]\ncapacity = 1\n\n[calls]\ncapacity = 1\n",
            ["settings.toml:4: calls: there is no"],
        ),
        ("[call]\nmedia_ports = [\n  9,\n  -1]\n", ["settings.toml:2: call.media_ports.1:"]),
        ("[account.tls]\nkey = 'a'\n", ["settings.toml:1: account.tls: certificate and key"]),
        ("[accounts.a]\nuser = '100'\n", ["settings: accounts.a is extension 100"]),
        ("[account]\nport = 70000\n", ["settings.toml", "account.port", "65535"]),
        ("[accounts.night]\nsrtp = 'on'\n", ["settings.toml", "accounts.night.srtp", "required"]),
        (
            "[account.tls]\nfingerprints = ['AB']\n",
            ["settings.toml:2: account.tls.fingerprints.0: a fingerprint has 64 digits"],
        ),
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


def test_secrets_of_further_extensions_join_their_tables(tmp_path):
    """Each further extension is one table in both files."""
    site = write(tmp_path, "settings.toml", "[accounts.night]\nuser = '101'\n")
    secrets = write(tmp_path, "secrets.toml", "[accounts.night]\npassword = 'hunter2'\n")
    night = load([site, secrets]).accounts["night"]
    assert (night.user, night.password.get_secret_value()) == ("101", "hunter2")


def test_an_unreadable_file_is_told(tmp_path):
    """A file that is no text is named."""
    file = tmp_path / "settings.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load([file])


def test_a_named_file_must_exist(tmp_path):
    """A mistyped name is told; without any the usual files are read, which may be absent."""
    with pytest.raises(SettingsError, match=r"none\.toml does not exist"):
        load_named([tmp_path / "none.toml"])
    assert load_named([write(tmp_path, "a.toml", "[account]\nuser = '7'\n")]).account.user == "7"
    assert load_named(None).speech.vad


def test_choices_go_to_the_last_file_that_is_not_secret(tmp_path):
    """The site's file by default; secrets are written by nobody but their own command."""
    one, two = tmp_path / "a.toml", tmp_path / "b.toml"
    assert site_file([one, two, tmp_path / "secrets.toml"]) == two
    assert site_file(None) == USUAL_FILES[1]
    with pytest.raises(SettingsError, match="only secrets"):
        site_file([tmp_path / "secrets.toml"])
