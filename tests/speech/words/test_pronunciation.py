"""Behaviour of `appliance.speech.words.pronunciation`; needs espeak-ng."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.speech.words.phonemes import phonemise
from appliance.speech.words.pronunciation import (
    Entry,
    PronunciationError,
    PronunciationFile,
    Pronunciations,
)

FILE = """
# names of the house
"Attendant" = "əˈtɛndənt"

[en]
"Nguyen" = "win"
"Jörg Köhler" = "de:"
"Lidl" = "de:Liddel"
St = "saint"
"St. Mary's" = "saint mary's"

[de]   # German
"Washington" = "en:"
"Attendant" = "/aˈtɛndant/"
"""


@pytest.fixture
def names() -> Pronunciations:
    return Pronunciations.parse(FILE, "names.toml")


def test_words_are_found_in_any_case(names: Pronunciations) -> None:
    """A word matches whatever its case; unknown ones have no pronunciation."""
    assert names.ipa("nguyen") == names.ipa("NGUYEN") == phonemise("win")
    assert names.ipa("jörg  köhler") is not None
    assert names.ipa("Miller") is None
    assert len(names) == 8


def test_an_entry_of_the_language_wins(names: Pronunciations) -> None:
    """What is for all languages holds where a language says nothing else."""
    assert names.ipa("Attendant", "en") == "ətˈɛndənt"
    assert names.ipa("Attendant", "de") == "atˈɛndant"
    assert names.ipa("Nguyen", "de") is None
    assert set(names.words("de")) == {"Attendant", "Washington"}


def test_names_of_the_other_language_are_said_by_its_rules(names: Pronunciations) -> None:
    """A German name is said by the German rules, with the sounds that an English voice has."""
    said = names.ipa("Jörg Köhler")
    assert said is not None
    assert said.startswith("j")
    assert not set(said) & set("øœyɾ")
    assert names.ipa("Lidl") == "lˈɪdəl"
    assert names.ipa("Washington", "de") == "vˈɑːʃɪŋtən"


def test_whole_words_are_replaced_longest_first(names: Pronunciations) -> None:
    """Several words are one name; a part of a word is none."""

    def mark(entry: Entry) -> str:
        return f"<{entry.word}>"

    text = "At St.  Mary's, St James and Nguyens nguyen's, Jörg\nKöhler-Nguyen, Jörg Köhlers."
    assert names.replaced(text, "en", mark) == (
        "At <St. Mary's>, <St> James and Nguyens <Nguyen>'s, <Jörg Köhler>-<Nguyen>, Jörg Köhlers."
    )
    assert names.replaced(text, "de", mark) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"a" = "x"\n"Weber" = "ˈve:bɐ"', "line 2: in how 'Weber' is said, ':'.*length"),
        ('"a" = "x"\n\nWeber', "line 3: this is not of the form"),
        ("[fr]", r"line 1: \[fr\] is unknown; there are \[en\], \[de\]"),
        ('"a" = 5', "line 1: put quotes"),
        ('a.b = "x"', "line 1: put quotes"),
        ('"a b" = "x"\n"A  B" = "y"', "line 2: 'A  B' stands in line 1 already"),
        ('"a" = ""', "line 1: 'a' is said like nothing"),
        ('"a" = "!!"', "line 1: 'a' is said like nothing"),
        ('"-" = "x"', "line 1: '-' must begin and end with a letter"),
        (f'"{"a" * 81}" = "x"', "line 1: .*at most 80"),
        (f'"a" = "{"b" * 161}"', "line 1: how 'a' is said is too long"),
    ],
)
def test_mistakes_name_their_line(text: str, sentence: str) -> None:
    """An installer learns the line, the word and what to write."""
    with pytest.raises(PronunciationError, match=f"names.toml, {sentence}"):
        Pronunciations.parse(text, "names.toml")


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    """The box learns a new name without a restart, and forgets all when the file goes."""
    path = tmp_path / "names.toml"
    file = PronunciationFile(path)
    assert len(file.current()) == 0
    path.write_text('"Nguyen" = "win"', encoding="utf-8")
    first = file.current()
    assert first.ipa("Nguyen")
    assert file.current() is first
    path.write_text('"Nguyen" = "winn"\n"Xu" = "shoo"', encoding="utf-8")
    assert len(file.current()) == 2
    path.unlink()
    assert len(file.current()) == 0


def test_a_wrong_file_keeps_the_last_good_one(tmp_path: Path) -> None:
    """A mistake costs no name; `problem` tells it until it is mended."""
    path = tmp_path / "names.toml"
    path.write_text('"Nguyen" = "win"', encoding="utf-8")
    file = PronunciationFile(path)
    assert file.current().ipa("Nguyen")
    path.write_bytes(b'"Nguyen" = "\xff\xff win"')
    assert file.current().ipa("Nguyen")
    assert "UTF-8" in file.problem
    path.write_text('"Nguyen" = "wɪn"', encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert file.current().ipa("Nguyen") == "wɪn"
    assert not file.problem
