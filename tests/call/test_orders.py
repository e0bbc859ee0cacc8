"""`call.orders`: the words between a session and whoever owns its sockets."""

from __future__ import annotations

import dataclasses

import pytest

from appliance.call import orders
from appliance.contracts.outcome import Outcome


def test_orders_are_values() -> None:
    """Compare by content and cannot be changed."""
    assert orders.PutThrough("200") == orders.PutThrough("200")
    with pytest.raises(dataclasses.FrozenInstanceError):
        orders.Finished(Outcome.COMPLETED).outcome = Outcome.FAILED  # type: ignore[misc]


def test_every_call_counts_by_itself() -> None:
    """Shares no counter between two tallies."""
    one, other = orders.Tally(), orders.Tally()
    one.intents["hours"] = 1
    one.answers_ms.append(5)
    assert not other.intents
    assert not other.answers_ms
