"""The words of closed questions."""

from appliance.speech.answers import NO, YES, digit_words, letter_words
from appliance.speech.lexicon import LETTER_NAMES


def test_yes_is_not_no() -> None:
    """No form of agreement is also one of refusal, and all are plain lower-case words."""
    assert not set(YES) & set(NO)
    for form in (*YES, *NO):
        assert form == form.lower().strip()
        assert form.replace("'", "").replace(" ", "").isalpha()


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
