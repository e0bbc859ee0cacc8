"""Write a pack's manifest: sizes and hashes of the files, and whatever the recipe knows.

python -m models.train.manifest FOLDER      # recompute bytes and sha256 of [[files]]
"""

import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.toml"


def entry(folder: Path, role: str, name: str) -> dict[str, object]:
    """Return the [[files]] entry of `folder`/`name`."""
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return {"role": role, "path": name, "bytes": len(data), "sha256": digest}


def dumps(values: Mapping[str, object]) -> str:
    """Return TOML of plain values, then tables, then arrays of tables (no deeper nesting)."""
    plain, tables = [], []
    for key, value in values.items():
        if isinstance(value, Mapping):
            tables.append(f"\n[{key}]\n" + "".join(_line(k, v) for k, v in value.items()))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for item in value:
                tables.append(f"\n[[{key}]]\n" + "".join(_line(k, v) for k, v in item.items()))
        else:
            plain.append(_line(key, value))
    return "".join(plain + tables)


def write(folder: Path, values: Mapping[str, object], files: Mapping[str, str]) -> None:
    """Write the manifest of `folder`; `files` maps file name to role."""
    listed = [entry(folder, role, name) for name, role in files.items()]
    text = dumps({"format": 1, **values, "files": listed})
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def refresh(folder: Path) -> None:
    """Recompute size and hash of every listed file."""
    values = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    files = {str(file["path"]): str(file["role"]) for file in values.pop("files")}
    values.pop("format", None)
    write(folder, values, files)


def _line(key: str, value: object) -> str:
    # JSON strings, numbers, booleans and lists of them are TOML as well; inline tables are not.
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(str(k))} = {json.dumps(v)}" for k, v in value.items())
        return f"{_key(key)} = {{{inner}}}\n"
    return f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}\n"


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else json.dumps(key)


if __name__ == "__main__":
    refresh(Path(sys.argv[1]))
