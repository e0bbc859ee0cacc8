"""`running.correcting`: something told earlier is corrected without starting again."""

from dataclasses import replace

import pytest

from appliance.dialogue import Engine, Level, load
from tests.dialogue.script_player import Conversation, desk_engine, desk_files


@pytest.fixture
def talk():
    found = Conversation(desk_engine()).say("i want to give my meter reading")
    return found.say("one two three four")


def test_an_earlier_value_is_replaced(talk):
    """Takes a new value for a slot that is named, keeps the rest and goes on where it was."""
    talk.say("no my customer number is four three two one")
    assert dict(talk.state.slots)["customer"] == "4321"
    assert talk.spoken == (
        "All right, I am changing your customer number. What does the meter show?"
    )
    talk.say("five five one two three four").say("yes").result("done", {"name": "day"})
    assert talk.say("nothing").invoked.arguments == (("customer", "4321"), ("meter", "551234"))


def test_a_slot_that_is_named_alone_is_asked_for_again(talk):
    """Asks again for what is to be changed, then goes on where it was."""
    talk.say("sorry the customer number is wrong")
    assert talk.spoken.endswith("Which customer number?")
    assert "customer number" in talk.spoken
    assert talk.say("four three two one").spoken == "What does the meter show?"


def checked():
    """A contract with everything told but the account."""
    found = Conversation(desk_engine()).say("check my contract").say("one two three four")
    found.result("done", {"id": 1, "name": "Anna"}).say("five five one two three four")
    assert found.spoken == "Which account?"
    return found


def test_what_depends_on_it_is_done_again():
    """Asks a connector again that was given the old value; says nothing twice, keeps the rest."""
    talk = checked().say("no my customer number is four three two one")
    assert talk.invoked is not None
    assert talk.invoked.arguments == (("number", "4321"),)
    talk.result("done", {"id": 2, "name": "Bert"})
    assert talk.spoken == "Which account?"
    talk.say("one one one one one")
    assert talk.spoken.startswith("Hello Bert, four three two one, five five one, two three four")


def test_what_does_not_depend_on_it_is_not():
    """Asks no connector again for a value that it was not given."""
    talk = checked().say("sorry the meter reading is six six one two three four")
    assert talk.invoked is None
    assert talk.spoken.endswith("Which account?")
    assert dict(talk.state.slots) == {"customer": "1234", "meter": "661234"}
    assert talk.state.results["found"]["name"] == "Anna"


def test_an_independent_system_is_not_asked_again():
    """Asks no connector twice that lies between, but was not given what was corrected."""
    files = desk_files()
    files["processes/check.yaml"] = (
        "steps:\n"
        "  - ask: customer\n"
        "    prompt: Which customer?\n"
        "  - ask: meter\n"
        "    prompt: Which meter?\n"
        "  - call: tariff\n"
        "    with: {meter: '{meter}'}\n"
        "    as: found\n"
        "  - ask: account\n"
        "    prompt: Which account?\n"
    )
    talk = Conversation(Engine(load(files))).say("check my contract").say("1234").say("551234")
    talk.result("done", {"name": "day"}).say("no my customer number is four three two one")
    assert talk.invoked is None
    assert talk.spoken.endswith("Which account?")
    assert dict(talk.state.slots)["customer"] == "4321"


def test_the_value_being_confirmed_is_amended(talk):
    """Takes the number that follows a no, and reads it back again."""
    talk.say("five five one two three four").say("no it's five five one two three five")
    assert "three five. Is that right?" in talk.spoken
    talk.say("yes")
    assert talk.invoked.arguments == (("meter", "551235"),)


def test_what_was_passed_on_is_not_changed():
    """Puts through to a person where the value has already been written."""
    talk = Conversation(desk_engine()).say("i want a booking").say("one two three four")
    talk.result("done").say("no the customer number is four three two one")
    assert "cannot change it" in talk.spoken
    assert talk.transfer == "309"


def test_who_corrects_who_they_are_is_known_no_longer():
    """Drops the level that rested on the old value, and whom it had found."""
    talk = checked()
    talk.state = replace(
        talk.state, level=Level.VERIFIED, results={**talk.state.results, "person": {"id": 7}}
    )
    talk.say("no my customer number is four three two one")
    assert talk.state.level is Level.UNKNOWN
    assert "person" not in talk.state.results


def test_an_answer_corrects_nothing(talk):
    """Changes nothing without a word that says so."""
    talk.say("five five one two three four")
    assert dict(talk.state.slots)["customer"] == "1234"
