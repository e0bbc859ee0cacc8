"""Hand-overs in virtual time: the caller, the box, and the person whom it calls first."""

from __future__ import annotations

from array import array

import pytest

from appliance import dialogue, sip
from appliance.call import sentences
from appliance.call.dialling import Dialling
from appliance.call.outside import PERSON
from appliance.call.transitions import State
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.dialogue import Say, Transfer, Understood
from tests.call.support import Script
from tests.house.wire import Wire
from tests.house.world import BOX, House, Person, Phone

PROMPTS = {
    "Hello.": 1.0, "One moment.": 0.5, "Nobody answers.": 1.0, "Goodbye.": 0.8,
    "We are open from eight to five.": 2.0, "Are you there?": 1.0,
}  # fmt: skip
BRIEFING = "Anna for radiology. Press one."


def make(*, briefing: str = BRIEFING, urgent: bool = False, **kwargs: object) -> House:
    script = Script()

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        if isinstance(event, dialogue.Heard) and event.text == "radiology":
            return [
                Understood("department", 0.9), Say("One moment."),
                Transfer("201", "radiology", briefing, urgent),
            ]  # fmt: skip
        return Script.usual(event)

    script.answer = answer
    kwargs.setdefault("attended", True)
    return House(script, prompts=PROMPTS, **kwargs)  # type: ignore[arg-type]


def session(house: House) -> object:
    return house.board._legs[house.board.calls[0]].session


def wanting(house: House, phone: Phone | None = None) -> Phone:
    """Let a caller ask for radiology."""
    phone = (phone or Phone(house)).dial()
    house.until(lambda: bool(house.board.calls) and session(house).state is State.LISTENING)
    phone.say("radiology", 1.0)
    return phone


def asking(house: House, phone: Phone | None = None) -> Phone:
    """Bring a caller to the point at which the hand-over begins."""
    phone = wanting(house, phone)
    house.until(lambda: session(house).state is State.TRANSFERRING)
    return phone


def briefed(house: House, person: Person) -> None:
    """Wait until the person hears the briefing."""
    house.until(lambda: person.hears(0.1))


def over(house: House) -> None:
    """Nothing is left of any call."""
    house.run(1.0)
    assert not house.board.calls
    assert not house.board._by_media
    assert not house.board._by_handle
    assert not house._ports
    assert not house.agent.calls()
    assert house.board.plan.dialling.calls == 0


def bridged(house: House, phone: Phone, person: Person) -> None:
    """Wait until both are joined in the box and hear each other."""
    house.until(lambda: session(house).state is State.BRIDGED)
    house.run(0.5)
    for one, other in ((phone, person), (person, phone)):
        assert not other.hears(0.2)
        one.say("", 0.5)
        house.run(0.4)
        assert other.hears(0.2), "one does not hear the other"
        house.run(0.6)


# attended


@pytest.mark.parametrize("accept", ["key", "stays"])
def test_a_person_is_told_and_takes_the_call(accept: str) -> None:
    """Calls, briefs, joins by REFER with Replaces; both calls of the box end: attended."""
    house = make()
    person = Person(house)
    phone = asking(house)
    briefed(house, person)
    assert BRIEFING in house.rendered_texts
    assert phone.hears(6.0), "the caller hears ringing meanwhile"
    if accept == "key":
        house.run(0.3)
        person.press("1")
    house.until(lambda: phone.ended)
    assert "Replaces=" in phone.transfers[0]
    over(house)
    (record,) = house.records
    assert record.outcome is Outcome.TRANSFERRED
    assert record.handed_over is HandedOver.ATTENDED
    assert record.transferred_to == "radiology"
    assert person.incoming[1].replaces == person.incoming[0].call
    assert phone.moved_to in phone.agent.calls()


def test_the_caller_is_never_in_silence_during_a_hand_over() -> None:
    """Plays ringing from the announcement to the end; its pauses are the only quiet."""
    house = make()
    person = Person(house, answers=6.0)
    phone = asking(house)
    began = len(phone.heard)
    house.until(lambda: phone.ended)
    heard = "".join("x" if any(frame) else " " for frame in phone.heard[began:])
    assert max(map(len, heard.split("x"))) <= 60  # the pause of this house's ringing is 1 s
    assert person.began is not None


