"""`call.ending`: what a record says of the last request."""

from __future__ import annotations

from appliance.call.ending import ending
from appliance.contracts.outcome import Known, Reason, Resolution
from appliance.dialogue import Document, Level


def test_a_document_becomes_words_of_closed_lists() -> None:
    """Names process, resolution, reason and level, and nothing of the summary."""
    document = Document(
        "reading", "failed", "system-down", Level.IDENTIFIED, 3, "Anna Meyer, 4711", "faq.md"
    )
    assert ending(document) == {
        "process": "reading", "resolution": Resolution.FAILED, "reason": Reason.SYSTEM_DOWN,
        "level": Known.IDENTIFIED,
    }  # fmt: skip


def test_other_words_do_not_get_into_a_record() -> None:
    """Leaves out what stands in no list: it might be anything."""
    made = ending(Document("reading", "Anna said so", "her number is 4711"))
    assert made["resolution"] is None
    assert made["reason"] is None


def test_a_call_without_a_request_says_nothing() -> None:
    """Has no ending where no document was made."""
    assert ending(None) == {}


def test_every_level_has_its_word() -> None:
    """Knows the levels of the dialogue, each under its own name."""
    words = [ending(Document("p", "resolved", level=level)).get("level") for level in Level]
    assert words == [Known.UNKNOWN, Known.IDENTIFIED, Known.VERIFIED]
