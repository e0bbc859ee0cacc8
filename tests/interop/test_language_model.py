"""The language model's client against a real server process, whole and with every fault it has."""

import asyncio
import json
import time

import pytest

from appliance.call.thinking import Thinker, examine, probe
from appliance.dialogue import (
    Engine,
    Message,
    Think,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    ToolCall,
)
from appliance.settings import ModelSettings
from appliance.system.doctor import Grade
from tests.dialogue.model import site
from tests.dialogue.script_player import Conversation
from tests.interop.model_server import FAULTS, ModelServer

pytestmark = pytest.mark.interop
THINK = Think("t1", (Message("system", "Choose."), Message("user", "Where can I park?")))
ANSWER = "[1] You can park behind our office, in Mill Lane 12."
CALLS = [{"name": "choose_request", "arguments": {"request": "reading", "sure": True}}]
OVER = ThoughtOver("t1", (ToolCall("choose_request", CALLS[0]["arguments"]),))
SPOKEN = [Thought("t1", "[1] You can park behind our office,"), Thought("t1", "in Mill Lane 12.")]


@pytest.fixture(scope="module")
def server():
    """One server for all tests that do not end it."""
    with ModelServer() as held:
        yield held


def model(server, **more):
    """Settings for a server; impatient, so that a test does not take minutes."""
    return ModelSettings(url=server.url, **{"first_word": 0.5, "patience": 1.2, **more})


def thoughts(settings, *thinks, until=None):
    """What is delivered for each of some thoughts, one after the other.

    `until`: what is done after each delivery, with the thinker.
    """

    async def thinking():
        thinker = Thinker(settings)
        found = []
        for think in thinks:
            delivered, over = [], asyncio.Event()

            def deliver(thought, delivered=delivered, over=over):
                delivered.append(thought)
                if not isinstance(thought, Thought):
                    over.set()
                if until:
                    until(thinker, thought)

            thinker.start("c1", think, deliver)
            await asyncio.wait_for(over.wait(), 20)
            found.append(delivered)
        await thinker.close()
        return found

    return asyncio.run(thinking())


@pytest.mark.parametrize("fault", ["", "whole", "think"])
def test_an_answer_comes_through(server, fault):
    """Words and tools arrive as they were written, streamed or in one piece."""
    server.rules([{"say": ANSWER, "calls": CALLS, "fault": fault, "pace": 0.002}])
    assert thoughts(model(server), THINK) == [[*SPOKEN, OVER]]


def test_the_question_arrives_as_it_was_asked(server):
    """The server is told messages, tools and limits in the protocol's own form."""
    server.forget()
    server.rules([{"say": "Yes."}])
    talk = Caller(server)
    talk.say("hm what about those units on the thing")
    body = server.asked()[-1]["body"]
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert (
        "<caller>hm what about those units on the thing</caller>" in body["messages"][1]["content"]
    )
    assert {tool["function"]["name"] for tool in body["tools"]} >= {"choose_request", "person"}
    assert all(tool["type"] == "function" for tool in body["tools"])
    assert body["stream"] is True


@pytest.mark.parametrize("fault", [f for f in FAULTS if f not in {"whole", "think", "empty"}])
def test_every_fault_ends_in_one_failure(server, fault):
    """Whatever the server does, one failure is delivered with a reason, and no tool of it."""
    server.rules([{"say": ANSWER, "calls": CALLS, "fault": fault}])
    (delivered,) = thoughts(model(server), THINK)
    assert isinstance(delivered[-1], ThoughtFailed)
    assert (
        delivered[-1].reason.startswith("it ")
        or "its address" in delivered[-1].reason
        or ("there is no such model" in delivered[-1].reason)
    )
    assert all(isinstance(thought, Thought) for thought in delivered[:-1])
    assert "<caller>" not in delivered[-1].reason


def test_an_empty_answer_is_an_answer(server):
    """A model that says and calls nothing has finished; the box goes on by itself."""
    server.rules([{"fault": "empty"}])
    assert thoughts(model(server), THINK) == [[ThoughtOver("t1")]]


def test_after_a_fault_the_next_question_is_answered(server):
    """A broken connection is not used again; nothing of the fault is left behind."""
    for fault in ("die-middle", "garbage", "stall-first", "endless", "500"):
        server.rules([{"when": "again", "say": ANSWER, "calls": CALLS}, {"fault": fault}])
        again = Think("t1", (Message("user", "again"),))
        failed, whole = thoughts(model(server), THINK, again)
        assert isinstance(failed[-1], ThoughtFailed)
        assert whole == [*SPOKEN, OVER]


def test_a_server_that_is_away_is_told_at_once(server):
    """Nobody listens there: a failure, not a wait; `doctor` warns in words and the box goes on."""
    with ModelServer() as other:
        settings = model(other)
        assert probe(settings).ok is False  # no rule: it calls nothing and says nothing, but ends
    (delivered,) = thoughts(settings, THINK)
    assert delivered == [ThoughtFailed("t1", "it cannot be reached")]
    (finding,) = examine(settings)
    assert finding.grade is Grade.WARN
    assert "cannot be reached" in finding.what
    server.rules([{"say": "Yes."}])
    assert examine(model(server))[0].grade is Grade.OK


