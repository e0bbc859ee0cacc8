"""Checks of single values: each returns the value as it is kept, or raises ValueError."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Any, Final

_NAME: Final = re.compile(
    r"(?=.{1,253}\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?"
)
_NUMBER: Final = re.compile(r"[*#]?\+?[0-9x]+[0-9x#]*\*?")
_EXTENSION: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_FIELD: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_LINE: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")
_CODECS: Final = {"pcmu": "PCMU", "pcma": "PCMA", "g722": "G722", "opus": "opus"}
_OTHER_NAMES: Final = {"g711u": "PCMU", "ulaw": "PCMU", "g711a": "PCMA", "alaw": "PCMA"}
_DIGEST: Final = 64
"""Hexadecimal digits of SHA-256."""


def _literal(value: str) -> str:
    """An IP address without brackets, or nothing."""
    inner = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    try:
        return str(ip_address(inner))
    except ValueError:
        return ""


def host(value: str) -> str:
    """A host's name or IP address; IPv6 with or without brackets is kept without."""
    value = value.strip()
    found = _literal(value)
    if found or (_NAME.fullmatch(value) and not re.fullmatch(r"[0-9.]+", value)):
        return found or value
    if value.lower().startswith(("sip:", "sips:", "http")):
        raise ValueError(f"'{value}' is an address of a page or person: write the host's name only")
    if re.fullmatch(r"[^:]+:[0-9]+", value):
        raise ValueError(f"'{value}' holds a port: write the port into its own field")
    raise ValueError(f"'{value}' is neither a host's name nor an IP address")


def host_and_port(value: str) -> str:
    """A host, or `host:port` (IPv6 in brackets then); empty stays empty."""
    value = value.strip()
    if not value:
        return ""
    name, port = split(value)
    shown = f"[{host(name)}]" if ":" in host(name) else host(name)
    return f"{shown}:{port}" if port else shown


def split(value: str) -> tuple[str, int]:
    """Return host and port (0 where none is written) of a value that `host_and_port` accepts."""
    if _literal(value):
        return _literal(value), 0
    name, colon, port = value.rpartition(":")
    if not colon:
        return value, 0
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(f"'{value}': '{port}' is no port; write host or host:port")
    return _literal(name) or name, int(port)


def own_host(value: str) -> str:
    """An IP address of ours; empty and `auto` are the one that leads to the PBX (kept empty)."""
    value = value.strip()
    if value.lower() in ("", "auto"):
        return ""
    found = _literal(value)
    if not found:
        raise ValueError(f"'{value}' is no IP address: write one of the box's, or auto")
    if ip_address(found).is_unspecified:
        raise ValueError(f"'{value}' is no address that the PBX can reach: write one, or auto")
    return found


def codec(value: Any) -> Any:
    """A codec's name in any usual spelling, as it stands in SDP."""
    if not isinstance(value, str):
        return value
    plain = re.sub(r"[^a-z0-9]", "", value.lower())
    return _CODECS.get(plain) or _OTHER_NAMES.get(plain) or value


def fingerprint(value: str) -> str:
    """SHA-256 of a certificate in hexadecimal digits, with or without colons; kept with."""
    bare = re.sub(r"(?i)^sha-?256( fingerprint)?[\s:=]+", "", value.strip())
    digits = re.sub(r"[\s:]", "", bare).upper()
    if not re.fullmatch(r"[0-9A-F]*", digits):
        raise ValueError("a fingerprint consists of hexadecimal digits (0-9, A-F) and colons")
    if len(digits) != _DIGEST:
        kind = " (that is SHA-1: SHA-256 is wanted)" if len(digits) == 40 else ""
        raise ValueError(f"a fingerprint has {_DIGEST} digits, this one {len(digits)}{kind}")
    return ":".join(digits[at : at + 2] for at in range(0, _DIGEST, 2))


def network(value: str) -> str:
    """An IP address, or a network as 192.0.2.0/24."""
    value = value.strip()
    try:
        return str(ip_network(value)) if "/" in value else str(ip_address(value))
    except ValueError:
        pass
    try:
        meant = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"'{value}' is no IP address or network such as 192.0.2.0/24") from None
    raise ValueError(f"'{value}' is an address inside a network: write {meant}")


def number(value: str) -> str:
    """A pattern of numbers that may be called; see `call.dialling`."""
    bare = re.sub(r"[ ()/.-]", "", value)
    if _NUMBER.fullmatch(bare) and re.search(r"[0-9x]", bare):
        return bare
    if _EXTENSION.fullmatch(value.strip()):
        return value.strip()
    if bare.strip("*") == "":
        raise ValueError(f"'{value}' would allow every number there is: write which ones")
    raise ValueError(f"'{value}' is no number: write digits, x for any digit, * at the end")


def field_name(value: str) -> str:
    """The name of a SIP header."""
    name = value.strip().rstrip(":")
    if not _FIELD.fullmatch(name):
        raise ValueError(f"'{value}' is no name of a SIP header, such as X-Customer")
    return name


def line_name(value: str) -> str:
    """The name of a further extension's table."""
    if value == "main":
        raise ValueError("'main' is the first extension's name: choose another")
    if not _LINE.fullmatch(value):
        raise ValueError(f"'{value}': write small letters, digits and hyphens, 20 at most")
    return value
