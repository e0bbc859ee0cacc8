"""Requests: how one begins, ends, is documented, and what comes after it.

triage ─► sure: start        ─► ... ─► finish: Document ─► the next of the agenda, or "anything
       ─► guessed: confirm            (one for each task)   else?"
       ─► two are close: which
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import Document
from appliance.dialogue.running import prompts, summary
from appliance.dialogue.running.means import Request
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import is_call_fact
from appliance.dialogue.state import Pairs, State, Task, Waiting, Wish
from appliance.dialogue.templates import holes
from appliance.dialogue.values import Json

_SURE: Final = 0.8
"""Confidence in a request kept for later from which it is begun without asking again."""
_MOST: Final = 3
"""Requests that are kept for later."""


def start(turn: Turn, request: Request, further: Iterable[Request] = ()) -> None:
    """Begin the process of an intent; what comes in between remembers where the caller was."""
    script, state = turn.script, turn.state
    intent = script.intents[request.intent]
    kept = dict(state.slots) if state.waiting is not Waiting.REQUEST else {}
    slots = tuple(sorted({**kept, **dict(request.slots)}.items()))
    asked = bool(state.process) and state.waiting is not Waiting.REQUEST
    between = asked and turn.means.is_answer(intent.process)
    back = (state.back or state) if intent.everywhere or between else None
    back = replace(back, back=None, keys="", silences=0) if back is not None else None
    task = Task(intent.process, intent.name, state.turns, intent.level)
    if intent.process == script.person:
        task = state.task if state.task.process else task
    elif turn.means.is_command(intent.process) and back is not None:
        task = Task()
    elif intent.process == script.farewell:
        forget(turn)
        close(turn, "abandoned", "declined")
        task, back = Task(), None
    elif back is None:
        forget(turn)
        close(turn, "abandoned", "declined")
        turn.state = replace(turn.state, results=as_known(turn, {}), secrets=())
    turn.state = replace(turn.state, task=task)
    _enter(turn, intent.process, slots, back)
    turn.state = replace(turn.state, told=tuple(name for name, _ in request.slots))
    _plan(turn, request, further)


def _plan(turn: Turn, first: Request, further: Iterable[Request]) -> None:
    """Keep further requests for later, and say so."""
    wishes = [
        Wish(each.intent, each.slots, each.confidence >= _SURE)
        for each in further
        if each.intent != first.intent
    ]
    if not wishes or turn.state.back is not None:
        return
    turn.state = replace(turn.state, agenda=(*turn.state.agenda, *wishes)[:_MOST])
    turn.sentence(
        "agenda_first",
        first=prompts.title(turn.script, first.intent),
        then=prompts.title(turn.script, wishes[0].intent),
    )


def enter(turn: Turn, process: str) -> None:
    """Begin a process of the script's own accord; the request under way stays the same."""
    if process == turn.script.farewell:
        forget(turn)
        close(turn, "abandoned", "declined")
    elif not turn.state.task.process:
        turn.state = replace(turn.state, task=Task(process, "", turn.state.turns))
    _enter(turn, process, (), None)


def forget(turn: Turn) -> None:
    """Give up the request that was to be returned to; it is documented."""
    state, back = turn.state, turn.state.back
    if back is None or not back.task.process or _same(back.task, state.task):
        turn.state = replace(state, back=None)
        return
    turn.state = replace(state, task=back.task, slots=back.slots, back=None)
    close(turn, "abandoned", "declined")
    turn.state = replace(turn.state, task=state.task, slots=state.slots)


def _same(one: Task, other: Task) -> bool:
    """Whether two states of a task are of one request."""
    return (one.process, one.turns) == (other.process, other.turns)


def _enter(turn: Turn, process: str, slots: Pairs, back: State | None) -> None:
    if back is None:
        forget(turn)
    turn.state = replace(
        turn.state, process=process, step=0, slots=slots, back=back, guess=("", ()), keys="",
        misses=0, silences=0, waiting=Waiting.REQUEST, frames=(), proving=None, pending=None,
        options=(), until=-1, changed=(), told=(), others=(), refused=(),
    )  # fmt: skip


def resume(turn: Turn, *, repeat: bool) -> bool:
    """Return to the question from before a digression; False where there was none."""
    back, state = turn.state.back, turn.state
    if back is None:
        return False
    if not _same(state.task, back.task):
        close(turn, "resolved")
    turn.state = replace(
        back, level=state.level, results=as_known(turn, back.results), ids=state.ids,
        failures=state.failures,
        speed=state.speed, gain=state.gain, turns=state.turns, tries=state.tries,
        locked=state.locked, identified=state.identified, late=state.late,
    )  # fmt: skip
    if not repeat or not back.said:
        turn.ask_again()
        return True
    repeat_said(turn, back.said)
    return True


