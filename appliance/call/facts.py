"""What the telephone line tells about a call, as facts that the dialogue may use.

They are spoken or compared, and kept nowhere: no record and no log holds them.
"""

from __future__ import annotations

from appliance import sip
from appliance.sip.address import is_literal

_ANONYMOUS = frozenset({"", "anonymous", "unavailable", "unknown", "restricted"})
_LONGEST = 120
"""Characters of a fact; nobody's name is longer, and it may be spoken."""


def facts(incoming: sip.Incoming) -> tuple[tuple[str, str], ...]:
    """Return name and value of what is known; what is not known is not there.

    The names are those of `dialogue.CALL_FACTS`, and for each configured header its own in small
    letters with _ (X-Customer-Id: x_customer_id). What a trusted peer asserts goes before what
    the caller's telephone says of itself; a caller who wants to stay unknown does.
    """
    origin = incoming.origin
    caller = origin.number or incoming.caller
    name = origin.name or incoming.caller_name
    if is_literal(caller):  # a telephone without a number: its address is no name of anybody
        caller = ""
    if origin.private or caller.lower() in _ANONYMOUS:
        caller = name = ""
    if name.lower() in _ANONYMOUS or name == caller or is_literal(name):
        name = ""
    found = [
        ("caller", caller),
        ("caller_name", name),
        ("called", incoming.called),
        ("diverted_from", origin.diverted_from),
        ("diversion_reason", origin.diversion_reason),
        *((header.lower().replace("-", "_"), value) for header, value in origin.fields),
    ]
    return tuple((fact, _tidy(value)) for fact, value in found if _tidy(value))


def _tidy(value: str) -> str:
    """One line of printable text."""
    text = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(text.split())[:_LONGEST]
