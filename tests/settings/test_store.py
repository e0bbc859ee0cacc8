"""Changing single values of a settings file."""

import tomllib

import pytest

from appliance.settings import SettingsError
from appliance.settings.store import change


def changed(tmp_path, text, values, table="speech"):
    file = tmp_path / "settings.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    change(file, table, values)
    return file.read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, '[speech]\nstt = "a"\n'),
        ("", '[speech]\nstt = "a"\n'),
        ("[call]\ncapacity = 2\n", '[call]\ncapacity = 2\n\n[speech]\nstt = "a"\n'),
        ("[speech]\n", '[speech]\nstt = "a"\n'),
        ('[speech]\nstt = "b"\n', '[speech]\nstt = "a"\n'),
        ("[speech]\nstt = 'b'  # why\n", '[speech]\nstt = "a"  # why\n'),
        ('[speech]\nstt = "b # c" # why\n', '[speech]\nstt = "a" # why\n'),
        (
            '# head\n[speech] # ears\ntts = "v"\n\n# next\n[call]\ncapacity = 2\n',
            '# head\n[speech] # ears\ntts = "v"\nstt = "a"\n\n# next\n[call]\ncapacity = 2\n',
        ),
        ('[ speech ]\nstt="b"', '[ speech ]\nstt = "a"\n'),
    ],
)
def test_only_the_value_changes(tmp_path, before, after):
    """Keeps comments, order and all other values; adds the key or the table where it is missing."""
    assert changed(tmp_path, before, {"stt": "a"}) == after


def test_several_values_change_at_once(tmp_path):
    """Sets all of them in one writing."""
    text = changed(tmp_path, '[speech]\ntts = "x"\n', {"stt": "a", "tts": "b", "threads": 2})
    assert tomllib.loads(text) == {"speech": {"tts": "b", "stt": "a", "threads": 2}}


@pytest.mark.parametrize(
    "text",
    [
        'speech.stt = "b"\n',
        'speech = { stt = "b" }\n',
        '[speech]\nstt = """\nb\n"""\n',
        '[speech]\n"stt" = "b"\n',
    ],
)
def test_what_cannot_be_edited_safely_is_left_alone(tmp_path, text):
    """Says so, and does not touch the file, where somebody writes TOML in an unusual way."""
    with pytest.raises(SettingsError, match=r"speech\.stt cannot be set in it: set it by hand"):
        changed(tmp_path, text, {"stt": "a"})
    assert (tmp_path / "settings.toml").read_text() == text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_value_that_the_schema_refuses_is_not_written(tmp_path):
    """Checks first: a bad value must not keep the box from starting."""
    text = "[speech]\nthreads = 2\n"
    with pytest.raises(SettingsError, match=r"settings\.toml:2: speech\.threads"):
        changed(tmp_path, text, {"threads": 99})
    assert (tmp_path / "settings.toml").read_text() == text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_broken_file_is_not_made_worse(tmp_path):
    """Refuses to edit what is no TOML."""
    with pytest.raises(SettingsError, match="cannot be read"):
        changed(tmp_path, "[speech\n", {"stt": "a"})


def test_a_folder_that_is_not_ours_is_told(tmp_path):
    """Says that the file cannot be written and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        change(tmp_path / "file" / "settings.toml", "speech", {"stt": "a"})
