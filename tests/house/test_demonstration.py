"""The starter dialogue, whole calls in virtual time, with scripted ears."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call.transitions import State
from appliance.contracts.outcome import Outcome
from appliance.settings import Settings
from appliance.system.dialogues import folder
from tests.house.wire import Wire
from tests.house.world import House, Phone


@pytest.fixture(scope="module")
def engine() -> dialogue.Engine:
    """The starter dialogue, trained once."""
    return dialogue.Engine(folder.load(Settings().dialogue.folder))


def listening(house: House) -> bool:
    legs = house.board._legs
    return bool(legs) and all(leg.session.state is State.LISTENING for leg in legs.values())


def make(engine: dialogue.Engine, wire: Wire | None = None) -> House:
    return House(engine, prompts={text: 0.06 * len(text) for text in engine.prompts()}, wire=wire)


def test_the_demonstration_call_is_understood(engine: dialogue.Engine) -> None:
    """Answers the opening hours, is interrupted, puts through to the department asked for."""
    house = make(engine, Wire(loss=0.02, delay=0.02, jitter=0.03))
    phone = Phone(house).dial()
    house.until(lambda: listening(house))
    phone.say("what are your opening hours", 1.4)
    house.until(lambda: bool(house.events("understood")))
    assert house.events("understood")[0]["intent"] == "hours"
    house.run(1.5)
    phone.say("put me through to radiology", 1.4)
    house.until(lambda: phone.ended)
    house.run(1)
    assert house.events("interrupted")
    assert house.events("transfer")[0]["name"] == "radiology"
    (record,) = house.records
    assert record.outcome is Outcome.TRANSFERRED
    assert dict(record.intents) == {"hours": 1, "connect": 1}


def test_every_sentence_of_the_demonstration_is_rendered_ahead(engine: dialogue.Engine) -> None:
    """Asks `speech` for nothing that could have been in the cache."""
    house = make(engine)
    phone = Phone(house).dial()
    house.until(lambda: listening(house))
    phone.say("what are your opening hours", 1.4)
    house.until(lambda: len(house.said()) > 1)
    phone.say("put me through to cardiology", 1.4)
    house.until(lambda: phone.ended)
    cached = set(engine.prompts())
    assert [text for text in house.said() if text not in cached] == []


def test_a_message_is_left_by_voice(engine: dialogue.Engine) -> None:
    """Asks what it needs and keeps the note."""
    house = make(engine)
    phone = Phone(house).dial()
    house.until(lambda: listening(house))
    phone.say("i want to leave a message for billing", 1.5)
    house.run(2.5)
    for text in ("five five five one two three four", "yes", "please call back", "yes"):
        house.run(0.1)
        house.until(lambda: listening(house))
        phone.say(text, 1.2)
        house.run(2.5)
    house.until(lambda: bool(house.notes))
    phone.hang_up()
    house.run(1)
    ((kind, fields),) = house.notes
    assert kind == "message"
    assert dict(fields)["number"] == "5551234"
    assert "5551234" not in str(house.records)


def test_a_caller_who_says_nothing_reaches_a_person(engine: dialogue.Engine) -> None:
    """Never leaves a silent caller in silence: asks, offers keys, puts through."""
    house = make(engine)
    phone = Phone(house).dial()
    house.until(lambda: phone.ended, 120)
    house.run(1)
    assert house.outcomes() == [Outcome.TRANSFERRED]
    assert max(map(len, "".join("x" if any(f) else " " for f in phone.heard).split("x"))) < 400


def test_keys_alone_reach_a_department(engine: dialogue.Engine) -> None:
    """Dials an extension into the greeting."""
    house = make(engine)
    phone = Phone(house).dial()
    house.until(lambda: phone.hears(0.1))
    phone.press("202")
    house.until(lambda: phone.ended, 60)
    house.run(1)
    assert house.outcomes() == [Outcome.TRANSFERRED]
    assert "202" in phone.transfers[0]
