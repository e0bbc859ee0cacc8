"""Rows of a system become entries of a list that callers name things of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from appliance.dialogue import Json
from appliance.dialogue.authoring.lists import entry_of
from appliance.dialogue.script import Catalogue, Entry
from appliance.dialogue.values import text

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
"""What can be dialled."""
_SPACES: Final = re.compile(r"[\s/().-]+")


def entries(catalogue: Catalogue, rows: Sequence[Json]) -> tuple[Entry, ...]:
    """Return the entries that rows make: those with a name, each id once, in their order.

    A number that cannot be dialled is left empty.
    """
    found: dict[str, Entry] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        fields = {name: text(value).strip() for name, value in row.items()}
        if catalogue.number in fields:
            number = _SPACES.sub("", fields[catalogue.number])
            fields[catalogue.number] = number if _NUMBER.fullmatch(number) else ""
        key = catalogue.id or ("id" if "id" in fields else "")
        entry = entry_of(fields, catalogue.spoken, key)
        if entry is not None and entry.id:
            found.setdefault(entry.id, entry)
    return tuple(found.values())
