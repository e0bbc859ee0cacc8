"""`running.working`: processes are carried out, connectors asked, results used."""

from dataclasses import replace

import pytest

from appliance.contracts.outcome import Outcome
from appliance.dialogue import (
    Await,
    Document,
    HangUp,
    Invoke,
    Level,
    Note,
    Result,
    Say,
    State,
    Status,
    Waiting,
)
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.running.working import plain, run
from appliance.dialogue.script import JumpOp
from tests.dialogue.script_player import Conversation, desk_engine


@pytest.fixture
def talk():
    return Conversation(desk_engine())


def asked(talk):
    """Up to the first connector of a meter reading."""
    talk.say("i want to give my meter reading").say("one two three four")
    return talk.say("five five one two three four").say("yes")


def test_a_connector_is_asked_and_waited_for(talk):
    """Ends the list with an Await of the id that was just asked, and not for ever."""
    asked(talk)
    assert talk.invoked == Invoke("c1", "tariff", (("meter", "551234"),))
    assert talk.actions[-1] == Await("c1", 3.0, talk.actions[-1].expectation)


def test_an_answer_can_be_spoken_and_compared(talk):
    """Speaks columns of a result, and branches on them."""
    assert "Your tariff is day." in asked(talk).result("done", {"name": "day"}).spoken
    other = Conversation(desk_engine()).say("what is my tariff").say("551234")
    assert "night tariff" in other.result("done", {"name": "night"}).spoken


def test_nothing_found_goes_its_own_way(talk):
    """Takes the branch for an empty answer, whether it is empty by status or by content."""
    for status, value in (("nothing", None), ("done", {"rows": []}), ("done", None)):
        found = asked(Conversation(desk_engine())).result(status, value)
        assert "There is no such meter." in found.spoken
        assert found.documents[-1].resolution == "failed"


def test_a_system_that_is_down_leads_to_a_person(talk):
    """Says so and puts through to a person where the process has no branch for it."""
    for status in ("unavailable", "refused"):
        found = asked(Conversation(desk_engine())).result(status)
        assert "cannot reach our system" in found.spoken
        assert found.transfer == "309"
        assert found.state.task.reason == "system-down"
        assert found.state.task.process == "reading"


def test_silence_of_a_connector_is_its_failure(talk):
    """Gives an answer up when its time is over, and does nothing when it comes after all."""
    asked(talk)
    late = talk.awaited
    assert talk.silence().transfer == "309"
    before = talk.state
    talk.feed(Result(late, Status.DONE, {"name": "day"}))
    assert replace(talk.state, hidden=before.hidden) == before


def test_a_late_answer_is_not_taken_for_another(talk):
    """Ignores what was given up, also while something else is waited for."""
    talk.say("i want to complain").say("the light is off")
    late = talk.awaited
    talk.silence()
    now = talk.awaited
    assert talk.invoked.connector == "ticket"
    talk.feed(Result(late, Status.DONE, {"name": "day"}))
    assert talk.awaited == now
    assert "tariff" not in talk.state.results
    assert "It is written down." in talk.result("done").spoken


def test_a_sub_process_comes_back_with_what_it_found(talk):
    """Goes on after `do:` with the variables that it set; its failure branch is its own."""
    talk.say("what is my tariff").say("five five one two three four")
    assert talk.state.frames == (("tariff", 2),)
    talk.result("unavailable")
    assert "I cannot look now." in talk.spoken
    assert "another tariff" in talk.spoken
    assert talk.documents[-1].resolution == "resolved"


def test_what_was_told_at_once_is_confirmed_where_it_is_asked(talk):
    """Reads back, once, what came with the request where the process confirms it."""
    talk.say("my meter shows five five one two three four").say("one two three four")
    assert talk.spoken == "I have five five one, two three four. Is that right?"
    assert talk.say("no").spoken == "What does the meter show?"
    talk.say("five five one two three five")
    assert talk.say("yes").invoked.arguments == (("meter", "551235"),)
    other = Conversation(desk_engine()).say("my meter shows five five one two three four")
    assert other.say("one two three four").say("yes").invoked.connector == "tariff"


