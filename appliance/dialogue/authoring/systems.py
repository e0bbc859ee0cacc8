"""Reading the first half of connectors.yaml: the site's own systems, and where they are.

backends:
  crm:    {http: https://crm.example/api, secret: crm_token, scheme: bearer}
  db:     {sql: postgresql://db.example/customers, user: attendant, secret: db_password}
  people: {csv: lists/staff.csv}
  ldap:   {ldap: ldaps://directory.example, user: "cn=box,dc=example", secret: ldap_password}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from appliance.dialogue import templates
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.connectors import Backend, BackendKind

_SCHEMES: Final[Mapping[BackendKind, tuple[str, ...]]] = {
    BackendKind.HTTP: ("https", "http"),
    BackendKind.SQL: ("postgresql", "sqlite"),
    BackendKind.LDAP: ("ldaps", "ldap"),
}
_SECRET: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_CLEAR: Final = (
    "password",
    "passwd",
    "pass",
    "token",
    "key",
    "api_key",
    "apikey",
    "credentials",
)
_SHOWN: Final = re.compile(r"(?i)[?&](?:[a-z_]*(?:token|key|secret|passw\w*|pwd))=")
IN_CLEAR_ADVICE: Final = (
    "no secret is written into a dialogue: write 'secret: a_name' at the system, and give the box "
    "the secret itself under that name (settings: dialogue.secrets)"
)


def read_backends(table: Table | None, tables: Mapping[str, str]) -> dict[str, Backend]:
    """Return the systems of `backends:`; `tables` holds the folder's CSV files by path."""
    if table is None:
        return {}
    found: dict[str, Backend] = {}
    for name, node, place in table.rows():
        row = table.reader.table(node, place)
        if not templates.NAME.fullmatch(name):
            table.wrong(name, f"'{name}' must be written in small letters, digits and _")
        if row is None:
            continue
        backend = _backend(row, name, tables)
        if backend is not None:
            found[name] = backend
    return found


def _backend(row: Table, name: str, tables: Mapping[str, str]) -> Backend | None:
    kinds = [kind for kind in BackendKind if row.has(kind.value)]
    known = " or ".join(kind.value for kind in BackendKind)
    for word in _CLEAR:
        if row.get(word) is not None:
            row.wrong(word, IN_CLEAR_ADVICE)
    if len(kinds) != 1:
        row.reader.wrong(
            row.node,
            row.field,
            f"a system is one of {known}: write for example 'http: https://...'",
        )
        return None
    kind = kinds[0]
    where = row.needed_text(kind.value, "where the system is")
    if kind is BackendKind.CSV:
        if where and where not in tables:
            hint = near(where, tables) or "put it into the folder lists/"
            row.wrong(kind.value, f"there is no file '{where}' in the dialogue's folder; {hint}")
        row.close()
        return Backend(name, kind, where)
    _check_address(row, kind, where)
    user, secret = row.text("user"), row.text("secret")
    if secret and not _SECRET.fullmatch(secret):
        row.wrong("secret", f"this is not the name of a secret; {IN_CLEAR_ADVICE}")
    scheme = row.text("scheme", "bearer") if kind is BackendKind.HTTP else "bearer"
    if not _HEADER.fullmatch(scheme):
        row.wrong("scheme", "write bearer, basic, or the name of a header like X-Api-Key")
    if scheme == "basic" and not user:
        row.wrong("user", "the scheme basic needs a user: add 'user:'")
    if kind is BackendKind.LDAP and user and not secret:
        row.wrong("secret", f"a user of a directory needs a password; {IN_CLEAR_ADVICE}")
    authority = row.text("authority")
    if authority and (authority.startswith("/") or ".." in authority.split("/")):
        row.wrong("authority", "this is a file in the dialogue's folder, like certificates/our.pem")
    backend = Backend(
        name, kind, where, user, secret, scheme, authority, row.whole("most", 4, 1, 32)
    )
    row.close()
    return backend


def _check_address(row: Table, kind: BackendKind, where: str) -> None:
    if not where:
        return
    field, schemes = kind.value, _SCHEMES[kind]
    try:
        parts = urlsplit(where)
        host, port_is_right = parts.hostname or "", parts.port != 0
    except ValueError:
        row.wrong(field, f"'{where}' is no address")
        return
    if parts.scheme not in schemes:
        examples = " or ".join(f"{scheme}://" for scheme in schemes)
        row.wrong(field, f"an address begins with {examples} here, not with '{parts.scheme}'")
        return
    if parts.username is not None or parts.password is not None:
        row.wrong(field, f"the address holds a user or password; {IN_CLEAR_ADVICE}")
    if _SHOWN.search(where):
        row.wrong(field, f"the address holds a key or token; {IN_CLEAR_ADVICE}")
    if parts.scheme == "sqlite":
        if host or not parts.path.strip("/"):
            row.wrong(field, "write sqlite:///folder/file.sqlite")
    elif not host or not port_is_right:
        row.wrong(field, f"the name of the machine is missing in '{where}'")
    if kind is BackendKind.SQL and parts.scheme != "sqlite" and not parts.path.strip("/"):
        row.wrong(field, "the database is missing: write postgresql://machine/database")
    if kind is not BackendKind.SQL and "{" in where:
        row.wrong(field, "an address is fixed: parameters go into the path or query of a connector")
