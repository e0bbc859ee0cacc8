"""`running.authenticating`: who calls, as sure as a step needs it."""

import itertools
from dataclasses import replace

import pytest

from appliance.dialogue import ATTEMPT, LOCK, Engine, Level, Understood, dump, load
from appliance.dialogue.running import journal
from appliance.dialogue.running.turn import Turn
from tests.dialogue.script_player import Conversation, desk_engine, desk_files

NUMBER = (("caller", "03012"),)
ANNA = {"id": 7, "name": "Anna", "account": "55555"}


def balance(*facts):
    return Conversation(desk_engine(), facts=facts).say("what is my balance")


def asked(talk):
    return [invoke.connector for invoke in talk.invokes]


def told(talk, customer="one two three four", account="five five five five five"):
    return talk.say(customer).say(account).result("done", {"locked": False})


def test_a_caller_is_asked_where_it_is_needed():
    """Asks for what is known of the caller, each by its question, and then goes on by itself."""
    talk = balance()
    assert "I have to know who you are. What is your customer number?" in talk.spoken
    told(talk)
    talk.result("done", ANNA)
    assert talk.invoked is not None
    assert talk.invoked.connector == ATTEMPT
    assert dict(talk.invoked.arguments)["passed"] is True
    talk.result("done", {"locked": False})
    assert talk.state.level is Level.VERIFIED
    assert talk.invoked is not None
    assert talk.invoked.arguments == (("id", 7),)
    assert "Anna, it is 12." in talk.result("done", {"balance": 12}).spoken
    assert asked(talk) == [LOCK, "by_number", ATTEMPT, "balance"]


def test_a_caller_who_is_known_is_not_asked_again():
    """Proves once in a call; the next request goes on at once."""
    talk = told(balance()).result("done", ANNA).result("done", {}).result("done", {"balance": 1})
    talk.say("what is my balance")
    assert talk.invoked is not None
    assert talk.invoked.connector == "balance"


def test_a_number_identifies_silently_and_never_verifies():
    """Looks the caller's number up without a word; it is good for "identified" and no more."""
    talk = Conversation(desk_engine(), facts=NUMBER).say("do you know me")
    assert asked(talk) == ["by_phone"]
    assert not talk.spoken
    assert "You are Anna." in talk.result("done", ANNA).spoken
    assert talk.state.level is Level.IDENTIFIED
    assert balance(*NUMBER).result("done", ANNA).state.level is Level.IDENTIFIED


def test_a_number_is_looked_up_once_and_only_where_it_is_needed():
    """Asks nobody for a request that needs no level, and once in a call for those that do."""
    talk = Conversation(desk_engine(), facts=NUMBER).say("when are you open")
    assert not talk.invokes
    talk.say("do you know me").result("nothing")
    assert "I have to know who you are." in talk.spoken
    assert asked(talk) == ["by_phone"]


@pytest.mark.parametrize(
    "row", [None, {}, {"id": 7, "name": "Anna", "account": "11111"}], ids=["none", "empty", "other"]
)
def test_what_was_wrong_is_not_told(row):
    """Says the same whichever answer was wrong, asks for all of them again, and counts."""
    talk = told(balance()).result("done" if row else "nothing", row)
    assert talk.invoked is not None
    assert dict(talk.invoked.arguments)["passed"] is False
    talk.result("done", {"locked": False})
    assert talk.spoken == (
        "I am sorry, that does not match what we have. What is your customer number?"
    )
    assert talk.state.level is Level.UNKNOWN
    assert not talk.state.proving.answers


def test_tries_are_limited():
    """Puts through to a person after the last try, told as not verified."""
    talk = balance()
    for _ in range(2):
        told(talk).result("nothing").result("done", {"locked": False})
    assert "could not make sure who you are" in talk.spoken
    assert talk.transfer == "309"
    assert "has not been verified" in talk.handed.briefing
    talk.leaves(handed_over=True)
    assert (talk.documents[-1].resolution, talk.documents[-1].reason) == (
        "handed-over", "not-verified",
    )  # fmt: skip
    assert talk.documents[-1].process == "balance"


def test_tries_are_of_the_call():
    """Does not begin to count anew at the next request."""
    talk = balance()
    for _ in range(2):
        told(talk).result("nothing").result("done", {"locked": False})
    talk.transfer_fails().say("please call me")
    talk.say("what is my balance")
    assert talk.transfer == "309"


def test_a_locked_out_identity_goes_to_a_person():
    """Asks nothing further where the identity is locked out, and opens nothing."""
    talk = balance().say("one two three four").say("five five five five five")
    talk.result("done", {"locked": True})
    assert "for your own protection" in talk.spoken
    assert talk.transfer == "309"
    assert talk.state.level is Level.UNKNOWN
    assert "Too many attempts" in talk.handed.briefing
    assert ("locked", "yes") in talk.handed.details
    assert "by_number" not in asked(talk)


def test_a_right_answer_opens_nothing_that_is_locked_meanwhile():
    """Takes the count's word that an identity is locked, though the proof has held."""
    talk = told(balance()).result("done", ANNA).result("done", {"locked": True})
    assert talk.state.level is Level.UNKNOWN
    assert talk.transfer == "309"


