"""`dialogue.rehearsing.checking`: what was expected, and what happened instead."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import (
    Document,
    Gone,
    HangUp,
    Invoke,
    Note,
    Say,
    Transfer,
    Understood,
)
from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Heard
from appliance.dialogue.rehearsing.canned import Systems
from appliance.dialogue.rehearsing.cases import USUAL, Case, Check, Checked
from appliance.dialogue.rehearsing.checking import Checker
from appliance.dialogue.rehearsing.conversation import Conversation
from appliance.dialogue.state import Waiting
from tests.dialogue.rehearsing.fakes import LISTEN, SCRIPT, ScriptedEngine, with_state


def after(*actions: Any, **state: Any) -> Conversation:
    """Return a call whose last turn was this."""
    engine = ScriptedEngine([LISTEN], with_state(list(actions), **state))
    talk = Conversation(engine, SCRIPT, Systems(SCRIPT, Case("a", ())), USUAL)
    talk.begin()
    talk.feed(Heard("x"))
    return talk


SAID = (Say("Good morning, how can I help?"), LISTEN)
PUT_THROUGH = Transfer("201", "radiology", "Anna Meyer calls.")
TABLE: list[tuple[tuple[Any, ...], dict[str, Any], Check, Check, str]] = [
    (SAID, {}, Check(Checked.HEAR, "how can i help"), Check(Checked.HEAR, "bye"), "Good morning"),
    (SAID, {}, Check(Checked.NOT_HEAR, "bye"), Check(Checked.NOT_HEAR, "HELP"), "it was said"),
    (
        (Understood("reading", 0.9), LISTEN), {},
        Check(Checked.INTENT, "reading"), Check(Checked.INTENT, "none"), "'reading' (0.90)",
    ),
    (
        (LISTEN,), {"process": "reading"},
        Check(Checked.PROCESS, "reading"), Check(Checked.PROCESS, "hours"), "reading",
    ),
    (
        (LISTEN,), {"process": "reading", "waiting": Waiting.SLOT},
        Check(Checked.ASKED, "number"), Check(Checked.ASKED, "about"), "'number' was asked",
    ),
    (
        (LISTEN,), {"slots": (("number", "0047"),)},
        Check(Checked.SLOTS, values={"number": "0047"}),
        Check(Checked.SLOTS, values={"number": "47"}), "number: 0047",
    ),
    (
        (LISTEN,), {"level": Level.VERIFIED},
        Check(Checked.LEVEL, "verified"), Check(Checked.LEVEL, "unknown"), "is verified",
    ),
    (
        (LISTEN,), {},
        Check(Checked.EXPECTS, "digits"), Check(Checked.EXPECTS, "free"), "'digits' was expected",
    ),
    (
        (Invoke("1", "find", (("extension", 7),)), LISTEN), {},
        Check(Checked.CALLED, "find", {"extension": "7"}),
        Check(Checked.CALLED, "find", {"extension": "8"}), "extension: 7",
    ),
    (
        (Invoke("1", "find", ()), LISTEN), {},
        Check(Checked.NOT_CALLED, "check"), Check(Checked.NOT_CALLED, "find"), "1 times",
    ),
    (
        (Invoke("1", "find", ()), LISTEN), {},
        Check(Checked.CALLED, "find"), Check(Checked.CALLED, "check"), "find was called",
    ),
    (
        (Note("message", (("about", "The cat!"),)), LISTEN), {},
        Check(Checked.NOTED, "message", {"about": "the cat"}),
        Check(Checked.NOTED, "message", {"about": "a dog"}), "about: The cat!",
    ),
    (
        (Note("message", ()), LISTEN), {},
        Check(Checked.NOTED), Check(Checked.NOTED, "ticket"), "message was noted",
    ),
    (
        (PUT_THROUGH,), {},
        Check(Checked.TRANSFER, "radiology"), Check(Checked.TRANSFER, "202"), "radiology (201)",
    ),
    ((PUT_THROUGH,), {}, Check(Checked.TRANSFER, "201"), Check(Checked.TRANSFER, "200"), "201"),
    (
        (PUT_THROUGH,), {},
        Check(Checked.BRIEFING, "anna meyer"), Check(Checked.BRIEFING, "Bert"), "Anna Meyer calls",
    ),
    (
        (Document("reading", "resolved", summary="Reading 4711 entered."), LISTEN), {},
        Check(Checked.DOCUMENTED, values={"process": "reading", "summary": "4711"}),
        Check(Checked.DOCUMENTED, values={"resolution": "failed"}), "resolution: resolved",
    ),
    (
        (HangUp(Outcome.COMPLETED),), {},
        Check(Checked.ENDED, "completed"), Check(Checked.ENDED, "failed"), "as 'completed'",
    ),
    ((Gone(),), {}, Check(Checked.ENDED, "caller-hung-up"), Check(Checked.ENDED, "failed"), "hung"),
]  # fmt: skip


@pytest.mark.parametrize(("actions", "state", "right", "wrong", "told"), TABLE)
def test_each_check_holds_or_says_what_happened(
    actions: tuple[Any, ...], state: dict[str, Any], right: Check, wrong: Check, told: str
) -> None:
    """Is content with what was expected, and tells what came instead."""
    talk = after(*actions, **state)
    assert Checker(SCRIPT).failure(right, talk) is None
    failure = Checker(SCRIPT).failure(wrong, talk)
    assert failure is not None
    assert told in failure.happened
    assert str(failure).startswith(f"expected {wrong.kind.value.replace('_', ' ')}")


@pytest.mark.parametrize("kind", list(Checked))
def test_nothing_that_happened_is_told_as_nothing(kind: Checked) -> None:
    """Has a sentence for every check where there is nothing to look at."""
    talk = after(HangUp(Outcome.FAILED))
    failure = Checker(SCRIPT).failure(Check(kind, "verified", {"number": "1"}), talk)
    if kind in {Checked.NOT_HEAR, Checked.NOT_CALLED}:
        assert failure is None
    else:
        assert failure is not None
        assert failure.happened


def test_by_ear_free_words_need_not_be_the_same() -> None:
    """Wants a number to be right and a message to be there."""
    talk = after(LISTEN, slots=(("about", "the cap"), ("number", "4711")))
    check = Check(Checked.SLOTS, values={"about": "the cat", "number": "4711"})
    assert Checker(SCRIPT).failure(check, talk) is not None
    assert Checker(SCRIPT, by_ear=True).failure(check, talk) is None
    other = Check(Checked.SLOTS, values={"about": "the cat", "number": "4712"})
    assert Checker(SCRIPT, by_ear=True).failure(other, talk) is not None
