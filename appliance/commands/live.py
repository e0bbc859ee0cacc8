"""The site's real systems for a chat: connectors on their threads, the language model on a loop."""

from __future__ import annotations

import asyncio
import queue
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from appliance.call.connectors import Connectors
from appliance.call.thinking import Thinker
from appliance.commands.preparing import Prepared
from appliance.dialogue.actions import Invoke, Think
from appliance.dialogue.events import Event, Result, Thought, ThoughtFailed, ThoughtOver
from appliance.dialogue.script import Entry
from appliance.records.outbox import Outbox
from appliance.settings import Settings

_PATIENCE: Final = 60.0
"""Seconds after which a system that should have given up long ago is given up here."""
_CALL: Final = "chat"


class Live:
    """Answers of the real systems; a context manager. What is written to them is really written."""

    def __init__(self, prepared: Prepared, settings: Settings) -> None:
        """Connect nothing yet."""
        self._settings = settings
        # What a chat could not deliver is not tried on for days.
        self._folder = tempfile.TemporaryDirectory(prefix="attendant-chat-")
        place = Path(self._folder.name)
        self._outbox = Outbox(place / "outbox.sqlite")
        secrets = {
            name: secret.get_secret_value() for name, secret in settings.dialogue.secrets.items()
        }
        self._connectors = Connectors(
            prepared.script, prepared.folder, secrets, self._outbox, files=prepared.files
        )

    def __enter__(self) -> Live:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of every connection."""
        self._connectors.close()
        self._outbox.close()
        self._folder.cleanup()

    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """Return the rows of the lists that come from connectors; may take seconds."""
        return self._connectors.entries()

    def answer(self, invoke: Invoke) -> Result | None:
        """Return what the system says; None where it says nothing for a minute."""
        done: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._connectors.submit(invoke, _CALL, done.put)
        try:
            return done.get(timeout=_PATIENCE)
        except queue.Empty:
            return None

    def think(self, think: Think) -> Sequence[Event]:
        """Return what the language model says."""
        return asyncio.run(self._thought(think))

    async def _thought(self, think: Think) -> Sequence[Event]:
        if not self._settings.model.url:
            return (ThoughtFailed(think.id, "there is no language model"),)
        heard: list[Event] = []
        over = asyncio.Event()

        def deliver(event: Thought | ThoughtOver | ThoughtFailed) -> None:
            heard.append(event)
            if not isinstance(event, Thought):
                over.set()

        thinker = Thinker(self._settings.model)
        try:
            thinker.start(_CALL, think, deliver)
            await over.wait()
        finally:
            await thinker.close()
        return heard
