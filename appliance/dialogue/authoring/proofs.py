"""Reading `authentication:`: how the box finds out who calls.

authentication:
  result: customer
  identity: id
  tries: 3
  lock: 30 minutes
  number:    {connector: customer_of_phone, with: {phone: "{caller}"}}
  knowledge:
    ask: [customer_number, birthday]
    prompts:
      customer_number: What is your customer number?
      birthday: When were you born?
    connector: find_customer
    with: {number: "{customer_number}"}
    holds: customer.birthday == birthday
  pin:
    ask: [pin]
    prompts: {pin: Please type your PIN.}
    connector: check_pin
    with: {id: "{customer.id}", pin: "{pin}"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.connecting import answered
from appliance.dialogue.authoring.names import Columns, Names, check_name
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.authoring.passing import Argument, read_arguments
from appliance.dialogue.connectors import Connector, Level
from appliance.dialogue.script import Authentication, Proof, SlotKind

_PROOFS: Final = ("number", "knowledge", "pin")
_WORTH: Final[Mapping[str, Level]] = {
    "number": Level.IDENTIFIED, "knowledge": Level.VERIFIED, "pin": Level.VERIFIED,
}  # fmt: skip


def proven(table: Table | None) -> tuple[Level, str, tuple[str, ...]]:
    """Return what `authentication:` leads to, its result's name, and the connectors it asks.

    Nothing is reported here: `read_authentication` does so later.
    """
    if table is None:
        return Level.UNKNOWN, "", ()
    level, connectors = Level.UNKNOWN, []
    for name in _PROOFS:
        if table.has(name):
            level = max(level, _WORTH[name])
            connectors.append(table.peek(f"{name}.connector"))
    return level, table.peek("result") or "customer", tuple(filter(None, connectors))


def columns_of(connectors: Mapping[str, Connector], asked: tuple[str, ...]) -> Columns:
    """Return what a variable holds that any of several connectors may have filled."""
    found: set[str] = set()
    for name in asked:
        connector = connectors.get(name)
        columns = answered(connector) if connector else None
        if columns is None:
            return None
        found |= columns
    return frozenset(found) if asked else None


def read_authentication(table: Table | None, names: Names) -> Authentication:
    """Return what `authentication:` says; without it nobody is ever identified."""
    if table is None:
        return Authentication()
    usual = Authentication()
    result = table.text("result", usual.result)
    check_name(table, "result", result, "the result", names.slots)
    identity = table.text("identity", usual.identity)
    proofs = {name: _proof(table, name, names, result) for name in _PROOFS}
    found = Authentication(
        result, identity, proofs["number"], proofs["knowledge"], proofs["pin"],
        table.whole("tries", usual.tries, 1, 10),
        table.seconds("lock", usual.lock, 60, 7 * 86400),
    )  # fmt: skip
    if not any(proofs.values()) and not any(map(table.has, _PROOFS)):
        table.reader.wrong(
            table.node, table.field, "no proof stands here: write 'number:', 'knowledge:' or 'pin:'"
        )
    _check_identity(table, found, names)
    table.close()
    return found


def _check_identity(table: Table, found: Authentication, names: Names) -> None:
    for proof in (found.number, found.knowledge, found.pin):
        connector = names.connectors.get(proof.connector) if proof else None
        columns = answered(connector) if connector else None
        if connector and columns is not None and found.identity not in columns:
            hint = near(found.identity, columns)
            known = hint or f"it answers: {', '.join(sorted(columns))}"
            reason = f"'{connector.name}' answers no '{found.identity}', by which callers are told "
            table.wrong("identity", f"{reason}apart; {known}")
            return


def _proof(table: Table, name: str, names: Names, result: str) -> Proof | None:
    row = table.table(name)
    if row is None:
        return None
    asked = _asked(row, names)
    if name == "number" and asked:
        row.wrong("ask", "the caller's number is known without asking: use 'knowledge:'")
    if name != "number" and not row.has("ask"):
        row.need("ask", "what the caller is asked for")
    if name == "pin":
        for slot in asked:
            if not names.slots[slot].secret:
                row.wrong("ask", f"a PIN is secret: write 'secret: yes' at the slot '{slot}'")
            if names.slots[slot].kind is not SlotKind.DIGITS:
                row.wrong("ask", f"a PIN is typed: make the slot '{slot}' one of type digits")
    say = row.text("say")
    names.check_facts(row, "say", say)
    connector = row.needed_text("connector", "which connector knows who calls")
    found = names.connector(row, "connector", connector)
    if found and (found.level is not Level.UNKNOWN or found.write or found.many):
        row.wrong(
            "connector",
            f"'{connector}' finds out who calls: it needs no level, changes nothing and answers "
            "one row",
        )
    # A proof may read what an earlier one has found; never what processes set.
    within = replace(names, variables={result: columns_of(names.connectors, (connector,))})
    earlier = replace(names, variables={} if name == "number" else {result: None})
    arguments = read_arguments(row, "with", found, earlier)
    _check_known(row, arguments, asked, names)
    holds = within.expression(row, "holds", row.text("holds"))
    row.close()
    return Proof(connector, arguments, tuple(asked), asked, say, holds)


def _asked(row: Table, names: Names) -> dict[str, str]:
    """Return the slots that are asked for, each with its question."""
    found: dict[str, str] = {}
    for slot in row.texts("ask"):
        if slot not in names.slots:
            hint = near(slot, names.slots) or "declare it in dialogue.yaml under 'slots:'"
            row.wrong("ask", f"there is no slot '{slot}'; {hint}")
        elif slot in found:
            row.wrong("ask", f"'{slot}' stands here twice")
        else:
            found[slot] = ""
    inner = row.table("prompts")
    if inner is not None:
        for slot, value, place in inner.rows():
            prompt = row.reader.text(value, place)
            names.check_facts(inner, slot, prompt)
            if slot not in found:
                inner.wrong(slot, f"'{slot}' is not asked for; {near(slot, found) or 'see ask:'}")
            else:
                found[slot] = prompt
    for slot in sorted(slot for slot, prompt in found.items() if not prompt):
        row.wrong("prompts", f"the question for '{slot}' is missing: add it under 'prompts:'")
    return found


def _check_known(
    row: Table, arguments: tuple[tuple[str, Argument], ...], asked: Mapping[str, str], names: Names
) -> None:
    """Report slots that nothing asks for: a proof stands on its own."""
    for parameter, value in arguments:
        used = templates.holes(value) if isinstance(value, str) else value.names
        for each in sorted(set(used)):
            root = each.partition(".")[0]
            if root in names.slots and root not in asked:
                row.wrong("with", f"'{parameter}' needs '{root}': add it under 'ask:'")
