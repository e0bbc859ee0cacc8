"""The words of closed questions."""

import itertools
from pathlib import Path

import pytest

from appliance.speech.recognition.answers import NO, YES, digit_words, letter_words, yes_no
from appliance.speech.recognition.lexicon import LETTER_NAMES, Lexicon, letter_names
from appliance.system.packs.manifest import load_pack


@pytest.mark.parametrize("language", ["en", "de"])
def test_yes_is_not_no(language: str) -> None:
    """No form of agreement is also one of refusal, and all are plain lower-case words."""
    yes, no = yes_no(language)
    assert not set(yes) & set(no)
    for form in (*yes, *no):
        assert form == form.lower().strip()
        assert form.replace("'", "").replace(" ", "").isalpha()


def test_languages() -> None:
    """English is what it was; a language without words of its own has the English ones."""
    assert yes_no() == yes_no("en") == (YES, NO)
    assert yes_no("de")[0][0] == "ja"
    assert yes_no("de")[1][0] == "nein"
    assert yes_no("tlh") == yes_no("en")
    assert digit_words("tlh") == digit_words()


def test_german_digits() -> None:
    """Digits are said one by one, "zwo" too, or in pairs, of which each number is one word."""
    symbols = {word.text: word.symbols for word in digit_words("de")}
    singles = [
        "null",
        "eins",
        "zwei",
        "zwo",
        "drei",
        "vier",
        "fünf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "doppel",
    ]
    assert [word for word, count in symbols.items() if count == 1] == singles
    pairs = [word for word, count in symbols.items() if count == 2]
    assert len(pairs) == 90
    assert {"zehn", "zwölf", "zwanzig", "einundzwanzig", "neunundneunzig"} < set(pairs)
    assert not any(" " in word for word in symbols)


def test_german_letters() -> None:
    """Every letter can be said, umlauts and ß in both ways, and by each of its spelling words."""
    listed = letter_words("de")
    assert {word.letter for word in listed} - {""} == set(letter_names("de"))
    said = {word.said: word.text for word in listed if word.said}
    assert said["u umlaut"] == "ü"
    assert said["scharfes s"] == "ß"
    assert said["martha"] == said["münchen"] == said["m wie martha"] == "m"
    assert {text for text in said.values() if len(text) == 1} >= set("abcdefghijklmnopqrstuvwxz")
    for way, text in said.items():
        if " wie " in way:
            assert way.split()[0] == way.split()[2][0] == text
    assert all(a != b for a, b in itertools.pairwise(sorted(said)))


def test_digits() -> None:
    """All ten digits can be said, "oh" too, and repeats count once for each digit."""
    listed = {word.text: word for word in digit_words()}
    assert len([word for word in listed.values() if word.symbols == 1]) == 12
    assert listed["double"].symbols + listed["five"].symbols == 2
    assert listed["triple"].symbols + listed["five"].symbols == 3
    assert listed["double"].penalty < 0


def test_letters() -> None:
    """Every letter can be said, z in both ways, and the digits of mixed codes."""
    listed = letter_words()
    assert {word.letter for word in listed} - {""} == set(LETTER_NAMES)
    assert [word.said for word in listed if word.text == "z"] == ["", "zed"]
    assert "seven" in {word.text for word in listed}
    assert "oh" not in {word.text for word in listed}


@pytest.mark.parametrize("name", ["en-telephone-8k", "de-telephone-8k"])
def test_starter_packs_know_the_words(packs_folder: Path, name: str) -> None:
    """No word of a closed question has to be guessed by the starter packs."""
    if not (packs_folder / name / "manifest.toml").is_file():
        pytest.skip(f"the pack {name} is not in models/packs")
    pack = load_pack(packs_folder / name)
    assert pack.stt is not None
    lexicon = Lexicon(pack.path("lexicon"), pack.stt.phones, pack.language)
    asked = [form for forms in yes_no(pack.language) for form in forms]
    listed = [*digit_words(pack.language), *letter_words(pack.language)]
    asked += [word.said or word.text for word in listed if not word.letter]
    # "oh" is guessed right.
    assert {word for form in asked for word in form.split()} <= {*lexicon, "oh"}
    for letter in letter_names(pack.language):
        assert lexicon.letter(letter)
