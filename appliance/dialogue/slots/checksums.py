"""Check digits of numbers that are names, by python-stdnum and by the usual weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stdnum import luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_97_10


def _weighted_three(digits: str) -> bool:
    """Weights 1 and 3 from the right, as GTIN and EAN have it (GS1 General Specifications 7.9)."""
    return sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(reversed(digits))) % 10 == 0


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "luhn": luhn.is_valid,
    "verhoeff": verhoeff.is_valid,
    "iso7064-mod97-10": mod_97_10.is_valid,
    "iso7064-mod11-2": mod_11_2.is_valid,
    "mod10-weighted-3": _weighted_three,
}

CHECKSUMS: Final = frozenset(_CHECKS)
"""The names that an author may write."""


def holds(checksum: str, digits: str) -> bool:
    """Return whether the check digits of a number are right; an unknown or empty name is."""
    check = _CHECKS.get(checksum)
    return check is None or bool(digits and check(digits))
