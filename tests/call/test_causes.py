"""`call.causes`: why the line is not registered, in plain words."""

from __future__ import annotations

import pytest

from appliance.call import causes


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "no answer from 10.0.0.1:5060"), (401, "wrong password"), (407, "wrong password"),
        (403, "forbids extension 100"), (404, "does not know extension 100"),
        (423, "account.expires"), (405, "does not register"), (503, "in trouble"),
        (606, "606 Not Acceptable"),
    ],
)  # fmt: skip
def test_each_failure_is_named_with_what_to_look_at(status: int, words: str) -> None:
    """Says what happened, whose fault it may be, and where."""
    said = causes.registration(status, "Not Acceptable", user="100", registrar="10.0.0.1:5060")
    assert words in said
    assert "10.0.0.1:5060" in said


def test_no_cause_holds_a_password() -> None:
    """Takes no password, so it can show none."""
    assert "password" not in causes.registration.__annotations__
