from appliance.contracts.expectation import Kind
from appliance.dialogue import load
from appliance.dialogue.running.expect import MOST, Expectations
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import Slots
from appliance.dialogue.text import normalise
from tests.dialogue.script_player import starter_files

SCRIPT = load(starter_files())
SLOTS = Slots(SCRIPT)
FOUND = Expectations(SCRIPT, SLOTS)


def test_likely_sentences():
    """Offers known sentences in the recogniser's form, each once, with slots filled."""
    phrases = FOUND.request.phrases
    assert FOUND.request.kind is Kind.FREE
    assert len(set(phrases)) == len(phrases) == MOST
    assert all(normalise(phrase) == phrase for phrase in phrases)
    for sentence in ("what are your opening hours", "chest pain", "operator", "leave a message"):
        assert sentence in phrases


def test_no_department_is_likelier():
    """Offers a frequent sentence with every department or with none."""
    for place in SCRIPT.destinations.values():
        if place.listed:
            assert f"put me through to {normalise(place.name)}" in FOUND.request.phrases


def test_the_same_every_time():
    """Is the same list on every start."""
    assert Expectations(load(starter_files()), SLOTS).request == FOUND.request


def test_more_begins_with_refusals():
    """Expects a no first where the caller is asked whether there is anything else."""
    assert FOUND.more.phrases[0] == "that's all"
    assert "no thank you" in FOUND.more.phrases


def test_slots():
    """Expects what the slot's type allows."""
    assert FOUND.slot(Slot("n", SlotKind.DIGITS, 6, 12)).longest == 12
    assert FOUND.slot(Slot("n", SlotKind.YES_NO)).kind is Kind.YES_NO
    free = FOUND.slot(Slot("n", SlotKind.TEXT))
    assert free.kind is Kind.FREE
    assert "chest pain" in free.phrases
    days = FOUND.slot(Slot("n", SlotKind.DAY))
    assert "saturday" in days.phrases
    places = FOUND.slot(Slot("n", SlotKind.DESTINATION))
    assert places.kind is Kind.CHOICE
    assert {"radiology", "x ray", "operator", "goodbye", "chest pain"} <= set(places.phrases)
    assert "the operator" in places.phrases


def test_commands_are_expected_beside_numbers_and_yes_or_no():
    """Lets the caller ask for a person, or tell an emergency, at every question."""
    for expected in (FOUND.slot(Slot("n", SlotKind.DIGITS, 6, 12)), FOUND.yes_no):
        assert {"operator", "repeat", "chest pain"} <= set(expected.phrases)


def test_days_are_offered_as_they_are_said():
    """Offers weekdays with their "on", once."""
    assert "are you open on saturday" in FOUND.request.phrases
    wide = Expectations(load(starter_files()), SLOTS, most=100_000).request.phrases
    assert "and on friday" in wide
    assert not [phrase for phrase in wide if " on on " in phrase]
