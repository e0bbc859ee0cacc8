"""A model's answers without a network, in a loop whose clock jumps to whatever happens next."""

import asyncio
import json

import httpx
from httpx import AsyncClient

from appliance.dialogue import Message, Think, Tool
from appliance.settings import ModelSettings

MODEL = ModelSettings(url="http://model.example/v1", name="small", key="word")
THINK = Think(
    "t1",
    (Message("system", "Choose."), Message("user", "hello")),
    (Tool("choose", "a choice", {"type": "object", "properties": {}}),),
    77,
)
STREAM = {"content-type": "text/event-stream; charset=utf-8"}


class Hurried(asyncio.SelectorEventLoop):
    """Never waits: where nothing is ready, its clock is put on to the next timer."""

    _ahead = 0.0

    def time(self):
        """Seconds, with those that were skipped."""
        return super().time() + self._ahead

    def _run_once(self):
        timers = [timer._when for timer in self._scheduled if not timer.cancelled()]
        if timers and not self._ready:
            self._ahead += max(0.0, min(timers) - self.time())
        super()._run_once()


def run(coroutine):
    """Run in virtual time."""
    with asyncio.Runner(loop_factory=Hurried) as runner:
        return runner.run(coroutine)


def text(content, finish=None):
    """The event of a piece of text."""
    return event({"content": content}, finish)


def call(name, arguments, at=0):
    """The event of a whole call."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return event({"tool_calls": [{"index": at, "function": function}]})


def event(delta, finish=None):
    """The event of one chunk."""
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def client(*script, status=200, headers=STREAM, seen=None):
    """A client that is answered by bytes, waits (numbers, seconds) and faults (exceptions)."""

    async def body():
        for part in script:
            if isinstance(part, bytes):
                yield part
            elif isinstance(part, Exception):
                raise part
            else:
                await asyncio.sleep(part)

    async def answer(request):
        if seen is not None:
            seen.append(request)
        if script and isinstance(script[0], httpx.ConnectError):
            raise script[0]
        return httpx.Response(status, headers=headers, content=body())

    return AsyncClient(transport=httpx.MockTransport(answer))
