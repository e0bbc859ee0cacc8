"""Rows of a CSV file of the dialogue's own folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from appliance.call.connectors.answers import Answer, refused
from appliance.call.connectors.drivers import Question, Site
from appliance.dialogue import Json, Status
from appliance.dialogue.connectors import Lookup
from appliance.dialogue.values import text

_BOM: Final = "\ufeff"


class Tables:
    """A file of rows; read once."""

    def __init__(self, site: Site) -> None:
        rows = csv.DictReader(io.StringIO(site.table.removeprefix(_BOM)), skipinitialspace=True)
        self._rows: list[Mapping[str, str]] = [
            {
                name.strip(): (value or "").strip()
                for name, value in row.items()
                if isinstance(name, str) and not isinstance(value, list)
            }
            for row in rows
        ]
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[Json]]] = {}

    def ask(self, question: Question) -> Answer:
        """Look rows up."""
        request = question.connector.request
        if not isinstance(request, Lookup):
            return refused("a file is asked with a lookup")
        columns = tuple(sorted(request.match))
        wanted = tuple(_plain(text(question.values.get(request.match[name]))) for name in columns)
        if columns and not all(wanted):
            return Answer(Status.DONE, [])  # nothing is nobody, not everybody without a number
        return Answer(Status.DONE, self._index(columns).get(wanted, []))

    def close(self) -> None:
        """Nothing is held."""

    def _index(self, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[Json]]:
        found = self._indexes.get(columns)
        if found is None:
            found = {}
            for row in self._rows:
                found.setdefault(tuple(_plain(row.get(name, "")) for name in columns), []).append(
                    row
                )
            self._indexes[columns] = found
        return found


def _plain(value: str) -> str:
    return "".join(value.casefold().split())
