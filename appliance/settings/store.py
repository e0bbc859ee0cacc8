"""Changing single values of a settings file: what a person wrote in it stays as it was written.

text ─► the line of the key, or a new one at the end of its table ─► parsed and compared ─► disk
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from appliance.settings.atomic import write_atomically
from appliance.settings.load import SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

Value = str | int | float | bool


def change(file: Path, table: str, values: Mapping[str, Value]) -> None:
    """Set `values` in the table `table` (`speech`) of a settings file, which may be absent.

    Comments, order and every other value stay. The new text is checked by the schema before it
    replaces the old one, at once and as a whole. Raises SettingsError where it cannot be done;
    the file is then as it was.
    """
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        before = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    wanted = _merged(before, table, values)
    text = _edited(text, table, values)
    try:
        done = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        done = {}
    if done != wanted:
        # Dotted keys, inline tables and texts of several lines are not worth an editor.
        keys = ", ".join(f"{table}.{key}" for key in values)
        raise SettingsError(
            f"{file} is written in a way that {keys} cannot be set in it: set it by hand"
        )
    _checked(file, text)


def _checked(file: Path, text: str) -> None:
    trial = file.with_name(f".{file.name}.trial")
    try:
        write_atomically(trial, text.encode("utf-8"), 0o600)
        try:
            load([trial])
        except SettingsError as error:
            raise SettingsError(str(error).replace(str(trial), str(file))) from None
        finally:
            trial.unlink(missing_ok=True)
        write_atomically(file, text.encode("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written ({error.strerror or error}): name another with --settings, "
            "or run the command as the user who may"
        ) from None


def _merged(before: dict[str, Any], table: str, values: Mapping[str, Value]) -> dict[str, Any]:
    held = before.get(table, {})
    inside = {**held, **values} if isinstance(held, dict) else dict(values)
    return {**before, table: inside}


def _edited(text: str, table: str, values: Mapping[str, Value]) -> str:
    lines = text.splitlines()
    header = next((at for at, line in enumerate(lines) if _opens(line) == table), None)
    if header is None:
        lines += [""] if lines and lines[-1].strip() else []
        lines.append(f"[{table}]")
        header = len(lines) - 1
    end = next(
        (at for at in range(header + 1, len(lines)) if _opens(lines[at]) is not None), len(lines)
    )
    for key, value in values.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
        at = next((at for at in range(header + 1, end) if _key(lines[at]) == key), None)
        if at is not None:
            lines[at] = line + _comment(lines[at])
            continue
        # After the table's last value: blanks and comments below it belong to what comes next.
        last = max(at for at in range(header, end) if at == header or _says(lines[at]))
        lines.insert(last + 1, line)
        end += 1
    return "\n".join(lines) + "\n"


def _opens(line: str) -> str | None:
    """Return the name of the table that a line opens, as written; None for other lines."""
    found = re.fullmatch(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(#.*)?", line)
    return found[1] if found else None


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _key(line: str) -> str | None:
    name = line.partition("=")[0].strip()
    return name if "=" in line and _BARE.fullmatch(name) else None


def _comment(line: str) -> str:
    """Return the comment at the end of `key = value`, with the blanks before it."""
    value = r"(\"(\\.|[^\"\\])*\"|'[^']*'|[^#\"']*?)"
    found = re.fullmatch(rf"[^=]*=\s*{value}(?P<comment>\s*#.*)", line)
    return found["comment"] if found else ""
