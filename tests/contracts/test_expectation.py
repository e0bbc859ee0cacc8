"""Expectations in the command line's words."""

import pytest

from appliance.contracts.expectation import Expectation, Kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("free", Expectation()),
        ("yes-no", Expectation(Kind.YES_NO)),
        ("digits", Expectation(Kind.DIGITS)),
        ("digits:6", Expectation(Kind.DIGITS, shortest=6, longest=6)),
        ("digits:6-8", Expectation(Kind.DIGITS, shortest=6, longest=8)),
        ("date", Expectation(Kind.DATE)),
        ("letters:2-12", Expectation(Kind.LETTERS, shortest=2, longest=12)),
        ("choice:Billing, the pharmacy", Expectation(Kind.CHOICE, ("billing", "the pharmacy"))),
    ],
)
def test_reads_the_command_lines_form(text, expected):
    """Every form that the help names is read."""
    assert Expectation.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "numbers", "choice", "choice:", "digits:x", "digits:8-6", "digits:3-y"]
)
def test_says_what_is_wrong(text):
    """A form that is none is refused with a sentence."""
    with pytest.raises(ValueError, match=" "):
        Expectation.parse(text)
