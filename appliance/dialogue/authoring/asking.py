"""The steps that speak to the caller: say, ask, hours, authenticate."""

from __future__ import annotations

from appliance.dialogue import templates
from appliance.dialogue.authoring.names import LEVELS, Names, unreachable
from appliance.dialogue.authoring.nodes import Table
from appliance.dialogue.connectors import Level
from appliance.dialogue.script import AskOp, AuthenticateOp, HoursOp, SayOp, SlotKind


def say_of(table: Table, names: Names) -> SayOp:
    """Return the operation of `say: sentence`."""
    text = table.text("say")
    names.check_holes(table, "say", text)
    return SayOp(text)


def ask_of(table: Table, names: Names) -> AskOp:
    """Return the operation of `ask: slot`; the step's blocks are compiled by the caller."""
    slot = names.slot(table, "ask")
    prompt = table.needed_text("prompt", "the question")
    sentences = {name: table.text(name) for name in ("reprompt", "confirm", "keys")}
    for name, text in (("prompt", prompt), *sentences.items()):
        names.check_holes(table, name, text)
    confirm = sentences["confirm"]
    if slot and confirm:
        if slot.secret:
            table.wrong("confirm", f"'{slot.name}' is secret: it is not read back")
        elif slot.kind is SlotKind.YES_NO:
            table.wrong("confirm", "a yes or no is not confirmed")
        elif slot.name not in {hole.partition(".")[0] for hole in templates.holes(confirm)}:
            table.wrong("confirm", f"this question does not name the value: put in {{{slot.name}}}")
    if slot:
        for name in ("prompt", "reprompt"):
            if slot.name in templates.holes(prompt if name == "prompt" else sentences[name]):
                table.wrong(name, f"'{slot.name}' is what is asked for: it is not known yet")
    return AskOp(
        slot.name if slot else "", prompt, sentences["reprompt"], confirm, sentences["keys"]
    )


def hours_of(table: Table, names: Names) -> HoursOp:
    """Return the operation of `hours: slot`."""
    slot = names.slot(table, "hours")
    if slot and slot.kind is not SlotKind.DAY:
        table.wrong("hours", f"'{slot.name}' is no slot of type day")
    return HoursOp(slot.name if slot else "")


def authenticate_of(table: Table, names: Names) -> AuthenticateOp:
    """Return the operation of `authenticate: level`."""
    word = table.text("authenticate")
    level = LEVELS.get(word, Level.UNKNOWN)
    if word and level is Level.UNKNOWN:
        table.wrong("authenticate", f"'{word}' is no proof: write identified or verified")
    elif level > names.reachable:
        table.wrong("authenticate", unreachable(level))
    return AuthenticateOp(level)
