"""A caller of the load, in virtual time."""

import struct

import pytest

from appliance.call.capacity.caller import FRAME, PATIENCE, Caller, State, clip
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Audio, Expect, Heard, Say, Spoken

LOUD = struct.pack("<160h", *[4000, -4000] * 80)
HEARD = Heard("yes", 1.0, 0.0, 0.1, 0.3)
EXPECTED = Expectation(Kind.YES_NO)


@pytest.fixture
def caller():
    said = clip(LOUD * 5 + bytes(FRAME) * 3, EXPECTED, "Thank you.")
    return Caller([said], [0.1], 0.0)


class Time:
    """Ticks of 20 ms that remember what went up."""

    def __init__(self, caller):
        self.caller, self.now, self.sent = caller, 0.0, []

    def run(self, until):
        while not until():
            self.sent += self.caller.tick(self.now)
            self.now += 0.02
            assert self.now < 60


def test_a_clip_ends_with_its_voice():
    """Quiet at the end of a sentence is not waited for, half a frame is filled up."""
    made = clip(LOUD * 5 + bytes(FRAME) * 3 + b"\x00\x00", EXPECTED, "")
    assert (len(made.frames), made.voiced) == (9, 5)
    assert {len(frame) for frame in made.frames} == {FRAME}


def test_a_turn_is_measured_from_the_last_voiced_frame(caller):
    """What is measured is what a caller waits: from the end of the voice to the first sound."""
    time = Time(caller)
    time.run(lambda: caller.state is State.WAITING)
    ended = time.now - 0.02
    assert [m for m in time.sent if isinstance(m, Expect)] == [Expect(EXPECTED)]
    assert caller.receive(HEARD, ended + 0.2) == [Say(1, "Thank you.")]
    assert caller.receive(Spoken(1, b""), ended + 0.25) == []
    caller.receive(Spoken(1, LOUD * 3), ended + 0.3)
    assert caller.answers == [pytest.approx(0.3)]
    assert caller.state is State.HEARING


def test_the_answer_is_heard_out(caller):
    """The next sentence begins after the answer has been played, which goes up as the far end."""
    time = Time(caller)
    time.run(lambda: caller.state is State.WAITING)
    caller.receive(HEARD, time.now)
    caller.receive(Spoken(1, LOUD * 50), time.now)
    began = time.now
    time.sent.clear()
    time.run(lambda: caller.state is State.SPEAKING)
    assert time.now - began > 50 * 0.02
    played = [m.played for m in time.sent if isinstance(m, Audio) and m.played]
    assert played == [LOUD] * 50


def test_an_answer_in_odd_pieces_is_played_whole(caller):
    """Pieces of any size become frames, the last one filled up."""
    time = Time(caller)
    time.run(lambda: caller.state is State.WAITING)
    caller.receive(HEARD, time.now)
    for piece, last in ((LOUD[:100], False), (LOUD[:400], False), (b"\x01\x00", True)):
        caller.receive(Spoken(1, piece, last), time.now)
    time.sent.clear()
    time.run(lambda: caller.state is State.SPEAKING)
    played = b"".join(m.played for m in time.sent if isinstance(m, Audio))
    assert played == (LOUD[:100] + LOUD[:320] + b"\x01\x00").ljust(640, b"\x00")


def test_a_forgotten_caller_goes_on(caller):
    """No answer is counted as missed, and the caller speaks again."""
    time = Time(caller)
    time.run(lambda: caller.missed)
    assert caller.answers == []
    assert time.now > PATIENCE
    time.run(lambda: caller.state is State.WAITING)


def test_one_question_is_answered_once(caller):
    """A sentence that was taken for two is not answered twice, nor an old answer counted."""
    time = Time(caller)
    assert caller.receive(HEARD, 0.0) == []
    time.run(lambda: caller.state is State.WAITING)
    assert caller.receive(HEARD, time.now)
    assert caller.receive(HEARD, time.now) == []
    caller.receive(Spoken(9, LOUD), time.now)
    assert caller.answers == []
