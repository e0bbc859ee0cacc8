"""Reading the second half of connectors.yaml: what is asked of the site's systems.

connectors:
  find_customer:
    backend: db
    sql: select id, full_name from customer where number = :number
    level: identified
    fields: {name: full_name}
  new_ticket:
    backend: crm
    post: /tickets
    body: {title: "{title}", customer: "{customer}"}

What a connector needs to be given (its parameters) is read off its texts, in their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.lists import header
from appliance.dialogue.authoring.names import Systems, level_at
from appliance.dialogue.authoring.nodes import Reader, Table, near, unquoted
from appliance.dialogue.authoring.systems import IN_CLEAR_ADVICE, read_backends
from appliance.dialogue.connectors import (
    Backend,
    BackendKind,
    Connector,
    HttpRequest,
    Lookup,
    Search,
    Statement,
)
from appliance.dialogue.values import Json

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_REQUESTS: Final[Mapping[BackendKind, tuple[str, ...]]] = {
    BackendKind.HTTP: _METHODS,
    BackendKind.SQL: ("sql",),
    BackendKind.CSV: ("lookup",),
    BackendKind.LDAP: ("search",),
}
KEY: Final = "key"
"""The idempotency key's name in requests; no parameter is called so."""
_PARAMETER: Final = re.compile(r"(?<![:\w])(?<!\\):([A-Za-z_]\w*)")
_NO_SQL: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_READS: Final = frozenset({"select", "with", "values"})
_CHANGES: Final = re.compile(r"\b(?:insert|update|delete|merge|truncate|drop|alter|create)\b")
_SELECTED: Final = re.compile(r"select\s+((?:[^()]|\([^()]*\))+?)\s+from\s", re.IGNORECASE)
_COLUMN: Final = re.compile(r"(?:\w+\.)?(\w+)|[^,]*\s+as\s+(\w+)", re.IGNORECASE)
_CREDENTIALS: Final = frozenset({
    "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token",
})  # fmt: skip
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_PATH: Final = re.compile(r"\w+(?:\.\w+)*")


def read_connectors(reader: Reader, text: str, tables: Mapping[str, str]) -> Systems:
    """Return what a connectors.yaml says; `tables` holds the folder's CSV files by path."""
    table = reader.parse(text)
    if table is None:
        return Systems(readable=False)
    backends = read_backends(table.table("backends"), tables)
    inner = table.table("connectors")
    named = {name for name, _, _ in inner.rows()} if inner else set()
    found: dict[str, Connector] = {}
    for name, node, place in inner.rows() if inner else ():
        row = reader.table(node, place)
        if not templates.NAME.fullmatch(name):
            reader.wrong(node, place, f"'{name}' must be written in small letters, digits and _")
        if row is not None:
            connector = _connector(row, name, backends, tables)
            if connector is not None:
                found[name] = connector
    if inner is None and not table.has("connectors"):
        table.need("connectors", "what is asked of the systems")
    table.close()
    if len(found) == len(named):
        _check_used(table, backends, found)
    return Systems(backends, found, frozenset(named.difference(found)))


def _check_used(
    table: Table, backends: Mapping[str, Backend], connectors: Mapping[str, Connector]
) -> None:
    used = {connector.backend for connector in connectors.values()}
    inner = table.table("backends")
    for name in sorted(backends.keys() - used) if inner else ():
        if inner:
            inner.wrong(name, f"no connector asks '{name}': take it out")


def _connector(
    row: Table, name: str, backends: Mapping[str, Backend], tables: Mapping[str, str]
) -> Connector | None:
    where = row.needed_text("backend", "which system is asked")
    if where and where not in backends:
        hint = near(where, backends) or "declare it under 'backends:'"
        row.wrong("backend", f"there is no system '{where}'; {hint}")
    asked = [verb for verbs in _REQUESTS.values() for verb in verbs if row.has(verb)]
    kind = backends[where].kind if where in backends else None
    if len(asked) != 1:
        options = _REQUESTS[kind] if kind else [v for verbs in _REQUESTS.values() for v in verbs]
        row.reader.wrong(
            row.node, row.field, f"a connector asks one thing: write one of {', '.join(options)}"
        )
        return None
    verb = asked[0]
    if kind and verb not in _REQUESTS[kind]:
        known = " or ".join(_REQUESTS[kind])
        row.wrong(verb, f"the system '{where}' is {kind.value}: write {known} here")
        return None
    request: HttpRequest | Statement | Lookup | Search
    if verb in _METHODS:
        request = _http(row, verb)
    elif verb == "sql":
        request = Statement(row.needed_text("sql", "the statement"))
        _check_statement(row, request.text)
    elif verb == "lookup":
        request = _lookup(row, backends.get(where), tables)
    else:
        request = _search(row)
    write = _write(row, verb, request)
    needed = tuple(dict.fromkeys(_parameters(request)))
    if KEY in needed and not write:
        row.wrong(verb, f"'{KEY}' is filled by the box, for what writes: choose another name")
    parameters = tuple(parameter for parameter in needed if parameter != KEY)
    private = frozenset(row.texts("private"))
    for each in sorted(private.difference(parameters)):
        hint = near(each, parameters) or f"its parameters are: {', '.join(parameters) or 'none'}"
        row.wrong("private", f"'{each}' is no parameter of this connector; {hint}")
    fields = _fields(row)
    if isinstance(request, Lookup) and where in backends:
        fields = _in_table(row, fields, header(tables.get(backends[where].where, "")))
    connector = Connector(
        name, where, request, parameters, level_at(row, "level"), write,
        row.flag("many", default=False), fields,
        row.seconds("timeout", 4.0, 0.2, 30), row.whole("attempts", 2, 1, 5), private,
    )  # fmt: skip
    if write and connector.many:
        row.wrong("many", "what changes something has one answer, not many")
    row.close()
    return connector


