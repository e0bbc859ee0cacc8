"""`running.journal`: a conversation survives on paper."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue import (
    CallerLeft,
    Document,
    Heard,
    Moment,
    Note,
    Pressed,
    Result,
    Silent,
    State,
    Status,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    ToolCall,
    TransferFailed,
    dump,
    interrupted,
    restore,
)
from tests.dialogue.running.test_thinking import thinking_engine
from tests.dialogue.script_player import TUESDAY, Conversation, desk_engine

SENTENCES = [
    "", "yes", "no", "operator", "goodbye", "one two three four", "five five one two three four",
    "i want to give my meter reading", "what is my balance", "i want to complain", "i don't know",
    "no my customer number is four three two one", "louder", "start again", "cancel",
    "check my contract", "five five five five five", "when are you open", "put me through",
    "the service team", "it is burning", "blue monkeys", "what is my tariff", "i want to rate you",
]  # fmt: skip
ROWS = [None, {}, {"id": 7, "name": "Anna", "account": "55555"}, {"number": 3}, {"locked": True},
        {"rows": []}, {"fits": "yes", "id": 7}, {"balance": 1.5}]  # fmt: skip
CALLS = [
    (), (ToolCall("person"),), (ToolCall("choose_request", {"request": "reading"}),),
    (ToolCall("choose_request", {"request": "balance"}), ToolCall("transfer", {"number": "1"})),
    (ToolCall("unsure_between", {"requests": ["times", "tariff"]}),),
    (ToolCall("fill_slot", {"value": "service"}),),
]  # fmt: skip
STEPS = st.one_of(
    st.builds(Heard, st.sampled_from(SENTENCES), st.sampled_from([1.0, 0.3])),
    st.builds(Pressed, st.sampled_from("0123456789*#")),
    st.just(Silent()),
    st.just(TransferFailed("486")),
    st.builds(CallerLeft, st.booleans()),
    st.builds(Result, st.just("?"), st.sampled_from(Status), st.sampled_from(ROWS)),
    st.builds(Thought, st.just("?"), st.sampled_from(["[1] A meter reading", "It is 5.", "Why?"])),
    st.builds(ThoughtOver, st.just("?"), st.sampled_from(CALLS)),
    st.just(ThoughtFailed("?")),
)


def replied(state, event):
    """A result is for whatever is waited for."""
    if isinstance(event, Result | Thought | ThoughtOver | ThoughtFailed):
        return replace(event, id=state.pending.id if state.pending else "c0")
    return event


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(STEPS, max_size=14))
def test_a_restored_conversation_goes_on_the_same(events):
    """Behaves the same after being written down and read at every step of whole conversations.

    Secrets aside, which are asked for again.
    """
    talk = Conversation(thinking_engine(), facts=(("caller", "030"),))
    for event in events:
        kept = restore(dump(talk.state))
        if not talk.state.secrets and not talk.state.hidden:
            assert kept == talk.state
            talk.state = kept
        talk.feed(replied(talk.state, event))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(STEPS, max_size=14))
def test_each_request_has_one_document(events):
    """Documents every request that was begun exactly once, whatever happens.

    Answers begin and end within one step, so that only the others can be counted from outside.
    """
    talk = Conversation(thinking_engine(), facts=(("caller", "030"),))
    begun: set[tuple[str, str, int]] = set()

    def count() -> None:
        back = talk.state.back.task if talk.state.back else talk.state.task
        for task in (talk.state.task, back):
            if task.process:
                begun.add((task.process, task.intent, task.turns))

    for event in events:
        talk.feed(replied(talk.state, event))
        count()
    for _ in range(20):
        if talk.gone:
            break
        talk.leaves() if not talk.state.left else talk.silence()
    assert talk.gone
    documented = Counter(document.process for document in talk.documents)
    expected = Counter(process for process, _, _ in begun)
    for instant in ("times", "answer"):
        documented.pop(instant, None)
        expected.pop(instant, None)
    assert documented == expected


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "{}", '{"version": 1}', '{"version": 2, "state": {}}',
     '{"version": 1, "state": {"no_such": 1}}', '{"version": 1, "state": {"misses": "a"}}',
     '{"version": 1, "state": {"misses": true}}', '{"version": 1, "state": {"waiting": "x"}}',
     '{"version": 1, "state": {"slots": "ab"}}', '{"version": 1, "state": {"slots": [["a"]]}}',
     '{"version": 1, "state": []}', '{"version": 1, "state": {"task": {"process": 1}}}',
     '{"version": 1, "state": {"task": {"level": 9}}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_conversation_is_refused(text):
    """Raises ValueError with a sentence for anything that `dump` has not written."""
    with pytest.raises(ValueError, match=r"conversation|not a valid"):
        restore(text)


def test_a_fresh_conversation_is_small():
    """Writes down only what differs from a conversation that has just begun."""
    assert json.loads(dump(State())) == {"version": 1, "state": {}}


def test_what_a_lost_call_wanted_is_kept():
    """Notes and documents what was asked for and told in a call whose process died."""
    talk = Conversation(desk_engine(), facts=(("caller", "03012"),))
    talk.say("i want to give my meter reading").say("one two three four")
    found = interrupted(desk_engine().script, restore(dump(talk.state)), Moment(0.0, TUESDAY))
    assert found[0] == Note(
        "interrupted",
        (("about", "meter reading"), ("caller", "03012"), ("your customer number", "1234")),
    )
    assert isinstance(found[1], Document)
    assert (found[1].process, found[1].resolution, found[1].reason) == (
        "reading", "failed", "system-down",
    )  # fmt: skip
    fresh = Conversation(desk_engine()).state
    assert interrupted(desk_engine().script, fresh, Moment(0.0, TUESDAY)) == []
