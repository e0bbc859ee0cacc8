"""Whom the box may call: an allow-list, and limits that keep the bill of a misused box small."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

_MINUTE: Final = 60.0
_SEPARATORS: Final = re.compile(r"[ ()/.-]")
_PLAIN: Final = re.compile(r"[*#]?\+?[0-9*#]+")
"""What can be dialled on a keypad: separators apart, digits, + in front, * and #."""
_PATTERN: Final = re.compile(r"[*#]?\+?[0-9x]+[0-9x#]*\*?")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


class Dialling:
    """Checks every call out and every transfer. Times are the loop's, in seconds."""

    def __init__(
        self,
        allowed: tuple[str, ...] = (),
        per_minute: int = 10,
        at_once: int = 5,
        *,
        known: Iterable[str] = (),
    ) -> None:
        """Begin with no call made.

        `allowed`: patterns: an exact number or name, `2xx` (x is one digit), `0049*` (a star at
        the end: whatever follows, at least one digit). `known`: destinations of the dialogue,
        numbers or SIP URIs as they stand; always allowed, and without a limit: the site named
        them, and a caller who is to be put through must not be told to wait a minute.
        """
        self._patterns = tuple(_compiled(pattern) for pattern in allowed)
        self._known = frozenset(_bare(number) for number in known if number)
        self._per_minute = per_minute
        self._at_once = at_once
        self._begun: deque[float] = deque()
        self.calls = 0
        """Calls out in progress."""

    def know(self, numbers: Iterable[str]) -> None:
        """Allow numbers that a dialogue names, besides those of the ones before.

        A call in progress goes by an older dialogue, and must reach its destinations.
        """
        self._known |= {_bare(number) for number in numbers if number}

    def check(self, number: str, now: float) -> str:
        """Return why `number` may not be called now, in plain words; empty where it may."""
        bare = _bare(number)
        if bare in self._known:
            return ""
        if not (_PLAIN.fullmatch(bare) or _NAME.fullmatch(bare)):
            return f"'{number}' is no plain number, and no destination of the dialogue"
        if not any(pattern.fullmatch(bare) for pattern in self._patterns):
            return f"{bare} is not among the numbers the box may call (call.allowed_numbers)"
        if self.calls >= self._at_once:
            return (
                f"{self.calls} calls out are in progress, and no more are allowed at once "
                "(call.calls_out)"
            )
        while self._begun and now - self._begun[0] >= _MINUTE:
            self._begun.popleft()
        if len(self._begun) >= self._per_minute:
            return (
                f"{len(self._begun)} calls out were made within a minute, and no more are allowed "
                "(call.calls_per_minute)"
            )
        return ""

    def began(self, now: float) -> None:
        """A call out that `check` allowed was begun; `ended` follows when it is over."""
        self.calls += 1
        self._begun.append(now)

    def ended(self) -> None:
        """A call out is over."""
        self.calls = max(0, self.calls - 1)


def _bare(number: str) -> str:
    """The number without what people write for their eyes; names and URIs as they stand."""
    number = number.strip(" ")
    if number.lower().startswith("tel:"):
        number = number[4:]
    bare = _SEPARATORS.sub("", number)
    return bare if _PLAIN.fullmatch(bare) else number


def _compiled(pattern: str) -> re.Pattern[str]:
    """An expression without any repetition but the last, so matching takes linear time."""
    bare = _SEPARATORS.sub("", pattern)
    if not _PATTERN.fullmatch(bare):
        return re.compile(re.escape(pattern.strip()))
    body, star = (bare[:-1], "[0-9]+") if bare.endswith("*") else (bare, "")
    digits = "".join("[0-9]" if key == "x" else re.escape(key) for key in body)
    return re.compile(digits + star)