def _write(row: Table, verb: str, request: HttpRequest | Statement | Lookup | Search) -> bool:
    """Return whether a request changes something; report what `write:` contradicts."""
    if isinstance(request, Statement):
        bare = _NO_SQL.sub(" ", request.text).lower()
        words = bare.split()
        changes = bool(words) and (
            words[0] not in _READS or (words[0] == "with" and bool(_CHANGES.search(bare)))
        )
        must, may = changes, True
    else:
        changes = verb in _METHODS[1:]
        must, may = verb in {"put", "patch", "delete"}, changes
    said = row.flag("write", default=changes)
    if must and not said:
        row.wrong("write", f"this changes something ({verb}): write 'write: yes' or leave it out")
    if said and not may:
        row.wrong("write", f"'{verb}' only reads: leave 'write:' out")
    return said


def _http(row: Table, verb: str) -> HttpRequest:
    path = row.needed_text(verb, "the path")
    if path and not path.startswith("/"):
        row.wrong(verb, "a path begins with / and follows the address of the system")
    if "?" in path or "#" in path:
        row.wrong(verb, "what stands behind ? is written under 'query:'")
    _check_text(row, verb, path)
    body = None
    if row.has("body"):
        if verb in {"get", "delete"}:
            row.wrong("body", f"'{verb}' sends no body: write 'query:'")
        node = row.get("body")
        body = _json(row.reader, node, row.at("body")) if node is not None else None
    headers = _strings(row, "headers")
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not value.isprintable() or not value.isascii():
            row.wrong("headers", f"'{name}' cannot be sent as a header")
        if name.lower() in _CREDENTIALS:
            row.wrong("headers", f"'{name}' holds a secret; {IN_CLEAR_ADVICE}")
        if templates.holes(value):
            row.wrong("headers", f"'{name}' is fixed: parameters go into path, query or body")
    nothing: list[int] = []
    for text in row.texts("nothing"):
        if not re.fullmatch(r"[1-5]\d\d", text):
            row.wrong("nothing", f"'{text}' is no status of HTTP: write 404")
        else:
            nothing.append(int(text))
    query = _strings(row, "query")
    inner = row.table("query")
    for name, value in query.items() if inner else ():
        if inner:
            _check_text(inner, name, value)
    answer = row.text("answer")
    if answer and not _PATH.fullmatch(answer):
        row.wrong("answer", f"'{answer}' is no path: write names with dots, like data.0")
    usual = nothing if row.has("nothing") else [404]
    return HttpRequest(verb.upper(), path, query, headers, body, tuple(usual), answer)


def _check_text(row: Table, name: str, text: str) -> None:
    rest = templates.HOLE.sub("", text)
    if "{" in rest or "}" in rest:
        row.wrong(name, "a parameter is written {name}, in letters, digits and _")
    for hole in templates.holes(text):
        if "." in hole:
            row.wrong(name, f"'{{{hole}}}' is no parameter: give the value in the step's 'with:'")


def _json(reader: Reader, node: yaml.Node, place: str) -> Json:
    """Return a node as JSON: quoted scalars are texts, others what YAML's core schema says."""
    bare = unquoted(node)
    if bare:
        reader.wrong(node, place, f"a parameter is written in quotes: {bare}")
        return None
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Json] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                reader.wrong(key, place, "a name must be a plain word")
                continue
            found[key.value] = _json(reader, value, f"{place}.{key.value}")
        return found
    if isinstance(node, yaml.SequenceNode):
        return tuple(_json(reader, item, f"{place}[{at}]") for at, item in enumerate(node.value))
    text = str(node.value)
    rest = templates.HOLE.sub("", text)
    if "{" in rest or "}" in rest or any("." in hole for hole in templates.holes(text)):
        reader.wrong(node, place, "a parameter is written {name}, in letters, digits and _")
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        return _plain(text)
    return text


def _plain(text: str) -> Json:
    """Return an unquoted scalar as JSON would read it; what is no JSON is a text."""
    if text in {"true", "false", "null"} or re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", text):
        value: Json = json.loads(text)
        return value
    return None if text in {"", "~"} else text