def test_the_person_sees_who_calls() -> None:
    """Shows the caller's name on the person's display."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.call = phone.agent.invite(
        "100", phone.local, house.now, route=BOX, caller="0301234", display="Anna Jones"
    )
    phone.dial = lambda: phone  # type: ignore[method-assign]
    asking(house, phone)
    house.until(lambda: bool(person.incoming))
    assert person.incoming[0].caller_name == "Anna Jones"


@pytest.mark.parametrize(
    ("status", "reason"), [(486, "busy"), (480, "no answer"), (603, "they do")]
)
def test_a_target_that_refuses_brings_the_caller_back(status: int, reason: str) -> None:
    """Goes on with the conversation, and tells the dialogue why in plain words."""
    house = make()
    Person(house, refuses=status)
    phone = asking(house)
    house.until(lambda: "Nobody answers." in house.said())
    told = house.board.plan.engine.told[-1]  # type: ignore[attr-defined]
    assert isinstance(told, dialogue.TransferFailed)
    assert told.reason.startswith(reason)
    assert len(house.board._by_media) == 1
    assert house.board.plan.dialling.calls == 0
    house.until(lambda: session(house).state is State.LISTENING)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    phone.hang_up()
    over(house)
    (record,) = house.records
    assert record.outcome is Outcome.CALLER_HUNG_UP
    assert record.handed_over is HandedOver.NO
    assert not record.transferred_to


def test_a_target_that_does_not_answer_is_let_ring_and_then_left() -> None:
    """Cancels the call after the time to ring."""
    house = make()
    person = Person(house, answers=None)
    phone = asking(house)
    waited = house.until(lambda: "Nobody answers." in house.said())
    assert 19.0 < waited < 23.0
    house.run(0.5)
    assert not person.agent.calls()
    phone.hang_up()
    over(house)


@pytest.mark.parametrize("how", ["key", "leaves"])
def test_a_person_who_refuses_brings_the_caller_back(how: str) -> None:
    """Takes key 2 and hanging up for a no, in the middle of the briefing."""
    house = make()
    person = Person(house)
    phone = asking(house)
    briefed(house, person)
    if how == "key":
        person.press("2")
    else:
        person.hang_up()
    house.until(lambda: "Nobody answers." in house.said())
    house.run(0.5)
    assert person.ended
    assert not phone.ended
    phone.hang_up()
    over(house)


@pytest.mark.parametrize("moment", ["calling", "ringing", "briefing", "joining", "bridged"])
def test_a_caller_who_hangs_up_ends_everything(moment: str) -> None:
    """Leaves nobody talking to nobody, and nothing open."""
    house = make()
    person = Person(house, answers=3.0)
    phone = Phone(house)
    if moment == "bridged":
        phone.refuse_refer = 501
    elif moment == "joining":
        phone.accept_transfers = None
        house.person = None  # nobody follows the REFER
    asking(house, phone)
    if moment == "ringing":
        house.until(lambda: bool(person.incoming))
        house.run(0.5)
    elif moment == "briefing":
        briefed(house, person)
    elif moment == "joining":
        house.until(lambda: bool(phone.transfers))
    elif moment == "bridged":
        house.until(lambda: session(house).state is State.BRIDGED)
    phone.hang_up()
    house.run(4.0 if moment == "joining" else 1.0)
    assert not person.agent.calls()
    over(house)
    (record,) = house.records
    reached = moment == "bridged"
    assert record.outcome is (Outcome.TRANSFERRED if reached else Outcome.CALLER_HUNG_UP)


@pytest.mark.parametrize("refusal", [0, 501], ids=["joined", "bridged"])
@pytest.mark.parametrize("who", ["caller", "person"])
@pytest.mark.parametrize("after", [n * 0.6 for n in range(16)])
def test_whoever_hangs_up_at_any_moment_nothing_is_left(
    after: float, who: str, refusal: int
) -> None:
    """Closes every call and port, one record, over a network that loses and reorders."""
    house = make(wire=Wire(loss=0.05, delay=0.020, jitter=0.040))
    person = Person(house, answers=2.0)
    phone = Phone(house)
    phone.refuse_refer = refusal
    wanting(house, phone)
    house.until(lambda: bool(house.events("transfer")), 15)
    house.run(after)
    for telephone in (phone,) if who == "caller" else (person, phone):
        for call in telephone.agent.calls():
            telephone.agent.hang_up(call, house.now)
        house.run(3.0)
    house.run(60.0)
    over(house)
    assert len(house.records) == 1


@pytest.mark.parametrize("stays", [True, False], ids=["stays", "leaves"])
def test_a_pbx_that_ends_the_callers_call_without_a_word_is_watched(stays: bool) -> None:
    """Lets the person's call stand a moment: it ends too where the PBX has joined them."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.accept_transfers = None
    house.person = None  # the PBX does it by itself
    phone._transferred = lambda *_: None  # type: ignore[method-assign]
    asking(house, phone)
    house.person = person
    briefed(house, person)
    house.run(0.3)
    person.press("1")
    house.until(lambda: bool(phone.transfers))
    phone.hang_up()
    house.run(1.5)
    assert not person.ended, "the call that the PBX may still need"
    assert house.board.calls
    if not stays:
        person.hang_up()
    house.run(3.0)
    assert person.ended
    over(house)
    (record,) = house.records
    if stays:
        assert (record.outcome, record.handed_over) == (Outcome.CALLER_HUNG_UP, HandedOver.NO)
    else:
        assert (record.outcome, record.handed_over) == (Outcome.TRANSFERRED, HandedOver.ATTENDED)


