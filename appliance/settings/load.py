"""Reading settings: defaults ← board ← site ← secrets, each a TOML file that may be absent."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from appliance.settings.schema import Settings

USUAL_FILES: Final = (
    Path("/usr/lib/appliance/board.toml"),
    Path("/var/lib/appliance/settings.toml"),
    Path("/var/lib/appliance/secrets.toml"),
)
"""Where a box keeps its settings, later ones over earlier ones."""


class SettingsError(ValueError):
    """A settings file that cannot be used; the text names the file, the line or field, and why."""


def load(files: Sequence[Path]) -> Settings:
    """Return the settings of `files`, later ones over earlier ones; absent files are passed over.

    Raises SettingsError for a file that is not TOML, a field that does not exist or a value that
    its check refuses.
    """
    merged: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    for file in files:
        if file.exists():
            for path in _merge(merged, _parse(file)):
                origin[path] = file
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError(_explain(error, origin)) from None


def load_named(files: Sequence[Path] | None) -> Settings:
    """Return the settings of the files that a person named, or of the usual ones for none.

    Raises SettingsError as `load`, and where a named file does not exist.
    """
    for file in files or ():
        if not file.exists():
            raise SettingsError(f"{file} does not exist: name an existing settings file")
    return load(files or USUAL_FILES)


def site_file(files: Sequence[Path] | None) -> Path:
    """Return the file that a command writes settings to: the last named one that is not secret.

    Raises SettingsError where only files of secrets are named.
    """
    for file in reversed(files or USUAL_FILES):
        if file.name != "secrets.toml":
            return file
    raise SettingsError("only secrets are named: name the settings file too, with --settings")


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None


def _merge(into: dict[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Lay `new` over `into` and return the dotted names of the values that it set."""
    names: list[str] = []
    for key, value in new.items():
        name = f"{prefix}{key}"
        held = into.get(key)
        if isinstance(value, Mapping) and isinstance(held, dict):
            names += _merge(held, value, f"{name}.")
        elif isinstance(value, Mapping):
            into[key] = {}
            names += [name, *_merge(into[key], value, f"{name}.")]
        else:
            into[key] = value
            names.append(name)
    return names


def _explain(error: ValidationError, origin: Mapping[str, Path]) -> str:
    sentences = []
    for fault in error.errors(include_url=False):
        parts = [str(part) for part in fault["loc"]]
        name = ".".join(parts)
        known = (origin.get(".".join(parts[:n])) for n in range(len(parts), 0, -1))
        file = next((f for f in known if f is not None), None)
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "there is no such setting; check its spelling"
        where = "settings" if file is None else f"{file}{_line(file, parts)}"
        sentences.append(f"{where}: {name}: {message}" if name else f"{where}: {message}")
    return "; ".join(sentences)


def _line(file: Path, parts: Sequence[str]) -> str:
    """Return `:12` where the value of `parts` is set on line 12, as far as tables are usual.

    Values in arrays and inline tables are found at what they stand in.
    """
    table: list[str] = []
    best, depth = "", 0
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("["):
            table = _keys(text.strip("[] ").partition("]")[0])
            path = table
        else:
            key, equals, _ = text.partition("=")
            if not equals or text.startswith("#"):
                continue
            path = [*table, *_keys(key)]
        if len(path) > depth and path == list(parts[: len(path)]):
            best, depth = f":{number}", len(path)
    return best


def _keys(dotted: str) -> list[str]:
    return [key.strip().strip("\"'") for key in dotted.split(".")]
