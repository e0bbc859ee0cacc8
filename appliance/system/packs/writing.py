"""Writing manifests: plain values as TOML, files with their sizes and hashes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from appliance.settings.atomic import write_atomically
from appliance.system.packs.manifest import FORMAT, MANIFEST, PackError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a pack may be called: it becomes a folder's name."""


def checked_name(name: str) -> str:
    """Return `name`. Raises PackError where no folder of packs should hold such a name."""
    if not NAME.fullmatch(name):
        raise PackError(
            f"'{name}' is no name for a pack: use small letters, digits, dots, underscores and "
            "hyphens, 64 at most, beginning with a letter or digit."
        )
    return name


def listed(folder: Path, files: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """Return the `[[files]]` of pairs of role and path (relative to `folder`, with slashes)."""
    found: list[dict[str, object]] = []
    for role, name in files:
        path = folder / name
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append({"role": role, "path": name, "bytes": path.stat().st_size, "sha256": digest})
    return found


def write_manifest(
    folder: Path, values: Mapping[str, object], files: Iterable[tuple[str, str]]
) -> None:
    """Write the manifest of `folder` from its fields and the files' roles and paths."""
    text = dumps({"format": FORMAT, **values, "files": listed(folder, files)})
    write_atomically(folder / MANIFEST, text.encode("utf-8"))


def dumps(values: Mapping[str, object]) -> str:
    """Return TOML: plain values first, then tables, then arrays of tables (no deeper tables)."""
    plain, tables, arrays = [], [], []
    for key, value in values.items():
        if isinstance(value, Mapping):
            tables.append(f"\n[{_key(key)}]\n" + "".join(_line(k, v) for k, v in value.items()))
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            arrays += [
                f"\n[[{_key(key)}]]\n" + "".join(_line(k, v) for k, v in item.items())
                for item in value
            ]
        else:
            plain.append(_line(key, value))
    return "".join([*plain, *tables, *arrays])


def _line(key: str, value: object) -> str:
    return f"{_key(key)} = {_value(value)}\n"


def _value(value: object) -> str:
    # JSON's strings, numbers, booleans and lists of them are TOML as well; its tables are not.
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if not isinstance(value, str | int | float | bool):
        raise TypeError(f"{value!r} is no value of a manifest")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", key)
    return key if bare else json.dumps(key, ensure_ascii=False)
