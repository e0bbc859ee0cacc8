"""`call.leg`: a session with its media."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance import dialogue, rtp, sip
from appliance.call import orders
from appliance.call.consultation import Consultation
from appliance.call.leg import Leg
from appliance.call.stream import Stream
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Audio, Opened
from appliance.sip import Direction
from tests.call.support import Bench, plan_of
from tests.house.wire import loud, tone

REMOTE = ("10.0.0.9", 4000)


def media(direction: Direction = Direction.SENDRECV, codec: str = "PCMU") -> sip.Media:
    return sip.Media(*REMOTE, codec, 0 if codec == "PCMU" else 8, 101, direction, 20)


class Call:
    """A leg and the telephone's end of its media."""

    def __init__(self) -> None:
        self.bench = Bench()
        tokens = iter(f"{n:020x}" for n in range(10**9, 10**9 + 99))
        self.leg = Leg(
            name="n",
            line="100",
            handle="h",
            session=self.bench.session,
            tokens=lambda: next(tokens),
            plan=plan_of(self.bench),
        )
        self.now = self.bench.now
        self.bench.session.speech(Opened("a", "b"), self.now)
        self.leg.agree(media(), self.now)
        self.phone = rtp.MediaSession(
            codec="PCMU", payload_type=0, dtmf_payload_type=101, remote=("10.0.0.2", 2), ssrc=1,
            sequence=1, timestamp=1, cname="p", now=self.now,
        )  # fmt: skip
        self.heard: list[bytes] = []

    def confirm(self) -> None:
        self.leg.event(sip.Confirmed("h", media()), self.now)

    def run(self, frames: int, say: bytes | None = None) -> None:
        for _ in range(frames):
            self.now += 0.02
            self.phone.send(say or bytes(320), self.now)
            for packet in self.phone.outgoing():
                self.leg.stream.receive(packet.data, REMOTE, packet.control, self.now)
            self.leg.tick(self.now)
            for out in self.leg.packets():
                if not out.control:
                    self.phone.receive(out.data, ("10.0.0.2", 2), self.now)
            self.heard.append(self.phone.pull(self.now).pcm)
            self.bench.drain()


def test_sound_goes_both_ways() -> None:
    """Carries the caller's frames to `speech` and the box's frames to the caller."""
    call = Call()
    call.confirm()
    call.run(50, tone(0.02))
    up = [m.pcm for m in call.bench.told(Audio) if isinstance(m, Audio)]
    assert sum(map(loud, up)) > 40
    assert sum(map(any, call.heard)) > 40


def test_silence_is_sent_where_nothing_is_said() -> None:
    """Keeps packets flowing for PBXs that end quiet calls."""
    call = Call()
    call.confirm()
    call.run(100)
    assert call.leg.media is not None
    before = call.leg.media.statistics.sent
    call.run(50)
    assert call.leg.media.statistics.sent == before + 50


def test_a_telephone_that_sends_keys_both_ways_is_heard_once() -> None:
    """Prefers RFC 4733 over INFO once both have been seen."""
    call = Call()
    call.confirm()
    call.run(20)
    call.phone.send_dtmf("5", call.now)
    call.run(20)
    call.leg.event(sip.KeyPressed("h", "5"), call.now)
    call.bench.drain()
    assert call.bench.session.tally.keys == 1


def test_keys_by_info_alone_are_heard() -> None:
    """Takes INFO where the telephone sends nothing else."""
    call = Call()
    call.confirm()
    call.run(20)
    call.leg.event(sip.KeyPressed("h", "5"), call.now)
    assert call.bench.session.tally.keys == 1


def test_hold_stops_sending_and_resume_starts_it() -> None:
    """Follows what a re-INVITE has agreed, a change of codec included."""
    call = Call()
    call.confirm()
    call.run(10)
    call.leg.event(sip.MediaChanged("h", media(Direction.RECVONLY)), call.now)
    assert call.leg.media is not None
    before = call.leg.media.statistics.sent
    call.run(50)
    assert call.leg.media.statistics.sent == before
    call.leg.event(sip.MediaChanged("h", media(codec="PCMA")), call.now)
    call.run(50)
    assert call.leg.media.statistics.sent == before + 50
    assert call.leg.codec == "PCMA"


def test_an_offer_of_ours_is_agreed_with_the_ack() -> None:
    """Begins media at `Confirmed` where the INVITE had no offer."""
    call = Call()
    leg = Leg(
        name="n", line="1", handle="h", session=Bench().session, tokens=lambda: "f" * 20,
        plan=plan_of(call.bench),
    )  # fmt: skip
    assert leg.media is None
    leg.event(sip.Confirmed("h", media()), call.now)
    assert leg.media is not None


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (sip.EndReason.HUNG_UP, Outcome.CALLER_HUNG_UP),
        (sip.EndReason.TIMEOUT, Outcome.FAILED),
        (sip.EndReason.FAILED, Outcome.FAILED),
    ],
)
def test_the_reason_of_the_end_is_kept_apart(reason: sip.EndReason, outcome: Outcome) -> None:
    """Tells a caller who hung up from a call that broke."""
    call = Call()
    call.confirm()
    call.run(10)
    call.leg.event(sip.Ended("h", reason), call.now)
    call.bench.drain()
    assert call.bench.ordered(orders.Finished) == [orders.Finished(outcome)]
    assert any(packet.control for packet in call.leg.packets())


def test_the_record_holds_the_figures() -> None:
    """Fills counts from the session and packets from the media."""
    call = Call()
    call.confirm()
    call.run(100)
    started = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    record = call.leg.record(Outcome.COMPLETED, started, call.now)
    assert record.codec == "PCMU"
    assert record.received == 100
    assert record.seconds == 2
    assert record.id == "n"


def test_early_audio_that_cannot_be_heard_ends_no_hand_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Leaves the caller with our own ringing; only an answer in such a codec fails."""
    call = Call()
    call.confirm()
    tokens = iter(f"{n:020x}" for n in range(10**9, 10**9 + 99))
    second = Consultation("m", "g", Stream(lambda: next(tokens), call.now), None)
    call.leg.second = second
    told: list[str] = []
    monkeypatch.setattr(
        call.bench.session, "not_handed_over", lambda reason, now: told.append(reason)
    )
    call.leg.event(sip.EarlyMedia("g", media(codec="EVS")), call.now)
    assert not told
    call.run(2)
    call.leg.event(sip.Answered("g", media(codec="EVS")), call.now)
    assert told


def test_time_passes_for_what_is_left_to_be_done() -> None:
    """Lets a dialogue go on that has handed its caller over and still waits for an answer."""
    call = Call()
    script = call.bench.script
    script.leaving = lambda event: (
        [dialogue.Await("w", 3.0)] if isinstance(event, dialogue.CallerLeft) else [dialogue.Gone()]
    )
    call.bench.session._dialogue = dialogue.State(process="outage")
    call.bench.session._leave(call.now, handed_over=True)
    call.leg.tick(call.now + 2.9)
    assert script.left == [dialogue.CallerLeft(handed_over=True)]
    call.leg.tick(call.now + 3.0)
    assert script.left[-1] == dialogue.Silent()
