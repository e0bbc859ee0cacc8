from pathlib import Path

import pytest

from appliance.dialogue import Heard, load
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.understanding.understand import Understanding
from tests.dialogue.script_player import starter_files

HELDOUT = Path(__file__).with_name("heldout.tsv")
SURE, GUESS = 0.6, 0.35


@pytest.fixture(scope="module")
def understanding():
    return Understanding(load(starter_files()))


def heldout() -> list[tuple[str, str, str]]:
    rows = [line.split("\t") for line in HELDOUT.read_text("utf-8").splitlines()]
    return [(row[0], row[1], row[2]) for row in rows if not row[0].startswith("#")]


def test_sentences_never_seen(understanding):
    """Understands at least nine in ten sentences that are no examples, and acts wrongly on few."""
    wanted = [row for row in heldout() if row[0] != "none"]
    assert len(wanted) >= 40
    right = carried_out = wrong = 0
    for intent, value, text in wanted:
        request = understanding.request(Heard(text, 0.9))
        slots = [slot for _, slot in request.slots]
        fits = request.intent == intent and (value == "-" or value in slots)
        right += fits and request.confidence >= GUESS
        carried_out += fits and request.confidence >= SURE
        wrong += not fits and request.confidence >= SURE and bool(request.intent)
    assert right / len(wanted) >= 0.95
    assert carried_out / len(wanted) >= 0.9
    assert wrong / len(wanted) <= 0.03


def test_sentences_out_of_scope(understanding):
    """Carries none out that belongs to no intent, and guesses at few of them."""
    foreign = [text for intent, _, text in heldout() if intent == "none"]
    found = [understanding.request(Heard(text, 0.9)) for text in foreign]
    guessed = [r for r in found if r.intent and r.confidence >= GUESS]
    assert not [r for r in guessed if r.confidence >= SURE]
    assert len(guessed) / len(foreign) <= 0.25


def test_dropped_letters_do_not_matter(understanding):
    """Keeps most requests when every sentence has lost a letter of its longest word."""
    kept = total = 0
    for intent, _, text in heldout():
        if intent == "none":
            continue
        words = text.split()
        longest = max(range(len(words)), key=lambda at: len(words[at]))
        words[longest] = words[longest][:2] + words[longest][3:]
        request = understanding.request(Heard(" ".join(words), 0.9))
        total += 1
        kept += request.intent == intent and request.confidence >= GUESS
    assert kept / total >= 0.85


def test_own_examples_are_certain(understanding):
    """Is certain of every known sentence with a name in it, whatever the name."""
    for department in ("radiology", "the lab", "patient records"):
        request = understanding.request(Heard(f"could you put me through to {department} please"))
        assert (request.intent, request.confidence) == ("connect", 1.0)


def test_confidence_of_the_recogniser_counts(understanding):
    """Is less sure of the same sentence where the recogniser was."""
    sure, unsure = (understanding.request(Heard("radiology", c)).confidence for c in (1.0, 0.2))
    assert unsure < sure


def test_readings_are_weighed(understanding):
    """Takes what several readings agree on over a single likelier one."""
    heard = Heard(
        "biology", 0.4, (("radiology", 0.35), ("radiology please", 0.3), ("biology", 0.4))
    )
    request = understanding.request(heard)
    assert (request.intent, request.slots) == ("connect", (("department", "radiology"),))


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("it's an emergency", True),
        ("my wife has chest pain and can't breathe", True),
        ("please send an ambulance", True),
        ("I can\N{RIGHT SINGLE QUOTATION MARK}t breathe!", True),
        ("it is not an emergency", False),
        ("radiology please", False),
        ("", False),
    ],
)
def test_emergency(understanding, text, urgent):
    """Hears emergency phrases anywhere in a sentence unless they are denied."""
    assert understanding.emergency(Heard(text)) is urgent


def test_emergency_in_another_reading(understanding):
    """Hears an emergency in a reading that is nearly as likely."""
    assert understanding.emergency(Heard("chess pane", 0.5, (("chest pain", 0.4),)))
    assert not understanding.emergency(Heard("chess pane", 0.9, (("chest pain", 0.1),)))


def test_commands_only(understanding):
    """Tells commands, which are understood at any question, from other requests."""
    assert understanding.everywhere(Heard("operator")).intent == "operator"
    assert understanding.everywhere(Heard("radiology")).intent == ""


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (SlotKind.DESTINATION, "the x ray department", "radiology"),
        (SlotKind.DIGITS, "it's double five one two one two", "551212"),
        (SlotKind.YES_NO, "yes please", "yes"),
        (SlotKind.DAY, "on saturday", "saturday"),
        (SlotKind.TEXT, "  My  results ", "My results"),
        (SlotKind.DESTINATION, "", ""),
        (SlotKind.TEXT, "", ""),
    ],
)
def test_values(understanding, kind, text, value):
    """Reads the value of a slot of each type."""
    slot = Slot("x", kind, 6, 12)
    assert understanding.value(slot, Heard(text)).text == value


def test_a_misheard_destination_is_less_certain(understanding):
    """Is less sure of a department that it had to guess from its sound."""
    exact, alike = (understanding.request(Heard(text)) for text in ("radiology", "radeloggy"))
    assert exact.slots == alike.slots == (("department", "radiology"),)
    assert alike.confidence < exact.confidence


def test_rivals_that_fit_nearly_as_well_do_not_outvote_a_sure_reading(understanding):
    """Takes a number that was surely heard, though every rival with an "oh" more fits too."""
    rivals = (
        ("five five five zero oh one two three", 0.947),
        ("five five five zero oh oh one two three", 0.776),
        ("five five five zero one three", 0.763),
        ("five five five zero oh oh one two two three", 0.377),
    )
    heard = Heard("five five five zero one two three", 0.988, rivals)
    value = understanding.value(Slot("number", SlotKind.DIGITS, 6, 12), heard)
    assert value.text == "5550123"
    assert value.confidence > 0.9
