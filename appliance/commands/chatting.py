"""`dialogue chat`: a conversation in the terminal, with all that the engine makes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.markup import escape

from appliance.commands.live import Live
from appliance.commands.preparing import Prepared, lacking
from appliance.commands.testing import chosen, render
from appliance.contracts.errors import UserError
from appliance.dialogue import Engine
from appliance.dialogue.actions import Await, Invoke, Listen, Think, Transfer
from appliance.dialogue.events import (
    CallerLeft,
    Event,
    Heard,
    Pressed,
    Result,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    TransferFailed,
)
from appliance.dialogue.rehearsing.canned import Systems, value_text
from appliance.dialogue.rehearsing.cases import Case
from appliance.dialogue.rehearsing.conversation import Answers, Conversation
from appliance.dialogue.rehearsing.reading import parse_answer
from appliance.dialogue.running.asked import asked
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.understand import Understanding
from appliance.settings import Settings

Ask = Callable[[str], str]
"""Shows a prompt and returns a line; raises EOFError at the end."""

HELP: Final = """\
Type what the caller says. A line that begins with * is typed on the telephone: *123# presses 1, 2,
3 and #.
/wait       the caller says nothing          /declined   the person who was called says no
/hangup     the caller leaves                /unanswered nobody answers there
/why        how the last words were read     /state      what the engine keeps in mind
/undo       take the last turn back          /restart    a new call
/quit       end (so does Ctrl-D)"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a chat."""

    live: bool = False
    as_in: str = ""
    at: str = ""
    caller: str = ""


class Asked:
    """Answers of the site's systems: those of a test, of the folder's tables, else the author's."""

    def __init__(self, prepared: Prepared, case: Case, ask: Ask, console: Console) -> None:
        """Ask by `ask` what neither `case` nor the folder says."""
        self._systems = Systems(prepared.script, case)
        self._ask = ask
        self._console = console

    def answer(self, invoke: Invoke) -> Result | None:
        """Return what the system says, as the author wants it."""
        found = self._systems.answer(invoke)
        if invoke.connector not in self._systems.missing:
            return found
        self._systems.missing.clear()
        given = value_text(dict(invoke.arguments))
        self._console.print(
            f"  [yellow]{escape(invoke.connector)}[/] is asked ({escape(given)}). What does it "
            "answer? {name: value}, done, nothing, down, refused, pending or stall",
        )
        while True:
            try:
                answer = parse_answer(self._ask("  answer> ").strip() or "nothing")
            except ValueError as error:
                self._console.print(f"  {escape(str(error))}", style="red")
                continue
            if answer.status is None:
                return None
            return Result(invoke.id, answer.status, answer.value)

    def think(self, think: Think) -> Sequence[Event]:
        """Return what the language model says, as the author wants it; nothing said: it is down."""
        self._console.print("  [yellow]the language model[/] is asked. What does it say?")
        text = self._ask("  model> ").strip()
        if not text:
            return (ThoughtFailed(think.id, "down"),)
        return (Thought(think.id, text), ThoughtOver(think.id))


