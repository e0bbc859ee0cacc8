"""Reading `with:`: what a connector is given, each parameter a text with slots or `=expression`."""

from __future__ import annotations

from appliance.dialogue import templates
from appliance.dialogue.authoring.names import Names
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.connectors import Connector
from appliance.dialogue.expressions import Expression

Argument = Expression | str


def read_arguments(
    table: Table, name: str, connector: Connector | None, names: Names
) -> tuple[tuple[str, Argument], ...]:
    """Return what `name:` gives to a connector; they are exactly its parameters.

    `{slot}` and texts go as texts; what begins with = is an expression, its value goes as it is.
    """
    inner = table.table(name)
    found: list[tuple[str, Argument]] = []
    if inner is not None:
        for parameter, node, place in inner.rows():
            text = table.reader.text(node, place)
            given = _argument(inner, parameter, text, names)
            if given is not None:
                _check_private(inner, parameter, connector, given, names)
                found.append((parameter, given))
    if connector is not None:
        _check_complete(table, inner, name, connector)
    return tuple(found)


def _argument(inner: Table, parameter: str, text: str, names: Names) -> Argument | None:
    if text.startswith("="):
        return names.expression(inner, parameter, text[1:].strip())
    names.check_holes(inner, parameter, text, secrets=True)
    return text


def _check_private(
    inner: Table, parameter: str, connector: Connector | None, given: Argument, names: Names
) -> None:
    if connector is None or parameter in connector.private:
        return
    used = templates.holes(given) if isinstance(given, str) else given.names
    for slot in sorted(names.slots.keys() & set(used)):
        if names.slots[slot].secret:
            inner.wrong(
                parameter,
                f"'{slot}' is secret: write 'private: [{parameter}]' at the connector "
                f"'{connector.name}'",
            )


def _check_complete(table: Table, inner: Table | None, name: str, connector: Connector) -> None:
    written = [parameter for parameter, _, _ in inner.rows()] if inner else []
    for parameter in written:
        if inner and parameter not in connector.parameters:
            known = ", ".join(connector.parameters) or "none"
            hint = near(parameter, connector.parameters) or f"its parameters are: {known}"
            inner.wrong(parameter, f"'{connector.name}' has no parameter '{parameter}'; {hint}")
    missing = [parameter for parameter in connector.parameters if parameter not in written]
    if missing:
        listed = " and ".join(f"'{parameter}'" for parameter in missing)
        table.wrong(name, f"'{connector.name}' needs {listed} as well: write it under '{name}:'")
