"""The dialogue that answers, and the next one as soon as one is published.

    published/current ──► read ──► Engine, Connectors ──► Edition ──► new calls
                                       └ its mistakes: the one before goes on

A call in progress keeps the edition that it began with.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance import dialogue
from appliance.call.connectors import Connectors
from appliance.call.journal import FAULTS
from appliance.contracts.errors import UserError
from appliance.dialogue.script import Entry
from appliance.records.outbox import Outbox
from appliance.settings import Settings
from appliance.system.dialogues.folder import load_files, read_folder
from appliance.system.dialogues.versions import Library, current, trained

_log = logging.getLogger(__name__)
LOOK: Final = 2.0
"""Seconds between two looks at what is published."""
LISTS: Final = 900.0
"""Seconds after which the lists that come from connectors are asked for again."""
_SWITCH: Final = 0.0005
"""Seconds that a thread which computes may keep the one that paces audio waiting."""

Lists = Mapping[str, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A dialogue ready to run."""

    script: dialogue.Script
    engine: dialogue.Engine
    zone: ZoneInfo
    folder: Path
    model: bytes = b""
    """What was trained for it when it was published."""
    lists: Lists = field(default_factory=dict)
    """Rows that its connectors have told."""

    def moment(self, now: float) -> dialogue.Moment:
        """Return the dialogue's time of a loop time: the site's wall clock then."""
        ago = timedelta(seconds=time.monotonic() - now)
        return dialogue.Moment(now, datetime.now(self.zone) - ago)

    def with_lists(self, lists: Lists, settings: Settings) -> Conversation:
        """Return the same with other rows. Takes as long as `read`."""
        engine = dialogue.Engine(self.script, self.model, lists, thinking=_thinks(settings))
        return replace(self, engine=engine, lists=lists)


@dataclass(frozen=True, slots=True)
class Edition:
    """A dialogue and the systems it asks."""

    conversation: Conversation
    connectors: Connectors


def prepare(settings: Settings) -> Conversation:
    """Read the dialogue that answers; one that has mistakes gives way to the one before.

    Raises UserError with every mistake where none can be used.
    """
    folder = current(settings.dialogue)
    try:
        return read(folder, settings)
    except UserError as mistakes:
        for other in _earlier(folder, settings):
            with contextlib.suppress(UserError):
                found = read(other, settings)
                _log.error("%s; %s answers in its place", mistakes, other)
                return found
        raise


def _earlier(broken: Path, settings: Settings) -> Iterator[Path]:
    """Where else a dialogue may be, the newest version first; nothing where none is published."""
    library = Library(settings.dialogue.published)
    published = [library.path(version.number) for version in library.versions()]
    if broken in published:
        yield from published[published.index(broken) + 1 :]
        yield settings.dialogue.folder


def read(folder: Path, settings: Settings) -> Conversation:
    """Read one dialogue. Raises UserError with every mistake in it."""
    files = read_folder(folder)
    script = load_files(files, folder)
    try:
        zone = ZoneInfo(script.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(
            f"the dialogue's timezone '{script.timezone}' is not known here: "
            "write one like Europe/Berlin, or apt install tzdata"
        ) from None
    model = trained(folder, files)
    try:
        engine = dialogue.Engine(script, model, thinking=_thinks(settings))
    except ValueError as fault:  # trained by another version of this firmware
        _log.warning("what was trained for %s is not used: %s", folder, fault)
        model, engine = b"", dialogue.Engine(script, thinking=_thinks(settings))
    return Conversation(script, engine, zone, folder, model)


def connect(conversation: Conversation, settings: Settings, outbox: Outbox) -> Connectors:
    """Make a dialogue's connectors; nothing is asked yet."""
    secrets = {
        name: secret.get_secret_value() for name, secret in settings.dialogue.secrets.items()
    }
    made = Connectors(
        conversation.script, conversation.folder, secrets, outbox,
        briefing_url=settings.dialogue.briefing_url,
    )  # fmt: skip
    for problem in made.problems():
        _log.warning("the dialogue's connectors: %s", problem)
    return made


def _thinks(settings: Settings) -> bool:
    return bool(settings.model.url)


class Editions:
    """Keeps the edition for new calls the published one; `run` it as a task."""

    def __init__(
        self,
        settings: Settings,
        first: Edition,
        outbox: Outbox,
        *,
        changed: Callable[[Edition], None],
        trouble: Callable[[str], None],
        used: Callable[[Connectors], bool],
    ) -> None:
        """`changed` hears of each new edition, `trouble` why one is not used (empty: none is).

        `used`: whether a call still goes by these connectors.
        """
        self.edition = first
        self._settings = settings
        self._outbox = outbox
        self._changed = changed
        self._trouble = trouble
        self._used = used
        self._seen = current(settings.dialogue)
        self._old: list[Connectors] = []
        self._asked: float | None = None
        """Loop time at which lists were asked for last; None: not yet for this edition."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """See whether there is another dialogue, or other rows in its lists."""
        try:
            folder = current(self._settings.dialogue)
        except OSError as error:  # looked at in the middle of something; the next look tells
            _log.warning("what is published cannot be seen: %s", error.strerror)
            folder = self._seen
        if folder != self._seen:
            self._seen = folder
            await self._publish(folder)
        now = asyncio.get_running_loop().time()
        if self._asked is None or now - self._asked >= LISTS:
            self._asked = now
            await self._list()
        for connectors in [one for one in self._old if not self._used(one)]:
            self._old.remove(connectors)
            await asyncio.to_thread(connectors.close)

    async def close(self) -> None:
        """Begin nothing more; what waits in the outbox stays there."""
        for connectors in (*self._old, self.edition.connectors):
            await asyncio.to_thread(connectors.close)
        self._old.clear()

    async def _publish(self, folder: Path) -> None:
        try:
            conversation = await self._aside(lambda: read(folder, self._settings))
            connectors = await asyncio.to_thread(
                connect, conversation, self._settings, self._outbox
            )
        except (UserError, OSError, *FAULTS) as mistake:
            _log.error("%s is not used, the dialogue before it goes on: %s", folder, mistake)
            self._trouble(f"the dialogue in {folder} is not used: {mistake}")
            return
        self._old.append(self.edition.connectors)
        self.edition, self._asked = Edition(conversation, connectors), None
        _log.info("new calls go by the dialogue in %s", folder)
        self._trouble("")
        self._changed(self.edition)

    async def _list(self) -> None:
        """Ask for the rows of lists; what cannot be had stays as it was."""
        edition = self.edition
        conversation = edition.conversation
        if not any(catalogue.connector for catalogue in conversation.script.lists.values()):
            return
        found = await asyncio.to_thread(edition.connectors.entries)
        lists = {**conversation.lists, **found}
        if lists == conversation.lists:
            return
        try:
            new = await self._aside(lambda: conversation.with_lists(lists, self._settings))
        except FAULTS as fault:
            _log.error("the rows of a list cannot be used", exc_info=fault)
            return
        self.edition = replace(edition, conversation=new)
        self._changed(self.edition)

    @staticmethod
    async def _aside(make: Callable[[], Conversation]) -> Conversation:
        """Compute on a thread that lets the loop go first."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        try:
            return await asyncio.to_thread(make)
        finally:
            sys.setswitchinterval(before)
