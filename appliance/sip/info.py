"""Keys sent by INFO, in both bodies found in the field."""

from __future__ import annotations

from typing import Final

from .errors import RemoteError

_KEYS: Final = "0123456789*#ABCD"
_NUMBERED: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def read_info(content_type: str, body: bytes) -> str:
    """The key, one of 0-9, *, #, A-D; empty where the INFO carries none.

    `application/dtmf-relay` holds `Signal=5` and `Duration=160` lines, `application/dtmf` the
    key alone. Raises RemoteError with status 415 for another body.
    """
    text = body.decode("ascii", "replace")
    if not body.strip():
        return ""
    if content_type == "application/dtmf-relay":
        pairs = (line.partition("=") for line in text.replace("\r", "\n").split("\n"))
        text = next((value for key, _, value in pairs if key.strip().lower() == "signal"), "")
    elif content_type != "application/dtmf":
        raise RemoteError("a body that is no key", 415)
    key = text.strip().upper()
    key = _NUMBERED.get(key, key)
    return key if len(key) == 1 and key in _KEYS else ""