def _strings(row: Table, name: str) -> dict[str, str]:
    inner = row.table(name)
    return {
        key: row.reader.text(value, place) for key, value, place in (inner.rows() if inner else ())
    }


def _check_statement(row: Table, text: str) -> None:
    bare = _NO_SQL.sub("''", text)
    if "--" in re.sub(r"'(?:[^']|'')*'", "", text) or "/*" in bare:
        row.wrong("sql", "write comments with # in front of the line, not into the statement")
    if ";" in bare.rstrip("; \n"):
        row.wrong("sql", "one statement only: what stands behind ; is not sent")
    if templates.holes(bare):
        hole = templates.holes(bare)[0]
        row.wrong("sql", f"a parameter is written :{hole} in a statement, not {{{hole}}}")
    inside = [part for part in re.findall(r"'((?:[^']|'')*)'", text) if _PARAMETER.search(part)]
    if inside:
        row.wrong("sql", f"a parameter has no quotes around it: write :name, not '{inside[0]}'")


def _lookup(row: Table, backend: Backend | None, tables: Mapping[str, str]) -> Lookup:
    node = row.get("lookup")
    if isinstance(node, yaml.ScalarNode) and node.value == "all":
        return Lookup({})
    match = _strings(row, "lookup")
    columns = header(tables[backend.where]) if backend and backend.where in tables else ()
    for column, parameter in match.items():
        if columns and column not in columns:
            hint = near(column, columns) or f"there are: {', '.join(columns)}"
            row.wrong("lookup", f"the file has no column '{column}'; {hint}")
        if not re.fullmatch(r"[A-Za-z_]\w*", parameter):
            row.wrong("lookup", f"'{parameter}' is no name of a parameter: write 'column: name'")
    return Lookup(match)


def _search(row: Table) -> Search:
    inner = row.table("search")
    if inner is None:
        return Search("", "", ())
    base = inner.needed_text("base", "where the search begins")
    if templates.holes(base):
        inner.wrong("base", "the base is fixed: parameters go into the filter")
    wanted = inner.needed_text("filter", "what is looked for")
    if wanted and (not wanted.startswith("(") or wanted.count("(") != wanted.count(")")):
        inner.wrong("filter", "a filter is written in brackets: (sn={name})")
    _check_text(inner, "filter", wanted)
    attributes = inner.texts("attributes")
    if not attributes:
        inner.wrong("attributes", "name the attributes that are wanted: attributes: [cn, mail]")
    inner.close()
    return Search(base, wanted, attributes)


def _fields(row: Table) -> dict[str, str]:
    node = row.get("fields")
    if isinstance(node, yaml.SequenceNode):
        found = {name: name for name in row.reader.texts(node, row.at("fields"))}
    else:
        found = _strings(row, "fields")
    for name, path in found.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            row.wrong("fields", f"'{name}' must be written in letters, digits and _")
        if not re.fullmatch(r"[^.\s]+(?:\.[^.\s]+)*", path):
            row.wrong("fields", f"'{path}' is no path: write names with dots, like address.street")
    return found


def _in_table(row: Table, fields: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return the fields of a row of a CSV file: all its columns where the author names none."""
    for column in fields.values():
        if columns and column not in columns:
            hint = near(column, columns) or f"there are: {', '.join(columns)}"
            row.wrong("fields", f"the file has no column '{column}'; {hint}")
    return fields or {column: column for column in columns}


def answered(connector: Connector) -> frozenset[str] | None:
    """Return the names that an answer holds, None where they cannot be read off.

    They are those of `fields`, else the columns of a plain `select a, b as c from ...`.
    """
    if connector.many:
        return frozenset({"rows"})
    request = connector.request
    if connector.fields:
        return frozenset(connector.fields)
    if isinstance(request, Search):
        return frozenset(request.attributes)
    if isinstance(request, Statement):
        listed = _SELECTED.match(_NO_SQL.sub("''", request.text))
        columns = (
            [_COLUMN.fullmatch(part.strip()) for part in listed[1].split(",")] if listed else []
        )
        if columns and all(columns):
            return frozenset(found[2] or found[1] for found in columns if found)
    return None


def _parameters(request: HttpRequest | Statement | Lookup | Search) -> Iterator[str]:
    """Yield the parameters of a request in the order of its texts."""
    if isinstance(request, Statement):
        yield from _PARAMETER.findall(_NO_SQL.sub(" ", request.text))
    elif isinstance(request, Lookup):
        yield from request.match.values()
    elif isinstance(request, Search):
        yield from templates.holes(request.filter)
    else:
        yield from templates.holes(request.path)
        for text in request.query.values():
            yield from templates.holes(text)
        for text in _texts(request.body):
            yield from templates.holes(text)


def _texts(body: Json) -> Iterable[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for value in body.values():
            yield from _texts(value)
    elif isinstance(body, Sequence):
        for value in body:
            yield from _texts(value)
