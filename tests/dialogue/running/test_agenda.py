"""`running.agenda`: requests begin, end, are documented and follow one another."""

from dataclasses import replace
from datetime import datetime

import pytest

from appliance.contracts.outcome import Outcome
from appliance.dialogue import Document, Heard, Level
from appliance.dialogue.running import agenda
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.understanding.understand import Found, Request
from tests.dialogue.script_player import Conversation, desk_engine


class Told:
    """An understanding that has been told what it understands; else it asks the real one."""

    def __init__(self, engine, **found):
        self._real, self._found = engine._means.understanding, found

    def triage(self, heard: Heard, now: datetime) -> Found:
        found = self._found.get(heard.text.replace(" ", "_"))
        return found or self._real.triage(heard, now)

    def everywhere(self, heard, now):
        return self._real.everywhere(heard, now)

    def emergency(self, heard):
        return self._real.emergency(heard)


BOTH = Found((Request("times", 0.95),), (Request("complain", 0.9), Request("tariff", 0.9)))
CLOSE = Found((Request("balance", 0.45), Request("tariff", 0.4), Request("", 0.1)))


def told_talk():
    """A conversation in which "both" and "close" are understood as said above."""
    found = Conversation(desk_engine())
    means = desk_engine()._means
    told = Told(desk_engine(), both=BOTH, close=CLOSE)
    engine = desk_engine()
    changed = object.__new__(type(engine))
    changed._means = replace(means, understanding=told)
    changed._prompts = ()
    found.engine = changed
    return found


@pytest.fixture
def talk():
    return told_talk()


def test_further_requests_are_announced_and_kept(talk):
    """Says in which order, resolves the first, then offers the next and begins it."""
    talk.say("both")
    assert "We begin with our hours, and then go on with a complaint." in talk.spoken
    assert talk.spoken.endswith("You also wanted a complaint. What is wrong?")
    assert [document.process for document in talk.documents] == ["times"]
    talk.say("everything").result("unavailable").result("done")
    assert "You also wanted your tariff." in talk.spoken


def test_a_further_request_can_be_declined(talk):
    """Takes a no at its first question for one, asks before the one after, and documents it."""
    talk.say("both").say("no thank you")
    assert talk.spoken == (
        "All right, not that. You also wanted your tariff. Shall we go on with that?"
    )
    talk.say("no")
    assert "anything else" in talk.spoken
    assert [(d.process, d.reason) for d in talk.documents] == [
        ("times", ""), ("complain", "declined"),
    ]  # fmt: skip


def test_the_agenda_can_be_replaced(talk):
    """Takes another request in place of the one offered."""
    talk.say("both").say("no thank you").say("i want a booking")
    assert talk.spoken == "Which customer number?"
    assert talk.state.agenda == ()


def test_the_agenda_survives_a_transfer_that_fails(talk):
    """Comes back to it where nobody answers."""
    talk.say("both").say("let me speak to somebody").transfer_fails().say("call me")
    assert "You also wanted your tariff. Which meter?" in talk.spoken
    assert (talk.documents[-1].process, talk.documents[-1].resolution) == ("complain", "message")


def test_who_takes_the_call_hears_of_it(talk):
    """Names what else is wanted in the briefing."""
    talk.say("both").say("let me speak to somebody")
    assert "It is about: a complaint." in talk.handed.briefing
    assert "They also want: your tariff." in talk.handed.briefing


def test_a_clear_request_is_not_asked_about(talk):
    """Begins what is sure, however close the second is."""
    talk.say("i want a booking")
    assert talk.spoken == "Which customer number?"


def test_another_request_ends_the_one_under_way(talk):
    """Documents the first as given up, once."""
    talk.say("i want a booking").say("i want to complain")
    assert talk.spoken == "What is wrong?"
    assert [(d.process, d.resolution, d.reason) for d in talk.documents] == [
        ("fixed", "abandoned", "declined")
    ]


def test_an_answer_comes_in_between(talk):
    """Answers a question that needs nothing, returns to where the caller was, and documents it."""
    talk.say("i want a booking").say("when are you open")
    assert talk.spoken == "From eight to six. Which customer number?"
    assert [document.process for document in talk.documents] == ["times"]
    assert talk.state.task.process == "fixed"
    assert talk.say("one two three four").invoked.connector == "store"


def test_a_request_in_between_comes_back(talk):
    """Carries through what may be asked for anywhere, returns, and documents each once."""
    talk.say("i want a booking").say("i want to rate you")
    assert talk.spoken == "Are you happy?"
    talk.say("yes")
    assert talk.spoken == "Thank you. Which customer number?"
    assert [document.process for document in talk.documents] == ["rate"]
    talk.say("i want to rate you").say("no").leaves()
    assert [(d.process, d.resolution) for d in talk.documents] == [
        ("rate", "resolved"), ("fixed", "abandoned"), ("rate", "resolved"),
    ]  # fmt: skip


def test_nothing_is_left_of_the_request_before(talk):
    """Begins another request without the variables of the one that was given up."""
    talk.say("check my contract").say("one two three four").result("done", {"name": "Anna"})
    assert set(talk.state.results) == {"found", "greeting"}
    talk.state = replace(talk.state, results={**talk.state.results, "person": {"id": 7}})
    talk.say("i want to complain")
    assert talk.state.results == {"person": {"id": 7}}


def test_who_the_caller_is_known_to_be_outlasts_a_digression(talk):
    """Returns with the level and the person that were found in between, or lost."""
    talk.say("i want a booking")
    for level, results in ((Level.VERIFIED, {"person": {"id": 7}}), (Level.UNKNOWN, {})):
        talk.say("i want to rate you")
        talk.state = replace(talk.state, level=level, results=results)
        talk.say("yes")
        assert talk.spoken.endswith("Which customer number?")
        assert (talk.state.level, talk.state.results) == (level, results)


@pytest.mark.parametrize(
    "way_out",
    ["operator", "goodbye", "start again", "it is burning", "leaves", "i want to complain"],
)
def test_nothing_is_lost_on_the_way_out_of_a_digression(talk, way_out):
    """Documents the request that was to be returned to, whichever way the caller takes."""
    talk.say("i want a booking").say("i want to rate you")
    if way_out != "leaves":
        talk.say(way_out)
    talk.leaves()
    talk.silence() if not talk.gone else None
    assert [document.process for document in talk.documents].count("fixed") == 1
    assert [document.process for document in talk.documents].count("rate") == 1


def test_every_request_is_documented_once(talk):
    """Has one document for each request that was begun, whatever became of it."""
    talk.say("when are you open").say("i want a booking").say("goodbye")
    assert talk.outcome is Outcome.COMPLETED
    talk.leaves()
    assert talk.gone
    assert [(d.process, d.resolution) for d in talk.documents] == [
        ("times", "resolved"), ("fixed", "abandoned"),
    ]  # fmt: skip


def test_nothing_is_documented_where_nothing_is_under_way(talk):
    """Closes nothing twice."""
    turn = Turn(desk_engine()._means, talk._now(), talk.state)
    agenda.close(turn, "resolved")
    assert not [action for action in turn.actions if isinstance(action, Document)]
