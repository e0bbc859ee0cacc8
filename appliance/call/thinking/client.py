"""One question to a language model by HTTP: asked once, never twice, and given up in time.

    Think ─► POST {url}/chat/completions (stream) ─► clauses, one by one ─► the tools it called
              │        │               │
              │        │               └ no token for `GAP`, or not over after `patience`: given up
              │        └ no token within `first_word`: given up
              └ unreachable, another status, no event stream: given up

The caller waits meanwhile: there is no second attempt, the box answers by itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final

import httpx

from appliance.call.thinking.clauses import Clauses
from appliance.call.thinking.stream import MOST, Completion, Events, StreamError
from appliance.dialogue import Think, Thought, ThoughtOver
from appliance.settings import ModelSettings

GAP: Final = 3.0
"""Seconds without a token after which a model that has begun is given up."""
STATUS: Final[Mapping[int, str]] = {
    400: "it does not take the question: it may want its name, or know no tools",
    422: "it does not take the question: it may want its name, or know no tools",
    401: "it wants another key",
    403: "it wants another key",
    404: "there is no such model, or no such address",
    429: "it has too much to do",
    503: "it is not ready",
}


Tell = Callable[[Thought | ThoughtOver], None]


class ModelError(Exception):
    """A language model that cannot be asked or gives no answer, in words without the question."""


def headers(model: ModelSettings) -> dict[str, str]:
    """Return what every request shows: the key, where there is one."""
    key = model.key.get_secret_value()
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    return {"Accept-Encoding": "identity", "Accept": "text/event-stream", **shown}


def body(model: ModelSettings, think: Think) -> dict[str, Any]:
    """Return the request's JSON."""
    asked: dict[str, Any] = {
        "messages": [{"role": m.role, "content": m.content} for m in think.messages],
        "stream": True,
        "temperature": model.temperature,
        "max_tokens": think.longest,
    }
    if model.name:
        asked["model"] = model.name
    if think.tools:
        asked["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in think.tools
        ]
        asked["tool_choice"] = "auto"
    return asked


def trust(url: str) -> ssl.SSLContext | bool:
    """Return whose certificates are believed: those of the machine; plain HTTP needs none."""
    return ssl.create_default_context() if url.lower().startswith("https:") else False


async def ask(client: httpx.AsyncClient, model: ModelSettings, think: Think, tell: Tell) -> None:
    """Tell the clauses of the answer as they come, then its end.

    Raises ModelError; what was told before stays said.
    """
    if not model.url:
        raise ModelError("there is none")
    loop = asyncio.get_running_loop()
    begun, tokens = loop.time(), 0
    answer, clauses = Completion(), Clauses()
    try:
        async with asyncio.timeout(model.first_word) as limit:
            async for event in _events(client, model, think):
                for clause in clauses.feed(answer.take(event)):
                    tell(Thought(think.id, clause))
                if answer.finished:
                    break
                # No sign of life: empty chunks, which servers send while they compute, and what the
                # model tells itself, because it leaves the caller waiting.
                if answer.tokens > tokens and not clauses.hidden:
                    tokens = answer.tokens
                    limit.reschedule(min(loop.time() + GAP, begun + model.patience))
        calls = answer.calls() if answer.finished else ()
    except TimeoutError:
        raise ModelError(_late(tokens, model, loop.time() - begun)) from None
    except StreamError as error:
        raise ModelError(str(error)) from None
    except httpx.InvalidURL:
        raise ModelError("its address is none") from None
    except (httpx.HTTPError, UnicodeError) as error:
        raise ModelError(_lost(error, answer)) from None
    if not answer.finished:
        raise ModelError("it ended in the middle")
    for clause in clauses.close():
        tell(Thought(think.id, clause))
    tell(ThoughtOver(think.id, calls))


async def _events(
    client: httpx.AsyncClient, model: ModelSettings, think: Think
) -> AsyncGenerator[str, None]:
    """Yield the data of each event of the answer. Raises ModelError, StreamError, HTTPError."""
    url = f"{model.url.rstrip('/')}/chat/completions"
    async with client.stream(
        "POST", url, json=body(model, think), headers=headers(model)
    ) as response:
        if response.status_code != 200:
            meant = STATUS.get(response.status_code, "it cannot answer")
            raise ModelError(f"{meant} (status {response.status_code})")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":  # a server that does not stream
            yield await _whole(response)
            return
        if kind != "text/event-stream":
            raise ModelError("what stands at its address is no language model")
        events = Events()
        async for data in response.aiter_bytes():
            for event in events.feed(data):
                yield event


async def _whole(response: httpx.Response) -> str:
    held = bytearray()
    async for data in response.aiter_bytes():
        held += data
        if len(held) > MOST:
            raise StreamError("it wrote more than any answer is long")
    return held.decode("utf-8", errors="replace")


def _late(tokens: int, model: ModelSettings, waited: float) -> str:
    if not tokens:
        return f"it said nothing within {model.first_word:g} s"
    if waited >= model.patience:
        return f"it was not done after {model.patience:g} s"
    return f"it stopped in the middle for {GAP:g} s"


def _lost(error: Exception, answer: Completion) -> str:
    if answer.begun:
        return "it was lost in the middle"
    if isinstance(error, httpx.ConnectError):
        return "it cannot be reached"
    return f"it cannot be asked ({type(error).__name__})"
