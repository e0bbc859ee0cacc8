"""The command line's group `packs`, as far as it needs no model: who vouches, what is installed.

What loads a model or opens a network (`fetch`, `build`, `bench`, `use`) is added by `__main__`,
which may enter those rooms.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from appliance.settings.section import PACKAGE
from appliance.system.packs import choosing, installing, signing
from appliance.system.packs.archive import SUFFIX
from appliance.system.packs.catalogue import BOARDS, Entry, choose, read_catalogue
from appliance.system.packs.manifest import MANIFEST, PackError, PackKind, load_pack
from appliance.system.packs.shelf import describe, shelf
from appliance.system.packs.site import Site, site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.system.packs.manifest import Pack

CATALOGUE = PACKAGE / "models" / "catalogue.toml"

app = typer.Typer(
    help="The models installed on this box, and how others get there.", no_args_is_help=True
)

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--settings", help="A settings file; may be repeated, later ones win.", show_default=False
    ),
]
CatalogueFile = Annotated[Path, typer.Option("--catalogue", help="Another catalogue.")]


def bar(console: Console) -> Progress:
    """Return a bar for bytes on their way, which only a person at a terminal sees."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@app.command("list")
def list_(files: SettingsFiles = None) -> None:
    """List the packs with their licence and what they are."""
    shelf(site_of(files), lambda one: typer.echo(describe(one)))


@app.command()
def check(files: SettingsFiles = None) -> None:
    """Verify every file of every pack against its manifest; 1 if one does not match."""
    found = shelf(site_of(files), lambda one: typer.echo(describe(one)))
    raise typer.Exit(1 if any(one.mistake for one in found) else 0)


@app.command()
def catalogue(
    language: Annotated[str, typer.Option(help="Only models for this language, as en.")] = "",
    board: Annotated[str, typer.Option(help=f"Only for {', '.join(BOARDS)}.")] = "",
    kind: Annotated[PackKind | None, typer.Option(help="Only of this kind.")] = None,
    file: CatalogueFile = CATALOGUE,
) -> None:
    """Show the models that `packs fetch` can bring."""
    chosen = choose(read_catalogue(file), language=language, board=board, kind=kind)
    if not chosen:
        raise PackError("The catalogue holds nothing of that kind: ask for less.")
    console = Console()
    if not console.is_terminal:
        # Whoever reads it through a pipe gets whole lines.
        console = Console(width=200)
    console.print(_table(chosen), highlight=False)


def _table(entries: tuple[Entry, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "kind", "language", "MB", "RAM", "RTF", "boards", "licence"):
        right = title in {"MB", "RAM"}
        table.add_column(
            title,
            justify="right" if right else "left",
            no_wrap=title in {"name", "kind", "language", "MB"},
            overflow="fold",
        )
    for entry in entries:
        factors = ", ".join(f"{board} {factor:g}" for board, factor in entry.rtf.items())
        table.add_row(
            entry.name + (" (address not checked)" if entry.unverified else ""),
            entry.kind.value,
            _languages(entry),
            f"{entry.megabytes:g}",
            f"{entry.memory_megabytes:.0f}" if entry.memory_megabytes else "",
            factors,
            " ".join(entry.boards),
            entry.licence,
        )
    return table


def _languages(entry: Entry) -> str:
    if len(entry.languages) > 4:
        return f"{' '.join(entry.languages[:2])} +{len(entry.languages) - 2}"
    return " ".join(entry.languages)


@app.command()
def keygen(
    key: Annotated[Path, typer.Argument(help="File for the private key; keep it off the box.")],
) -> None:
    """Make a key for signing packs, and its public half, ending in .pub."""
    public = signing.make_keys(key)
    name = signing.key_id(signing.read_public(public))
    typer.echo(f"{key}: private key {name}, for `packs sign`; keep it secret.")
    typer.echo(f"{public}: its public half, for `packs trust` on every box.")


@app.command()
def trust(
    public: Annotated[Path, typer.Argument(help="The public key, ending in .pub.")],
    files: SettingsFiles = None,
) -> None:
    """Accept packs that are signed with a key."""
    site = site_of(files)
    folders = [place for place in site.trusted if not place.is_file()]
    if not folders:
        raise PackError(
            "speech.trusted_keys names no folder: add the key there in the settings by hand."
        )
    name = signing.trust(public, folders[0])
    typer.echo(f"Packs signed with {name} are accepted from now on ({folders[0]}).")


@app.command()
def sign(
    folder: Annotated[Path, typer.Argument(help="The folder of a pack.")],
    key: Annotated[Path, typer.Option(help="The private key of `packs keygen`.")],
) -> None:
    """Sign a pack, once its files match its manifest."""
    pack = load_pack(folder.resolve())
    name = signing.sign(pack.folder, key)
    typer.echo(f"{pack.name}: signed with {name}")


@app.command()
def verify(
    source: Annotated[Path, typer.Argument(help=f"The folder of a pack, or a {SUFFIX} file.")],
    files: SettingsFiles = None,
) -> None:
    """Say whether a pack is whole and who signed it; 1 unless a trusted key did."""
    pack, signature = installing.examine(site_of(files), source)
    by = f" by {signature.key}" if signature.key else ""
    typer.echo(
        f"{pack.name} {pack.version}: {len(pack.files)} files match; {signature.standing.value}{by}"
    )
    raise typer.Exit(0 if signature.standing is signing.Standing.TRUSTED else 1)


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help=f"A {SUFFIX} file, a pack's folder, or a USB stick's folder.")
    ],
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Accept a pack that no trusted key signed.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Import every pack of the folder.")
    ] = False,
    files: SettingsFiles = None,
) -> None:
    """Put a pack on this box. It is used once `packs use` says so."""
    site = site_of(files)
    found = installing.packs_on(source) if source.is_dir() else (source,)
    if not found:
        raise PackError(
            f"{source} holds no pack: build one with `packs build`, or name a {SUFFIX} file."
        )
    if len(found) > 1 and not everything:
        names = ", ".join(path.name for path in found)
        raise PackError(f"{source} holds several packs ({names}): name one of them or say --all.")
    for path in found:
        put(site, path, unsigned=unsigned)