def test_giving_up_closes_the_connection(server):
    """A server need not go on computing for a caller who has gone."""
    with ModelServer([{"say": "one, two three, four five, " * 200, "pace": 0.02}]) as own:
        asyncio.run(given_up(own))


async def given_up(server):
    """Cancel in the middle of an answer, and wait until the server notices."""
    thinker, delivered = Thinker(model(server, patience=30)), []
    begun = asyncio.Event()
    thinker.start("c1", THINK, lambda thought: (delivered.append(thought), begun.set()))
    await asyncio.wait_for(begun.wait(), 10)
    assert await asyncio.to_thread(server.answering) == 1
    thinker.cancel("c1")
    count = len(delivered)
    for _ in range(200):
        if await asyncio.to_thread(server.answering) == 0:
            break
        await asyncio.sleep(0.05)
    assert await asyncio.to_thread(server.answering) == 0
    assert len(delivered) == count
    await thinker.close()


def test_calls_think_side_by_side(server):
    """One caller's slow answer holds up nobody else's, nor the loop."""
    server.rules([{"when": "slow", "fault": "stall-first"}, {"say": "Yes."}])

    async def thinking():
        thinker, delivered = Thinker(model(server, first_word=5)), []
        slow = Think("slow", (Message("user", "slow"),))
        thinker.start("slow", slow, delivered.append)
        for at in range(12):
            think = Think(f"t{at}", (Message("user", "quick"),))
            thinker.start(f"c{at}", think, delivered.append)
        until = time.monotonic() + 10
        while sum(isinstance(t, ThoughtOver) for t in delivered) < 12:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
        assert not [thought for thought in delivered if thought.id == "slow"]
        await thinker.close()

    asyncio.run(thinking())


class Caller(Conversation):
    """A call whose engine asks the real server."""

    def __init__(self, server, **more):
        self.settings = model(server, **more)
        super().__init__(Engine(site.script(), thinking=True))

    def say(self, text, confidence=1.0, *alternatives):
        """Say something; whatever the model answers is handed to the engine as the box does it."""
        super().say(text, confidence, *alternatives)
        self.said = [self.spoken]
        while self.thinking:
            (delivered,) = thoughts(self.settings, self.thinking)
            for thought in delivered:
                if self.awaited == thought.id:
                    self.feed(thought, 0.1)
                    self.said.append(self.spoken)
        return self


def test_a_request_is_chosen_and_a_value_filled(server):
    """Through engine, prompt, server and judge: what was meant is begun; what was meant by an
    answer is taken after the caller has confirmed it.
    """
    chosen = {"request": "appointment", "sure": True}
    server.rules([
        {"when": "was asked for", "calls": [
            {"name": "fill_slot", "arguments": {"value": "2026-12-06"}}]},
        {"calls": [{"name": "choose_request", "arguments": chosen}]},
    ])  # fmt: skip
    talk = Caller(server).say("one of your lot should drop by at my cellar")
    assert talk.state.process == "appointment"
    talk.say("well on the feast of saint nicholas")
    assert talk.state.guess == ("visit", (("visit", "2026-12-06"),))
    talk.say("yes")
    assert [(d.process, d.resolution) for d in talk.documents] == [("appointment", "resolved")]


def test_an_answer_quotes_its_source(server):
    """It is spoken clause by clause, and the record says where it was taken from."""
    server.rules([{"say": ANSWER}])
    talk = Caller(server).say("is there anywhere i can park when i visit you")
    assert "You can park behind our office," in " ".join(talk.said)
    assert "[1]" not in " ".join(talk.said)
    assert [d.source for d in talk.documents] == ["documents/parking.md"]


@pytest.mark.parametrize(
    "fault", ["stall-headers", "die-first", "garbage", "html", "500", "refusal"]
)
def test_without_an_answer_the_box_goes_on_by_itself(server, fault):
    """The same utterance takes the built-in path: the caller is asked again, never left."""
    server.rules([{"fault": fault}])
    talk = Caller(server, first_word=0.3).say("those units on the grey thing in my cellar")
    assert talk.listening
    assert talk.said[-1]


def test_a_model_that_dies_in_the_middle_of_an_answer_leaves_nobody_alone(server):
    """What was said stays said; then the caller is told that it broke off, and listened to."""
    server.rules([{"say": ANSWER, "fault": "die-middle"}])
    talk = Caller(server).say("is there anywhere i can park when i visit you")
    assert "You can park behind our office," in " ".join(talk.said)
    assert talk.listening


def test_a_wrong_tool_or_wrong_arguments_are_no_answer(server):
    """Undeclared tools, undeclared requests and odd arguments take the built-in path."""
    for calls in (
        [{"name": "transfer", "arguments": {"number": "0900"}}],
        [{"name": "choose_request", "arguments": {"request": "pay_out", "sure": True}}],
        [{"name": "choose_request", "arguments": {}}],
        [{"name": "fill_slot", "arguments": {"value": "4711"}}],
    ):
        server.rules([{"calls": calls}])
        talk = Caller(server).say("those units on the grey thing in my cellar")
        assert talk.listening, json.dumps(calls)
        assert talk.state.process == ""