@pytest.mark.parametrize("how", ["end", "forget", "speech"])
def test_a_call_that_is_watched_can_still_be_ended(how: str) -> None:
    """Finishes at once when the process stops; a death of `speech` changes nothing."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.accept_transfers = None
    phone._transferred = lambda *_: None  # type: ignore[method-assign]
    asking(house, phone)
    briefed(house, person)
    person.press("1")
    house.until(lambda: bool(phone.transfers))
    phone.hang_up()
    house.run(0.5)
    (call,) = house.board.calls
    if how == "end":
        house.board.end(call, Outcome.FAILED, house.now)
    elif how == "forget":
        house.board.forget(call, house.now)
    else:
        next(iter(house.ears.values())).die()
        house.run(3.5)
    over(house)
    assert len(house.records) == 1


# what the network lets the caller hear


def heard_as(phone: Phone, seconds: float) -> set[int]:
    """Peaks of the frames heard within the last so many seconds, in thousands."""
    frames = phone.heard[-round(seconds / 0.02) :]
    return {round(max(map(abs, array("h", frame)), default=0) / 1000) for frame in frames}


def test_the_caller_hears_what_the_network_lets_be_heard() -> None:
    """Plays an announcement instead of ringing while it sounds, and ringing again afterwards."""
    house = make()
    person = Person(house, answers=None, early=True)
    phone = asking(house)
    house.until(lambda: person._media is not None)
    house.run(2.0)
    assert heard_as(phone, 1.5) <= {0, 3}, "a network that is silent is no reason for silence"
    person.say("", 2.0)
    house.run(0.3)
    began = len(phone.heard)
    house.run(1.5)
    assert heard_as(phone, 1.4) == {8}
    house.run(6.5)
    assert 3 in heard_as(phone, 1.5), "it rings again once the network is silent for long"
    quiet = "".join("x" if any(frame) else " " for frame in phone.heard[began:])
    assert max(map(len, quiet.split("x"))) <= 300
    person.say("", 1.0)
    house.run(0.6)
    assert heard_as(phone, 0.2) == {8}
    house.until(lambda: "Nobody answers." in house.said())
    phone.hang_up()
    over(house)


def test_early_audio_goes_over_into_the_conversation() -> None:
    """Briefs and joins as ever after early media; the caller hears nothing of the briefing."""
    house = make()
    person = Person(house, answers=2.0, early=True)
    phone = asking(house)
    house.until(lambda: person._media is not None)
    person.say("", 10.0)
    house.run(1.0)
    assert heard_as(phone, 0.2) == {8}
    briefed(house, person)
    house.run(0.5)
    assert heard_as(phone, 0.3) <= {0, 3}
    person._saying.clear()
    person.press("1")
    house.until(lambda: phone.ended)
    over(house)
    assert house.records[0].handed_over is HandedOver.ATTENDED


# redirected


def test_a_redirection_is_followed() -> None:
    """Calls where the PBX sends it, twice at most, and hands over there."""
    house = make()
    person = Person(house, redirects=("sip:202@10.0.0.1", "sip:203@10.0.0.1:5060;user=phone"))
    phone = asking(house)
    house.until(lambda: phone.ended)
    over(house)
    assert [event.called for event in person.incoming[:3]] == ["201", "202", "203"]
    assert house.records[0].handed_over is HandedOver.ATTENDED


@pytest.mark.parametrize(
    ("redirects", "calls"),
    [
        (("sip:202@10.0.0.1", "sip:203@10.0.0.1", "sip:204@10.0.0.1"), 3),
        (("sip:202@10.0.0.1", "sip:202@10.0.0.1"), 2),
        (("sip:0900666@10.0.0.1",), 1),
        (("sip:202@evil.example",), 1),
        (("mailto:anna@pbx.example",), 1),
    ],
    ids=["far", "circle", "number", "elsewhere", "mail"],
)
@pytest.mark.parametrize("urgent", [False, True])
def test_a_redirection_that_leads_nowhere_brings_the_caller_back(
    redirects: tuple[str, ...], calls: int, urgent: bool
) -> None:
    """Follows neither for ever, nor in a circle, nor to what the box may not call."""
    house = make(urgent=urgent)
    person = Person(house, redirects=redirects)
    phone = Phone(house)
    phone.refuse_refer = 405
    phone = wanting(house, phone)
    house.until(lambda: "Nobody answers." in house.said())
    assert len(person.incoming) == calls
    phone.hang_up()
    over(house)
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP]


# bridged


@pytest.mark.parametrize("refusal", [405, 501, 603])
def test_a_pbx_that_does_not_join_the_calls_is_done_without(refusal: int) -> None:
    """Bridges both calls in the box, audio both ways, and ends when either leaves."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = refusal
    asking(house, phone)
    bridged(house, phone, person)
    person.hang_up()
    house.until(lambda: phone.ended)
    over(house)
    (record,) = house.records
    assert (record.outcome, record.handed_over) == (Outcome.TRANSFERRED, HandedOver.BRIDGED)


