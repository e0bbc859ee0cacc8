"""A conversation on paper: `call` writes it down while it lasts, in case the process dies.

State ─ dump ─► JSON ─ restore ─► State            interrupted: what is kept of a call that was lost

What is secret is left out: a PIN is asked for again.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final

from appliance.dialogue.actions import Action, Document, Note
from appliance.dialogue.events import Moment
from appliance.dialogue.running import prompts, summary
from appliance.dialogue.running.means import Slots
from appliance.dialogue.script import Script
from appliance.dialogue.state import State, Task

VERSION: Final = 1
"""Of the form; one of another version is refused."""
INTERRUPTED: Final = "interrupted"
"""Kind of the note about a call that was lost."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    script: Script
    slots: Slots


def dump(state: State) -> str:
    """Return a state as JSON, without anything secret."""
    return json.dumps({"version": VERSION, "state": _plain(_open(state))}, ensure_ascii=False)


def _open(state: State) -> State:
    """Return a state without its secrets, nor those of where it came from."""
    keys = "" if state.hidden else state.keys
    back = _open(state.back) if state.back is not None else None
    return replace(state, secrets=(), keys=keys, back=back)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        default = type(value)() if isinstance(value, State) else None
        return {
            each.name: _plain(held)
            for each in fields(value)
            if (held := getattr(value, each.name)) is not None
            and (default is None or held != getattr(default, each.name))
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def restore(text: str) -> State:
    """Read what `dump` has written. Raises ValueError, with a sentence, for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"a conversation that is not JSON: {error}") from None
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ValueError("a conversation of another version")
    try:
        state = _build(State, found["state"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a conversation with wrong fields: {error}") from None
    if not isinstance(state, State):
        raise ValueError("a conversation without a state")  # noqa: TRY004 — as documented
    return state


def _build(kind: Any, value: Any) -> Any:
    """Return `value` as the type says; what does not fit raises TypeError or ValueError."""
    origin, given = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(f"{value!r:.40} is no list")
        if len(given) == 2 and given[1] is ...:
            return tuple(_build(given[0], each) for each in value)
        if len(given) != len(value):
            raise TypeError(f"a list of {len(value)} where {len(given)} are expected")
        return tuple(map(_build, given, value))
    if origin is types.UnionType and type(None) in given:
        return None if value is None else _build(given[0], value)
    if origin in {Mapping, types.UnionType} or not isinstance(kind, type):
        return value
    allowed = (int, float) if kind is float else kind
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _dataclass(kind: type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    hints = _hints(kind)
    unknown = value.keys() - hints.keys()
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: _build(hints[name], each) for name, each in value.items()})


def interrupted(script: Script, state: State, now: Moment) -> list[Action]:
    """Return what is to be kept of a call whose process died: what the caller wanted and told."""
    del now  # the caller's clock is the journal's; nothing here depends on the hour
    speaker = _Speaker(script, Slots(script))
    found: list[Action] = []
    asked: list[State] = [state]
    if state.back is not None and state.back.task.process != state.task.process:
        asked.insert(0, state.back)
    for each in asked:
        if each.task.process:
            found += _lost(speaker, each)
    caller = tuple((name, value) for name, value in state.facts if name.startswith("caller"))
    for wish in state.agenda:
        title = prompts.title(script, wish.intent)
        found.append(Note(INTERRUPTED, (("about", title), *caller)))
    return found


def _lost(speaker: _Speaker, state: State) -> list[Action]:
    task: Task = state.task
    title = prompts.title(speaker.script, task.intent or task.process)
    caller = tuple((name, value) for name, value in state.facts if name.startswith("caller"))
    told = tuple(summary.said(speaker, state))
    document = Document(
        task.process, "failed", "system-down", state.level, max(0, state.turns - task.turns),
        summary.compose(speaker, state, "failed"), task.source,
    )  # fmt: skip
    if task.process in {speaker.script.person, speaker.script.farewell} and not told:
        return [document]
    return [Note(INTERRUPTED, (("about", title), *caller, *told)), document]
