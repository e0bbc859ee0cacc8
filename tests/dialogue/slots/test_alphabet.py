import string

from appliance.dialogue.slots.alphabet import (
    KNOWN_DE,
    KNOWN_EN,
    LETTERS_DE,
    LETTERS_EN,
    NATO,
    WORDS_EN,
)
from appliance.dialogue.text import normalise


def test_whole_alphabets():
    """Names every letter: the NATO alphabet, German umlauts and ß."""
    assert "".join(sorted(name[0] for name in NATO)) == string.ascii_lowercase
    assert set(string.ascii_lowercase) <= set(LETTERS_EN.values())
    assert {*string.ascii_lowercase, *"äöüß"} <= set(LETTERS_DE.values())


def test_normal_form():
    """Holds words as the recogniser writes them."""
    for word in (*LETTERS_DE, *WORDS_EN, *KNOWN_DE, *KNOWN_EN):
        assert normalise(word) == word


def test_words_begin_with_their_letter():
    """Lets a word of a spelling alphabet stand for its first letters."""
    for word, letter in {**KNOWN_EN, **KNOWN_DE}.items():
        assert word.startswith(letter) or letter == "ß"
