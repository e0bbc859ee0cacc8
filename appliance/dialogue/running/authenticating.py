"""Finding out who calls, as well as a step needs it.

    number (silent, identified at most) ─► PIN, where they are known by then ─► knowledge
    ask ─► locked out? ─► proof ─► the attempt is counted ─► level | again | a person

A proof says only whether it has held, never which answer was wrong. Attempts are counted by the
identity that is claimed, over calls; in a call there are `tries` in all. What cannot be checked or
counted has not been proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from appliance.dialogue import values
from appliance.dialogue.actions import ATTEMPT, LOCK
from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Result, Status
from appliance.dialogue.expressions import Expression
from appliance.dialogue.running import handing, prompts
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Proof
from appliance.dialogue.state import Proving, Purpose, State, Waiting
from appliance.dialogue.values import Json

_SENTENCES: Final = {
    "locked-out": "locked",
    "not-verified": "not_verified",
    "system-down": "system_down",
}


def begin(turn: Turn, wanted: Level, failed: int = -1) -> None:
    """Find out who calls; `failed` is the operation that follows where that cannot be."""
    proving = Proving(wanted, failed=failed)
    turn.state = replace(turn.state, proving=proving, waiting=Waiting.REQUEST)


def go_on(turn: Turn, proving: Proving) -> None:
    """Take the next step of what `begin` has begun; afterwards the turn may be settled."""
    state, proof = turn.state, turn.proof()
    if state.level >= proving.wanted:
        turn.state = replace(state, proving=None, secrets=())
    elif state.locked:
        fail(turn, "locked-out")
    elif proof is None:
        _choose(turn, proving)
    elif proving.way == "number":
        turn.invoke(Purpose.PROOF, proof.connector, _arguments(turn, proof))
    else:
        _prove(turn, proving, proof)


def _choose(turn: Turn, proving: Proving) -> None:
    ways, state = turn.script.authentication, turn.state
    way = ""
    if ways.number and not state.identified and dict(state.facts).get("caller"):
        way = "number" if state.level < Level.IDENTIFIED else ""
    if not way and ways.pin and (state.level >= Level.IDENTIFIED or _names(turn, ways.pin)):
        way = "pin"
    if not way and ways.knowledge:
        way = "knowledge"
    if not way or (way != "number" and state.tries >= ways.tries):
        fail(turn, "not-verified")
        return
    turn.state = replace(state, proving=replace(proving, way=way))
    proof = turn.proof()
    if proof is not None:  # what was told before need not be told again
        known = tuple(item for item in state.slots if item[0] in proof.ask)
        turn.state = replace(state, proving=replace(proving, way=way, answers=known))


def _prove(turn: Turn, proving: Proving, proof: Proof) -> None:
    if not proving.said:
        turn.say(proof.say)
        proving = replace(proving, said=True)
    answered = {**dict(proving.answers), **dict(turn.state.secrets)}
    asking = next((name for name in proof.ask if name not in answered), "")
    identity = _identity(turn, proof, answered)
    turn.state = replace(turn.state, proving=replace(proving, asking=asking, identity=identity))
    question = turn.question()
    named = all(name in answered for name in _names(turn, proof))
    if named and identity and not proving.checked:
        turn.invoke(Purpose.LOCK, LOCK, {"identity": identity})
    elif question is not None:
        turn.ask(question.prompt, Waiting.SLOT)
    elif not identity:
        fail(turn, "not-verified")
    else:
        turn.invoke(Purpose.PROOF, proof.connector, _arguments(turn, proof))


def _names(turn: Turn, proof: Proof) -> tuple[str, ...]:
    """Return the slots of a proof that say who somebody is; a PIN does not."""
    slots = turn.script.slots
    return tuple(name for name in proof.ask if name in slots and not slots[name].secret)


def _identity(turn: Turn, proof: Proof, answered: Mapping[str, str]) -> str:
    """Return by what attempts are counted: the first thing told, else whom the number is of."""
    for name in _names(turn, proof):
        return answered.get(name, "").casefold()
    ways = turn.script.authentication
    found = values.look_up(turn.state.results, f"{ways.result}.{ways.identity}")
    return values.text(found).casefold()


def _arguments(turn: Turn, proof: Proof) -> dict[str, Json]:
    return arguments(turn, proof.arguments)


def arguments(turn: Turn, given: tuple[tuple[str, Expression | str], ...]) -> dict[str, Json]:
    """Return what a connector is given, answers of the proof under way and secrets among it."""
    known = _known(turn)
    found: dict[str, Json] = {}
    for name, value in given:
        if isinstance(value, str):
            found[name] = prompts.canonical(turn.means, value, known)
        else:
            found[name] = value.evaluate({**turn.known(value.names), **known}, turn.now.local)
    return found


def _known(turn: Turn) -> dict[str, Json]:
    proving = turn.state.proving
    answers = dict(proving.answers) if proving else {}
    return {**turn.values(), **answers, **dict(turn.state.secrets)}


def result(turn: Turn, purpose: Purpose, event: Result) -> None:
    """Go on with the answer to one of the three questions that are asked here."""
    proving = turn.state.proving
    if proving is None:
        return
    if event.status in {Status.UNAVAILABLE, Status.REFUSED, Status.PENDING}:
        if proving.way == "number":
            _numbered(turn, proving, {})
        else:
            fail(turn, "system-down")
        return
    row = event.value if isinstance(event.value, Mapping) else {}
    if purpose is Purpose.LOCK:
        turn.state = replace(turn.state, proving=replace(proving, checked=True))
        if values.truth(row.get("locked")):
            turn.state = replace(turn.state, locked=True)
    elif purpose is Purpose.PROOF:
        proof = turn.proof()
        there = event.status is Status.DONE and values.truth(event.value) and proof is not None
        held = there and proof is not None and _holds(turn, proof, row)
        if proving.way == "number":
            _numbered(turn, proving, row if held else {})
        else:
            _count(turn, proving, row if held else {}, held=held)
    else:
        _counted(turn, proving, locked=values.truth(row.get("locked")))


def _holds(turn: Turn, proof: Proof, row: Mapping[str, Json]) -> bool:
    if proof.holds is None:
        return True
    known = {**turn.known(proof.holds.names), **_known(turn)}
    known[turn.script.authentication.result] = row
    return proof.holds.holds(known, turn.now.local)


def _numbered(turn: Turn, proving: Proving, row: Mapping[str, Json]) -> None:
    """The caller's number has been looked up: identified at most."""
    state = replace(turn.state, identified=True, proving=replace(proving, way="", said=False))
    if row:
        name = turn.script.authentication.result
        state = replace(
            state, level=max(state.level, Level.IDENTIFIED), results={**state.results, name: row}
        )
    turn.state = state


