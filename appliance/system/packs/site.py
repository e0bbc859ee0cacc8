"""Where a box keeps its packs, and the lock that keeps two commands apart.

/var/lib/appliance/packs/
    NAME        ─► .store/DIGEST/NAME    a link: one rename exchanges a pack for another
    .store/     every pack that is installed, or kept for a rollback, by its manifest's digest
    .staging/   what is just being installed; of no worth to anybody else
    .choices.toml   the pack in use before, for each kind
    .pins.toml      the hash that each download had when it was first good
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.settings import load_named, site_file
from appliance.system.packs.manifest import MANIFEST, SIGNATURE, PackError, PackKind, find_packs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DIGEST_LENGTH: Final = 20


@dataclass(frozen=True, slots=True)
class Site:
    """The folders, keys and choices of one box, as its settings say."""

    folder: Path
    """The site's own packs."""
    built_in: Path
    """The packs that came with the box."""
    trusted: tuple[Path, ...]
    """Public keys, or folders of them."""
    settings: Path
    """The file that a choice is written to."""
    in_use: Mapping[PackKind, str]
    """Kind → name of the pack, where one is chosen."""

    @property
    def store(self) -> Path:
        """Every installed pack, by digest."""
        return self.folder / ".store"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where packs are looked up, in this order."""
        return (self.folder, self.built_in)

    def installed(self, name: str) -> Path | None:
        """Return the link or folder of a pack of the site's own."""
        path = self.folder / name
        return path if path.is_symlink() or path.exists() else None

    def digest(self, name: str) -> str:
        """Return the digest of the site's own pack of this name; empty where it has none."""
        path = self.folder / name
        if not path.is_symlink():
            return ""
        return path.readlink().parent.name

    def names(self) -> tuple[str, ...]:
        """Return the names of all packs, the site's and the built-in ones."""
        return tuple(sorted({path.name for place in self.folders for path in find_packs(place)}))


def site_of(files: Sequence[Path] | None) -> Site:
    """Return the site of the settings files that a person named, or of the usual ones.

    Raises SettingsError where they cannot be used.
    """
    held = load_named(files).speech
    in_use = {kind: str(getattr(held, kind.value, "")) for kind in PackKind}
    return Site(
        folder=held.site_packs,
        built_in=held.packs,
        trusted=held.trusted_keys,
        settings=site_file(files),
        in_use={kind: name for kind, name in in_use.items() if name},
    )


def digest_of(folder: Path) -> str:
    """Return what a pack is known by in the store.

    It comes from the manifest, which names every file's hash, and from the signature.
    """
    found = hashlib.sha256((folder / MANIFEST).read_bytes())
    signature = folder / SIGNATURE
    found.update(signature.read_bytes() if signature.is_file() else b"")
    return found.hexdigest()[:_DIGEST_LENGTH]


@contextmanager
def locked(folder: Path, name: str = ".lock") -> Iterator[None]:
    """Hold the lock of `folder`, which is made where it is missing.

    Raises PackError where another command holds it, or where the folder cannot be written. The
    lock falls with the process, however that ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PackError(
            f"{folder} cannot be written ({error.strerror}): run the command as the user who may, "
            "or name another folder under speech.site_packs in the settings."
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PackError(
                f"Another command is changing {folder}: wait until it has ended, then repeat."
            ) from None
        yield
    finally:
        os.close(handle)
