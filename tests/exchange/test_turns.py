"""Times of turns, from scripted frames and packets."""

import pytest

from appliance.exchange.turns import TurnMeter

FRAME = 0.02


class Wire:
    """Feeds a meter from two strings: one character is 20 ms, `#` is voiced."""

    def __init__(self) -> None:
        self.meter = TurnMeter()
        self.now = 100.0

    def run(self, ours: str, theirs: str) -> None:
        for mine, other in zip(ours, theirs, strict=True):
            self.now += FRAME
            if other == "#":
                self.meter.received(True, self.now)
            elif other == "_":
                self.meter.received(False, self.now)
            self.meter.sent(mine == "#", self.now)


def say(wire: Wire, ours: str, theirs: str, text: str = "hello") -> None:
    wire.meter.begin(text)
    wire.run(ours, theirs)
    wire.meter.finish()


def test_response_is_counted_from_the_last_voiced_frame() -> None:
    """The response time runs from our last voiced frame to the peer's first voiced packet."""
    wire = Wire()
    say(wire, "##__##" + "_" * 4, "." * 10)
    wire.run("_" * 12, "_" * 10 + "##")
    (turn,) = wire.meter.turns
    assert turn.text == "hello"
    assert not turn.interrupted
    assert turn.response == pytest.approx((4 + 11) * FRAME)
    assert turn.yielding is None


def test_packet_before_the_end_of_our_speech_is_no_answer() -> None:
    """A sound of the peer while we still speak does not count as its answer."""
    wire = Wire()
    say(wire, "#" * 10, "." * 4 + "##" + "." * 4)
    assert wire.meter.turns[0].answered is None
    wire.run("_" * 5, "." * 4 + "#")
    assert wire.meter.turns[0].response == pytest.approx(5 * FRAME)


def test_interruption_is_measured_to_the_last_voiced_packet() -> None:
    """A peer that is interrupted has fallen silent at its last voiced packet, pauses excepted."""
    wire = Wire()
    wire.run("_" * 50, "#" * 50)
    say(wire, "#" * 60, "#" * 8 + "_" * 52)
    wire.run("_" * 10, "_" * 9 + "#")
    (turn,) = wire.meter.turns
    assert turn.interrupted
    assert turn.yielding == pytest.approx(7 * FRAME)
    assert turn.response == pytest.approx(10 * FRAME)


def test_peer_that_goes_on_has_neither_yielded_nor_answered() -> None:
    """The rest of a sentence that was not stopped is not taken for an answer."""
    wire = Wire()
    wire.run("_" * 20, "#" * 20)
    say(wire, "#" * 20, "#" * 20)
    wire.run("_" * 30, "#" * 30)
    (turn,) = wire.meter.turns
    assert turn.silenced is None
    assert turn.answered is None


def test_spurts_join_what_only_a_short_pause_parts() -> None:
    """Stretches of the peer's speech are listed, those with a short pause between as one."""
    wire = Wire()
    wire.run("_" * 60, "#" * 10 + "_" * 5 + "#" * 10 + "_" * 30 + "#" * 5)
    assert len(wire.meter.spurts) == 2
    first, second = wire.meter.spurts
    assert first[1] - first[0] == pytest.approx(24 * FRAME)
    assert second[1] - second[0] == pytest.approx(4 * FRAME)


def test_quiet_is_infinite_before_the_first_word() -> None:
    """A peer that has said nothing yet has been quiet for ever."""
    wire = Wire()
    assert wire.meter.peer_quiet(5.0) == float("inf")
    assert not wire.meter.peer_speaking(5.0)
