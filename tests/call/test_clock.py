"""`call.clock`: stream time and loop time."""

from __future__ import annotations

import pytest

from appliance.call.clock import FRAME, StreamClock


def test_stream_time_is_mapped_to_the_tick_that_pulled_it() -> None:
    """Gives the loop time of the frame in which a sample lay."""
    clock = StreamClock()
    for n in range(100):
        clock.note(50.0 + n * FRAME)
    assert clock.at(0.0) == 50.0
    assert clock.at(1.0) == pytest.approx(50.98)
    assert clock.at(1.001) == pytest.approx(51.0)
    assert clock.stream == pytest.approx(2.0)


def test_a_stall_moves_what_comes_after_it_only() -> None:
    """Keeps both sides of a break right."""
    clock = StreamClock()
    for n in range(50):
        clock.note(10.0 + n * FRAME)
    for n in range(50):
        clock.note(15.0 + n * FRAME)
    assert clock.at(0.5) == pytest.approx(10.48)
    assert clock.at(1.5) == pytest.approx(15.48)


def test_small_deviations_are_no_breaks_and_many_breaks_cost_no_memory() -> None:
    """Remembers few anchors, however long the call."""
    clock = StreamClock()
    for n in range(1000):
        clock.note(n * FRAME + (n % 3) * 0.001)
    assert len(clock._anchors) == 1
    for n in range(1000):
        clock.note(100.0 + n)
    assert len(clock._anchors) <= 64


def test_frames_that_were_dropped_shorten_the_stream() -> None:
    """Goes on at the peer's count after a gap in what was sent."""
    clock = StreamClock()
    for n in range(100):
        clock.note(n * FRAME)
    clock.drop(30)
    assert clock.stream == pytest.approx(1.4)
    clock.note(100 * FRAME)
    clock.note(101 * FRAME)
    assert clock.at(1.41) == pytest.approx(2.0)
    assert clock.at(1.43) == pytest.approx(2.02)
    assert clock.at(0.5) == pytest.approx(0.48)


def test_before_the_first_frame_there_is_no_time() -> None:
    """Raises ValueError."""
    with pytest.raises(ValueError, match="no frame"):
        StreamClock().at(0.0)
