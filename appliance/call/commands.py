"""The commands of this room: `call`, `messages`, and its part of `doctor`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
from typing import Final

from appliance.call import folder, process
from appliance.contracts.errors import UserError
from appliance.records import Store
from appliance.settings import DialogueSettings, Settings
from appliance.system.doctor import Finding, Grade

PRIORITY: Final = -10
"""Nice value of the process that sends a packet every 20 ms."""


def call_command(settings: Settings, *, show: bool = False) -> int:
    """Answer the telephone until SIGTERM or Ctrl-C; returns the exit status.

    `show` prints one JSON object per event of a conversation: for a desk, as it holds what callers
    say.
    """
    _hurry()
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(name)s: %(levelname)s: %(message)s"
    )
    asyncio.run(_serve(settings, show=show))
    return 0


def _hurry() -> None:
    """Ask to be run before processes that compute, where that is allowed; a unit allows it.

    No real-time priority: that could hang a core if ever something in here computed.
    """
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)


async def _serve(settings: Settings, *, show: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await process.run(settings, on_event=_print if show else None, stop=stop)


def _print(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def messages_command(settings: Settings) -> int:
    """Print the messages that callers left; returns the exit status."""
    if not settings.records.file.exists():
        raise UserError(f"{settings.records.file} does not exist: no call has been taken yet")
    try:
        store = Store(settings.records.file, note_days=settings.records.note_days)
    except OSError as error:
        raise UserError(str(error)) from None
    try:
        notes = store.messages()
    except sqlite3.Error as error:
        raise UserError(f"{settings.records.file} cannot be read: {error}") from None
    finally:
        store.close()
    for note in notes:
        values = "; ".join(f"{name}: {value}" for name, value in note.fields)
        sys.stdout.write(f"{note.left.astimezone():%Y-%m-%d %H:%M}  {note.kind}  {values}\n")
    if not notes:
        sys.stdout.write("There are no messages.\n")
    return 0


def dialogue_finding(settings: DialogueSettings) -> Finding:
    """Say whether the dialogue can be used (for `doctor`)."""
    try:
        script = folder.load(settings.folder)
    except UserError as mistake:
        return Finding(Grade.MISSING, str(mistake), "mend the dialogue")
    return Finding(Grade.OK, f"the dialogue of {script.site}: {len(script.intents)} intents")
