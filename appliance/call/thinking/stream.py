"""The answer of a language model as it comes: server-sent events, put together again.

    bytes ─► Events.feed ─► one JSON text per event ─► Completion.take ─► new text to be spoken
                                                            └─ at its end: .calls()

Server-sent events: WHATWG HTML, section 9.2. Chunks: OpenAI's "chat completion chunk object", as
llama.cpp, Ollama and vLLM write it too. Whatever else comes raises StreamError, in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from appliance.dialogue import ToolCall

DONE: Final = "[DONE]"
"""The event after the last chunk."""
MOST: Final = 1_000_000
"""Bytes of an answer; no sentence is longer, not even token by token."""
_LINE: Final = 200_000
"""Bytes of a line."""
_CALLS: Final = 8
"""Tools that are called at once."""
_ARGUMENTS: Final = 8000
"""Characters of the arguments of one."""
_CONTENT: Final = 4000
"""Characters of what is said."""
_CODE: Final = re.compile(r"(?!None)[A-Za-z0-9_]{1,40}")


class StreamError(ValueError):
    """What came is no answer of a language model, in words."""


class Events:
    """Cuts a byte stream into the data of its events."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = b""
        self._data: list[str] = []
        self._taken = 0

    def feed(self, data: bytes) -> list[str]:
        """Take bytes; return the events that are complete. Raises StreamError where too long."""
        self._taken += len(data)
        self._rest += data
        if self._taken > MOST or len(self._rest) > _LINE:
            raise StreamError("it wrote more than any answer is long")
        found: list[str] = []
        # A line may end with either sign or both; a carriage return at the end may be half of one.
        lines = self._rest.replace(b"\r\n", b"\n").split(b"\n")
        self._rest = lines.pop()
        for raw in lines:
            for line in raw.decode("utf-8", errors="replace").split("\r"):
                self._line(line, found)
        return found

    def _line(self, line: str, found: list[str]) -> None:
        if not line:
            if self._data:
                found.append("\n".join(self._data))
            self._data = []
            return
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))


@dataclass(slots=True)
class _Call:
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Completion:
    """One answer, put together from its chunks."""

    tokens: int = 0
    """Pieces of it that have come: of its text, or of a tool that it calls."""
    finished: bool = False
    """Whether the model has said that this is all."""
    _calls: dict[object, _Call] = field(default_factory=dict)
    _size: int = 0

    def take(self, event: str) -> str:
        """Take an event's data; return what it adds to the text. Raises StreamError."""
        if event.strip() == DONE:
            self.finished = True
            return ""
        chunk = _json(event)
        if chunk.get("error"):
            raise StreamError(f"it reports an error{_code(chunk['error'])}")
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            raise StreamError("it wrote what is no answer")
        if not choices:
            return ""  # the count of tokens, after the last chunk
        choice = choices[0]
        if not isinstance(choice, dict):
            raise StreamError("it wrote what is no answer")
        delta = choice.get("delta", choice.get("message"))
        if choice.get("finish_reason"):
            self.finished = True
            if choice["finish_reason"] == "content_filter":
                raise StreamError("it refuses")
        return self._delta(delta) if isinstance(delta, dict) else ""

    @property
    def begun(self) -> bool:
        """Whether anything of it has come."""
        return self.tokens > 0

    def calls(self) -> tuple[ToolCall, ...]:
        """Return the tools that were called. Raises StreamError where arguments are no object."""
        return tuple(
            ToolCall(call.name, _json(call.arguments or "{}")) for call in self._calls.values()
        )

    def _delta(self, delta: Mapping[str, Any]) -> str:
        if delta.get("refusal"):
            raise StreamError("it refuses")
        calls = delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            self._call(place, call)
        content = delta.get("content")
        if not isinstance(content, str) or not content:
            return ""
        self.tokens += 1
        self._size += len(content)
        if self._size > _CONTENT:
            raise StreamError("it wrote more than any answer is long")
        return content

    def _call(self, place: int, part: object) -> None:
        function = part.get("function") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(function, dict):
            raise StreamError("it called a tool in a way that nobody understands")
        # Some servers number the calls, some name them, some do neither and send each whole.
        key: object = part.get("index", part.get("id") or place)
        if not isinstance(key, str | int) or (
            key not in self._calls and len(self._calls) >= _CALLS
        ):
            raise StreamError("it called more tools than there are")
        call = self._calls.setdefault(key, _Call())
        name, arguments = function.get("name"), function.get("arguments")
        if isinstance(name, str) and not call.name:
            call.name = name
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        if isinstance(arguments, str):
            call.arguments += arguments
        if len(call.arguments) > _ARGUMENTS:
            raise StreamError("it wrote more than any answer is long")
        self.tokens += 1


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise StreamError("it wrote what is no JSON") from None
    if not isinstance(value, dict):
        raise StreamError("it wrote what is no answer")
    return value


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _code(error: object) -> str:
    """Return how a server names its error; its sentence may hold what the caller said."""
    named = (error.get("code"), error.get("type")) if isinstance(error, dict) else ()
    return next((f": {n}" for n in map(str, named) if _CODE.fullmatch(n)), "")
