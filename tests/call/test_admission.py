"""`call.admission`: one more call only where it will be a good one."""

from __future__ import annotations

from appliance.call import admission as module
from appliance.call.admission import Admission
from appliance.system import loop

FINE, LATE = 0.001, 0.020


def pace(admission: Admission, start: float, seconds: float, *, late_each: int = 0) -> float:
    """Note fifty ticks a second, each `late_each`-th of them late; return the time after."""
    count = round(seconds * 50)
    for tick in range(count):
        late = LATE if late_each and tick % late_each == 0 else FINE
        admission.note(late, start + tick * 0.02)
    return start + seconds


def test_the_count_decides_on_a_quiet_machine() -> None:
    """Takes calls up to the capacity and says why it takes no more."""
    admission = Admission(2)
    now = pace(admission, 100.0, 10)
    assert admission.admits(1, now)
    assert not admission.admits(2, now)
    assert "call.capacity" in admission.why(2, now)
    assert not Admission(0).admits(0, now)


def test_lateness_that_lasts_closes_the_door() -> None:
    """Takes no further call while one packet in fifty leaves late, however few calls there are."""
    admission = Admission(10)
    now = pace(admission, 100.0, 10)
    now = pace(admission, now, 3, late_each=25)
    assert not admission.admits(1, now)
    assert "too busy" in admission.why(1, now)


def test_a_share_below_one_percent_is_no_overload() -> None:
    """Asks for the 99th percentile, not for perfection."""
    admission = Admission(10)
    assert admission.admits(1, pace(admission, 100.0, 10, late_each=125))


def test_one_hiccup_is_no_overload() -> None:
    """A stall of a fifth of a second is made up for, and closes nothing."""
    admission = Admission(10)
    now = pace(admission, 100.0, 10)
    admission.note(0.2, now + 0.5)
    now = pace(admission, now + 0.5, 0.5)
    assert admission.admits(1, now)


def test_ticks_given_up_close_it_at_once() -> None:
    """A stall so long that packets were never sent counts by itself."""
    admission = Admission(10)
    now = pace(admission, 100.0, 10)
    admission.note(1.0, now + 1.0)
    assert not admission.admits(1, now + 1.0)


def test_it_counts_as_the_pacer_does() -> None:
    """Gives up as many ticks as the real pacer would."""
    assert (module.PERIOD, module.CATCH_UP) == (loop.PERIOD, loop._CATCH_UP)
    pacer = loop.Pacer()
    pacer.on_late = Admission(1).note


def test_it_opens_only_after_it_has_been_good_for_seconds() -> None:
    """Does not flicker: good for as long as it looks back, and five seconds on top."""
    admission = Admission(10)
    now = pace(admission, 100.0, 4, late_each=10)
    assert not admission.admits(1, now)
    now = pace(admission, now, 8)
    assert not admission.admits(1, now)
    now = pace(admission, now, 4)
    assert admission.admits(1, now)


def test_lateness_on_the_brink_keeps_it_closed() -> None:
    """Between the two thresholds it stays as it is."""
    admission = Admission(10)
    now = pace(admission, 100.0, 20, late_each=125)
    assert admission.admits(1, now)
    now = pace(admission, now, 4, late_each=10)
    assert not admission.admits(1, now)
    now = pace(admission, now, 30, late_each=125)
    assert not admission.admits(1, now)


def test_with_no_call_left_it_forgets() -> None:
    """When nothing has been sent for seconds, nothing is overloaded."""
    admission = Admission(10)
    now = pace(admission, 100.0, 5, late_each=5)
    assert not admission.admits(1, now)
    assert admission.admits(0, now + 7)


def test_it_remembers_a_few_seconds_only() -> None:
    """Takes no more memory after an hour than after ten seconds."""
    admission = Admission(10)
    pace(admission, 0.0, 3600)
    assert len(admission._seconds) <= 6
