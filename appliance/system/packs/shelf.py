"""What is on the shelf: every pack of the box, where it comes from, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.contracts.errors import UserError
from appliance.system.packs.choosing import previous
from appliance.system.packs.manifest import Pack, PackError, PackKind, find_packs, load_pack
from appliance.system.packs.signing import Signature, Standing, judge, trusted_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.system.packs.site import Site


class Origin(StrEnum):
    """Where a pack comes from."""

    BUILT_IN = "built in"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Shelved:
    """One pack on the shelf and what is known of it."""

    folder: Path
    origin: Origin
    signature: Signature
    pack: Pack | None
    """The verified pack; None where `mistake` says why it cannot be used."""
    mistake: str = ""
    in_use: tuple[PackKind, ...] = ()
    """What the box uses it for."""
    before: tuple[PackKind, ...] = ()
    """What the box used it for before: `packs rollback` leads back to it."""
    hidden: bool = False
    """Whether the site has a pack of the same name, which counts instead."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.folder.name


def shelf(site: Site, on_pack: Callable[[Shelved], None] | None = None) -> list[Shelved]:
    """Verify every pack of the box, hashes included; `on_pack` is told of each as it goes.

    Raises UserError where there is no pack at all, PackError where the trusted keys or the record
    of choices cannot be read.
    """
    trusted = trusted_keys(site.trusted)
    held = previous(site)
    found: list[Shelved] = []
    own = find_packs(site.folder)
    taken = {path.name for path in own}
    for origin, folders in ((Origin.SITE, own), (Origin.BUILT_IN, find_packs(site.built_in))):
        for folder in folders:
            hidden = origin is Origin.BUILT_IN and folder.name in taken
            digest = site.digest(folder.name) if origin is Origin.SITE else ""
            used = [k for k, name in site.in_use.items() if name == folder.name and not hidden]
            before = [k for k, c in held.items() if (c.name, c.digest) == (folder.name, digest)]
            signature = judge(folder, trusted)
            pack, mistake = _verified(folder, signature)
            one = Shelved(
                folder, origin, signature, pack, mistake, tuple(used), tuple(before), hidden
            )
            found.append(one)
            if on_pack is not None:
                on_pack(one)
    if not found:
        raise UserError(
            f"{site.built_in} and {site.folder} hold no packs: install one or name another folder "
            "under speech.packs in the settings."
        )
    return found


def _verified(folder: Path, signature: Signature) -> tuple[Pack | None, str]:
    try:
        pack = load_pack(folder.resolve())
    except PackError as error:
        return None, str(error)
    if signature.standing is Standing.BROKEN:
        return None, (
            f"The signature of pack '{folder.name}' does not fit its manifest: remove the pack and "
            "import it again."
        )
    return pack, ""


def describe(one: Shelved) -> str:
    """Return one line about a pack, for `packs list` and `packs check`."""
    marks = _marks(one)
    if one.pack is None:
        return f"{one.name} ({', '.join(marks)}): {one.mistake}"
    pack = one.pack
    size = sum(file.bytes for file in pack.files) / 1e6
    about = f"{pack.kind.value}, {pack.language}, {pack.sample_rate} Hz, {size:.1f} MB"
    return (
        f"{pack.name} {pack.version} ({about}, {pack.licence}; {', '.join(marks)}): {pack.summary}"
    )


def _marks(one: Shelved) -> list[str]:
    marks = [one.origin.value]
    if one.origin is Origin.SITE or one.signature.standing is not Standing.NONE:
        key = f" by {one.signature.key}" if one.signature.key else ""
        marks.append(f"{one.signature.standing.value}{key}")
    marks += [f"in use as {kind.value}" for kind in one.in_use]
    marks += [f"rollback of {kind.value}" for kind in one.before]
    marks += ["replaced by the site's"] if one.hidden else []
    return marks
