"""Putting a pack on the box, giving it away, and taking it off again.

    file or folder ─► .staging ─► every hash, the signature ─► .store/DIGEST ─► the link NAME

Each arrow is one rename after everything before it is on the disk: whenever the power goes, the
box has the packs that it had, or those and the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.settings.atomic import sync_folder
from appliance.system.packs import archive
from appliance.system.packs.choosing import Choice, forget, kept, link, previous, remember, stored
from appliance.system.packs.manifest import (
    MANIFEST,
    SIGNATURE,
    PackError,
    find_pack,
    find_packs,
    load_pack,
    read_manifest,
)
from appliance.system.packs.signing import Signature, Standing, judge, trusted_keys
from appliance.system.packs.site import digest_of, locked
from appliance.system.packs.writing import checked_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.system.packs.manifest import Pack
    from appliance.system.packs.site import Site

_SPARE: Final = 64 << 20
"""Bytes that stay free on the disk: records and settings need some."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that was put on the box."""

    pack: Pack
    signature: Signature
    replaced: bool
    """Whether the box had another pack of this name, which is kept where it was in use."""


def import_pack(
    site: Site,
    source: Path,
    *,
    unsigned: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> Installed:
    """Install the pack in a `.pack` file or folder; the box uses it once it is chosen.

    `unsigned` accepts a pack without signature or of a stranger's; one whose signature is broken
    is refused in any case. `on_bytes` is told of bytes that were read. Raises PackError where the
    pack is not whole or not to be trusted, the disk is too small or the folder not ours to write;
    the box then has the packs that it had.
    """
    if not source.exists():
        raise PackError(f"{source} does not exist: name a .pack file or the folder of a pack.")
    with locked(site.folder):
        tidy(site)
        _room(site.folder, source)
        staging = site.folder / ".staging"
        try:
            staging.mkdir()
            folder = _staged(source, staging, on_bytes)
            pack = load_pack(folder)
            signature = _accepted(site, folder, unsigned=unsigned)
            _in_nobodys_way(site, pack.name)
            _flush(staging)
            digest = _stored(site, staging, pack.name)
        except OSError as error:
            raise PackError(
                f"{source} cannot be installed in {site.folder} ({error.strerror}): see to that "
                "and repeat."
            ) from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        replaced = _show(site, pack, digest)
        tidy(site)
        return Installed(load_pack(site.store / digest / pack.name), signature, replaced)


def examine(site: Site, source: Path) -> tuple[Pack, Signature]:
    """Return what a `.pack` file or folder holds, every hash verified, and its signature judged.

    The folder of a pack that `source` becomes is gone when this returns. Raises PackError where
    the pack is not whole.
    """
    trusted = trusted_keys(site.trusted)
    if source.is_dir():
        folder = source.resolve()
        return load_pack(folder), judge(folder, trusted)
    if not source.is_file():
        raise PackError(f"{source} does not exist: name a .pack file or the folder of a pack.")
    with tempfile.TemporaryDirectory(prefix="pack-") as made:
        folder = _staged(source, Path(made), None)
        return load_pack(folder), judge(folder, trusted)


def export_pack(site: Site, name: str, target: Path) -> Pack:
    """Write an installed or built-in pack as one file, ending in `.pack`; return the pack.

    Raises PackError where there is no such pack, it is damaged, or the file cannot be written.
    """
    folder = find_pack(site.folders, name)
    if folder is None:
        there = ", ".join(site.names()) or "none"
        raise PackError(f"Pack '{name}' is not installed (there are: {there}): name one of them.")
    return pack_file(folder, target)


def pack_file(folder: Path, target: Path) -> Pack:
    """Write the pack in `folder` as one file. Raises PackError as `export_pack`."""
    if target.suffix != archive.SUFFIX:
        raise PackError(f"{target} does not end in {archive.SUFFIX}: give a name that does.")
    pack = load_pack(folder)
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("wb") as stream:
            archive.write_archive(pack, stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PackError(f"{target} cannot be written ({error.strerror}): choose another.") from None
    return pack


def remove_pack(site: Site, name: str, *, force: bool = False) -> None:
    """Take one of the site's own packs off the box.

    Raises PackError where the site has none of that name, and, without `force`, where the box
    uses it or would need it to go back.
    """
    with locked(site.folder):
        path = site.installed(checked_name(name))
        if path is None:
            built_in = (site.built_in / name / MANIFEST).is_file()
            reason = "came with the box and stays" if built_in else "is not installed"
            raise PackError(f"Pack '{name}' {reason}: see `packs list` for those to remove.")
        if not force:
            _unneeded(site, name)
        if path.is_symlink():
            path.unlink()
        else:
            # A folder that somebody put there by hand: out of sight first, then deleted.
            path.rename(site.folder / f".removed-{name}")
        sync_folder(site.folder)
        forget(site, name)
        tidy(site)


def tidy(site: Site) -> None:
    """Delete what an interrupted command left, and what nothing refers to; under the lock."""
    for path in site.folder.glob(".removed-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in site.folder.glob(".link-*"):
        path.unlink()
    shutil.rmtree(site.folder / ".staging", ignore_errors=True)
    shown = {site.digest(path.name) for path in site.folder.iterdir()}
    needed = shown | {digest for digest, _ in kept(site)}
    for path in stored(site):
        if path.name not in needed:
            shutil.rmtree(path, ignore_errors=True)


def packs_on(folder: Path) -> tuple[Path, ...]:
    """Return the packs that a folder, say of a USB stick, holds.

    That is itself, or `.pack` files and folders of packs in it and one folder further down.
    """
    if (folder / MANIFEST).is_file():
        return (folder,)
    places = [folder, *sorted(path for path in folder.iterdir() if _plain_folder(path))]
    found: list[Path] = []
    for place in places:
        found += find_packs(place)
        found += sorted(p for p in place.glob(f"*{archive.SUFFIX}") if not p.name.startswith("."))
    # A folder that is itself a pack was found from above; nothing in it is another.
    return tuple(path for path in found if path.parent not in found)


def _plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


def _unneeded(site: Site, name: str) -> None:
    for kind, used in site.in_use.items():
        if used == name:
            raise PackError(
                f"Pack '{name}' is in use as speech.{kind.value}: choose another with `packs use` "
                "first, or say --force."
            )
    for kind, choice in previous(site).items():
        if choice.name == name:
            raise PackError(
                f"Pack '{name}' is where `packs rollback {kind.value}` would lead: say --force to "
                "remove it all the same."
            )


def _room(folder: Path, source: Path) -> None:
    files = [source] if source.is_file() else [p for p in source.rglob("*") if p.is_file()]
    needed = sum(path.stat().st_size for path in files)
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise PackError(
            f"{source.name} needs {(needed + _SPARE) / 1e6:.0f} MB in {folder}, where "
            f"{free / 1e6:.0f} MB are free: remove a pack that is not needed."
        )


def _staged(source: Path, staging: Path, on_bytes: Callable[[int], None] | None) -> Path:
    """Bring `source` into the empty folder `staging` and return the pack's folder in it."""
    if source.is_file():
        archive.unpack(source, staging, on_bytes=on_bytes)
        inside = list(staging.iterdir())
        if len(inside) != 1 or not (inside[0] / MANIFEST).is_file():
            raise PackError(
                f"{source.name} holds no pack: bring a file that `packs export` wrote, or a folder."
            )
        checked_name(inside[0].name)
        return inside[0]
    values: dict[str, Any] = read_manifest(source)
    folder = staging / checked_name(str(values.get("name", "")))
    # Only what the manifest lists is taken along; `load_pack` finds what is missing or wrong.
    names = [str(f.get("path", "")) for f in values.get("files", []) if isinstance(f, dict)]
    for name in [MANIFEST, SIGNATURE, *names]:
        path, target = source / name, folder / name
        if ".." in Path(name).parts or Path(name).is_absolute() or not path.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as old, target.open("wb") as new:
            while chunk := old.read(_CHUNK):
                new.write(chunk)
                if on_bytes is not None:
                    on_bytes(len(chunk))
    return folder


def _accepted(site: Site, folder: Path, *, unsigned: bool) -> Signature:
    signature = judge(folder, trusted_keys(site.trusted))
    if signature.standing is Standing.BROKEN:
        raise PackError(
            f"The signature of pack '{folder.name}' does not fit its manifest: it was changed "
            "after it was signed, do not use it."
        )
    if signature.standing is Standing.TRUSTED or unsigned:
        return signature
    if signature.standing is Standing.STRANGER:
        raise PackError(
            f"Pack '{folder.name}' is signed with the key {signature.key}, which this box does "
            "not trust: trust it with `packs trust FILE.pub` if you know whose it is, or say "
            "--unsigned."
        )
    raise PackError(
        f"Pack '{folder.name}' is not signed: sign it with `packs sign`, or say --unsigned if you "
        "know where it comes from."
    )


def _in_nobodys_way(site: Site, name: str) -> None:
    path = site.installed(name)
    if path is not None and not path.is_symlink():
        raise PackError(
            f"{path} is a folder that was put there by hand: remove it with `packs remove {name}` "
            "first."
        )


def _flush(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
        else:
            path.chmod(0o644)
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _stored(site: Site, staging: Path, name: str) -> str:
    digest = digest_of(staging / name)
    target = site.store / digest
    site.store.mkdir(exist_ok=True)
    if target.exists():
        try:
            load_pack(target / name)
        except PackError:
            # The same pack once more because its files were damaged meanwhile: nothing is lost.
            target.rename(site.folder / f".removed-{digest}")
        else:
            return digest
    staging.rename(target)
    sync_folder(site.store)
    sync_folder(site.folder)
    return digest


def _show(site: Site, pack: Pack, digest: str) -> bool:
    name = pack.name
    before = site.digest(name)
    if before == digest:
        return False
    in_use = [kind for kind, used in site.in_use.items() if used == name]
    if in_use:
        remember(site, {kind: Choice(name, before) for kind in in_use})
    link(site, name, digest)
    return bool(before)
