"""From a name in the catalogue to an installed pack: the licence, the download, the pack, the pin.

The pack itself is made by `speech`, which knows models; `__main__` hands the maker in.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from appliance.system.packs import fetching
from appliance.system.packs.catalogue import find_entry, read_catalogue
from appliance.system.packs.commands import bar, put
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from appliance.system.packs.catalogue import Entry
    from appliance.system.packs.fetching import Fetched
    from appliance.system.packs.site import Site


@dataclass(frozen=True, slots=True)
class Origin:
    """What the catalogue knows of a model, for the manifest of its pack."""

    name: str
    language: str
    licence: str
    summary: str
    provenance: Mapping[str, object] = field(default_factory=dict)


def acquire(
    site: Site,
    name: str,
    make: Callable[[Path, Path, Origin], Path],
    *,
    catalogue: Path,
    language: str = "",
    accepted: bool = False,
) -> None:
    """Fetch the model `name`, make a pack of it, import that and tell what was done.

    `make`: (folder of files, folder to make the pack's in, what is known) → the pack's folder.
    `accepted`: the licence was read already; else it is shown and asked for. Raises PackError;
    what was downloaded by then is kept, and the next call goes on from there.
    """
    entry = find_entry(read_catalogue(catalogue), name)
    _language(entry, language)
    if entry.unverified:
        typer.echo("Nobody has checked the addresses of this entry; it may have moved.")
    _licence(entry, accepted=accepted)
    fetched = _fetched(site, entry)
    made = fetched.folder.parent / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    provenance = {"fetched_from": list(fetched.hashes), "sha256": list(fetched.hashes.values())}
    # A model of several languages is a pack of its own for each.
    called = entry.name if entry.language else f"{entry.name}-{language}"
    origin = Origin(called, language or entry.language, entry.licence, entry.summary, provenance)
    folder = make(fetched.folder, made, origin)
    # Nobody signed it; the hash of the download, fixed now, vouches for it from here on.
    put(site, folder, unsigned=True)
    fetching.pin(site, fetched)
    fetching.discard(site, entry.name)


def _language(entry: Entry, language: str) -> None:
    if language and language not in entry.languages:
        raise PackError(
            f"'{entry.name}' has no '{language}': it knows {', '.join(entry.languages)}."
        )
    if not language and not entry.language:
        raise PackError(
            f"'{entry.name}' knows {', '.join(entry.languages)}: say which with --language."
        )


def _licence(entry: Entry, *, accepted: bool) -> None:
    typer.echo(f"{entry.name}: {entry.summary}")
    typer.echo(f"Licence: {entry.licence} ({entry.licence_url})")
    typer.echo(f"Download: {entry.megabytes:g} MB from {entry.parts[0].url}")
    if accepted:
        return
    try:
        agreed = typer.confirm("Do you accept the licence?")
    except typer.Abort:
        agreed = False
    if not agreed:
        raise PackError(
            "The licence was not accepted: read it, then repeat with --accept-licence or answer y."
        )


def _fetched(site: Site, entry: Entry) -> Fetched:
    with bar(Console(stderr=True)) as progress:
        tasks = {}

        def show(now: fetching.Progress) -> None:
            if now.file not in tasks:
                tasks[now.file] = progress.add_task(now.file)
            progress.update(tasks[now.file], completed=now.bytes, total=now.total or None)

        return fetching.fetch(site, entry, on_progress=show, wait=time.sleep)
