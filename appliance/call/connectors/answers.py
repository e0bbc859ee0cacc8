"""What a system has answered, and what of it a dialogue gets to see.

driver ─► Answer (what came) ─► shaped: rows, fields, cut to size ─► dialogue.Result
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from appliance.dialogue import Connector, Json, Status
from appliance.dialogue.values import DEEPEST, look_up

ROWS: Final = 200
"""Of an answer to a caller."""
ENTRIES: Final = 20_000
"""Of a list that callers name things of."""
_TEXT: Final = 4000
"""Characters of one text."""
_VALUES: Final = 5000
"""Values of one answer; a conversation's whole state is written to disk with them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request came to."""

    status: Status
    value: Json = None
    """DONE: a row, rows, or whatever the system says."""
    reason: str = ""
    """In words of ours: nothing that was sent, nothing that was answered."""
    down: bool = False
    """UNAVAILABLE: whether it is the system and not just this request."""
    after: float = 0.0
    """Seconds in which it does not want to be asked again."""
    key_refused: bool = False
    """It does not accept our secret: a person must mend that."""


def unavailable(
    reason: str, *, down: bool = True, after: float = 0.0, key_refused: bool = False
) -> Answer:
    """Return that a system cannot be asked."""
    return Answer(Status.UNAVAILABLE, None, reason, down, after, key_refused)


def refused(reason: str) -> Answer:
    """Return that a system says no."""
    return Answer(Status.REFUSED, None, reason)


def shape(connector: Connector, answer: Answer, most: int = ROWS) -> Answer:
    """Return what the dialogue sees of an answer: named fields, a row or rows, of bounded size.

    A read that found no row is NOTHING.
    """
    if answer.status is not Status.DONE:
        return replace(answer, value=None)
    found = answer.value
    if isinstance(found, Sequence) and not isinstance(found, str):
        rows: list[Json] = list(found[:most])
    else:
        rows = [] if found is None else [found]
    budget = _Budget(_VALUES if most <= ROWS else most * 40)
    shaped = [budget.cut(_fields(connector, row), DEEPEST - 2) for row in rows]
    status = Status.DONE if shaped or connector.write else Status.NOTHING
    if connector.many:
        return replace(answer, status=status, value={"rows": shaped})
    return replace(answer, status=status, value=shaped[0] if shaped else None)


def _fields(connector: Connector, row: Json) -> Json:
    if not connector.fields:
        return row
    known = row if isinstance(row, Mapping) else {"value": row}
    return {name: look_up(known, path) for name, path in connector.fields.items()}


class _Budget:
    """How much of an answer is still taken; what is beyond is absent."""

    def __init__(self, most: int) -> None:
        self._left = most

    def cut(self, value: Json, deep: int) -> Json:
        """Return a value without what is too deep, too long or no JSON."""
        if self._left <= 0:
            return None
        self._left -= 1
        if isinstance(value, str):
            return value[:_TEXT]
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if value is None or isinstance(value, bool | int):
            return value
        if deep <= 0:
            return None
        if isinstance(value, Mapping):
            return {
                str(name)[:_TEXT]: self.cut(inner, deep - 1)
                for name, inner in value.items()
                if self._left > 0
            }
        return [self.cut(inner, deep - 1) for inner in value if self._left > 0]
