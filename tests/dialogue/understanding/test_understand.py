from pathlib import Path

import pytest

from appliance.dialogue import Heard, load
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.requests import Request
from appliance.dialogue.understanding.understand import Understanding
from appliance.speech.understanding.training import train
from tests.dialogue.script_player import starter_files
from tests.dialogue.understanding.scripts import NOW, example_files, script

HELDOUT = Path(__file__).with_name("heldout.tsv")
SURE, GUESS = 0.6, 0.35


@pytest.fixture(scope="module", params=["untrained", "trained"])
def understanding(request):
    """The starter's, by its nearest examples alone and with a model as published."""
    known = load(starter_files())
    model = train(known) if request.param == "trained" else b""
    return Understanding(known, Slots(known), model)


@pytest.fixture(scope="module")
def utility():
    known = script()
    return Understanding(known, Slots(known))


def asked(understanding: Understanding, heard: Heard) -> Request:
    return understanding.triage(heard, NOW).best


def heldout() -> list[tuple[str, str, str]]:
    rows = [line.split("\t") for line in HELDOUT.read_text("utf-8").splitlines()]
    return [(row[0], row[1], row[2]) for row in rows if not row[0].startswith("#")]


def test_sentences_never_seen(understanding):
    """Understands at least nine in ten sentences that are no examples, and acts wrongly on few."""
    wanted = [row for row in heldout() if row[0] != "none"]
    assert len(wanted) >= 40
    right = carried_out = wrong = 0
    for intent, value, text in wanted:
        request = asked(understanding, Heard(text, 0.9))
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
    found = [asked(understanding, Heard(text, 0.9)) for text in foreign]
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
        request = asked(understanding, Heard(" ".join(words), 0.9))
        total += 1
        kept += request.intent == intent and request.confidence >= GUESS
    assert kept / total >= 0.85


def test_own_examples_are_certain(understanding):
    """Is certain of every known sentence with a name in it, whatever the name."""
    for department in ("radiology", "the lab", "patient records"):
        request = asked(understanding, Heard(f"could you put me through to {department} please"))
        assert (request.intent, request.confidence) == ("connect", 1.0)


def test_confidence_of_the_recogniser_counts(understanding):
    """Is less sure of the same sentence where the recogniser was."""
    sure, unsure = (asked(understanding, Heard("radiology", c)).confidence for c in (1.0, 0.2))
    assert unsure < sure


def test_readings_are_weighed(understanding):
    """Takes what several readings agree on over a single likelier one."""
    heard = Heard(
        "biology", 0.4, (("radiology", 0.35), ("radiology please", 0.3), ("biology", 0.4))
    )
    request = asked(understanding, heard)
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
    assert understanding.everywhere(Heard("operator"), NOW).intent == "operator"
    assert understanding.everywhere(Heard("radiology"), NOW).intent == ""


def test_a_misheard_destination_is_less_certain(understanding):
    """Is less sure of a department that it had to guess from its sound."""
    exact, alike = (asked(understanding, Heard(text)) for text in ("radiology", "radeloggy"))
    assert exact.slots == alike.slots == (("department", "radiology"),)
    assert alike.confidence < exact.confidence


def test_values_are_told_with_the_request(utility):
    """Reads what was told with a request, over all readings."""
    heard = Heard(
        "my gas reading is four four five", 0.4,
        (("my gas reading is four four five five", 0.5),
         ("my gas reading is four four five five please", 0.5)),
    )  # fmt: skip
    request = asked(utility, heard)
    assert (request.intent, dict(request.slots)) == ("meter", {"meter": "gas", "reading": "4455"})


def test_two_requests_in_one_breath(utility):
    """Puts the second request on the agenda, each with its own values."""
    found = utility.triage(Heard("i have moved and my gas reading is four four five five"), NOW)
    assert found.best.intent == found.candidates[0].intent == "moving"
    assert found.best.slots == ()
    assert [(one.intent, dict(one.slots)) for one in found.agenda] == [
        ("meter", {"meter": "gas", "reading": "4455"})
    ]
    assert utility.triage(Heard("i have moved and i am happy"), NOW).agenda == ()


def test_two_requests_in_german():
    """Does so in German."""
    known = script("de")
    found = Understanding(known, Slots(known)).triage(
        Heard("guten tag ich bin umgezogen und ich möchte meinen zählerstand durchgeben"), NOW
    )
    assert [found.best.intent, *(one.intent for one in found.agenda)] == ["moving", "meter"]


def test_the_encoder_is_heard_too(utility):
    """Weighs what an encoder says against its own finding, and takes what it alone knows."""
    heard = Heard("the thing on the wall shows another figure")
    alone = asked(utility, heard)
    both = asked(utility, Heard(heard.text, intents=(("meter", 0.95), ("", 0.05))))
    assert alone.intent != "meter" or alone.confidence < both.confidence
    assert both.intent == "meter"
    against = asked(utility, Heard("i moved", intents=(("meter", 0.9), ("moving", 0.1))))
    assert against.confidence < asked(utility, Heard("i moved")).confidence


def test_nothing_was_understood(utility):
    """Finds no request in an utterance without words."""
    found = utility.triage(Heard("", 0.0), NOW)
    assert not found.best.intent
    assert found.agenda == ()


@pytest.mark.parametrize("name", ["utility", "stadtwerke"])
def test_the_examples_understand_what_nobody_wrote(name):
    """Understands most of what callers of the shipped dialogues may say, and acts wrongly on few.

    A model that was trained understands more than the nearest examples alone.
    """
    rows = [
        line.split("\t")
        for line in HELDOUT.with_name(f"heldout_{name}.tsv").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    known = load(example_files(name))
    right = {}
    for trained in (False, True):
        judge = Understanding(known, Slots(known), train(known) if trained else b"")
        found = [(intent, asked(judge, Heard(text, 0.9))) for intent, text in rows]
        wanted = [(intent, one) for intent, one in found if intent != "none"]
        right[trained] = sum(i == one.intent and one.confidence >= GUESS for i, one in wanted)
        wrong = [one for i, one in wanted if one.intent not in {i, ""} and one.confidence >= SURE]
        strange = [one for i, one in found if i == "none" and one.intent]
        assert len(wrong) / len(wanted) <= 0.05
        assert not [one for one in strange if one.confidence >= SURE]
    assert right[True] / len(wanted) >= 0.88
    assert right[True] >= right[False]