def test_keys_cross_the_bridge() -> None:
    """Passes a key on to the other side, once."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    house.run(0.5)
    phone.press("5")
    house.run(1.0)
    assert person.keys == ["5"]
    person.press("7")
    house.run(1.0)
    assert phone.keys == ["7"]


def test_nobody_listens_to_what_is_said_over_the_bridge() -> None:
    """Sends no audio up to `speech` once a person has taken the call."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    (ears,) = (ears for call, ears in house.ears.items() if not call.endswith(PERSON))
    frames = ears._frames
    phone.say("secret", 1.0)
    house.run(3.0)
    assert ears._frames == frames
    assert person.hears(3.0)


def test_hold_crosses_the_bridge_without_dead_air() -> None:
    """Lets the other side hear a soft tone while one holds, and both again afterwards."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    house.run(0.5)
    person.agent.hold(person.call, True, house.now)
    house.run(40.0)
    assert not phone.ended, "a hold is no lost line"
    person.agent.hold(person.call, False, house.now)
    house.run(0.5)
    person.say("", 0.5)
    house.run(0.4)
    assert phone.hears(0.2)


def test_a_bridge_with_a_dead_line_comes_down() -> None:
    """Ends both calls when no audio comes any more; the caller had reached a person."""
    house = make(media_timeout=5.0)
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    person._media = None  # their telephone is dead
    house.until(lambda: phone.ended, 20)
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED]


# blind


def test_a_pbx_that_refuses_a_blind_transfer_is_done_without() -> None:
    """Calls the target itself and bridges at once, without briefing."""
    house = make(attended=False)
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 405
    asking(house, phone)
    bridged(house, phone, person)
    assert BRIEFING not in house.rendered_texts
    phone.hang_up()
    over(house)
    assert person.ended
    assert house.records[0].handed_over is HandedOver.BRIDGED


def test_an_emergency_goes_the_shortest_way() -> None:
    """Sends a plain REFER although hand-overs are attended elsewhere."""
    house = make(urgent=True)
    phone = asking(house)
    house.until(lambda: phone.ended)
    assert "Replaces" not in phone.transfers[0]
    over(house)
    assert house.records[0].handed_over is HandedOver.BLIND


def test_a_rescue_without_speech_reaches_a_person_though_the_pbx_transfers_nobody() -> None:
    """Apologises, is refused, calls the operator and bridges: rescued."""
    house = make()
    person = Person(house)
    house.speech_alive = False
    phone = Phone(house)
    phone.refuse_refer = 405
    phone.dial()
    house.until(lambda: bool(house.board.calls) and session(house).state is State.TRANSFERRING)
    assert house.said() == [sentences.APOLOGY]
    bridged(house, phone, person)
    phone.hang_up()
    over(house)
    assert house.outcomes() == [Outcome.RESCUED]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_death_of_speech_leaves_out_the_briefing_and_not_the_caller(when: str) -> None:
    """Puts the caller through, told or not."""
    house = make()
    person = Person(house, answers=3.0)
    phone = asking(house)
    if when == "meanwhile":
        briefed(house, person)
    next(iter(house.ears.values())).die()
    house.until(lambda: phone.ended)
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED]


# limits


def test_a_number_that_is_not_allowed_is_not_called() -> None:
    """Neither calls nor transfers, tells the dialogue, counts nothing."""
    for attended in (True, False):
        house = make(attended=attended, dialling=Dialling(known=("200",)))
        person = Person(house)
        wanting(house)
        house.until(lambda: "Nobody answers." in house.said())  # noqa: B023
        assert not person.incoming
        assert "201" in str(house.events("not-dialled")[0]["why"])


def test_calls_out_are_counted() -> None:
    """Refuses the second call of a minute where one is allowed, also for transfers."""
    house = make(attended=False, dialling=Dialling(("201",), per_minute=1))
    first = asking(house)
    house.until(lambda: first.ended)
    house.run(1.0)
    second = wanting(house)
    house.until(lambda: bool(house.events("not-dialled")))
    house.run(0.5)
    assert not second.ended


@pytest.mark.parametrize("why", ["emergency", "rescue"])
def test_no_limit_stands_between_a_caller_and_help(why: str) -> None:
    """Puts through in an emergency and in a rescue, however much has been dialled."""
    house = make(urgent=why == "emergency", dialling=Dialling(per_minute=0, known=("200", "201")))
    house.speech_alive = why == "emergency"
    phone = wanting(house) if house.speech_alive else Phone(house).dial()
    house.until(lambda: phone.ended)
    over(house)
    assert phone.transfers
    assert not house.events("not-dialled")


def test_only_so_many_calls_out_at_once() -> None:
    """Counts a call out from its beginning to its end."""
    house = make(dialling=Dialling(("201",), at_once=1))
    Person(house, answers=None)
    first = asking(house)
    assert house.board.plan.dialling.calls == 1
    second = Phone(house).dial()
    house.run(2.0)
    second.say("radiology", 1.0)
    house.until(lambda: bool(house.events("not-dialled")))
    first.hang_up()
    second.hang_up()
    over(house)


# replaced


def test_a_call_that_replaces_another_is_answered_at_once() -> None:
    """Takes it though the box is full and calls ring first; the old one ends as replaced."""
    house = make(capacity=1, ring=5.0)
    first = Phone(house).dial()
    house.until(lambda: first.began is not None)
    assert house.now - 5000.0 >= 5.0
    call, to_tag, from_tag = dialog_of(house, 0)
    second = Phone(house)
    second.dial(replaces=f"{call};to-tag={to_tag};from-tag={from_tag}")
    assert house.until(lambda: second.began is not None) < 0.5
    house.until(lambda: first.ended)
    house.run(0.5)
    assert house.outcomes() == [Outcome.REPLACED]
    assert not any(isinstance(event, sip.Ringing) for event in second.events)
    second.hang_up()
    over(house)


def test_a_person_may_pass_the_caller_on() -> None:
    """Lets another telephone take the person's place on the bridge."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    call, to_tag, from_tag = dialog_of(house, 1)
    colleague = Phone(house)
    colleague.dial(replaces=f"{call};to-tag={to_tag};from-tag={from_tag}")
    house.until(lambda: colleague.began is not None)
    house.until(lambda: person.ended)
    bridged(house, phone, colleague)  # type: ignore[arg-type]
    colleague.hang_up()
    house.until(lambda: phone.ended)
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED]


