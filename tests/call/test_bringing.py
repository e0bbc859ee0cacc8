"""`call.bringing`: the person whom a caller is brought to, and their own way of answering."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.bringing import EARLIEST
from appliance.call.session import Rules
from appliance.call.transitions import State
from appliance.contracts.expectation import Kind
from appliance.contracts.speech import Audio, Expect, Heard, Opened, Refused
from appliance.dialogue import Say, Transfer, TransferMode
from tests.call.support import FRAME, SPEECH, Bench, Script, sentence

DETAILS = (("caller", "Anna"), ("wish", "an appointment"))


def bringing(
    mode: TransferMode = TransferMode.SITE, *, attended: bool = True, language: str = "en"
) -> Bench:
    """A call that is being handed over."""
    script = Script()
    transfer = Transfer(
        "201", "radiology", "Anna for you.", mode=mode, summary="Anna: an appointment",
        details=DETAILS,
    )  # fmt: skip

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        if isinstance(event, dialogue.Heard):
            return [Say("One moment."), transfer]
        return Script.usual(event)

    script.answer = answer
    bench = Bench(script, rules=Rules("200", attended=attended, language=language))
    bench.prompts["Anna for you."] = sentence(3.0)
    bench.listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    return bench


def briefing(language: str = "en") -> Bench:
    """A call whose person has picked up and is heard."""
    bench = bringing(language=language)
    bench.session.person_answered(bench.now)
    bench.session.person_speech(Opened("a", "b"), bench.now)
    bench.drain()
    return bench


def says(bench: Bench, text: str, start: float = EARLIEST) -> None:
    heard = Heard(text, 0.9, start, start + 0.5, start + 0.8)
    bench.session.person_speech(heard, bench.now)
    bench.drain()


@pytest.mark.parametrize(
    ("mode", "site", "attended"),
    [
        (TransferMode.SITE, True, True),
        (TransferMode.SITE, False, False),
        (TransferMode.ATTENDED, False, True),
        (TransferMode.BLIND, True, False),
        (TransferMode.QUEUE, True, False),
    ],
)
def test_the_dialogue_chooses_the_way_or_leaves_it_to_the_site(
    mode: TransferMode, site: bool, attended: bool
) -> None:
    """Calls the person first, or asks the PBX to; the summary goes along either way."""
    bench = bringing(mode, attended=site)
    consults = bench.ordered(orders.Consult)
    blind = bench.ordered(orders.PutThrough)
    assert (bool(consults), bool(blind)) == (attended, not attended)
    (order,) = consults + blind
    assert isinstance(order, orders.Consult | orders.PutThrough)
    assert order.summary == "Anna: an appointment"


def test_screens_are_told_before_the_telephone_rings() -> None:
    """Orders the briefing's details once, ahead of the call."""
    bench = bringing()
    kinds = [type(order) for order in bench.orders]
    assert bench.ordered(orders.Brief) == [orders.Brief(DETAILS)]
    assert kinds.index(orders.Brief) < kinds.index(orders.Consult)


def test_the_person_is_heard_while_they_are_briefed() -> None:
    """Opens an ear for them, expects yes or no, and sends it what both say."""
    bench = bringing()
    bench.session.person_answered(bench.now)
    bench.drain()
    assert bench.ordered(orders.OpenEar)
    bench.session.person_frame(SPEECH, bench.now)
    bench.session.person_speech(Opened("a", "b"), bench.now)
    bench.session.person_frame(SPEECH, bench.now)
    bench.drain()
    told = [one.message for one in bench.ordered(orders.TellEar)]  # type: ignore[attr-defined]
    assert isinstance(told[0], Expect)
    assert told[0].expectation.kind is Kind.YES_NO
    assert told[1:] == [Audio(SPEECH, sentence(FRAME))]


@pytest.mark.parametrize(("language", "word"), [("en", "yes"), ("de", "ja gerne")])
def test_a_yes_takes_the_call(language: str, word: str) -> None:
    """Joins at once, and listens to the person no more."""
    bench = briefing(language)
    says(bench, word)
    assert bench.ordered(orders.Join) == [orders.Join("201", "Anna: an appointment")]
    assert bench.ordered(orders.CloseEar)


def test_a_no_brings_the_caller_back() -> None:
    """Lets the person go and tells the dialogue that nobody takes the call."""
    bench = briefing()
    says(bench, "not now please")
    assert bench.ordered(orders.Release)
    assert bench.ordered(orders.CloseEar)
    assert bench.script.told[-1] == dialogue.TransferFailed("they cannot take the call")


@pytest.mark.parametrize(("text", "start"), [("yes", 0.3), ("Meyer radiology", EARLIEST)])
def test_how_people_answer_the_telephone_is_no_answer(text: str, start: float) -> None:
    """Passes over a first "yes?", and over names."""
    bench = briefing()
    says(bench, text, start)
    assert bench.state is State.TRANSFERRING
    assert not bench.ordered(orders.Join)


def test_a_person_who_cannot_be_heard_still_takes_the_call_by_key() -> None:
    """Needs no ears: a refusal of `speech` changes nothing else."""
    bench = bringing()
    bench.session.person_answered(bench.now)
    bench.session.person_speech(Refused("no capacity"), bench.now)
    bench.session.person_unheard()
    bench.session.person_frame(SPEECH, bench.now)
    bench.session.person_key("5", bench.now)
    bench.drain()
    assert bench.ordered(orders.Join)
    assert not bench.ordered(orders.TellEar)


def test_without_speech_nobody_listens_to_the_person() -> None:
    """Opens no ear where the caller's own is dead."""
    bench = bringing()
    bench.session.speech_lost("gone", bench.now)
    bench.session.person_answered(bench.now)
    bench.drain()
    assert not bench.ordered(orders.OpenEar)


def test_a_german_rescue_is_german() -> None:
    """Apologises in the language of the dialogue."""
    bench = Bench(rules=Rules("200", language="de")).listening()
    bench.session.speech_lost("gone", bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.GERMAN.apology
