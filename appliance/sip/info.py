"""Keys sent by INFO, in both bodies found in the field."""

from __future__ import annotations

from typing import Final

from .errors import LocalError, RemoteError

_KEYS: Final = "0123456789*#ABCD"
_NUMBERED: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def read_info(content_type: str, body: bytes) -> str:
    """The key, one of 0-9, *, #, A-D; empty where the INFO carries none.

    `application/dtmf-relay` holds `Signal=5` and `Duration=160` lines (blanks around the equals
    sign, a colon in its place and any case occur), `application/dtmf` the key alone. Raises
    RemoteError with status 415 for another body.
    """
    text = body.decode("ascii", "replace")
    if not body.strip():
        return ""
    if content_type == "application/dtmf-relay":
        lines = text.replace("\r", "\n").replace(":", "=").split("\n")
        pairs = (line.partition("=") for line in lines)
        text = next((value for key, _, value in pairs if key.strip().lower() == "signal"), "")
    elif content_type != "application/dtmf":
        raise RemoteError("a body that is no key", 415)
    key = text.strip().upper()
    key = _NUMBERED.get(key, key)
    return key if len(key) == 1 and key in _KEYS else ""


def write_info(key: str, milliseconds: int, *, relay: bool) -> tuple[str, bytes]:
    """Content type and body of an INFO that sends a key; `relay` picks the dtmf-relay body.

    Raises LocalError for what is no key, or a length outside 40 to 5000 milliseconds.
    """
    key = key.upper()
    if len(key) != 1 or key not in _KEYS:
        raise LocalError(f"{key!r} is no key")
    if not 40 <= milliseconds <= 5000:
        raise LocalError("a key lasts from 40 to 5000 milliseconds")
    if relay:
        return "application/dtmf-relay", f"Signal={key}\r\nDuration={milliseconds}\r\n".encode()
    return "application/dtmf", key.encode()
