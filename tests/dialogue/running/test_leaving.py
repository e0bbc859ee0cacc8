"""`running.leaving`: a caller who hangs up leaves nothing half done."""

import pytest

from appliance.dialogue import Await, CallerLeft, Engine, Gone, Say, Thought, load
from tests.dialogue.running.test_thinking import talking
from tests.dialogue.script_player import Conversation, desk_engine, desk_files


@pytest.fixture
def talk():
    return Conversation(desk_engine())


def stored(talk):
    talk.say("i want to give my meter reading").say("one two three four")
    talk.say("five five one two three four").say("yes").result("done", {"name": "day"})
    return talk.say("nothing")


def last(talk):
    document = talk.documents[-1]
    return document.process, document.resolution, document.reason


def test_nothing_under_way_is_gone_at_once(talk):
    """Has nothing to do for a caller who wanted nothing yet, or whose call is over."""
    assert talk.leaves().actions == [Gone()]
    other = Conversation(desk_engine()).say("goodbye").leaves()
    assert other.actions == [Gone()]
    assert other.feed(CallerLeft()).actions == [Gone()]


def test_a_request_is_documented_as_given_up(talk):
    """Documents what was under way."""
    talk.say("i want a booking").leaves()
    assert talk.gone
    assert last(talk) == ("fixed", "abandoned", "caller-left")


def test_what_was_written_is_taken_back(talk):
    """Undoes each write with what the answer to it was, unheard, and documents it."""
    stored(talk).result("done", {"number": 77}).leaves()
    assert talk.invoked.connector == "unstore"
    assert talk.invoked.arguments == (("number", 77),)
    assert talk.invoked.key
    assert not talk.documents
    talk.result("pending")
    assert talk.gone
    assert last(talk) == ("reading", "abandoned", "caller-left")
    assert not [action for action in talk.actions if isinstance(action, Say)]


def test_a_write_under_way_is_waited_for_and_taken_back(talk):
    """Waits for what was asked before it decides; silence counts as an answer."""
    stored(talk).leaves()
    assert talk.awaited != ""
    assert talk.result("done", {"number": 5}).invoked.connector == "unstore"
    assert talk.silence().gone
    other = stored(Conversation(desk_engine())).leaves().silence()
    assert other.invoked.connector == "unstore"


def test_a_process_is_completed_that_says_so(talk):
    """Does the remaining steps unheard: connectors, notes, and its document says resolved."""
    talk.say("i want to complain").say("the light is off").leaves()
    assert talk.awaited != ""
    talk.result("done", {"name": "x"})
    assert talk.notes == [{"text": "the light is off"}]
    assert talk.invoked.connector == "ticket"
    assert talk.result("pending").gone
    assert last(talk) == ("complain", "resolved", "")
    assert "still being passed on" in talk.documents[-1].summary
    assert not [text for text in talk.heard if "It is written down" in text]


def test_completing_stops_where_something_would_be_asked(talk):
    """Documents as given up what cannot be completed without the caller."""
    assert talk.say("i want to complain").leaves().gone
    assert last(talk) == ("complain", "abandoned", "caller-left")


def test_completing_stops_where_a_value_was_not_confirmed():
    """Passes on nothing that the caller was about to be asked to confirm."""
    files = desk_files()
    name = "processes/reading.yaml"
    files[name] = files[name].replace("if_caller_leaves: undo", "if_caller_leaves: complete")
    talk = Conversation(Engine(load(files)))
    talk.say("my meter shows five five one two three four").leaves()
    assert talk.gone
    talk = Conversation(Engine(load(files)))
    talk.say("my meter shows five five one two three four").say("one two three four").leaves()
    assert talk.gone
    assert "tariff" not in [invoke.connector for invoke in talk.invokes]


def test_completing_does_not_need_a_level_that_is_not_there(talk):
    """Asks nobody to prove who they are after they have left."""
    talk.say("what is my balance").say("one two three four").leaves()
    assert talk.gone
    assert last(talk) == ("balance", "abandoned", "caller-left")


def test_a_digression_is_no_way_out(talk):
    """Completes the request from before a question in between."""
    talk.say("i want a booking").say("operator")
    talk.leaves()
    assert last(talk) == ("fixed", "abandoned", "caller-left")
    assert len(talk.documents) == 1


def test_a_thought_is_dropped():
    """Waits for no language model once nobody listens, and documents what was answered."""
    talk = talking().say("blue monkeys on a boat").leaves()
    assert talk.gone
    talk = talking().say("how much is it when somebody comes to read the meter")
    talk.feed(Thought(talk.awaited, "[1] A meter reading by our staff")).leaves()
    assert talk.gone
    assert last(talk) == ("answer", "resolved", "")


def test_nothing_else_is_heard_from_somebody_who_left(talk):
    """Waits on where something is heard or pressed after all."""
    stored(talk).leaves().say("hello").press("1")
    assert isinstance(talk.actions[-1], Await)


def test_ringing_that_the_caller_does_not_wait_for(talk):
    """Documents a request as given up whose caller hangs up while it rings."""
    talk.say("put me through to the service team").leaves()
    assert talk.gone
    assert last(talk) == ("connect", "abandoned", "caller-left")
