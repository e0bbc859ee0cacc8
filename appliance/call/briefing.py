"""The briefing in one line, as a header of SIP carries it to a person's telephone."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 200
"""Bytes of the line: displays are short, and an INVITE must fit into a datagram."""
_SPELLED: Final = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS",
    "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa",
    "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "€": "EUR", "£": "GBP",
    "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "...",
})  # fmt: skip


def one_line(summary: str) -> str:
    """Return a text as plain ASCII on one line, at most LONGEST bytes; nothing may be left of it.

    Header values have no character set of their own (RFC 3261 25.1 allows UTF-8, many telephones
    do not), so letters lose their accents; what ends a line or controls a terminal becomes a space.
    """
    plain = "".join(" " if _breaks(letter) else letter for letter in summary)
    apart = unicodedata.normalize("NFKD", plain.translate(_SPELLED))
    text = " ".join(apart.encode("ascii", "ignore").decode().split())
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - 2].rpartition(" ")[0] or text[: LONGEST - 3]
    return f"{cut}..."[:LONGEST]


def _breaks(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Zs")
