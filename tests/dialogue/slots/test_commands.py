import pytest

from appliance.dialogue.slots.commands import Command, command, command_phrases
from appliance.dialogue.text import normalise


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "what", Command.REPEAT), ("en", "could you repeat that please", Command.REPEAT),
        ("en", "louder please", Command.LOUDER), ("en", "that was too fast", Command.SLOWER),
        ("en", "you are too quiet", Command.LOUDER), ("en", "too loud", Command.QUIETER),
        ("en", "a bit faster", Command.FASTER), ("en", "operator", Command.PERSON),
        ("en", "i want to talk to a human", Command.PERSON),
        ("en", "okay i want to speak to a person please", Command.PERSON),
        ("en", "start again", Command.RESTART), ("en", "help", Command.HELP),
        ("en", "one moment please", Command.WAIT), ("en", "goodbye", Command.GOODBYE),
        ("en", "cancel that", Command.CANCEL), ("en", "representitive", Command.PERSON),
        ("de", "wie bitte", Command.REPEAT), ("de", "was", Command.REPEAT),
        ("de", "lauter bitte", Command.LOUDER), ("de", "das war zu schnell", Command.SLOWER),
        ("de", "ich möchte mit einem mitarbeiter sprechen", Command.PERSON),
        ("de", "von vorne", Command.RESTART), ("de", "hilfe", Command.HELP),
        ("de", "moment bitte", Command.WAIT), ("de", "auf wiederhören", Command.GOODBYE),
        ("de", "abbrechen", Command.CANCEL), ("de", "etwas leiser bitte", Command.QUIETER),
    ],
)  # fmt: skip
def test_commands(language, text, meant):
    """Knows what is said about the conversation itself, in its usual forms."""
    found, sure = command(text, language)
    assert found is meant
    assert sure >= 0.7


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", ""), ("en", "my phone operator is slow"), ("en", "radiology"),
        ("en", "what are your opening hours"), ("en", "i want to speak to doctor meyer"),
        ("en", "i need a person who repairs my heating by tomorrow please"),
        ("de", "was kostet das"), ("de", "mein internet ist zu langsam"), ("de", "radiologie"),
    ],
)  # fmt: skip
def test_is_no_command(language, text):
    """Takes a request for no command because a word of one stands in it."""
    assert command(text, language)[0] is None


@pytest.mark.parametrize("language", ["en", "de"])
def test_phrases(language):
    """Lists what it knows in normal form, all of it recognised."""
    phrases = command_phrases(language)
    assert len(set(phrases)) == len(phrases) > 100
    for phrase in phrases:
        assert normalise(phrase) == phrase
        assert command(phrase, language)[0] is not None
