"""Splitting header text: quoted strings, angle brackets, parameters. Each scan is linear."""

from __future__ import annotations

from typing import TypeAlias

from .errors import LocalError

Params: TypeAlias = tuple[tuple[str, str | None], ...]
"""Parameters in their order; a value of None is a flag, quotes are kept as written."""


def split(text: str, separator: str) -> list[str]:
    """Cut at each `separator` outside quoted strings and angle brackets; parts are stripped.

    Empty parts are left out. A quote that never closes runs to the end of the text.
    """
    if separator not in text:
        text = text.strip()
        return [text] if text else []
    if '"' not in text and "<" not in text:
        return [part for piece in text.split(separator) if (part := piece.strip())]
    parts: list[str] = []
    start = 0
    quoted = escaped = angled = False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            if char == "\\":
                escaped = True
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = True
        elif char == "<":
            angled = True
        elif char == ">":
            angled = False
        elif char == separator and not angled:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def read_params(text: str, separator: str = ";") -> Params:
    """Read `;name=value;flag` (or `name=value, …`); names are lowered, values kept as written."""
    if not text:
        return ()
    params: list[tuple[str, str | None]] = []
    for part in split(text, separator):
        name, equals, value = part.partition("=")
        params.append((name.strip().lower(), value.strip() if equals else None))
    return tuple(params)


def write_params(params: Params) -> str:
    """The inverse of `read_params` for the separator `;`, with a leading `;`."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params)


def param(params: Params, name: str) -> str | None:
    """The value of the first parameter of that name, unquoted; a flag is the empty string."""
    for key, value in params:
        if key == name:
            return unquoted(value or "")
    return None


def with_param(params: Params, name: str, value: str | None) -> Params:
    """The parameters with one set, in its old place if it had one."""
    if any(key == name for key, _ in params):
        return tuple((key, value if key == name else old) for key, old in params)
    return (*params, (name, value))


def quoted(text: str) -> str:
    """A quoted string (RFC 3261 25.1)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(text: str) -> str:
    """The content of a quoted string; other text is returned as it is."""
    if not text.startswith('"'):
        return text
    out: list[str] = []
    escaped = False
    for char in text[1:]:
        if escaped:
            out.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            break
        else:
            out.append(char)
    return "".join(out)


def end_of_quoted(text: str) -> int:
    """The index after a quoted string that starts the text; the length if it never closes."""
    escaped = False
    for at, char in enumerate(text[1:], 1):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            return at + 1
    return len(text)


def clean(text: str, what: str) -> str:
    """Our own value on its way into a header: control characters are refused.

    Raises LocalError, so that nobody can smuggle a header line through a name or a reason.
    """
    if any(char < " " or char == "\x7f" for char in text):
        raise LocalError(f"{what} holds a line break or another control character")
    return text


def readable(text: str) -> str:
    """Foreign text for an event: undecodable bytes and control characters become `?`."""
    return "".join(
        "?" if char < " " or "\ud800" <= char <= "\udfff" or char == "\x7f" else char
        for char in text
    )


def natural(text: str | None, limit: int) -> int | None:
    """A decimal number of ASCII digits up to `limit`, or None."""
    if text is None:
        return None
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if number <= limit else None