@pytest.mark.parametrize("at", [0, 1, 2], ids=["lock", "proof", "attempt"])
@pytest.mark.parametrize("status", ["unavailable", "refused"])
def test_what_cannot_be_checked_is_not_proved(at, status):
    """Puts through to a person where lock, proof or count cannot be asked."""
    talk = balance().say("one two three four").say("five five five five five")
    answers = [("done", {}), ("done", ANNA), ("done", {})]
    for number, answer in enumerate(answers[: at + 1]):
        talk.result(*((status, None) if number == at else answer))
    assert talk.state.level is Level.UNKNOWN
    assert talk.transfer == "309"
    assert "cannot reach our system" in talk.spoken


def test_who_does_not_know_goes_to_a_person():
    """Takes "I don't know" for an answer, without an attempt."""
    talk = balance().say("i don't know")
    assert talk.transfer == "309"
    assert ATTEMPT not in asked(talk)


def test_a_pin_is_typed_and_seen_by_nobody():
    """Asks for the PIN where the number is known; it stands in no trace, dump, sentence or repr."""
    talk = balance(*NUMBER).result("done", ANNA).result("done", {"locked": False})
    assert talk.spoken == "Please type your PIN."
    assert talk.listening.secret
    seen = []
    for key in "4711":
        talk.press(key)
        seen += [talk.actions[0], dump(talk.state), repr(talk.state)]
    assert talk.invoked is not None
    assert dict(talk.invoked.arguments) == {"id": 7, "pin": "4711"}
    assert all("4711" not in str(each) for each in seen)
    assert not any('"keys"' in each for each in seen if isinstance(each, str))
    for a, b in itertools.pairwise("4711"):
        assert not any(f"'{a}{b}" in str(each) for each in seen)
    assert all(each.slots == () for each in seen if isinstance(each, Understood))
    assert journal.restore(dump(talk.state)).secrets == ()
    talk.result("done", {"id": 7, "fits": "yes"}).result("done", {"locked": False})
    assert talk.state.level is Level.VERIFIED
    assert talk.state.secrets == ()
    assert "Anna, it is 3." in talk.result("done", {"balance": 3}).spoken


def test_a_spoken_pin_is_seen_by_nobody_either():
    """Leaves the value out of the trace where it is said, and never asks whether it was right."""
    talk = balance(*NUMBER).result("done", ANNA).result("done", {"locked": False})
    talk.say("four seven one one")
    assert dict(talk.invoked.arguments)["pin"] == "4711"
    assert talk.understood is not None
    assert talk.understood.slots == ()
    assert "seven" not in talk.spoken
    talk = balance(*NUMBER).result("done", ANNA).result("done", {"locked": False})
    talk.say("four seven one one", 0.5)
    assert "seven" not in talk.spoken
    assert "yes or no" not in talk.spoken
    assert talk.listening is None or talk.listening.secret


def test_a_secret_is_read_by_no_expression():
    """Hands a PIN to its connector alone: neither a condition nor a variable ever sees it."""
    talk = balance(*NUMBER).result("done", ANNA).result("done", {"locked": False}).press("471")
    state = replace(talk.state, secrets=(("secret", "4711"),))
    turn = Turn(desk_engine()._means, talk._now(), state)
    assert "4711" not in turn.known({"secret", "secret.x"}).values()
    assert "4711" not in turn.values().values()


def test_what_was_told_before_is_not_asked_again():
    """Takes an answer that the process has had for the proof, once; after a failure all is asked."""
    files = desk_files()
    files["processes/check.yaml"] = (
        "steps:\n"
        "  - ask: customer\n"
        "    prompt: Which customer?\n"
        "  - authenticate: verified\n"
        "  - say: You are {person.name}.\n"
    )
    talk = Conversation(Engine(load(files))).say("check my contract").say("one two three four")
    assert talk.spoken == "I have to know who you are. What is your account?"
    talk.say("five five five five five").result("done", {}).result("nothing").result("done", {})
    assert talk.spoken.endswith("What is your customer number?")
    told(talk).result("done", ANNA).result("done", {})
    assert "You are Anna." in talk.spoken


def test_a_wrong_pin_counts():
    """Counts by the identity that the number has given."""
    talk = balance(*NUMBER).result("done", ANNA).result("done", {}).press("1111")
    talk.result("done", {"id": 7, "fits": "no"})
    assert talk.invoked is not None
    assert dict(talk.invoked.arguments) == {
        "identity": "7", "passed": False, "tries": 2, "lock": 600.0,
    }  # fmt: skip


def test_a_step_says_what_follows_where_it_fails():
    """Goes on at `failed:` of an authenticate step."""
    talk = Conversation(desk_engine()).say("do you know me").say("i don't know")
    assert "I do not know you." in talk.spoken


def test_a_correction_while_proving():
    """Takes back an answer of the proof under way, and checks the other identity too."""
    talk = balance().say("one two three four")
    talk.say("no my customer number is four three two one").say("five five five five five")
    assert talk.invoked is not None
    assert talk.invoked.arguments == (("identity", "4321"),)


def test_the_caller_cannot_name_a_level():
    """Stays unknown whatever a caller claims."""
    talk = balance().say("i am verified").say("level verified").say("yes")
    assert talk.state.level is Level.UNKNOWN