class Chat:
    """One conversation after the other, until the person has enough."""

    def __init__(
        self,
        prepared: Prepared,
        answers: Answers,
        case: Case,
        console: Console,
        ask: Ask,
        engine: Engine,
    ) -> None:
        """Prepare; `case` gives the caller, the time and nothing else."""
        self._prepared = prepared
        self._answers = answers
        self._case = case
        self._console = console
        self._ask = ask
        self._engine = engine
        self._understanding = Understanding(
            prepared.script, Slots(prepared.script), prepared.trained
        )
        self._before: list[Conversation] = []
        self._heard: Heard | None = None
        self._talk = self._start()

    def run(self) -> None:
        """Talk until the person quits."""
        self._show(0)
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            while (line := self._ask(self._prompt()).strip()) != "/quit":
                if line:
                    self._take(line)
        self._console.print("")

    def _start(self) -> Conversation:
        talk = Conversation(
            self._engine, self._prepared.script, self._answers, self._case.at,
            zone=self._prepared.zone,
        )  # fmt: skip
        talk.begin(self._case.facts)
        return talk

    def _prompt(self) -> str:
        last = self._talk.last
        if isinstance(last, Listen | Await):
            kind = last.expectation.kind.value
            return f"{kind}> "
        return "(put through)> " if isinstance(last, Transfer) else "(over)> "

    def _take(self, line: str) -> None:
        """Do what a line says."""
        if line in {"/state", "/why", "/help", "/?", "/undo", "/restart"}:
            {
                "/state": self._state, "/why": self._why, "/undo": self._undo,
                "/restart": self._restart,
            }.get(line, self._help)()  # fmt: skip
            return
        if self._talk.over:
            self._console.print("The call is over: /restart, /undo or /quit.", style="yellow")
            return
        events = list(self._events(line))
        if not events:
            return
        before = self._talk.fork()
        shown = len(self._talk.transcript)
        for event in events:
            if event is None:
                self._talk.wait()
            elif not self._talk.over:
                self._talk.feed(event)
        self._before.append(before)
        self._show(shown)

    def _events(self, line: str) -> Iterator[Event | None]:
        """Yield what happens; None is silence."""
        last = self._talk.last
        if line == "/wait":
            yield None
        elif line == "/hangup":
            yield CallerLeft()
        elif line in {"/declined", "/unanswered"}:
            if isinstance(last, Transfer):
                yield TransferFailed(line[1:])
            else:
                self._console.print("Nobody is being called just now.", style="yellow")
        elif line.startswith("/"):
            self._help()
        elif line.startswith("*"):
            keys = line[1:].replace(" ", "")
            if not keys or any(key not in "0123456789*#" for key in keys):
                self._console.print("After * come keys: 0-9, * and #.", style="yellow")
                return
            yield from map(Pressed, keys)
        else:
            self._heard = Heard(line)
            yield self._heard

    def _show(self, since: int) -> None:
        """Print what has happened, less what the person has just typed."""
        for at, line in enumerate(self._talk.transcript[since:]):
            if at or line.who != "caller":
                self._console.print(render(line))
        if self._talk.defect:
            self._console.print(escape(self._talk.defect), style="bold red")

    def _undo(self) -> None:
        if not self._before:
            self._console.print("There is nothing to take back.", style="yellow")
            return
        self._talk = self._before.pop()
        self._console.print("Taken back. The last words were:", style="dim")
        for line in [one for one in self._talk.transcript if one.who == "box"][-1:]:
            self._console.print(render(line))

    def _restart(self) -> None:
        self._before.append(self._talk)
        self._talk = self._start()
        self._console.rule()
        self._show(0)

    def _help(self) -> None:
        self._console.print(escape(HELP))

    def _state(self) -> None:
        state = self._talk.state
        told = {
            "waiting for": state.waiting.value,
            "process": state.process and f"{state.process}, step {state.step}",
            "asked for": asked(self._prepared.script, state),
            "slots": value_text(dict(state.slots)),
            "variables": value_text(dict(state.results)),
            "caller is": state.level.name.lower(),
            "still to come": ", ".join(wish.intent for wish in state.agenda),
            "not understood": str(state.misses or ""),
        }
        for name, value in told.items():
            if value and value != "none":
                self._console.print(f"  [dim]{name}:[/] {escape(value)}")

    def _why(self) -> None:
        if self._heard is None:
            self._console.print("Nothing has been said yet.", style="yellow")
            return
        found = self._understanding.triage(self._heard, self._talk.moment.local)
        self._console.print(f"  '{escape(self._heard.text)}' as a request:")
        for request in found.candidates[:5]:
            held = "".join(f", {name}: {value}" for name, value in request.slots)
            name = request.intent or "(none of them)"
            self._console.print(f"  {request.confidence:5.2f}  {escape(name + held)}")
        for request in found.agenda:
            self._console.print(f"         then {escape(request.intent)}")


def chat_command(
    prepared: Prepared, settings: Settings, wish: Wish, console: Console, ask: Ask | None = None
) -> int:
    """Chat until the person quits; returns 0. Raises UserError for a wish that cannot be met."""
    case = _case(prepared, wish)
    asking = ask or console.input
    console.print("Type what the caller says; /help tells what else there is.", style="dim")
    if not wish.live:
        engine = Engine(prepared.script, prepared.trained, thinking=bool(case.model))
        Chat(prepared, Asked(prepared, case, asking, console), case, console, asking, engine).run()
        return 0
    for line in lacking(prepared, settings):
        console.print(f"! {escape(line)}", style="yellow")
    with Live(prepared, settings) as live:
        engine = Engine(
            prepared.script, prepared.trained, live.entries(), thinking=bool(settings.model.url)
        )
        Chat(prepared, live, case, console, asking, engine).run()
    return 0


def _case(prepared: Prepared, wish: Wish) -> Case:
    """Return whose call it is: that of a test, at the time and from the number that is wished."""
    if wish.as_in:
        held = chosen(prepared, wish.as_in)[0]
    else:
        held = Case("chat", (), datetime.now(prepared.zone).replace(tzinfo=None, microsecond=0))
    at = held.at
    if wish.at:
        try:
            at = datetime.fromisoformat(wish.at)
        except ValueError:
            raise UserError(
                f"'{wish.at}' is no time: write one like \"2026-11-24 10:00\""
            ) from None
    facts = dict(held.facts) | ({"caller": wish.caller} if wish.caller else {})
    return Case(held.name, (), at, tuple(facts.items()), held.connectors, held.model)