def test_a_caller_on_the_bridge_may_pass_the_person_on() -> None:
    """Lets another telephone take the caller's place, still with the person."""
    house = make()
    person = Person(house)
    phone = Phone(house)
    phone.refuse_refer = 501
    asking(house, phone)
    house.until(lambda: session(house).state is State.BRIDGED)
    call, to_tag, from_tag = dialog_of(house, 0)
    doctor = Phone(house).dial(replaces=f"{call};to-tag={to_tag};from-tag={from_tag}")
    house.until(lambda: doctor.began is not None)
    house.until(lambda: phone.ended)
    bridged(house, doctor, person)
    assert len(house.board.calls) == 1
    doctor.hang_up()
    house.until(lambda: person.ended)
    over(house)
    (record,) = house.records
    assert (record.outcome, record.handed_over) == (Outcome.TRANSFERRED, HandedOver.BRIDGED)


def dialog_of(house: House, index: int) -> tuple[str, str, str]:
    """Call-ID and tags, ours first, of one of the box's calls."""
    sessions = [house.agent._session(handle) for handle in house.agent.calls()]
    dialog = sessions[index].dialog
    assert dialog is not None
    return dialog.key


# what the line tells


def test_the_dialogue_knows_what_the_line_tells() -> None:
    """Hands on asserted identity, diversion and configured headers of a trusted peer."""
    house = make()
    phone = Phone(house)
    phone.dial(
        caller="0301234",
        headers=(
            ("P-Asserted-Identity", '"Ward 3" <sip:203@10.0.0.1>'),
            ("Diversion", "<sip:201@10.0.0.1>;reason=no-answer"),
            ("X-Customer-Id", "77"),
        ),
    )
    house.until(lambda: phone.began is not None)
    house.run(0.5)
    assert dict(house.board.plan.engine.facts) == {  # type: ignore[attr-defined]
        "caller": "203", "caller_name": "Ward 3", "called": "100", "diverted_from": "201",
        "diversion_reason": "no-answer", "x_customer_id": "77",
    }  # fmt: skip
    phone.hang_up()
    over(house)
    assert "203" not in str(house.records)


