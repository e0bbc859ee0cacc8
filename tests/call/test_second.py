"""`call.second`: the calls to people, as they leave the box."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call.dialling import Dialling
from appliance.call.outside import PERSON
from appliance.call.transitions import State
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.dialogue import Say, Transfer, TransferMode, Understood
from tests.call.support import Script
from tests.house.world import House, Person, Phone

HEADER = "X-Attendant-Briefing"
SUMMARY = "Anna Müller, verified:\r\nVia: evil"
LINE = "Anna Mueller, verified: Via: evil"
PROMPTS = {"Hello.": 1.0, "One moment.": 0.5, "Nobody answers.": 1.0}
BRIEFING = "Anna Mueller would like an appointment, and it is rather a long story."
DETAILS = (("caller", "Anna Müller"),)


def make(
    target: str = "201", mode: TransferMode = TransferMode.ATTENDED, **kwargs: object
) -> House:
    script = Script()

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        if isinstance(event, dialogue.Heard) and event.text == "radiology":
            return [
                Understood("department", 0.9), Say("One moment."),
                Transfer(target, "radiology", BRIEFING, mode=mode, summary=SUMMARY,
                         details=DETAILS),
            ]  # fmt: skip
        return Script.usual(event)

    script.answer = answer
    return House(script, prompts=PROMPTS, **kwargs)  # type: ignore[arg-type]


def asking(house: House) -> Phone:
    phone = Phone(house).dial()
    house.until(lambda: bool(house.board.calls))
    leg = house.board._legs[house.board.calls[0]]
    house.until(lambda: leg.session.state is State.LISTENING)
    phone.say("radiology", 1.0)
    house.until(lambda: leg.session.state is State.TRANSFERRING)
    return phone


def test_the_briefing_stands_on_the_call_to_the_person_and_on_the_transfer() -> None:
    """Puts one clean line on the INVITE and on the REFER that joins both calls."""
    house = make()
    person = Person(house)
    phone = asking(house)
    house.until(lambda: person.hears(0.1))
    person.press("5")
    house.until(lambda: phone.ended)
    assert person.headers("INVITE", HEADER)[0] == LINE
    assert phone.headers("REFER", HEADER) == [LINE]
    assert not person.headers("INVITE", "Via: evil")
    assert house.briefings == [dict(DETAILS)]


def test_a_blind_transfer_carries_it_too() -> None:
    """Puts it on the REFER."""
    house = make(mode=TransferMode.BLIND)
    phone = asking(house)
    house.until(lambda: phone.ended)
    assert phone.headers("REFER", HEADER) == [LINE]
    assert house.records[0].handed_over is HandedOver.BLIND


@pytest.mark.parametrize("foreign", ["sip:201@elsewhere.example", "201@elsewhere.example"])
def test_nobody_abroad_is_told_who_calls(foreign: str) -> None:
    """Leaves it out where the target is not at our own PBX."""
    house = make(foreign, TransferMode.BLIND, dialling=Dialling(known=[foreign]))
    phone = asking(house)
    house.until(lambda: bool(phone.transfers))
    assert phone.transfers
    assert not phone.headers("REFER", HEADER)


def test_our_own_pbx_by_its_full_address_is_told() -> None:
    """Knows an address at our own PBX for ours."""
    ours = "sip:201@10.0.0.1"
    house = make(ours, TransferMode.BLIND, dialling=Dialling(known=[ours]))
    phone = asking(house)
    house.until(lambda: bool(phone.transfers))
    assert phone.headers("REFER", HEADER) == [LINE]


def test_a_site_that_wants_no_header_has_none() -> None:
    """Sends nothing where the settings name no header."""
    house = make(header="")
    person = Person(house)
    phone = asking(house)
    house.until(lambda: person.hears(0.1))
    person.press("1")
    house.until(lambda: phone.ended)
    assert not person.headers("INVITE", HEADER)
    assert not phone.headers("REFER", HEADER)


@pytest.mark.parametrize(("word", "outcome"), [("yes", Outcome.TRANSFERRED), ("no", None)])
def test_a_person_decides_by_a_word(word: str, outcome: Outcome | None) -> None:
    """Hears them by a link of their own while they are briefed, and closes it."""
    house = make()
    person = Person(house)
    phone = asking(house)
    house.until(lambda: person.hears(0.1))
    house.run(2.3)
    (ears,) = (ears for call, ears in house.ears.items() if call.endswith(PERSON))
    person.say(word, 0.6)
    if outcome is None:
        house.until(lambda: bool(house.events("transfer-failed")))
        assert "Nobody answers." in house.said()
        phone.hang_up()
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert not ears.alive
    assert house.outcomes() == [outcome or Outcome.CALLER_HUNG_UP]
    assert not house.board.clearing


def test_a_full_box_listens_to_callers_before_it_listens_to_people() -> None:
    """Opens no ear for the person where callers need them all; keys and staying still tell."""
    house = make(capacity=1)
    person = Person(house)
    phone = asking(house)
    house.until(lambda: person.hears(0.1))
    assert not [call for call in house.ears if call.endswith(PERSON)]
    person.press("1")
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert house.outcomes() == [Outcome.TRANSFERRED]
