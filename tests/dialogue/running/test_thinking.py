"""`running.thinking`: when the language model is asked, and with what."""

import functools

from appliance.dialogue import Engine, Think, load
from tests.dialogue.script_player import Conversation, desk_files

DOCUMENT = (
    "# Fees\n\nA meter reading by our staff costs twelve euros.\n\n# Parking\n\nBehind the house."
)


@functools.cache
def thinking_engine(*, there: bool = True) -> Engine:
    """The desk's dialogue with a language model that may do everything."""
    files = desk_files()
    files["dialogue.yaml"] += "model: {triage: yes, slots: yes, answers: yes}\n"
    files["documents/fees.md"] = DOCUMENT
    return Engine(load(files), thinking=there)


def talking() -> Conversation:
    return Conversation(thinking_engine())


def test_what_is_sure_is_not_asked():
    """Asks the model nothing where the built-in understanding is sure, in a command, or greeted."""
    for text in ("what is my balance", "operator", "when are you open", "hello", "it is burning"):
        assert talking().say(text).thinking is None


def test_what_is_not_sure_is_asked():
    """Asks about an utterance that is not understood, and waits, but not for long."""
    talk = talking().say("how much is it when somebody comes to read the meter")
    assert isinstance(talk.thinking, Think)
    assert talk.awaited == talk.thinking.id
    assert talk.actions[-1].timeout <= 5.0


def test_nothing_is_asked_without_a_model():
    """Goes the built-in path where the site has no model, and where the author gives it nothing."""
    talk = Conversation(thinking_engine(there=False)).say("blue monkeys")
    assert talk.thinking is None
    assert "did not understand" in talk.spoken
    assert Conversation(Engine(load(desk_files()), thinking=True)).say("blue monkeys").spoken


def test_nothing_secret_is_asked():
    """Asks the model nothing about a PIN or about what proves who calls."""
    talk = talking().say("what is my balance").say("blue monkeys")
    assert talk.thinking is None
    talk = Conversation(thinking_engine(), facts=(("caller", "0301234567"),))
    talk.say("what is my balance").result("done", {"id": 7, "name": "Anna"}).result("done", {})
    assert talk.listening.secret
    assert talk.say("blue monkeys").thinking is None
    talk.say("start again").say("blue monkeys on a boat")
    assert talk.thinking is not None
    assert "0301234567" not in str(talk.thinking)
    assert "Anna" not in str(talk.thinking)


def test_who_talks_on_is_heard():
    """Drops a thought where the caller says something else, and answers that instead."""
    talk = talking().say("blue monkeys on a boat")
    first = talk.awaited
    talk.say("when are you open")
    assert talk.spoken.startswith("From eight to six.")
    assert talk.awaited != first
    assert talk.state.thinking is None
    again = talking().say("blue monkeys on a boat").say("it is burning")
    assert again.transfer == "300"
    assert again.state.pending is None
    assert again.state.thinking is None