# a peer that wants the box to call


def test_the_box_calls_nobody_for_a_peer() -> None:
    """Declines a REFER politely, and the conversation goes on."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: bool(house.board.calls) and session(house).state is State.LISTENING)
    phone.agent.transfer(phone.call, "sip:0900666@evil.example", house.now)
    house.run(1.0)
    progress = [event for event in phone.events if isinstance(event, sip.TransferProgress)]
    assert progress[-1].status == 603
    assert progress[-1].final
    assert not phone.ended


# lines


def test_two_lines_share_one_box() -> None:
    """Serves calls at two PBXs; a hand-over goes by the line that the caller came by."""
    house = make(attended=True)
    other = sip.Address("udp", "10.9.0.2", 5060)
    house.line("300", other, "10.9.0.1")
    at_home = Person(house)
    abroad = Person(house, host="10.9.0.1")
    first = Phone(house).dial()
    second = Phone(house).dial(to=other)
    house.until(lambda: len(house.events("greeting")) == 2)
    house.run(2.0)
    second.say("radiology", 1.0)
    house.until(lambda: bool(abroad.incoming))
    house.until(lambda: second.ended)
    assert not at_home.incoming
    assert not first.ended
    first.hang_up()
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED, Outcome.CALLER_HUNG_UP]


# another address


@pytest.mark.parametrize("srtp", [sip.Srtp.OFF, sip.Srtp.REQUIRED])
def test_calls_survive_a_change_of_the_boxs_address(srtp: sip.Srtp) -> None:
    """Takes both calls of a bridge to new ports; both hear each other, and either may end it."""
    house = make(srtp=srtp)
    person = Person(house, srtp=srtp)
    phone = Phone(house, srtp=srtp)
    phone.refuse_refer = 501
    asking(house, phone)
    bridged(house, phone, person)
    house.move("100", sip.Address("udp", "10.0.0.77", 5060))
    house.run(0.5)
    assert len(house.board._by_media) == len(house._ports) == 2
    bridged(house, phone, person)
    person.hang_up()
    house.until(lambda: phone.ended)
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED]


def test_a_conversation_goes_on_at_another_address() -> None:
    """Hears and answers the caller after the change, and learns that they hang up."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: bool(house.board.calls) and session(house).state is State.LISTENING)
    house.move("100", sip.Address("udp", "10.0.0.77", 5060))
    house.run(0.5)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(0.5)
    assert phone.hears(0.2)
    phone.hang_up()
    over(house)
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP]


