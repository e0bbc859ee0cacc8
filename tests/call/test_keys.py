"""`call.keys`: a key counts once, however often it is told."""

from __future__ import annotations

from appliance.call.keys import ECHO, Keys, Way


def test_one_way_counts_every_press() -> None:
    """Takes the same key twice in a row."""
    keys = Keys()
    assert all(keys.press(Way.INFO, "5", at) for at in (0.0, 0.2, 0.4))


def test_a_press_told_by_two_ways_counts_once_in_either_order() -> None:
    """Drops the echo, whichever comes first."""
    keys = Keys()
    assert keys.press(Way.INFO, "5", 0.0)
    assert not keys.press(Way.EVENT, "5", 0.2)
    keys = Keys()
    assert keys.press(Way.EVENT, "5", 0.0)
    assert not keys.press(Way.INFO, "5", 0.2)


def test_the_lesser_way_is_not_listened_to_once_a_better_one_is_known() -> None:
    """Ignores INFO and tones after telephone events, and tones after INFO."""
    keys = Keys()
    keys.press(Way.INFO, "1", 0.0)
    assert not keys.press(Way.TONES, "2", 5.0)
    keys.press(Way.EVENT, "3", 10.0)
    assert not keys.press(Way.INFO, "4", 15.0)
    assert keys.best is Way.EVENT


def test_another_key_by_a_better_way_is_no_echo() -> None:
    """Counts it, and the same key again later."""
    keys = Keys()
    keys.press(Way.TONES, "1", 0.0)
    assert keys.press(Way.INFO, "2", 0.2)
    keys = Keys()
    keys.press(Way.TONES, "1", 0.0)
    assert keys.press(Way.INFO, "1", ECHO)
