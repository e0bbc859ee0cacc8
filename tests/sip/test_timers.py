"""The heap of timers."""

from appliance.sip.timers import Timers


def test_timers_run_in_the_order_of_their_time():
    """What is due runs, earliest first; the rest waits."""
    timers, ran = Timers(), []
    for name, when in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        timers.set(name, when, lambda now, name=name: ran.append((name, now)))
    assert timers.deadline() == 1.0
    timers.run(2.5)
    assert ran == [("a", 2.5), ("b", 2.5)]
    assert timers.deadline() == 3.0
    assert len(timers) == 1


def test_setting_a_name_again_moves_it():
    """One name has one moment."""
    timers, ran = Timers(), []
    timers.set("x", 1.0, lambda _: ran.append("old"))
    timers.set("x", 2.0, lambda _: ran.append("new"))
    timers.run(1.5)
    assert ran == []
    timers.run(2.0)
    assert ran == ["new"]
    assert timers.deadline() is None


def test_a_cancelled_timer_is_gone():
    """Cancelling leaves nothing to wait for; cancelling nothing is fine."""
    timers = Timers()
    timers.set("x", 1.0, lambda _: None)
    timers.cancel("x")
    timers.cancel("never set")
    assert timers.deadline() is None
    assert len(timers) == 0


def test_an_action_may_set_and_cancel_others():
    """A timer set for now by an action runs in the same call."""
    timers, ran = Timers(), []

    def first(now):
        timers.cancel("second")
        timers.set("third", now, lambda _: ran.append("third"))

    timers.set("first", 1.0, first)
    timers.set("second", 1.0, lambda _: ran.append("second"))
    timers.run(1.0)
    assert ran == ["third"]
