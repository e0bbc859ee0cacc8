"""A dialogue's folder made ready for its author's commands, with every mistake in it named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.markup import escape

from appliance.contracts.errors import UserError
from appliance.dialogue import BackendKind, DialogueError, Script
from appliance.dialogue.authoring.advice import advise
from appliance.dialogue.rehearsing.cases import Case
from appliance.dialogue.rehearsing.reading import read_cases
from appliance.settings import Settings
from appliance.system.dialogues import versions
from appliance.system.dialogues.folder import load_files, read_folder

_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dialogue without mistakes."""

    folder: Path
    files: Mapping[str, str]
    script: Script
    cases: tuple[Case, ...]
    zone: ZoneInfo

    @property
    def trained(self) -> bytes:
        """What was trained for it, empty where nothing was or the files have changed since."""
        return versions.trained(self.folder, self.files)


def prepare(folder: Path) -> Prepared:
    """Read a dialogue and its tests. Raises UserError with every mistake by file and line."""
    files = read_folder(folder)
    script = load_files(files, folder)
    try:
        cases = read_cases(files, script)
    except DialogueError as error:
        lines = "\n".join(f"  {folder}/{mistake}" for mistake in error.mistakes)
        raise UserError(f"the dialogue's tests have mistakes:\n{lines}") from None
    return Prepared(folder, files, script, cases, _zone(script.timezone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(
            f"the dialogue's timezone '{name}' is not known here: write one like Europe/Berlin, "
            "or apt install tzdata"
        ) from None


def show_inventory(prepared: Prepared, settings: Settings, console: Console) -> int:
    """Print what the dialogue consists of, and what the box still lacks for it; returns 0."""
    script = prepared.script
    examples = sum(len(intent.examples) for intent in script.intents.values())
    console.print(f"{escape(str(prepared.folder))}: no mistakes.", style="green")
    console.print(
        f"{escape(script.site)} ({script.language}, {script.timezone}): "
        f"{_count(len(script.intents), 'intent')} with {_count(examples, 'example')}, "
        f"{_count(len(script.processes), 'process', 'processes')}, "
        f"{_count(len(script.slots), 'slot')}, "
        f"{_count(len(script.destinations), 'destination')}, "
        f"{_count(len(script.connectors), 'connector')}, "
        f"{_count(len(prepared.cases), 'conversation')} in tests/"
    )
    for line in (*lacking(prepared, settings), *advise(script)):
        console.print(f"! {escape(line)}", style="yellow")
    return 0


def lacking(prepared: Prepared, settings: Settings) -> tuple[str, ...]:
    """Return in words what would keep a dialogue without mistakes from working on this box."""
    script = prepared.script
    found = [
        f"backend {backend.name} needs the secret '{backend.secret}': write it under "
        "[dialogue.secrets] in secrets.toml"
        for backend in script.backends.values()
        if backend.secret and backend.secret not in settings.dialogue.secrets
    ]
    found += [
        f"backend {backend.name} names the database {backend.where} in the dialogue's folder, "
        "which no published version has: write the whole path, sqlite:////var/lib/..."
        for backend in script.backends.values()
        if backend.kind is BackendKind.SQL
        and backend.where.startswith(_SQLITE)
        and not backend.where.removeprefix(_SQLITE).startswith("/")
    ]
    if not prepared.cases:
        found.append("there are no conversations in tests/: write some, so that nothing breaks")
    used = script.model
    if (used.triage or used.slots or used.answers) and not settings.model.url:
        found.append("it uses a language model where there is one: none is set (model.url)")
    return tuple(found)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
