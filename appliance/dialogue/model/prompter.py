"""What a language model is asked, and with which tools it may answer.

    system: who it is, the rules, what is offered      (the same at every turn: a server keeps it)
    user:   the time, what was said last, texts of the site, <caller> what was heard </caller>

Of the caller nothing goes in but what is said in this call: no number of theirs, nothing they have
proved, no variable, nothing secret. What they said is data: without brackets, marks and line ends
it cannot leave its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.actions import Message, Think, Tool
from appliance.dialogue.events import Heard
from appliance.dialogue.model import tools
from appliance.dialogue.model.documents import Documents, Passage
from appliance.dialogue.model.phrases import phrases
from appliance.dialogue.script import Intent, Script, Slot
from appliance.dialogue.state import State

_EXAMPLES: Final = 3
"""Of each request, where there are few of them."""
_SENTENCES: Final = 90
"""Examples of all requests together: a small model reads a page, not a book."""
_READINGS: Final = 2
"""Other readings that are shown."""
_SAID: Final = 400
"""Characters of what a caller said, and of each earlier turn."""
_TURNS: Final = 4
"""Earlier ones that are shown."""
_CHOICE: Final = 160
"""Tokens of a choice with its values."""
_ANSWER: Final = 220
"""Tokens where it may be an answer."""
_UNSAFE: Final = re.compile(r"[^\w\s.,;:!?'€$%&/+@-]|_", re.UNICODE)
"""What is in no word and no number: brackets of every kind, quotes, bars, back-quotes."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to the model."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    longest: int = _CHOICE
    """Tokens of the answer."""

    def think(self, id: str) -> Think:  # noqa: A002 - the word of actions.py
        """Return the action that asks it."""
        return Think(id, self.messages, self.tools, self.longest)


class Prompter:
    """Writes the prompts of one script; immutable."""

    def __init__(self, script: Script, documents: Documents) -> None:
        """Write what is the same at every turn."""
        self._script = script
        self._documents = documents
        self._phrases = phrases(script.language)
        self._triage_tools = tools.triage(script, self._phrases)
        said = self._phrases
        who = f"{script.persona}\n" if script.persona else ""
        self._head = f"{who}{said.task.format(site=script.site)}\n\n{said.rules}"
        self._offer = "\n".join([said.offer, *map(self._offered, script.intents.values())])

    def opening(self) -> Prompt:
        """Return a question that is never spoken of: a server reads what every other begins with.

        Asked when a dialogue is put into use, it spares the first caller that wait.
        """
        user = [self._phrases.caller, "<caller></caller>"]
        return Prompt(_messages(self._system(), user), self._triage_tools, 1)

    def triage(
        self,
        state: State,
        heard: Heard,
        now: datetime,
        turns: Sequence[tuple[str, str]] = (),
    ) -> Prompt | None:
        """Return what is asked about an utterance of which it is not known what is wanted.

        `turns`: earlier ones as ("assistant" or "user", text); None where the author lets the model
        decide nothing and no document holds anything about it.
        """
        use = self._script.model
        found = self._documents.find(heard.text) if use.answers else ()
        if not heard.text.strip() or not (use.triage or found):
            return None
        user = [
            self._time(now),
            *self._last(state, turns),
            *self._texts(found),
            *self._heard(heard),
        ]
        longest = _ANSWER if found else _CHOICE
        return Prompt(_messages(self._system(), user), self._triage_tools, longest)

    def fill(
        self,
        state: State,
        slot: Slot,
        heard: Heard,
        now: datetime,
        turns: Sequence[tuple[str, str]] = (),
    ) -> Prompt | None:
        """Return what is asked about the answer to a question for a slot.

        None where the model may not: secrets and what proves who calls are read by the box alone.
        """
        script, said = self._script, self._phrases
        if not script.model.slots or not heard.text.strip() or not tools.may_fill(script, slot):
            return None
        asked = said.question.format(
            title=tools.title(slot),
            kind=tools.kind(slot, said),
            text=_clean(state.question) or tools.title(slot),
        )
        user = [self._time(now), *self._turns(turns), asked, *self._heard(heard)]
        return Prompt(
            _messages([self._head, said.no_answers], user), tools.fill(script, slot, said)
        )

    def _system(self) -> list[str]:
        use, said = self._script.model, self._phrases
        return [
            self._head,
            said.answers if use.answers else said.no_answers,
            *([self._offer] if use.triage else []),
        ]

    def _offered(self, intent: Intent) -> str:
        about = intent.title or intent.name.replace("_", " ")
        sentences = islice(
            dict.fromkeys(
                templates.fill(templates.expand(example, 1)[0], self._hole)
                for example in intent.examples
            ),
            max(1, min(_EXAMPLES, _SENTENCES // len(self._script.intents))),
        )
        examples = " / ".join(sentences)
        line = f"- {intent.name}: {about}"
        return f"{line}; {self._phrases.example}: {examples}" if examples else line

    def _hole(self, name: str) -> str:
        slot = self._script.slots.get(name)
        return f"<{tools.title(slot) if slot else name}>"

    def _time(self, now: datetime) -> str:
        return self._phrases.time.format(
            day=self._phrases.days[now.weekday()], date=now.date().isoformat(), time=f"{now:%H:%M}"
        )

    def _last(self, state: State, turns: Sequence[tuple[str, str]]) -> Iterable[str]:
        if turns:
            return self._turns(turns)
        said = _clean(" ".join(state.said) or state.question)
        return [self._phrases.said.format(text=said)] if said else []

    def _turns(self, turns: Sequence[tuple[str, str]]) -> Iterable[str]:
        for role, text in turns[-_TURNS:]:
            if role == "assistant":
                yield self._phrases.said.format(text=_clean(text))
            else:
                yield f"{self._phrases.caller} <caller>{_clean(text)}</caller>"

    def _texts(self, found: Sequence[Passage]) -> Iterable[str]:
        if found:
            yield self._phrases.texts.format(site=self._script.site)
        for number, passage in enumerate(found, 1):
            title = f"{passage.title}: " if passage.title else ""
            yield f"[{number}] {title}{passage.text}"

    def _heard(self, heard: Heard) -> Iterable[str]:
        first = _clean(heard.text)
        yield f"{self._phrases.caller} <caller>{first}</caller>"
        others = (_clean(text) for text, _ in heard.alternatives)
        shown = islice(
            (text for text in dict.fromkeys(others) if text and text != first), _READINGS
        )
        for text in shown:
            yield f"{self._phrases.otherwise} <caller>{text}</caller>"


def _messages(system: Iterable[str], user: Iterable[str]) -> tuple[Message, ...]:
    return (Message("system", "\n\n".join(system)), Message("user", "\n".join(user)))


def _clean(text: str) -> str:
    """Return what somebody said on one line, without what could be taken for a mark."""
    return " ".join(_UNSAFE.sub(" ", text).split())[:_SAID].strip()
