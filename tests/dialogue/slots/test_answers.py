import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import answers


@pytest.mark.parametrize(
    "text",
    [
        "yes", "yeah", "yes please", "yep", "sure", "that's right", "correct", "okay", "go ahead",
        "of course", "i think so", "um yes", "yes that's correct", "yess", "absolutely", "please do",
        "yes i would like that", "yes thank you", "uh huh", "that is correct thank you",
    ],
)  # fmt: skip
def test_yes(text):
    """Takes every usual form of agreement for a yes."""
    value, confidence = answers.yes_no(text)
    assert (value, confidence >= 0.45) == ("yes", True)


@pytest.mark.parametrize(
    "text",
    [
        "no", "nope", "no thank you", "no thanks", "not really", "that's wrong", "not right",
        "that's not correct", "no that's not right", "i don't think so", "never mind", "nah",
        "no it isn't", "that's all thank you", "nothing else", "no that's all", "wrong",
        "rather not", "no the other one", "don't do that",
    ],
)  # fmt: skip
def test_no(text):
    """Takes every usual form of refusal for a no."""
    value, confidence = answers.yes_no(text)
    assert (value, confidence >= 0.45) == ("no", True)


@pytest.mark.parametrize("text", ["", "radiology", "what", "i have a question", "five five five"])
def test_neither(text):
    """Takes nothing else for either."""
    assert answers.yes_no(text) == ("", 0.0)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no the pharmacy please", "the pharmacy please"),
        ("no no not radiology", "radiology"),
        ("yes and cardiology", "and cardiology"),
        ("no", ""),
    ],
)
def test_after_no(text, rest):
    """Keeps what follows the answer."""
    assert answers.after_no(text) == rest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("are you open today", "today"),
        ("are you open now", "now"),
        ("are you still open", "now"),
        ("and on sundays", "sunday"),
        ("not today but tomorrow", "tomorrow"),
        ("on wensday", "wednesday"),
        ("at the weekend", "weekend"),
        ("over the holidays", "holidays"),
        ("this evening", "today"),
    ],
)
def test_day(text, value):
    """Finds the day that was named last."""
    found = answers.day(text.split())
    assert found is not None
    assert found[0] == value


def test_no_day():
    """Finds none where none was named."""
    assert answers.day(["what", "are", "your", "opening", "hours"]) is None


@settings(derandomize=True)
@given(st.lists(st.sampled_from([*answers.YES, *answers.NO, "radiology", "the"]), max_size=4))
def test_any_mixture(parts):
    """Never raises on a mixture of answers and stays within its values."""
    value, confidence = answers.yes_no(" ".join(parts))
    assert value in {"", "yes", "no"}
    assert 0.0 <= confidence <= 1.0


@pytest.mark.parametrize(
    ("text", "language", "is_unknown"),
    [
        ("i don't know", "en", True),
        ("sorry i don't have it with me", "en", True),
        ("i've forgotten it", "en", True),
        ("four five five", "en", False),
        ("i know it is late", "en", False),
        ("das weiß ich nicht", "de", True),
        ("die habe ich nicht dabei", "de", True),
        ("keine ahnung", "de", True),
        ("vier fünf", "de", False),
    ],
)
def test_unknown(text, language, is_unknown):
    """Tells "I don't know" and "I have none" from answers."""
    assert answers.unknown(text, language) is is_unknown
