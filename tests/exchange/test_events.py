"""What the exchange tells: the vocabulary."""

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import get_args

import pytest

from appliance import sip
from appliance.exchange import events

KINDS = get_args(events.Event)


def test_watchers_see_registrations_too() -> None:
    """Who is reachable is told beside the calls, in the words of the registrar."""
    assert sip.Bound in KINDS
    assert sip.Unbound in KINDS


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in (sip.Bound, sip.Unbound)])
def test_events_of_calls_are_values_that_name_their_call(kind: type) -> None:
    """Each event of a call begins with the call's number, and nobody can change it."""
    assert is_dataclass(kind)
    names = [f.name for f in fields(kind)]
    assert names[0] == "call"
    event = kind(7, *("x" for _ in names[1:]))
    with pytest.raises(FrozenInstanceError):
        event.call = 8
