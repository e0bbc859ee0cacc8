import pytest

from appliance.dialogue.slots import answers, answers_de
from appliance.dialogue.text import normalise


def test_phrases():
    """Holds phrases in normal form, none of them both yes and no."""
    for phrase in (*answers_de.YES, *answers_de.NO, *answers_de.DONE, *answers_de.UNKNOWN):
        assert normalise(phrase) == phrase
    assert not set(answers_de.YES) & {*answers_de.NO, *answers_de.DONE}


@pytest.mark.parametrize(
    "text", ["ja", "ja bitte", "genau", "das stimmt", "jawohl", "ja gerne", "richtig", "ähm ja",
             "ja das ist richtig so", "auf jeden fall", "passt"]
)  # fmt: skip
def test_yes(text):
    """Takes every usual form of agreement for a yes."""
    assert answers.yes_no(text, "de")[0] == "yes"


@pytest.mark.parametrize(
    "text", ["nein", "nein danke", "nö", "das stimmt nicht", "nein das ist falsch", "lieber nicht",
             "auf keinen fall", "nein das war alles", "nicht richtig", "ja nicht"]
)  # fmt: skip
def test_no(text):
    """Takes every usual form of refusal for a no."""
    assert answers.yes_no(text, "de")[0] == "no"


@pytest.mark.parametrize("text", ["", "radiologie", "was", "ich habe eine frage"])
def test_neither(text):
    """Takes nothing else for either."""
    assert answers.yes_no(text, "de") == ("", 0.0)


def test_after_no():
    """Keeps what follows the answer."""
    assert answers.after_no("nein die apotheke bitte", "de") == "die apotheke bitte"


@pytest.mark.parametrize(
    ("text", "value"),
    [("haben sie sonntags offen", "sunday"), ("am mitwoch", "wednesday"), ("heute", "today"),
     ("an feiertagen", "holidays"), ("am wochenende", "weekend"), ("sind sie jetzt da", "now")],
)  # fmt: skip
def test_day(text, value):
    """Finds the day, under the name that the engine knows it by."""
    assert answers.day(text.split(), "de")[0] == value
