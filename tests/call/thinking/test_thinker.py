"""`call.thinking.thinker`: at most one thought of a call at a time, and none after it was cancelled."""

import asyncio
from dataclasses import replace

import pytest

from appliance.call.thinking.thinker import Thinker
from appliance.dialogue import Thought, ThoughtFailed, ThoughtOver
from appliance.settings import ModelSettings
from tests.call.thinking.wire import DONE, MODEL, THINK, client, run, text

ANSWER = (text("Yes, you can,"), text(" of course."), 0.5, text(" Now."), DONE)


def thinking(play, *script, model=MODEL, **more):
    """Run `play(thinker, deliver)`; return what was delivered and what was shown."""
    delivered, shown = [], []

    async def playing():
        thinker = Thinker(model, shown.append)
        await thinker._client.aclose()
        thinker._client = client(*script, **more)
        await play(thinker, delivered.append)
        await asyncio.sleep(100)
        assert not thinker._thoughts
        await thinker.close()

    run(playing())
    return delivered, shown


def test_a_thought_is_delivered_with_its_end():
    """Clauses, then one end; what is shown holds no word of it."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)

    delivered, shown = thinking(play, *ANSWER)
    assert delivered == [
        Thought("t1", "Yes, you can,"),
        Thought("t1", "of course."),
        Thought("t1", "Now."),
        ThoughtOver("t1"),
    ]
    assert [event["state"] for event in shown] == ["asked", "first", "over"]
    assert all(event["call"] == "c1" for event in shown)
    assert "Yes" not in str(shown)


def test_nothing_is_delivered_at_once():
    """`start` returns before anything comes: the engine's list is carried out first."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)
        deliver("started")

    assert thinking(play, *ANSWER)[0][0] == "started"


def test_a_failure_is_delivered_once():
    """Whatever goes wrong is one ThoughtFailed with a reason."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)

    delivered, shown = thinking(play, b"{}", status=500)
    assert delivered == [ThoughtFailed("t1", "it cannot answer (status 500)")]
    assert [event["state"] for event in shown] == ["asked", "failed"]
    delivered, _ = thinking(play, model=ModelSettings())
    assert delivered == [ThoughtFailed("t1", "there is none")]


def test_a_defect_fails_the_thought_and_nothing_else(monkeypatch):
    """A mistake of ours is logged, and the call goes on without the model."""

    async def broken(*_):
        raise KeyError("x")

    monkeypatch.setattr("appliance.call.thinking.thinker.ask", broken)

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)

    assert thinking(play)[0] == [ThoughtFailed("t1", "a defect")]


def test_after_cancel_nothing_comes():
    """The caller has spoken or left: the connection is closed, and not even a failure is told."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)
        await asyncio.sleep(0.1)
        thinker.cancel("c1")
        thinker.cancel("c1")
        thinker.cancel("never")

    delivered, shown = thinking(play, *ANSWER)
    assert delivered == [Thought("t1", "Yes, you can,")]
    assert [event["state"] for event in shown] == ["asked", "first", "cancelled"]


def test_a_clause_may_cancel_the_next():
    """Whoever is told a clause may give the rest up there and then."""
    held = []

    async def play(thinker, deliver):
        def first(thought):
            deliver(thought)
            thinker.cancel("c1")

        held.append(thinker)
        thinker.start("c1", THINK, first)

    both = (text("Yes, you can, of course, you can, and so on, yes. "), *ANSWER)
    assert len(thinking(play, *both)[0]) == 1


def test_an_end_may_begin_the_next():
    """The engine answers the end of a thought by another one of the same call."""

    async def play(thinker, deliver):
        def again(thought):
            deliver(thought)
            if isinstance(thought, ThoughtOver) and thought.id == "t1":
                thinker.start("c1", replace(THINK, id="t2"), deliver)

        thinker.start("c1", THINK, again)

    delivered, _ = thinking(play, *ANSWER)
    assert [thought.id for thought in delivered] == ["t1"] * 4 + ["t2"] * 4


def test_a_new_thought_takes_the_place_of_the_old():
    """A call thinks one thing at a time; other calls are not touched."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)
        thinker.start("c2", replace(THINK, id="t2"), deliver)
        await asyncio.sleep(0.1)
        thinker.start("c1", replace(THINK, id="t3"), deliver)

    delivered, shown = thinking(play, *ANSWER)
    assert ("t1", "cancelled") in {(event["id"], event["state"]) for event in shown}
    assert [t for t in delivered if t.id == "t1"] == [Thought("t1", "Yes, you can,")]
    assert {thought.id for thought in delivered} == {"t1", "t2", "t3"}
    assert sum(isinstance(thought, ThoughtOver) for thought in delivered) == 2


def test_closing_gives_everything_up():
    """No thought outlives the process's end, and nothing is delivered then."""

    async def play(thinker, deliver):
        thinker.start("c1", THINK, deliver)
        await asyncio.sleep(0)
        await thinker.close()

    assert thinking(play, 10, DONE)[0] == []


def test_reading_ahead_is_told_to_nobody():
    """A server may take a minute to load its model; no call waits for it, and none hears of it."""
    seen = []

    async def play(thinker, deliver):
        thinker.warm(THINK)
        await asyncio.sleep(50)
        assert thinker._warming
        await asyncio.sleep(20)
        assert not thinker._warming

    assert thinking(play, 60, text("x"), DONE, seen=seen) == ([], [])
    assert len(seen) == 1


def test_reading_ahead_may_fail_and_is_given_up_at_the_end():
    """Without a model nothing is asked; a failure is nobody's; closing does not wait for it."""
    seen = []

    async def play(thinker, deliver):
        thinker.warm(THINK)

    assert thinking(play, DONE, model=ModelSettings(), seen=seen)[0] == []
    assert not seen
    assert thinking(play, b"{}", status=500)[0] == []

    async def leave(thinker, deliver):
        thinker.warm(THINK)
        await asyncio.sleep(0)
        await thinker.close()
        assert not thinker._warming

    assert thinking(leave, 10_000, DONE)[0] == []


@pytest.mark.parametrize(("model", "there"), [(MODEL, True), (ModelSettings(), False)])
def test_it_says_whether_there_is_a_model(model, there):
    """An empty address is no model."""
    assert Thinker(model).there is there