def put(site: Site, source: Path, *, unsigned: bool) -> installing.Installed:
    """Import one pack with a bar, and say what was done."""
    size = _size(source)
    with bar(Console(stderr=True)) as progress:
        task = progress.add_task(source.name, total=size)
        done = installing.import_pack(
            site, source, unsigned=unsigned, on_bytes=lambda n: progress.advance(task, n)
        )
    by = f" by {done.signature.key}" if done.signature.key else ""
    instead = ", in place of another of this name" if done.replaced else ""
    pack = done.pack
    typer.echo(f"{pack.name} {pack.version} is installed ({done.signature.standing.value}{by})"
               f"{instead}; `packs use {pack.name}` puts it to use.")  # fmt: skip
    return done


def _size(source: Path) -> int:
    files = [source] if source.is_file() else source.rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file())


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="An installed pack, or the folder of any pack.")],
    target: Annotated[Path, typer.Argument(help=f"The file to write, ending in {SUFFIX}.")],
    files: SettingsFiles = None,
) -> None:
    """Write a pack as one file, for another box."""
    folder = Path(name)
    if (folder / MANIFEST).is_file():
        pack = installing.pack_file(folder.resolve(), target)
    else:
        pack = installing.export_pack(site_of(files), name, target)
    typer.echo(f"{target}: {pack.name} {pack.version}, {target.stat().st_size / 1e6:.1f} MB")


def use(site: Site, names: Sequence[str], try_it: Callable[[Pack], object] | None = None) -> None:
    """Let the box use packs, from its next start on, and say what changed; see `choosing.use`."""
    changes = choosing.use(site, names, try_it)
    for changed in changes:
        instead = f" instead of {changed.before}" if changed.before else ""
        typer.echo(f"speech.{changed.kind.value}: {changed.after}{instead}")
    _restart(site, bool(changes))


@app.command()
def rollback(
    kind: Annotated[
        PackKind | None, typer.Argument(help="Which; may be left out where only one can go back.")
    ] = None,
    files: SettingsFiles = None,
) -> None:
    """Go back to the pack that was in use before."""
    site = site_of(files)
    changed = choosing.rollback(site, kind)
    typer.echo(
        f"speech.{changed.kind.value}: {changed.after or 'off'} again, instead of "
        f"{changed.before or 'none'}"
    )
    _restart(site, True)


@app.command()
def off(
    kind: Annotated[
        PackKind, typer.Argument(help="denoise, turn or encoder; a box needs the others.")
    ],
    files: SettingsFiles = None,
) -> None:
    """Use no pack of a kind any more."""
    site = site_of(files)
    changed = choosing.switch_off(site, kind)
    typer.echo(f"speech.{kind.value}: off" + (f", was {changed.before}" if changed.before else ""))
    _restart(site, bool(changed.before))


def _restart(site: Site, changed: bool) -> None:
    if changed:
        typer.echo(f"Written to {site.settings}; restart the speech service to use it.")
    else:
        typer.echo("That is what the box uses already.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A pack of the site's own.")],
    force: Annotated[
        bool, typer.Option("--force", help="Even if it is in use, or was before.")
    ] = False,
    files: SettingsFiles = None,
) -> None:
    """Take a pack off this box."""
    installing.remove_pack(site_of(files), name, force=force)
    typer.echo(f"{name} is removed.")
