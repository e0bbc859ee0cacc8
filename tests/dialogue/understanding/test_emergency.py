import pytest

from appliance.dialogue.events import Heard
from appliance.dialogue.understanding.emergency import Emergencies
from appliance.dialogue.understanding.manners import ENGLISH, GERMAN

ENGLISH_PHRASES = ("emergency", "chest pain", "can't breathe", "heart attack", "smell gas")
GERMAN_PHRASES = ("notfall", "herzinfarkt", "bekomme keine luft", "rieche gas", "brust schmerzen")


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("my wife has chest pain and i don't know what to do", True),
        ("no it's an emergency", True),
        ("i'm not joking my father has a heart attack", True),
        ("no my wife has chest pain", True),
        ("i have chess pain", True),
        ("he has a hard attack", True),
        ("it's not an emergency", False),
        ("no emergency", False),
        ("i don't have chest pain", False),
        ("this is not really an emergency", False),
        ("an emergency it is not", False),
        ("he can breathe", False),
        ("the chest of drawers is a pain", False),
        ("i want to pay my gas bill", False),
        ("what time is breakfast", False),
    ],
)
def test_english(text, urgent):
    """Hears phrases that are not denied, misheard by a sound too, and nothing that is none."""
    assert Emergencies(ENGLISH_PHRASES, ENGLISH).heard(Heard(text)) is urgent


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("das ist ein notfall", True),
        ("nein das ist ein notfall", True),
        ("ich bekomme keine luft", True),
        ("notfall er atmet nicht", True),
        ("ich rieche hier nichts aber mein mann hat einen herzinfarkt", True),
        ("es ist kein notfall", False),
        ("ein notfall ist es nicht", False),
        ("das ist nicht wirklich ein notfall", False),
        ("kein akuter notfall", False),
        ("ich möchte notfalls morgen kommen", False),
        ("ich bekomme keine rechnung", False),
    ],
)
def test_german(text, urgent):
    """Does the same in German."""
    assert Emergencies(GERMAN_PHRASES, GERMAN).heard(Heard(text)) is urgent


def test_other_readings():
    """Hears it in a reading that is nearly as likely as the first, in no other."""
    known = Emergencies(ENGLISH_PHRASES, ENGLISH)
    assert known.heard(Heard("the merchant see", 0.5, (("emergency", 0.4),)))
    assert not known.heard(Heard("the merchant see", 0.9, (("emergency", 0.1),)))
