"""`call.dialling`: whom the box may call."""

from __future__ import annotations

import time

import pytest

from appliance.call.dialling import Dialling


@pytest.mark.parametrize(
    "number",
    ["200", "217", "+49 30 123", "0049301", "0049 (30) 1-2/3", "front.desk", "tel:200", "*97"],
)
def test_a_number_of_the_list_may_be_called(number: str) -> None:
    """Takes exact numbers, x as one digit, a star at the end, and any way of writing them."""
    dialling = Dialling(("200", "21x", "+4930*", "0049*", "front.desk", "*97"))
    assert dialling.check(number, 0.0) == ""


@pytest.mark.parametrize(
    "number",
    [
        "2000", "20", "21", "2170", "0049", "1900123", "frontXdesk", "", "0049301;x=1",
        "200@evil", "sip:200@evil.example", "0049300\n", "21٣", "0049#31",
    ],
)  # fmt: skip
def test_every_other_number_is_refused_and_named(number: str) -> None:
    """Refuses what no pattern covers as a whole, URIs, other digits, and anything smuggled in."""
    said = Dialling(("200", "21x", "0049*", "front.desk")).check(number, 0.0)
    assert "call.allowed_numbers" in said or "no plain number" in said


def test_destinations_of_the_dialogue_are_always_allowed() -> None:
    """Allows what the author wrote, as it stands, and takes no pattern from it."""
    dialling = Dialling(known=("201", "sip:help@pbx.example", "2xx", ""))
    assert dialling.check("201", 0.0) == ""
    assert dialling.check("sip:help@pbx.example", 0.0) == ""
    assert dialling.check("205", 0.0)
    assert dialling.check("", 0.0)


def test_calls_within_a_minute_are_limited() -> None:
    """Refuses the call too many, and allows one again when the oldest is a minute old."""
    dialling = Dialling(("2xx",), per_minute=3)
    for second in range(3):
        assert dialling.check("200", float(second)) == ""
        dialling.began(float(second))
        dialling.ended()
    assert "within a minute" in dialling.check("200", 59.9)
    assert dialling.check("200", 60.0) == ""


def test_calls_at_once_are_limited() -> None:
    """Refuses while as many are in progress, whatever the time."""
    dialling = Dialling(("2xx",), at_once=1)
    dialling.began(0.0)
    assert "at once" in dialling.check("200", 1000.0)
    dialling.ended()
    assert dialling.check("200", 1000.0) == ""
    dialling.ended()
    assert dialling.calls == 0


def test_destinations_of_the_dialogue_have_no_limit() -> None:
    """Whom the site itself named can be reached by every caller, however many there are."""
    dialling = Dialling(known=("201",), allowed=("2xx",), per_minute=1, at_once=1)
    dialling.began(0.0)
    assert not dialling.check("201", 1.0)
    assert dialling.check("202", 1.0)


def test_a_long_number_takes_no_longer() -> None:
    """Matches in time that grows with the length only."""
    dialling = Dialling(("xxxxxxxxxxxxxxx*", "0049*"))
    begun = time.perf_counter()
    assert dialling.check("1" * 100_000 + "a", 0.0)
    assert time.perf_counter() - begun < 1


def test_another_dialogue_brings_its_numbers() -> None:
    """Allows them besides those of the one before, by which a call may still go."""
    dialling = Dialling(known=("201",))
    dialling.know(("30 1", ""))
    assert not dialling.check("301", 0.0)
    assert not dialling.check("201", 0.0)
    assert dialling.check("302", 0.0)
