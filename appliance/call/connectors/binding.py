"""Parameters in requests: encoded for where they stand, never spliced.

What is put in is not looked at again: a value that holds `{name}` stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from appliance.dialogue import templates
from appliance.dialogue.values import Json, text

KEY: Final = "key"
"""The idempotency key, as authors name it in a request."""


class BindingError(ValueError):
    """A value that cannot be sent where it belongs; the text names the parameter only."""


def parameters(arguments: Mapping[str, Json], wanted: Sequence[str], key: str) -> dict[str, Json]:
    """Return the values by name, `key` among them.

    Raises BindingError where one is missing, or holds what no system takes: a NUL, half of a
    character.
    """
    found: dict[str, Json] = {}
    for name in wanted:
        if name not in arguments:
            raise BindingError(f"the parameter {name} is missing")
        if not _sendable(arguments[name]):
            raise BindingError(f"the parameter {name} holds a character that cannot be sent")
        found[name] = arguments[name]
    found.setdefault(KEY, key)
    return found


def _sendable(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, Mapping):
        return all(_sendable(name) and _sendable(inner) for name, inner in value.items())
    if isinstance(value, Sequence):
        return all(map(_sendable, value))
    return True


def path(template: str, values: Mapping[str, Json]) -> str:
    """Return a path with its parameters percent-encoded (RFC 3986 section 2.1).

    Raises BindingError for one that would make another path of it: nothing at all, or dots only
    (section 5.2.4).
    """

    def encoded(name: str) -> str:
        value = text(values.get(name))
        if not value.strip("."):
            raise BindingError(f"the parameter {name} is empty")
        return quote(value, safe="")

    return templates.fill(template, encoded)


def query(wanted: Mapping[str, str], values: Mapping[str, Json]) -> dict[str, str]:
    """Return a query; whoever sends it encodes it. A parameter that is absent is left out."""
    return {
        name: filled(template, values)
        for name, template in wanted.items()
        if not (_whole(template) and values.get(template[1:-1]) is None)
    }


def filled(template: str, values: Mapping[str, Json]) -> str:
    """Return a text with its parameters as they are."""
    return templates.fill(template, lambda name: text(values.get(name)))


def body(wanted: Json, values: Mapping[str, Json]) -> Json:
    """Return JSON in which a text that is one parameter is its value, whatever that is."""
    if isinstance(wanted, str):
        return values.get(wanted[1:-1]) if _whole(wanted) else filled(wanted, values)
    if isinstance(wanted, Mapping):
        return {name: body(inner, values) for name, inner in wanted.items()}
    if isinstance(wanted, Sequence):
        return [body(inner, values) for inner in wanted]
    return wanted


def _whole(template: str) -> bool:
    return templates.HOLE.fullmatch(template) is not None
