"""`dialogue.briefing`: what a person is told before a caller is put through."""

from dataclasses import replace

from appliance.dialogue import Transfer, load
from appliance.dialogue.connectors import Level
from appliance.dialogue.running.briefing import compose
from appliance.dialogue.running.engine import Engine
from appliance.dialogue.state import State
from tests.dialogue.script_player import Conversation, starter_engine, starter_files

SCRIPT = load(starter_files())
MEANS = starter_engine()._means
PHARMACY = SCRIPT.destinations["pharmacy"]
KNOWN = (("caller", "0301234567"), ("caller_name", "Anna Jones"))


def told(state, template=""):
    return compose(MEANS, state, PHARMACY, template)


def test_who_calls_is_told():
    """Names the site, the destination, the caller and the number digit by digit."""
    text = told(State(facts=KNOWN))
    assert text.startswith("This is the attendant of Riverside Clinic, with a call for the pharm")
    assert "The caller is Anna Jones." in text
    assert "zero three zero, one two three" in text
    assert "not known" not in text


def test_an_unknown_caller_is_said_to_be_one():
    """Does not leave out that nothing is known."""
    assert "Their number is not known." in told(State())


def test_whether_they_are_verified_is_told():
    """Has one sentence for each level."""
    texts = {level: told(State(level=level)) for level in Level}
    assert len(set(texts.values())) == 3
    assert "has not been verified" in texts[Level.UNKNOWN]
    assert texts[Level.VERIFIED].count("has been verified") == 1


def test_what_was_wanted_and_said_is_told_in_words():
    """Speaks the process and its slots, digits as digits, and neither yes nor the destination."""
    slots = (("about", "a refill"), ("department", "pharmacy"), ("number", "555"), ("sure", "yes"))
    text = told(State(process="message", slots=slots))
    assert "about: a refill" in text
    assert "number: five five five" in text
    assert "sure" not in text
    assert "department" not in text
    other = told(State(process="message", slots=(("department", "radiology"),)))
    assert "It is about: message." in other
    assert "department: radiology" in other


def test_a_diverted_call_is_told():
    """Says whom it was for first."""
    assert "first for two zero one" in told(State(facts=(("diverted_from", "201"),)))


def test_what_to_press_is_told_last():
    """Ends with the keys, also after the author's own words."""
    keys = SCRIPT.sentences["briefing_keys"]
    assert told(State()).endswith(keys)
    own = told(State(facts=KNOWN), "{caller_name} about {about}")
    assert own == f"Anna Jones about {keys}"  # what is not known leaves no trace


def test_a_transfer_carries_its_briefing():
    """Comes with every transfer but an emergency's, which has no time for it."""
    talk = Conversation(starter_engine()).say("put me through to radiology")
    (transfer,) = [action for action in talk.actions if isinstance(action, Transfer)]
    assert "with a call for radiology" in transfer.briefing
    assert not transfer.urgent
    talk = Conversation(starter_engine()).say("emergency")
    (transfer,) = [action for action in talk.actions if isinstance(action, Transfer)]
    assert transfer.urgent
    assert not transfer.briefing


def test_an_author_writes_the_briefing_of_a_transfer():
    """Takes the step's own text, slots and facts filled in."""
    files = starter_files()
    connect = files["processes/connect.yaml"]
    say = "    say: I am putting you through to {department}.\n"
    assert say in connect
    files["processes/connect.yaml"] = connect.replace(
        say, say + '    briefing: "{caller_name} wants {department}."\n'
    )
    talk = Conversation(Engine(load(files)))
    talk.state = replace(talk.state, facts=KNOWN)
    talk.say("radiology")
    (transfer,) = [action for action in talk.actions if isinstance(action, Transfer)]
    assert transfer.briefing.startswith("Anna Jones wants radiology.")


def test_an_author_words_each_sentence():
    """Takes what stands under `sentences:`."""
    sentences = {**SCRIPT.sentences, "briefing": "Hello {destination}, {site} here."}
    means = replace(MEANS, script=replace(SCRIPT, sentences=sentences))
    text = compose(means, State(), PHARMACY, "")
    assert text.startswith("Hello the pharmacy, Riverside Clinic here.")
