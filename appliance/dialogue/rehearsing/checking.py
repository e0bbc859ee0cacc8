"""Whether what came of a step is what its author expected, and if not, what came instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.actions import Await, Document, Gone, HangUp, Invoke, Listen, Note, Transfer
from appliance.dialogue.rehearsing.canned import value_text
from appliance.dialogue.rehearsing.cases import Check, Checked
from appliance.dialogue.rehearsing.conversation import Conversation
from appliance.dialogue.running.asked import asked
from appliance.dialogue.script import Script, SlotKind
from appliance.dialogue.values import Json, text

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was not as expected."""

    line: int
    wanted: str
    happened: str

    def __str__(self) -> str:
        """Return both sides in one sentence."""
        return f"expected {self.wanted}, but {self.happened}"


@dataclass(frozen=True, slots=True)
class Checker:
    """Judges the conversations of one script."""

    script: Script
    by_ear: bool = False
    """Whether the words came through a telephone: what is said freely need not be the same."""

    def failure(self, check: Check, talk: Conversation) -> Failure | None:
        """Return what is not as expected, None where it is."""
        happened = self._ways[check.kind](check, talk)
        if not happened:
            return None
        return Failure(check.line, _wanted(check), happened)

    @property
    def _ways(self) -> Mapping[Checked, Callable[[Check, Conversation], str]]:
        """How each is looked at: what happened instead, "" where it is as expected."""
        return {
            Checked.HEAR: self._hear,
            Checked.NOT_HEAR: self._not_hear,
            Checked.ASKED: self._asked,
            Checked.INTENT: self._intent,
            Checked.PROCESS: self._process,
            Checked.SLOTS: self._slots,
            Checked.LEVEL: self._level,
            Checked.EXPECTS: self._expects,
            Checked.CALLED: self._called,
            Checked.NOT_CALLED: self._not_called,
            Checked.NOTED: self._noted,
            Checked.TRANSFER: self._transfer,
            Checked.BRIEFING: self._briefing,
            Checked.DOCUMENTED: self._documented,
            Checked.ENDED: self._ended,
        }

    def _hear(self, check: Check, talk: Conversation) -> str:
        if _plain(check.text) in _plain(talk.said):
            return ""
        return f"it was said: {talk.said or 'nothing'}"

    def _not_hear(self, check: Check, talk: Conversation) -> str:
        if _plain(check.text) not in _plain(talk.said):
            return ""
        return f"it was said: {talk.said}"

    def _asked(self, check: Check, talk: Conversation) -> str:
        found = asked(self.script, talk.state)
        if found == check.text:
            return ""
        return f"'{found}' was asked" if found else "no slot was asked for"

    def _intent(self, check: Check, talk: Conversation) -> str:
        understood = talk.understood
        if understood is None:
            return "nothing was said"
        if understood.intent == check.text:
            return ""
        return f"it was understood as '{understood.intent}' ({understood.confidence:.2f})"

    def _process(self, check: Check, talk: Conversation) -> str:
        if check.text in talk.processes:
            return ""
        return f"the call went through {', '.join(sorted(talk.processes)) or 'no process'}"

    def _slots(self, check: Check, talk: Conversation) -> str:
        return self._differ(check.values, talk.slots)

    def _level(self, check: Check, talk: Conversation) -> str:
        found = talk.state.level.name.lower()
        return "" if found == check.text else f"the caller is {found}"

    def _expects(self, check: Check, talk: Conversation) -> str:
        last = talk.last
        if not isinstance(last, Listen | Await):
            return "nothing was expected of the caller"
        found = last.expectation.kind.value
        return "" if found == check.text else f"'{found}' was expected"

    def _called(self, check: Check, talk: Conversation) -> str:
        asked_for = [one for one in talk.done if isinstance(one, Invoke)]
        tries = [dict(one.arguments) for one in asked_for if one.connector == check.text]
        if not tries:
            names = dict.fromkeys(one.connector for one in asked_for)
            return f"{', '.join(names) or 'nothing'} was called"
        differing = [self._differ(check.values, _texts(given)) for given in tries]
        return "" if "" in differing else f"it was called with {differing[-1]}"

    def _not_called(self, check: Check, talk: Conversation) -> str:
        tries = [
            one for one in talk.done if isinstance(one, Invoke) and one.connector == check.text
        ]
        return f"it was called {len(tries)} times" if tries else ""

    def _noted(self, check: Check, talk: Conversation) -> str:
        notes = [one for one in talk.done if isinstance(one, Note)]
        kept = [dict(one.fields) for one in notes if check.text in {"", one.kind}]
        if not kept:
            kinds = ", ".join(one.kind for one in notes)
            return f"{kinds or 'nothing'} was noted"
        differing = [self._differ(check.values, fields) for fields in kept]
        return "" if "" in differing else f"it was noted: {differing[-1]}"

    def _transfer(self, check: Check, talk: Conversation) -> str:
        last = talk.last
        if not isinstance(last, Transfer):
            return "the caller was not put through"
        destination = self.script.destinations.get(check.text)
        wanted = {check.text, destination.number if destination is not None else check.text}
        if last.target in wanted or _plain(last.name) == _plain(check.text):
            return ""
        return f"the caller was put through to {last.name} ({last.target})"

    def _briefing(self, check: Check, talk: Conversation) -> str:
        last = talk.last
        if not isinstance(last, Transfer):
            return "the caller was not put through"
        if _plain(check.text) in _plain(last.briefing):
            return ""
        return f"the person was told: {last.briefing or 'nothing'}"

    def _documented(self, check: Check, talk: Conversation) -> str:
        documents = [_document(one) for one in talk.done if isinstance(one, Document)]
        loose = {"summary"}
        differing = [self._differ(check.values, held, loose) for held in documents]
        if "" in differing:
            return ""
        if not documents:
            return "nothing was documented"
        return f"it was documented: {'; '.join(map(value_text, documents))}"

    def _ended(self, check: Check, talk: Conversation) -> str:
        last = talk.last
        found = last.outcome.value if isinstance(last, HangUp) else ""
        if isinstance(last, Gone):
            found = "caller-hung-up"
        if found == check.text:
            return ""
        return f"it ended as '{found}'" if found else "the call goes on"

    def _differ(
        self, wanted: Mapping[str, str], found: Mapping[str, str], loose: Iterable[str] = ()
    ) -> str:
        """Return what of the wanted values is another, "" where none is."""
        differing = []
        for name, value in wanted.items():
            held = found.get(name, "")
            same = _plain(held) == _plain(value)
            if self.by_ear and self._free(name):
                same = bool(held) == bool(value)
            elif name in loose:
                same = _plain(value) in _plain(held)
            if not same:
                differing.append(f"{name}: {held}" if held else f"no {name}")
        return ", ".join(differing)

    def _free(self, name: str) -> bool:
        slot = self.script.slots.get(name)
        return name == "summary" or (
            slot is not None and slot.kind in {SlotKind.TEXT, SlotKind.NAME}
        )


def _document(one: Document) -> dict[str, str]:
    return {
        "process": one.process, "resolution": one.resolution, "reason": one.reason,
        "level": one.level.name.lower(), "summary": one.summary, "source": one.source,
    }  # fmt: skip


def _texts(given: Mapping[str, Json]) -> dict[str, str]:
    return {name: text(value) for name, value in given.items()}


def _wanted(check: Check) -> str:
    values = value_text(check.values)
    parts = [check.kind.value.replace("_", " "), check.text]
    return " ".join(filter(None, parts)) + (f" ({values})" if values else "")


def _plain(said: str) -> str:
    """Return words only, in small letters: how it was punctuated does not matter."""
    return " ".join(_WORD.findall(said.casefold()))
