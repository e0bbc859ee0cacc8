"""`running.handing`: callers are put through, to the next in turn, with a briefing."""

from dataclasses import replace

import pytest

from appliance.contracts.outcome import Outcome
from appliance.dialogue import Engine, Level, TransferMode, load
from tests.dialogue.script_player import Conversation, desk_engine, desk_files


@pytest.fixture
def talk():
    return Conversation(desk_engine())


def engine(**changed):
    files = desk_files()
    for name, text in changed.items():
        files[f"processes/{name}.yaml"] = text
    return Engine(load(files))


def test_the_next_destination_is_tried(talk):
    """Tries the fallbacks in turn and says so, then goes on as the process says."""
    talk.say("put me through to the service team")
    assert (talk.handed.target, talk.handed.mode) == ("300", TransferMode.ATTENDED)
    talk.transfer_fails()
    assert talk.spoken == "Nobody answers there. I am trying the second team."
    assert (talk.handed.target, talk.handed.mode) == ("301", TransferMode.QUEUE)
    assert talk.transfer_fails().transfer == "309"
    talk.transfer_fails()
    assert talk.spoken.startswith("They do not answer.")
    assert talk.state.failures == 1
    assert (talk.documents[-1].resolution, talk.documents[-1].reason) == (
        "failed", "nobody-answers",
    )  # fmt: skip


def test_a_message_is_taken_where_nobody_answers(talk):
    """Documents a request as a message once one was kept for it."""
    talk.say("let me speak to somebody").transfer_fails().say("please call me back")
    assert talk.notes == [{"text": "please call me back"}]
    assert talk.documents[-1].resolution == "message"
    assert talk.documents[-1].reason == "nobody-answers"


def test_who_was_reached_is_documented_once(talk):
    """Documents a request as handed over when the transfer has succeeded, not before."""
    talk.say("i want to complain").say("operator")
    assert not talk.documents
    talk.leaves(handed_over=True)
    assert talk.gone
    assert [(d.process, d.resolution) for d in talk.documents] == [("complain", "handed-over")]


def test_an_emergency_is_documented_too(talk):
    """Has a document of its own where nothing else was under way."""
    talk.say("it is burning").leaves(handed_over=True)
    assert [(d.process, d.resolution) for d in talk.documents] == [("emergency", "handed-over")]
    assert not talk.handed


def test_an_emergency_goes_on_to_the_next(talk):
    """Tries the fallbacks of an emergency too, urgently, before a person is sought."""
    talk.say("it is burning").transfer_fails()
    assert talk.spoken == "Nobody yet."
    assert (talk.handed.target, talk.handed.urgent) == ("301", True)
    talk.transfer_fails()
    assert (talk.handed.target, talk.handed.urgent) == ("309", True)
    talk.transfer_fails()
    assert "I am putting you through." in talk.spoken
    assert not talk.handed.urgent


def test_a_number_of_a_variable_is_called_by_its_name():
    """Puts through to the number in a result, and not to what is no number."""
    text = (
        "steps:\n"
        "  - call: tariff\n"
        "    with: {meter: '1'}\n"
        "    as: found\n"
        "  - transfer: '{found.number}'\n"
        "    name: '{found.name}'\n"
        "    say: One moment for {found.name}.\n"
        "    mode: blind\n"
        "    failed:\n"
        "      - say: It did not work.\n"
    )
    made = engine(complain=text)
    talk = Conversation(made).say("i want to complain")
    talk.result("done", {"number": "+49 (30) 12-34", "name": "Anna"})
    assert (talk.handed.target, talk.handed.name) == ("+49301234", "Anna")
    assert talk.handed.mode is TransferMode.BLIND
    assert talk.spoken == "One moment for Anna."
    for wrong in ("", "call me", "sip:x@y", "12;ext"):
        talk = Conversation(made).say("i want to complain")
        talk.result("done", {"number": wrong, "name": "Anna"})
        assert not talk.handed
        assert "It did not work." in talk.spoken


def test_the_short_line_and_the_details_hold_nothing_secret():
    """Carries the briefing as one short line and as names and values."""
    talk = Conversation(desk_engine(), facts=(("caller", "030123"), ("caller_name", "Anna")))
    talk.say("i want to give my meter reading").say("one two three four").say("operator")
    assert talk.handed.summary == "meter reading; Anna; Not verified; your customer number: 1234"
    assert dict(talk.handed.details) == {
        "destination": "the operator", "caller": "030123", "caller_name": "Anna",
        "level": "unknown", "about": "meter reading", "slot_customer": "1234",
    }  # fmt: skip
    assert "your customer number: one two three four" in talk.handed.briefing


def test_who_is_known_by_a_system_is_named():
    """Names a verified caller as the site's system does, where the line tells no name."""
    talk = Conversation(desk_engine())
    talk.state = replace(
        talk.state, level=Level.VERIFIED, results={"person": {"id": 7, "name": "Anna Meyer"}}
    )
    talk.say("operator")
    assert "The caller is Anna Meyer." in talk.handed.briefing
    assert "Who they are has been verified." in talk.handed.briefing


def test_a_person_is_not_tried_for_ever(talk):
    """Lets a caller go who is not understood and whom nobody takes."""
    for _ in range(2):
        talk.say("let me speak to somebody").transfer_fails().say("call me")
    for _ in range(4):
        talk.say("blue monkeys on a boat")
    assert talk.outcome is Outcome.FAILED


def test_a_system_that_fails_while_a_person_is_sought_ends_well():
    """Does not go round in a circle where the way to a person needs a system that is down."""
    text = (
        "steps:\n"
        "  - call: tariff\n"
        "    with: {meter: '1'}\n"
        "    as: found\n"
        "  - transfer: operator\n"
        "    say: One moment.\n"
    )
    talk = Conversation(engine(operator=text)).say("let me speak to somebody")
    talk.result("unavailable")
    assert talk.outcome is Outcome.FAILED
    assert talk.documents[-1].reason == "system-down"