def test_a_call_for_which_there_are_no_new_ports_dies_of_silence() -> None:
    """Leaves the others alone."""
    house = make(media_timeout=5.0)
    first, second = Phone(house).dial(), Phone(house).dial()
    house.until(lambda: len(house.events("greeting")) == 2)
    house.run(1.0)
    open_media, asked = house.open_media, []

    def scarce(call: str, line: str) -> sip.LocalMedia:
        asked.append(call)
        if len(asked) > 1:
            raise OSError("no ports")
        return open_media(call, line)

    house.open_media = scarce  # type: ignore[method-assign]
    house.move("100", sip.Address("udp", "10.0.0.77", 5060))
    house.run(7.0)
    assert house.outcomes() == [Outcome.MEDIA_LOST]
    assert len(house.board.calls) == 1
    for phone in (first, second):
        if not phone.ended:
            phone.hang_up()
    over(house)


# encryption


def test_nothing_plain_is_sent_where_encryption_is_required() -> None:
    """Carries a whole call with hand-over under SRTP, each side with keys of its own."""
    house = make(srtp=sip.Srtp.REQUIRED)
    person = Person(house, srtp=sip.Srtp.REQUIRED)
    phone = Phone(house, srtp=sip.Srtp.REQUIRED)
    phone.refuse_refer = 501
    asking(house, phone)
    bridged(house, phone, person)
    assert phone.packets
    assert min(len(packet) for packet in phone.packets if packet[1] & 0x7F == 0) > 172
    phone.hang_up()
    over(house)
    assert house.outcomes() == [Outcome.TRANSFERRED]


@pytest.mark.parametrize("codec", ["G722", "opus", "PCMA"])
def test_an_encrypted_call_is_held_resumed_and_handed_over(codec: str) -> None:
    """Carries every codec under SRTP through hold, resume, briefing and a key to the joining."""
    required: dict[str, object] = {"srtp": sip.Srtp.REQUIRED, "codecs": (codec,)}
    house = make(**required)
    person = Person(house, **required)  # type: ignore[arg-type]
    phone = Phone(house, **required).dial()  # type: ignore[arg-type]
    house.until(lambda: bool(house.board.calls) and session(house).state is State.LISTENING)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(0.5)
    assert phone.hears(0.2)
    phone.hold(True)
    house.run(1.0)
    assert not phone.hears(0.2)
    phone.hold(False)
    house.run(0.5)
    assert phone.hears(0.3)
    house.until(lambda: session(house).state is State.LISTENING)
    phone.say("radiology", 1.0)
    briefed(house, person)
    house.run(0.3)
    person.press("1")
    house.until(lambda: phone.ended)
    over(house)
    (record,) = house.records
    assert (record.handed_over, record.codec) == (HandedOver.ATTENDED, codec)
    assert record.lost == 0
    assert record.mos > 3.0


def test_a_plain_call_is_refused_where_encryption_is_required() -> None:
    """Answers 488."""
    house = make(srtp=sip.Srtp.REQUIRED)
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    assert phone.status == 488
