"""Whether the language model of the settings answers, for the page and `doctor`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter

import httpx

from appliance.call.thinking.client import ModelError, ask, trust
from appliance.dialogue import Message, Think, Thought, ThoughtOver, Tool
from appliance.settings import ModelSettings
from appliance.system.doctor import Finding, Grade

_TOOL = Tool("said_yes", "You were asked to say yes.", {"type": "object", "properties": {}})
"""Offered because calls need it: a model that knows no tools refuses the question."""
_QUESTION = Think("probe", (Message("user", "Say yes."),), (_TOOL,), longest=32)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found."""

    ok: bool
    words: str
    """In a sentence."""
    seconds: float = 0.0
    """Until its first word; 0 where there was none."""


def probe(model: ModelSettings) -> Probe:
    """Ask the model for one word; takes as long as a caller would wait, at most.

    It loads into memory when it is first asked: a second probe is the one that counts.
    """
    if not model.url:
        return Probe(ok=True, words="no language model: the box understands by itself")
    return asyncio.run(_probe(model))


def examine(model: ModelSettings) -> list[Finding]:
    """Say whether the language model can be used (for `doctor`)."""
    found = probe(model)
    if found.ok:
        return [Finding(Grade.OK, found.words)]
    return [
        Finding(
            Grade.WARN, found.words,
            "see whether the server runs and model.url ends with /v1; calls are answered without",
        )
    ]  # fmt: skip


async def _probe(model: ModelSettings) -> Probe:
    begun = perf_counter()
    first = 0.0

    def tell(thought: Thought | ThoughtOver) -> None:
        nonlocal first
        if isinstance(thought, Thought) or thought.calls:
            first = first or perf_counter() - begun

    async with httpx.AsyncClient(
        verify=trust(model.url),
        timeout=None,  # noqa: S113 - `ask` has the whole of it under its own limits
        trust_env=False,
    ) as client:
        try:
            await ask(client, model, _QUESTION, tell)
        except ModelError as error:
            return Probe(ok=False, words=f"the language model at {model.url}: {error}")
    if not first:
        return Probe(ok=False, words=f"the language model at {model.url}: it has nothing to say")
    words = f"the language model at {model.url} answers after {first:.1f} s"
    return Probe(ok=True, words=words, seconds=first)