def test_a_write_has_a_key_and_one_that_waits_is_told(talk):
    """Tells writes of one call apart, and takes the branch of a write that waits."""
    asked(talk).result("done", {"name": "day"}).say("nothing to add")
    assert talk.invoked is not None
    assert talk.invoked.key
    talk.result("pending")
    assert "entered later" in talk.spoken
    assert talk.state.task.writes[0].pending


def test_a_write_without_an_answer_is_safe_in_the_outbox(talk):
    """Takes a write that nobody answered for one that waits."""
    asked(talk).result("done", {"name": "day"}).say("nothing to add")
    assert "entered later" in talk.silence().spoken


def test_a_note_goes_to_its_connector_too(talk):
    """Keeps a note here and hands it on with the same texts; then the process goes on."""
    talk.say("i want to complain").say("The light is off").result("unavailable")
    note = next(action for action in talk.actions if isinstance(action, Note))
    assert note == Note("complaint", (("text", "The light is off"),))
    assert talk.invoked is not None
    assert talk.invoked.arguments == (("text", "The light is off"),)
    assert "It is written down." in talk.result("pending").spoken


def test_the_levels_are_checked_at_every_step():
    """Does not carry out a step of a connector that needs more than is known of the caller."""
    talk = Conversation(desk_engine()).say("i want a booking")
    talk.state = replace(talk.state, process="balance", step=0, waiting=Waiting.CONFIRM_SLOT)
    talk.say("yes")
    assert talk.state.level is Level.UNKNOWN
    assert "balance" not in [invoke.connector for invoke in talk.invokes]
    assert "customer number" in talk.spoken


def test_an_operator_is_reached_while_something_is_looked_up(talk):
    """Gives the answer up where the caller wants a person or the end, and waits on otherwise."""
    asked(talk).say("blue monkeys")
    assert talk.awaited == "c1"
    assert not talk.spoken
    assert talk.say("let me speak to somebody").transfer == "309"
    other = asked(Conversation(desk_engine())).say("goodbye")
    assert other.outcome is Outcome.COMPLETED
    assert asked(Conversation(desk_engine())).say("it is burning").transfer == "300"


def test_keys_do_nothing_while_something_is_looked_up(talk):
    """Waits on, and not longer than before."""
    asked(talk)
    first = talk.actions[-1].timeout
    talk.press("5")
    assert talk.awaited == "c1"
    assert talk.actions[-1].timeout < first


def test_results_are_plain_values():
    """Keeps lists and tables as JSON has them, and cuts off what is nested too deeply."""
    deep = value = {}
    for _ in range(20):
        value["a"] = {}
        value = value["a"]
    kept = plain(deep)
    depth = 0
    while isinstance(kept, dict) and kept:
        kept, depth = kept["a"], depth + 1
    assert depth == 8
    assert plain(({"x": float("nan")}, 1, "a", None, True)) == [{"x": None}, 1, "a", None, True]


def test_one_document_for_each_request(talk):
    """Documents a resolved request once, with its turns and what was told."""
    talk.say("when are you open")
    (document,) = [action for action in talk.actions if isinstance(action, Document)]
    assert (document.process, document.resolution, document.reason) == ("times", "resolved", "")
    assert document.turns == 0
    assert document.summary.startswith("Our hours.")
    assert "Is there anything else" in talk.spoken
    assert isinstance(talk.actions[-2], Say)


def test_a_process_that_never_asks_comes_to_an_end():
    """Lets the caller go where a script, which checking would have refused, goes in a circle."""
    engine = desk_engine()
    circle = replace(engine.script.processes["times"], ops=(JumpOp(0),))
    script = replace(engine.script, processes={**engine.script.processes, "times": circle})
    talk = Conversation(engine)
    work = Turn(replace(engine._means, script=script), talk._now(), State(process="times"))
    run(work)
    assert work.actions[-1] == HangUp(Outcome.FAILED)
