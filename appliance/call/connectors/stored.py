"""How a write is done, kept with it: a dialogue that is published later does not change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from appliance.dialogue import Backend, BackendKind, Connector, Level
from appliance.dialogue.connectors import HttpRequest, Lookup, Search, Statement

_REQUESTS: Final = {kind.__name__: kind for kind in (HttpRequest, Statement, Lookup, Search)}
_TUPLES: Final = ("nothing", "attributes")


@dataclass(frozen=True, slots=True)
class Definition:
    """One connector and the system that it asks."""

    backend: Backend
    connector: Connector
    authority: str = ""
    """PEM of the authority, as the dialogue's folder had it."""


def dump(definition: Definition) -> str:
    """Return a definition as text; it names a secret and never holds one."""
    connector = asdict(definition.connector)
    connector["private"] = sorted(definition.connector.private)
    connector["request"] |= {"kind": type(definition.connector.request).__name__}
    return json.dumps(
        {
            "backend": asdict(definition.backend),
            "connector": connector,
            "authority": definition.authority,
        }
    )


def restore(text: str) -> Definition:
    """Return what `dump` was given; what only a newer version knows is left out.

    Raises ValueError where the text is no definition.
    """
    try:
        found = json.loads(text)
        backend = _known(Backend, found["backend"])
        backend["kind"] = BackendKind(backend["kind"])
        connector = _known(Connector, found["connector"])
        kind = _REQUESTS[connector["request"]["kind"]]
        request = _known(kind, connector["request"])
        request |= {name: tuple(request[name]) for name in _TUPLES if name in request}
        connector["request"] = kind(**request)
        connector["level"] = Level(connector["level"])
        connector["parameters"] = tuple(connector["parameters"])
        connector["private"] = frozenset(connector["private"])
        return Definition(Backend(**backend), Connector(**connector), str(found["authority"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no definition: {type(error).__name__}") from error


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