def _count(turn: Turn, proving: Proving, row: Mapping[str, Json], *, held: bool) -> None:
    ways = turn.script.authentication
    turn.state = replace(turn.state, proving=replace(proving, passed=held, row=row))
    given: dict[str, Json] = {
        "identity": proving.identity, "passed": held, "tries": ways.tries, "lock": ways.lock,
    }  # fmt: skip
    turn.invoke(Purpose.ATTEMPT, ATTEMPT, given)


def _counted(turn: Turn, proving: Proving, *, locked: bool) -> None:
    state, ways = turn.state, turn.script.authentication
    state = replace(state, secrets=())
    if locked:
        turn.state = replace(state, locked=True)
    elif proving.passed:
        turn.state = _proved(turn, state, proving)
    else:
        tries = state.tries + 1
        again = Proving(proving.wanted, proving.way, proving.failed, said=True)
        turn.state = replace(state, tries=tries, proving=again)
        if tries >= ways.tries:
            fail(turn, "not-verified")
        else:
            turn.sentence("proof_failed")


def _proved(turn: Turn, state: State, proving: Proving) -> State:
    name = turn.script.authentication.result
    before = state.results.get(name)
    known = before if proving.way == "pin" and isinstance(before, Mapping) else {}
    slots = {**dict(state.slots), **dict(proving.answers)}
    return replace(
        state, level=Level.VERIFIED, proving=None, slots=tuple(sorted(slots.items())),
        results={**state.results, name: {**known, **proving.row}},
    )  # fmt: skip


def fail(turn: Turn, reason: str) -> None:
    """The caller is not known so well: go on as the step says, or with a person."""
    proving = turn.state.proving
    turn.state = replace(turn.state, proving=None, secrets=(), waiting=Waiting.REQUEST)
    if turn.state.left:
        return
    if proving is not None and proving.failed >= 0 and not turn.state.locked:
        turn.go(proving.failed)
        return
    handing.person(turn, _SENTENCES[reason], reason)
