"""Reading `lists:` and the files in lists/: people, streets, wards that callers name.

lists:
  staff:   {file: lists/staff.csv, spoken: [name, nickname], number: extension}
  streets: lists/streets.txt
  wards:   {connector: all_wards, spoken: name}

A CSV file begins with the names of its columns. In a spoken column, and in a line of a text file,
`|` stands between several ways to say it; the first is spoken back.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Final

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.mistakes import Mistake
from appliance.dialogue.authoring.names import Systems
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.connectors import Level
from appliance.dialogue.script import Catalogue, Entry
from appliance.dialogue.text import normalise

MOST_ROWS: Final = 20_000
"""Rows of one list; a box listens for each of them."""
_LONGEST: Final = 2_000_000
"""Characters of one file."""
_LONGEST_CELL: Final = 1000
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]*")
_MOST_MISTAKES: Final = 20
"""Per file; who has mixed up the columns has done so in every row."""

Row = tuple[int, Mapping[str, str]]
"""Line of the file, and column to value."""


def header(text: str) -> tuple[str, ...]:
    """Return the column names of a CSV file, () where there is none."""
    first = next(csv.reader(text.lstrip("\ufeff").splitlines()[:1]), [])
    return tuple(name.strip() for name in first)


def check_table(path: str, text: str, mistakes: list[Mistake]) -> tuple[Row, ...]:
    """Return the rows of a CSV file; mistakes are added with their lines."""
    if len(text) > _LONGEST:
        mistakes.append(Mistake(path, 0, "", f"the file is longer than {_LONGEST} characters"))
        return ()
    columns = header(text)
    if not columns:
        mistakes.append(Mistake(path, 0, "", "the file is empty: its first line names the columns"))
        return ()
    found: list[Mistake] = []
    for column in dict.fromkeys(columns):
        if not _COLUMN.fullmatch(column):
            reason = f"'{column}' cannot name a column: write small letters, digits and _"
            found.append(Mistake(path, 1, "", reason))
        elif columns.count(column) > 1:
            found.append(Mistake(path, 1, "", f"there are two columns '{column}'"))
    rows = _rows(path, text, columns, found)
    mistakes.extend(found[:_MOST_MISTAKES])
    return rows


def _rows(path: str, text: str, columns: Sequence[str], found: list[Mistake]) -> tuple[Row, ...]:
    rows: list[Row] = []
    reader = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), strict=True)
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if line == 1 or not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                reason = f"there are {len(columns)} columns, and {len(cells)} values in this line"
                found.append(Mistake(path, line, "", reason))
            elif any(len(cell) > _LONGEST_CELL for cell in cells):
                reason = f"a value is longer than {_LONGEST_CELL} characters"
                found.append(Mistake(path, line, "", reason))
            else:
                rows.append((line, dict(zip(columns, map(str.strip, cells), strict=True))))
            if len(rows) > MOST_ROWS:
                reason = f"there are more than {MOST_ROWS} rows: ask a connector instead"
                found.append(Mistake(path, line, "", reason))
                break
    except csv.Error as error:
        found.append(Mistake(path, last + 1, "", f"this is not CSV: {error}"))
    return tuple(rows)


def read_lists(
    table: Table | None,
    files: Mapping[str, str],
    rows: Mapping[str, tuple[Row, ...]],
    systems: Systems,
    mistakes: list[Mistake],
) -> dict[str, Catalogue]:
    """Return the lists of `lists:`; `rows` holds the rows of each CSV file by path."""
    if table is None:
        return {}
    found: dict[str, Catalogue] = {}
    for name, node, place in table.rows():
        if not templates.NAME.fullmatch(name):
            table.wrong(name, f"'{name}' must be written in small letters, digits and _")
        if isinstance(node, yaml.ScalarNode):
            path = table.reader.text(node, place)
            catalogue = _from_file(table, name, name, path, (), files, rows, mistakes)
        else:
            row = table.reader.table(node, place)
            catalogue = _long(row, name, files, rows, systems, mistakes) if row else None
        # A list that is wrong is still a list: its own mistakes are enough.
        found[name] = catalogue or Catalogue(name)
    return found


def _long(
    row: Table,
    name: str,
    files: Mapping[str, str],
    rows: Mapping[str, tuple[Row, ...]],
    systems: Systems,
    mistakes: list[Mistake],
) -> Catalogue | None:
    path, asked = row.text("file"), row.text("connector")
    spoken, number, key = row.texts("spoken"), row.text("number"), row.text("id")
    found: Catalogue | None = None
    if bool(path) == bool(asked):
        reason = "a list comes from a file or from a connector: write one of 'file:', 'connector:'"
        row.reader.wrong(row.node, row.field, reason)
    elif asked:
        columns = _asked(row, asked, systems)
        found = Catalogue(name, (), asked, spoken or ("name",), number, key, columns)
        _check_columns(row, found, (("number", (number,)), ("id", (key,)), ("spoken", spoken)))
    else:
        columns = header(files[path]) if path.endswith(".csv") and path in files else ()
        shape = Catalogue(name, (), "", spoken, number, key, columns)
        if columns:
            _check_columns(row, shape, (("number", (number,)), ("id", (key,)), ("spoken", spoken)))
        elif path.endswith(".txt"):
            for word in ("spoken", "number", "id"):
                if row.has(word):
                    row.wrong(word, "a text file has no columns: write a CSV file")
        found = _from_file(row, "file", name, path, spoken, files, rows, mistakes, number, key)
    row.close()
    return found


def _check_columns(
    row: Table, shape: Catalogue, named: Sequence[tuple[str, Sequence[str]]]
) -> None:
    for field, columns in named:
        for column in columns:
            if column and shape.columns and column not in shape.columns:
                hint = near(column, shape.columns) or f"there are: {', '.join(shape.columns)}"
                row.wrong(field, f"there is no column '{column}'; {hint}")


def _asked(row: Table, asked: str, systems: Systems) -> tuple[str, ...]:
    """Return the columns of a connector that a list comes from, () where they are not known."""
    connector = systems.connector(row, "connector", asked)
    if connector is None:
        return ()
    if not connector.many:
        row.wrong("connector", f"'{asked}' answers one row: write 'many: yes' there")
    if connector.parameters:
        needed = ", ".join(connector.parameters)
        row.wrong("connector", f"a list is fetched without a caller, and '{asked}' needs {needed}")
    if connector.write or connector.level is not Level.UNKNOWN:
        row.wrong("connector", f"a list is fetched without a caller: '{asked}' must be free to ask")
    return tuple(connector.fields)


def _from_file(
    table: Table,
    field: str,
    name: str,
    path: str,
    spoken: Sequence[str],
    files: Mapping[str, str],
    rows: Mapping[str, tuple[Row, ...]],
    mistakes: list[Mistake],
    number: str = "",
    key: str = "",
) -> Catalogue | None:
    if path not in files:
        hint = near(path, [f for f in files if f.startswith("lists/")])
        table.wrong(field, f"there is no file '{path}'; {hint or 'it lies in the folder lists/'}")
        return None
    if not path.endswith((".csv", ".txt")):
        table.wrong(field, f"'{path}' is no list: a list is a .csv or a .txt file")
        return None
    if path.endswith(".txt"):
        entries = _lines(path, files[path], mistakes)
        return Catalogue(name, entries, spoken=("name",), columns=("id", "name"))
    columns = header(files[path])
    said = tuple(column for column in spoken if column in columns)
    if not said and not spoken:
        said = ("name",) if "name" in columns else columns[:1]
    key = key or ("id" if "id" in columns else "")
    entries = _entries(path, rows.get(path, ()), said, key, mistakes)
    _check_numbers(path, rows.get(path, ()), number, mistakes)
    return Catalogue(name, entries, "", said or ("name",), number, key, columns)


def _lines(path: str, text: str, mistakes: list[Mistake]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for at, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        phrases = _phrases(line)
        name = line.split("|")[0].strip()
        if not phrases or not name:
            mistakes.append(Mistake(path, at, "", "there is no name in this line"))
        elif name in found:
            mistakes.append(Mistake(path, at, "", f"'{name}' stands in this list twice"))
        else:
            found[name] = Entry(name, name, phrases, {"name": name})
        if len(found) > MOST_ROWS:
            mistakes.append(Mistake(path, at, "", f"there are more than {MOST_ROWS} lines"))
            break
    if not found:
        mistakes.append(Mistake(path, 0, "", "the list is empty: write one name per line"))
    return tuple(found.values())


def _entries(
    path: str, rows: Sequence[Row], spoken: Sequence[str], key: str, mistakes: list[Mistake]
) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    wrong: list[Mistake] = []
    for line, row in rows:
        entry = entry_of(row, spoken, key)
        if entry is None:
            column = spoken[0] if spoken else "name"
            wrong.append(Mistake(path, line, "", f"there is no name in the column '{column}'"))
        elif not entry.id:
            wrong.append(Mistake(path, line, "", f"the column '{key}' is empty"))
        elif entry.id in found:
            advice = "" if key else ": add a column 'id' that tells them apart"
            wrong.append(Mistake(path, line, "", f"'{entry.id}' stands in this list twice{advice}"))
        else:
            found[entry.id] = entry
    mistakes.extend(wrong[:_MOST_MISTAKES])
    return tuple(found.values())


def entry_of(row: Mapping[str, str], spoken: Sequence[str], key: str) -> Entry | None:
    """Return a row as what callers name, or None where it has no name.

    `spoken` are the columns by which it is named, the first is spoken back; `key` is the column
    that tells rows apart, "" where the name does.
    """
    names = [row.get(column, "") for column in spoken]
    name = names[0].split("|")[0].strip() if names else ""
    phrases = tuple(dict.fromkeys(phrase for text in names for phrase in _phrases(text)))
    if not name or not phrases:
        return None
    return Entry(row.get(key, "") if key else name, name, phrases, dict(row))


def _phrases(text: str) -> tuple[str, ...]:
    found = (normalise(phrase) for phrase in text.split("|"))
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _check_numbers(path: str, rows: Sequence[Row], column: str, mistakes: list[Mistake]) -> None:
    wrong = [
        Mistake(path, line, "", f"'{row[column]}' in '{column}' is no telephone number")
        for line, row in rows
        if row.get(column) and not re.fullmatch(r"\+?[0-9*#]{1,32}", row[column])
    ]
    mistakes.extend(wrong[:_MOST_MISTAKES])
