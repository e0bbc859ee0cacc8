"""`dialogue.rehearsing.cases`: the words of a test."""

from __future__ import annotations

from appliance.dialogue.rehearsing.cases import USUAL, Case, Checked, Deed, Step


def test_a_case_takes_place_on_a_working_day() -> None:
    """Happens at a time when a site is open, unless it says otherwise."""
    assert USUAL.isoweekday() < 6
    assert Case("a", (Step(Deed.WAIT),)).at == USUAL


def test_what_is_done_and_what_is_checked_have_different_names() -> None:
    """Lets both stand in one step."""
    assert not {deed.value for deed in Deed} & {check.value for check in Checked}
