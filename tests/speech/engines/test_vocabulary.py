"""The words that give an answer away."""

import pytest

from appliance.speech.engines.vocabulary import vocabulary
from appliance.speech.recognition.answers import digit_words


@pytest.mark.parametrize("language", ["en", "de"])
def test_digits_are_those_of_the_answers(language: str) -> None:
    """Every digit by which answers are read aloud stands here."""
    said = {word.text for word in digit_words(language)}
    assert set(vocabulary(language).digits) <= said


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_spelling_alphabet_covers_the_letters(language: str) -> None:
    """Each letter has a word that it is spelled with, beginning with it."""
    words = vocabulary(language)
    assert set("abcdefghijklmnopqrstuvwxyz") <= set(words.spelling.values())
    ordinary = [(word, letter) for word, letter in words.spelling.items() if letter not in "xyßäöü"]
    assert all(word.startswith(letter) for word, letter in ordinary)


def test_numbers_of_one_word() -> None:
    """German numbers up to ninety-nine are one word each."""
    assert vocabulary("de").teens["dreiundzwanzig"] == 23
    assert len(set(vocabulary("de").teens.values())) == 90


def test_other_languages() -> None:
    """A regional code has its language's words, an unknown language the English ones."""
    assert vocabulary("de-AT") is vocabulary("de")
    assert vocabulary("fr") is vocabulary("en")
