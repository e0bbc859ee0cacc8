"""The language model of the site as calls use it: at most one thought of a call at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import httpx

from appliance.call.thinking.client import ModelError, ask, trust
from appliance.dialogue import Think, Thought, ThoughtFailed, ThoughtOver
from appliance.settings import ModelSettings
from appliance.system.loop import FAULTS

_log = logging.getLogger(__name__)
_MOST: Final = 32
"""Connections to the model at once."""
_WARMING: Final = 120.0
"""Seconds that a model may take to be loaded and to read a prompt ahead."""

Deliver = Callable[[Thought | ThoughtOver | ThoughtFailed], None]
"""Takes what the model says: any number of `Thought`, then one of the others, all on the loop."""
OnEvent = Callable[[dict[str, object]], None]
"""Hears how it went: no word of a caller's."""


class Thinker:
    """Asks the model of the settings; used on the loop of the calls, nothing in it waits there."""

    def __init__(self, model: ModelSettings, on_event: OnEvent | None = None) -> None:
        """Prepare; nothing is asked before the first `start`. Takes some 20 ms with HTTPS."""
        self._model = model
        self._on_event = on_event
        self._thoughts: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._warming: set[asyncio.Task[None]] = set()
        # The site's own settings say where the model is: no proxy of the environment in between.
        self._client = httpx.AsyncClient(
            verify=trust(model.url),
            timeout=None,  # noqa: S113 - `ask` has the whole of it under its own limits
            limits=httpx.Limits(max_connections=_MOST, max_keepalive_connections=4),
            trust_env=False,
        )

    @property
    def there(self) -> bool:
        """Whether the site has a language model."""
        return bool(self._model.url)

    def start(self, call: str, think: Think, deliver: Deliver) -> None:
        """Ask; an earlier thought of the call is given up.

        What comes is delivered later, on the loop; nothing is after `cancel`.
        """
        self.cancel(call)
        task = asyncio.get_running_loop().create_task(self._run(call, think, deliver))
        self._thoughts[call] = task
        task.add_done_callback(lambda done: self._done(call, done))

    def warm(self, think: Think) -> None:
        """Let the server read a prompt ahead; whatever comes of it, nobody is told.

        It takes what it takes: a model is loaded from disk when it is first asked.
        """
        patient = self._model.model_copy(update={"first_word": _WARMING, "patience": _WARMING})

        async def warming() -> None:
            try:
                await ask(self._client, patient, think, lambda _: None)
            except ModelError as error:
                _log.info("the language model has not read ahead: %s", error)

        if self.there:
            task = asyncio.get_running_loop().create_task(warming())
            self._warming.add(task)
            task.add_done_callback(self._warming.discard)

    def cancel(self, call: str) -> None:
        """Give a call's thought up, if there is one, and close its connection."""
        task = self._thoughts.pop(call, None)
        if task is not None:
            task.cancel()
            self._ending.add(task)

    async def close(self) -> None:
        """Give everything up and close all connections."""
        for call in list(self._thoughts):
            self.cancel(call)
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._ending, *self._warming, return_exceptions=True)
        await self._client.aclose()

    def _done(self, call: str, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if self._thoughts.get(call) is task:
            del self._thoughts[call]

    async def _run(self, call: str, think: Think, deliver: Deliver) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        told = False
        task = asyncio.current_task()

        def show(state: str, reason: str = "") -> None:
            if self._on_event is not None:
                self._on_event({
                    "event": "thinking", "call": call, "id": think.id, "state": state,
                    "ms": round((loop.time() - begun) * 1000), "reason": reason,
                })  # fmt: skip

        def tell(thought: Thought | ThoughtOver) -> None:
            nonlocal told
            if self._thoughts.get(call) is not task:
                return  # given up by whoever was told the clause before
            if isinstance(thought, ThoughtOver):
                show("over")
            elif not told:
                show("first")
            told = True
            deliver(thought)

        show("asked")
        failed = ""
        try:
            await ask(self._client, self._model, think, tell)
        except ModelError as error:
            failed = str(error)
            _log.warning("%s: the language model gave no answer: %s", call, failed)
        except asyncio.CancelledError:
            show("cancelled")
            raise
        except FAULTS:
            failed = "a defect"
            _log.exception("%s: the language model's answer could not be read", call)
        if failed and self._thoughts.get(call) is task:
            show("failed", failed)
            deliver(ThoughtFailed(think.id, failed))
