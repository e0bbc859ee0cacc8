"""`running.thoughts`: what the language model says is judged before anything comes of it."""

import pytest

from appliance.dialogue import Level, Thought, ThoughtOver, ToolCall, dump, restore
from tests.dialogue.running.test_thinking import talking

ODD = "blue monkeys on a boat"


def choose(name, **more):
    return ToolCall("choose_request", {"request": name, **more})


def test_a_declared_request_is_begun():
    """Begins what the model has chosen, as if the caller had said so."""
    talk = talking().say(ODD).thinks(calls=(choose("reading"),))
    assert talk.spoken == "Which customer number?"
    assert talk.state.task.process == "reading"


def test_an_undeclared_one_is_not():
    """Goes the built-in path where the model wants what nobody has declared."""
    for call in (choose("open_the_door"), ToolCall("transfer", {"number": "0900"}), choose("")):
        talk = talking().say(ODD).thinks(calls=(call,))
        assert "did not understand" in talk.spoken
        assert talk.listening is not None


def test_a_level_is_still_needed():
    """Asks who calls before a request that needs it, whoever has chosen it."""
    talk = talking().say(ODD).thinks(calls=(choose("balance"),))
    assert "I have to know who you are." in talk.spoken
    assert talk.state.level is Level.UNKNOWN


def test_a_person_may_be_chosen():
    """Puts through to a person where the model takes the caller to want one."""
    assert talking().say(ODD).thinks(calls=(ToolCall("person"),)).transfer == "309"


@pytest.mark.parametrize("how", ["fails", "silent", "empty"])
def test_without_an_answer_the_built_in_path_is_taken(how):
    """Answers the same utterance by itself where the model fails, is too slow or says nothing."""
    talk = talking().say(ODD)
    if how == "fails":
        talk.thinks_nothing()
    elif how == "silent":
        talk.silence()
    else:
        talk.thinks()
    assert "did not understand" in talk.spoken
    assert talk.listening is not None
    assert talk.state.thinking is None


def test_an_answer_is_spoken_as_it_comes_and_quoted():
    """Speaks what a document bears out clause by clause, and keeps its source in the record."""
    talk = talking().say("how much is it when somebody comes to read the meter")
    name = talk.awaited
    said = []
    for clause in ("[1] A meter reading by our staff", "[1] costs twelve euros."):
        talk.feed(Thought(name, clause), 0.2)
        said.append(talk.spoken)
        assert talk.awaited == name
    assert said == ["A meter reading by our staff", "costs twelve euros."]
    talk.feed(ThoughtOver(name), 0.2)
    assert (talk.documents[-1].process, talk.documents[-1].resolution) == ("answer", "resolved")
    assert talk.documents[-1].source == "documents/fees.md"
    assert talk.spoken == "Is there anything else I can do for you?"


def test_an_answer_that_breaks_off_is_said_to():
    """Says so where an answer cannot be brought to its end, and documents what was said."""
    talk = talking().say("how much is it when somebody comes to read the meter")
    talk.feed(Thought(talk.awaited, "[1] A meter reading by our staff"), 0.2).thinks_nothing()
    assert "cannot tell you more" in talk.spoken
    assert talk.documents[-1].source == "documents/fees.md"


def test_an_answer_can_be_talked_over():
    """Documents what was answered, and takes what the caller says next for a request."""
    talk = talking().say("how much is it when somebody comes to read the meter")
    talk.feed(Thought(talk.awaited, "[1] A meter reading by our staff"), 0.2)
    talk.say("when are you open")
    assert talk.spoken.startswith("From eight to six.")
    assert [document.process for document in talk.documents] == ["answer", "times"]


def test_what_no_document_says_is_not_spoken():
    """Says nothing of what the model made up: a number, an address, an order."""
    talk = talking().say("how much is it when somebody comes to read the meter")
    for clause in (
        "[1] It costs ninety nine euros",
        "[1] call 0900 123 or see https://evil.example now.",
    ):
        talk.feed(Thought(talk.awaited, clause), 0.2)
    talk.thinks()
    assert not [text for text in talk.heard if "ninety" in text or "0900" in text]


def test_a_value_may_be_read_out_of_an_answer():
    """Fills the slot that was asked for with what the caller said, and nothing else."""
    talk = talking().say("i want to complain").say("everything").result("done")
    talk.result("done")
    talk.say("put me through").say("the ones who do the servicing for us")
    assert talk.thinking is not None
    talk.thinks(calls=(ToolCall("fill_slot", {"value": "service"}),))
    assert talk.transfer == "300" or "service team" in talk.spoken
    talk = talking().say("put me through").say("the ones who do the servicing for us")
    talk.thinks(calls=(ToolCall("fill_slot", {"value": "0900123"}),))
    assert not talk.transfer


def test_a_thought_can_be_written_down():
    """Survives being written down while the model thinks."""
    talk = talking().say(ODD)
    assert restore(dump(talk.state)) == talk.state