def as_known(turn: Turn, results: Mapping[str, Json]) -> dict[str, Json]:
    """Return variables of before, with whom the caller is known to be by now."""
    name = turn.script.authentication.result
    found = {each: value for each, value in results.items() if each != name}
    known = turn.state.results.get(name)
    return found if known is None else {**found, name: known}


def repeat_said(turn: Turn, said: Iterable[str]) -> None:
    """Say the last words again and wait for the answer to them."""
    for text in said:
        turn.say_plainly(text)
    turn.listen()


def close(turn: Turn, resolution: str, reason: str = "") -> str:
    """Document the request under way, if there is one; afterwards there is none.

    How it ended is returned: a failed transfer, or a message, goes before what `resolution` says.
    """
    state, task = turn.state, turn.state.task
    if not task.process:
        return resolution
    if resolution != "handed-over":
        if task.noted and task.reason:
            resolution, reason = "message", task.reason
        elif task.reason:
            resolution, reason = "failed", task.reason
    if resolution == "resolved":
        reason = ""
    turn.actions.append(
        Document(
            task.process, resolution, reason, state.level, state.turns - task.turns,
            summary.compose(turn.means, state, resolution), task.source,
        )
    )  # fmt: skip
    turn.state = replace(turn.state, task=Task())
    return resolution


def finish(turn: Turn, resolution: str = "resolved", reason: str = "") -> None:
    """The request is done with: go back to where it came in between, or ask for another."""
    back = turn.state.back
    if back is not None and back.process and not _same(back.task, turn.state.task):
        close(turn, resolution, reason)
        resume(turn, repeat=False)
        return
    ended = close(turn, resolution, reason)
    results = as_known(turn, {})
    turn.state = replace(
        turn.state, process="", step=0, slots=(), back=None, greeted=True, misses=0, frames=(),
        results=results, secrets=(), proving=None, pending=None, until=-1, changed=(),
        guess=("", ()),
    )  # fmt: skip
    if turn.state.agenda:
        _next(turn, sure=ended in {"resolved", "message"})
    else:
        turn.ask(turn.script.sentences["anything_else"], Waiting.REQUEST)


def _next(turn: Turn, *, sure: bool) -> None:
    """Go on with the agenda; where the request before it came to nothing, ask first."""
    wish = turn.state.agenda[0]
    title = prompts.title(turn.script, wish.intent)
    turn.sentence("agenda_next", title=title)
    if sure and wish.sure:
        take_up(turn, wanted=True)
    else:
        turn.ask(turn.script.sentences["agenda_offer"], Waiting.OFFER)


def take_up(turn: Turn, *, wanted: bool) -> None:
    """Begin the next request of the agenda, or leave it."""
    wish, *rest = turn.state.agenda
    turn.state = replace(turn.state, agenda=tuple(rest), waiting=Waiting.REQUEST)
    if wanted and wish.intent in turn.script.intents:
        start(turn, Request(wish.intent, 1.0, wish.slots))
        turn.state = replace(turn.state, task=replace(turn.state.task, later=True))
    else:
        turn.sentence("agenda_dropped")
        finish(turn)


def confirm_request(turn: Turn, request: Request) -> None:
    """Ask whether a guessed request was meant."""
    intent, state = turn.script.intents[request.intent], turn.state
    known = dict(request.slots)
    facts = turn.script.facts
    whole = all(
        hole in known or hole in facts or is_call_fact(hole) for hole in holes(intent.confirm)
    )
    text = intent.confirm if whole else intent.confirm_plain or intent.confirm
    question = prompts.render(turn.means, text, {**dict(state.facts), **known})
    turn.state = replace(state, guess=(request.intent, request.slots))
    turn.ask(question, Waiting.CONFIRM_REQUEST)


def which(turn: Turn, first: Request, second: Request) -> None:
    """Ask which of two likely requests was meant."""
    options = tuple(Wish(each.intent, each.slots) for each in (first, second))
    turn.state = replace(turn.state, options=options)
    titles = [prompts.title(turn.script, each.intent) for each in options]
    text = turn.script.sentences["which"]
    turn.ask(prompts.own(text, {"first": titles[0], "second": titles[1]}), Waiting.WHICH)


def part(turn: Turn, outcome: Outcome, reason: str = "") -> None:
    """End the call: what is under way is documented, a goodbye has been said or is."""
    forget(turn)
    close(turn, "failed" if outcome is Outcome.FAILED else "abandoned", reason)
    turn.hang_up(outcome)
