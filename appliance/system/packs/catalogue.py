"""The catalogue: models of the world that suit a box, and what is known of each before it is here.

models/catalogue.toml ─► Entry, checked field by field ─► table for people, addresses for `fetching`
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from appliance.system.packs.manifest import PackError, PackKind
from appliance.system.packs.writing import checked_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BOARDS: Final = ("pi4", "pi5", "orin")
"""Classes of box: Raspberry Pi 4 and 5, Jetson Orin Nano or larger (processor only)."""
_FIELDS: Final = {
    "name", "kind", "engine", "languages", "language", "url", "sha256", "extra", "licence",
    "licence_url", "summary", "megabytes", "memory_megabytes", "rtf", "rtf_source", "boards",
    "unverified",
}  # fmt: skip
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One file to download."""

    url: str
    sha256: str = ""
    """As hexadecimal digits; empty where nobody has vouched for one: the first good download
    fixes it for the site."""

    @property
    def file(self) -> str:
        """The file's name."""
        return urlsplit(self.url).path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Entry:
    """One model that can be fetched."""

    name: str
    kind: PackKind
    engine: str
    """As the manifest of the pack that is made of it will name it."""
    languages: tuple[str, ...]
    """ISO 639-1."""
    parts: tuple[Part, ...]
    licence: str
    licence_url: str
    summary: str
    megabytes: float
    """Of the download, 10⁶ bytes."""
    memory_megabytes: float | None
    """Resident, with the model loaded, where somebody published it."""
    rtf: Mapping[str, float]
    """Board → seconds of computing for a second of audio on one core, where published."""
    rtf_source: str
    boards: tuple[str, ...]
    """Boards that carry it beside a telephone call."""
    unverified: bool = False
    """Whether nobody has checked that the addresses exist."""

    @property
    def language(self) -> str:
        """The language of a pack made of it: the only one, or empty where there are several."""
        return self.languages[0] if len(self.languages) == 1 else ""


def read_catalogue(file: Path) -> tuple[Entry, ...]:
    """Return the entries of a catalogue in its order.

    Raises PackError with the entry and field where something is missing, unknown or wrong.
    """
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"The catalogue {file} cannot be read ({error}): name another.") from None
    entries = tuple(_entry(table, file) for table in values.get("model", ()))
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise PackError(f"{file}: '{name}' stands there twice: rename one of them.")
    return entries


def find_entry(entries: tuple[Entry, ...], name: str) -> Entry:
    """Return the entry called `name`. Raises PackError, with names that resemble it, for none."""
    for entry in entries:
        if entry.name == name:
            return entry
    near = [e.name for e in entries if name.lower() in e.name or e.name in name.lower()]
    hint = f" (did you mean {' or '.join(near[:3])}?)" if near else ""
    raise PackError(f"'{name}' is not in the catalogue{hint}: see `packs catalogue`.")


def choose(
    entries: tuple[Entry, ...],
    *,
    language: str = "",
    board: str = "",
    kind: PackKind | None = None,
) -> tuple[Entry, ...]:
    """Return the entries for a language, a board and a kind, where these are given.

    A denoiser suits every language. Raises PackError for a board that does not exist.
    """
    if board and board not in BOARDS:
        raise PackError(f"'{board}' is no board: name one of {', '.join(BOARDS)}.")
    return tuple(
        entry
        for entry in entries
        if (not language or language in entry.languages or "any" in entry.languages)
        and (not board or board in entry.boards)
        and (kind is None or entry.kind is kind)
    )


def _entry(table: Any, file: Path) -> Entry:
    if not isinstance(table, dict):
        raise PackError(f"{file}: a [[model]] is no table: correct it.")
    name = str(table.get("name", ""))
    where = f"{file}: '{name}'"
    checked_name(name)
    unknown = sorted(set(table) - _FIELDS)
    if unknown:
        raise PackError(f"{where} has a field '{unknown[0]}' that does not exist: correct it.")
    try:
        entry = Entry(
            name=name,
            kind=PackKind(table["kind"]),
            engine=_text(table, "engine"),
            languages=tuple(map(str, table["languages"])),
            parts=(_part(table), *map(_part, table.get("extra", ()))),
            licence=_text(table, "licence"),
            licence_url=_https(_text(table, "licence_url")),
            summary=_text(table, "summary"),
            megabytes=float(table["megabytes"]),
            memory_megabytes=_number(table, "memory_megabytes"),
            rtf={str(board): float(factor) for board, factor in table.get("rtf", {}).items()},
            rtf_source=str(table.get("rtf_source", "")),
            boards=tuple(map(str, table["boards"])),
            unverified=bool(table.get("unverified", False)),
        )
    except KeyError as error:
        raise PackError(f"{where} lacks {error}: correct it.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise PackError(f"{where} is wrong ({error}): correct it.") from None
    for board in (*entry.boards, *entry.rtf):
        if board not in BOARDS:
            raise PackError(f"{where} names a board '{board}' that does not exist: correct it.")
    if entry.rtf and not entry.rtf_source:
        raise PackError(f"{where} has a real-time factor without rtf_source: say who measured it.")
    return entry


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"'{key}' is empty")
    return value


def _number(table: Mapping[str, Any], key: str) -> float | None:
    return float(table[key]) if key in table else None


def _part(table: Mapping[str, Any]) -> Part:
    part = Part(_https(_text(table, "url")), str(table.get("sha256", "")).lower())
    if part.sha256 and not _SHA256.fullmatch(part.sha256):
        raise ValueError("a 'sha256' has 64 hexadecimal digits")
    if not part.file:
        raise ValueError(f"'{part.url}' names no file")
    return part


def _https(url: str) -> str:
    parts = urlsplit(url)
    # A catalogue on the box itself, as the tests have one, needs no encryption.
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError(f"'{url}' is no https address")
    return url
