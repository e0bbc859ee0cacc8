"""Seeing to the conversations that an earlier process did not live to end."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import Final

from appliance import dialogue
from appliance.call.ending import ending
from appliance.call.journal import Journal, Leftover, unfinished
from appliance.call.outside import Submit
from appliance.contracts.outcome import Outcome
from appliance.records import CallRecord, Note, Store, Summary
from appliance.system.loop import token

_log = logging.getLogger(__name__)
_PATIENCE: Final = 10.0
"""Seconds for a disk to take them."""


def recover(
    journal: Journal,
    script: dialogue.Script,
    now: dialogue.Moment,
    store: Store,
    submit: Submit,
) -> int:
    """Keep and deliver what callers had asked for; return how many conversations there were.

    A leftover goes only when what is made of it is on disk. Takes as long as the disk does.
    """
    leftovers = journal.leftovers()
    for leftover in leftovers:
        actions = unfinished(script, leftover, now)
        written = list(_written(leftover, actions, store))
        for action in actions:
            if isinstance(action, dialogue.Invoke):
                submit(action, leftover.call, _heard)
        if all(_is_kept(future) for future in written):
            journal.remove(leftover.call)
    if leftovers:
        _log.warning("%d conversations had been cut short", len(leftovers))
    return len(leftovers)


def _is_kept(written: Future[None]) -> bool:
    try:
        return written.exception(_PATIENCE) is None
    except TimeoutError:
        return False


def _written(
    leftover: Leftover, actions: Iterable[dialogue.Action], store: Store
) -> Iterable[Future[None]]:
    kept = leftover.kept
    last: dialogue.Document | None = None
    for action in actions:
        match action:
            case dialogue.Note(kind, fields):
                yield store.leave(Note(token(), kind, fields, kept))
            case dialogue.Document():
                last = action
                if action.summary:
                    yield store.summarise(_summary(leftover.call, action, kept))
            case _:
                continue
    yield store.add(CallRecord(leftover.call, kept, 0, Outcome.FAILED, **ending(last)))


def _summary(call: str, document: dialogue.Document, made: datetime) -> Summary:
    return Summary(token(), call, document.process, document.summary, document.source, made)


def _heard(result: dialogue.Result) -> None:
    """Nobody waits: the outbox delivers it, however long it takes."""
    _ = result
