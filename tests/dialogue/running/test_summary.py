"""`running.summary`: what became of a request, composed of slots and outcomes."""

from dataclasses import replace

import pytest

from appliance.dialogue import State
from appliance.dialogue.running import summary
from appliance.dialogue.state import Task, Write
from tests.dialogue.script_player import desk_engine

MEANS = desk_engine()._means
STATE = State(
    slots=(("customer", "1234"), ("secret", "4711"), ("sure", "yes"), ("gone", "x")),
    task=Task("reading", "reading"),
)


@pytest.mark.parametrize(
    "resolution", ["resolved", "handed-over", "abandoned", "failed", "message"]
)
def test_what_was_told_and_what_became_of_it(resolution):
    """Names the request, what was told with its title, and the outcome; nothing else."""
    text = summary.compose(MEANS, STATE, resolution)
    assert text.startswith("Meter reading. your customer number: 1234. ")
    assert text.count(".") == 3


def test_nothing_secret_and_no_yes_or_no():
    """Leaves out a PIN, an answer to a yes or no, and what the script does not know."""
    assert summary.said(MEANS, STATE) == [("your customer number", "1234")]
    assert summary.said(MEANS, STATE, "1234") == []


def test_what_waits_in_the_outbox_is_said():
    """Says that something is still to be delivered."""
    task = replace(STATE.task, writes=(Write("store", pending=True),))
    assert "still being passed on" in summary.compose(MEANS, replace(STATE, task=task), "resolved")


def test_it_is_short():
    """Is cut off where a caller tells a novel."""
    state = replace(STATE, slots=(("about", "word " * 400),))
    assert len(summary.compose(MEANS, state, "resolved")) == summary.LONGEST
