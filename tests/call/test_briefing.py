"""`call.briefing`: the briefing in one line of a SIP message."""

from __future__ import annotations

import pytest

from appliance.call.briefing import LONGEST, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Anna Müller, verified: Zählerstand", "Anna Mueller, verified: Zaehlerstand"),
        ("René Größe — ‘now’", "Rene Groesse - 'now'"),
        ("a\r\nVia: evil", "a Via: evil"),
        ("a\x00b\x1b[31m\u2028c\x7f\u202e", "a b [31m c"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_a_line_is_plain_and_holds_no_second_one(text: str, line: str) -> None:
    """Spells umlauts, drops accents and what ASCII lacks; no text becomes another header."""
    assert one_line(text) == line


@pytest.mark.parametrize("text", ["word " * 100, "x" * 500, "ä" * 199])
def test_a_long_text_is_cut_at_a_word(text: str) -> None:
    """Holds at most 200 bytes, and says that something is missing."""
    line = one_line(text)
    assert len(line.encode()) <= LONGEST
    assert line.endswith("...")
    assert "wor..." not in line
