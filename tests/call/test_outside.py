"""`call.outside`: what the switchboard needs of the world, and what is the same for every call."""

from __future__ import annotations

import inspect

import pytest

from appliance import dialogue
from appliance.call.outside import Outside, no_connectors, no_webhook
from appliance.call.world import World
from tests.call.support import Script
from tests.house.world import House

VERBS = [name for name in vars(Outside) if not name.startswith("_")]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("world", [World, House])
def test_both_worlds_do_what_the_switchboard_asks(world: type, verb: str) -> None:
    """Have each verb, with the same arguments."""
    wanted = inspect.signature(getattr(Outside, verb)).parameters
    assert list(inspect.signature(getattr(world, verb)).parameters) == list(wanted)


def test_the_capacity_shown_is_that_of_the_admission() -> None:
    """Has one figure for what is admitted and what is shown."""
    house = House(Script(), capacity=7)
    assert house.board.plan.capacity == 7


def test_a_dialogue_without_connectors_is_answered_all_the_same() -> None:
    """Says at once that nobody can be asked, and posts nothing anywhere."""
    heard: list[dialogue.Result] = []
    no_connectors(dialogue.Invoke("q", "find", ()), "call", heard.append)
    assert [(one.id, one.status) for one in heard] == [("q", dialogue.Status.UNAVAILABLE)]
    no_webhook({"caller": "Anna"}, "key")
