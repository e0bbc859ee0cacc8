"""Whole requests in virtual time: a telephone, the real engine, the utility's own dialogue."""

from __future__ import annotations

from functools import cache

import pytest

from appliance import dialogue
from appliance.call.transitions import State
from appliance.contracts.outcome import Known, Outcome, Reason, Resolution
from appliance.dialogue import Invoke, Result, Status
from appliance.settings.section import PACKAGE
from appliance.system.dialogues.folder import load
from tests.house.wire import loud
from tests.house.world import FRAME, House, Phone

UTILITY = PACKAGE / "appliance" / "dialogue" / "examples" / "utility"
LONGEST_SILENCE = 1.5


@cache
def engine() -> dialogue.Engine:
    return dialogue.Engine(load(UTILITY))


class Caller:
    """Somebody who waits until the box has asked, and answers."""

    def __init__(self, answers: dict[str, tuple[float, Status, object]]) -> None:
        """`answers`: what each connector says, after how many seconds."""
        self.house = House(engine(), prompts={})
        self.answers = answers
        self.house.connector = self.asked
        self.phone = Phone(self.house).dial()
        self.listening()

    def asked(self, invoke: Invoke) -> tuple[float, Result] | None:
        seconds, status, value = self.answers.get(invoke.connector, (0.1, Status.DONE, {}))
        return seconds, Result(invoke.id, status, value)  # type: ignore[arg-type]

    @property
    def state(self) -> State:
        house = self.house
        legs = house.board._legs
        return legs[house.board.calls[0]].session.state if house.board.calls else State.OVER

    def listening(self) -> None:
        self.house.until(lambda: self.state is State.LISTENING, 120.0)
        self.house.run(0.3)

    def say(self, *sentences: str) -> None:
        """Answer one question after the other."""
        for text in sentences:
            self.phone.say(text, 0.6)
            self.house.until(lambda: self.state is not State.LISTENING)
            self.phone.heard.clear()
            self.listening()

    def hears(self, words: str) -> bool:
        return any(words.lower() in text.lower() for text in self.house.said())

    def silence(self) -> float:
        longest = quiet = 0
        for frame in self.phone.heard:
            quiet = 0 if loud(frame) else quiet + 1
            longest = max(longest, quiet)
        return longest * FRAME

    def called(self, connector: str) -> list[Invoke]:
        return [one for one in self.house.invoked if one.connector == connector]

    def leave(self) -> None:
        self.phone.hang_up()
        self.house.run(1.0)


ADDRESS = ("we have no power", "harbour road twelve", "yes", "half past seven")


@pytest.mark.parametrize(
    ("status", "words"), [(Status.DONE, "on the way"), (Status.PENDING, "report is kept")]
)
def test_an_outage_is_reported_however_long_it_takes(status: Status, words: str) -> None:
    """Takes the report, waits without dead air, says what became of it, and documents it."""
    caller = Caller({
        "known_outage": (2.0, Status.NOTHING, None), "report_outage": (6.0, status, {}),
    })  # fmt: skip
    caller.say(*ADDRESS, "yes the whole street")
    assert caller.hears(words)
    assert caller.silence() < LONGEST_SILENCE
    (report,) = caller.called("report_outage")
    assert dict(report.arguments)["address"] == "Harbour Road 12"
    assert report.key
    caller.leave()
    (record,) = caller.house.records
    assert (record.process, record.resolution) == ("outage", Resolution.RESOLVED)
    assert caller.house.documents[0].summary
    assert not caller.house.journal


def test_a_caller_who_leaves_in_the_middle_is_not_forgotten() -> None:
    """Keeps the state while it lasts; at the hang-up documents what was not resolved, and why."""
    caller = Caller({"known_outage": (0.1, Status.NOTHING, None)})
    caller.say(*ADDRESS)
    (state,) = caller.house.journal.values()
    assert dialogue.restore(dialogue.dump(state)).process == "outage"
    left = dialogue.interrupted(engine().script, state, dialogue.Moment(0.0, None))  # type: ignore[arg-type]
    assert any(isinstance(one, dialogue.Note) for one in left)
    caller.leave()
    (record,) = caller.house.records
    assert record.outcome is Outcome.CALLER_HUNG_UP
    assert (record.resolution, record.reason) == (Resolution.ABANDONED, Reason.CALLER_LEFT)
    assert not caller.house.journal


def test_a_caller_who_leaves_while_it_is_written_has_it_written() -> None:
    """Waits for the ticket without the caller: the record says that it was resolved."""
    caller = Caller({
        "known_outage": (0.1, Status.NOTHING, None), "report_outage": (5.0, Status.DONE, {}),
    })  # fmt: skip
    caller.say(*ADDRESS)
    caller.phone.say("no", 0.6)
    caller.house.until(lambda: bool(caller.called("report_outage")))
    caller.house.run(1.0)
    caller.leave()
    assert not caller.house.records
    caller.house.run(5.0)
    (record,) = caller.house.records
    assert (record.process, record.resolution) == ("outage", Resolution.RESOLVED)


def test_a_caller_proves_who_they_are_and_it_is_in_the_record() -> None:
    """Asks for what is known of the customer, verifies it, and changes the appointment."""
    alice = {
        "id": 1, "name": "Alice Marsh", "number": "47114202", "postcode": "NS1 4AB",
        "birthday": "1975-03-12", "balance": 84.2,
    }  # fmt: skip
    caller = Caller({
        "customer_by_phone": (0.2, Status.NOTHING, None),
        "customer_by_number": (1.0, Status.DONE, alice),
        dialogue.LOCK: (0.1, Status.DONE, {"locked": False}),
        dialogue.ATTEMPT: (0.1, Status.DONE, {"locked": False}),
        "appointment_of": (
            2.5, Status.DONE,
            {"id": 1, "purpose": "a new meter", "day": "2026-12-01", "part": "morning"},
        ),
    })  # fmt: skip
    caller.say(
        "i need to change my appointment", "four seven one one four two oh two",
        "n s one four a b", "the twelfth of march nineteen seventy five",
    )  # fmt: skip
    assert caller.hears("You have an appointment for a new meter")
    assert caller.silence() < LONGEST_SILENCE
    caller.say("the third of december", "in the afternoon", "yes")
    assert caller.called("move_appointment")
    assert caller.hears("Your appointment is now")
    caller.leave()
    assert caller.house.records[0].level is Known.VERIFIED
