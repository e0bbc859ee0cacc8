"""Events are values."""

import dataclasses
from typing import get_args

from appliance.sip import events


def test_every_event_is_frozen_and_part_of_the_union():
    """Nobody changes what has happened, and no event is forgotten."""
    kinds = [
        kind
        for kind in vars(events).values()
        if isinstance(kind, type)
        and kind.__module__ == events.__name__
        and dataclasses.is_dataclass(kind)
    ]
    assert set(kinds) == set(get_args(events.Event))
    assert all(kind.__dataclass_params__.frozen for kind in kinds)


def test_reasons_read_as_words():
    """An end is a word for logs and records."""
    assert [str(reason) for reason in events.EndReason][:2] == ["hung-up", "local"]
