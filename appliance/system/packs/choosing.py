"""Which pack the box uses: chosen in the settings, with the one before kept for a way back."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from appliance.settings.atomic import sync_folder, write_atomically
from appliance.settings.store import change
from appliance.system.packs.manifest import PackError, PackKind, find_pack, load_kind, load_pack
from appliance.system.packs.signing import Standing, judge, trusted_keys
from appliance.system.packs.site import locked
from appliance.system.packs.writing import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from appliance.system.packs.manifest import Pack
    from appliance.system.packs.site import Site

CHOICES: Final = ".choices.toml"


@dataclass(frozen=True, slots=True)
class Choice:
    """A pack as it was chosen: the name, and which pack bore it."""

    name: str
    digest: str = ""
    """Of the site's pack in the store; empty: the built-in pack of that name."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One kind whose pack was exchanged; names are empty for none."""

    kind: PackKind
    before: str
    after: str


def use(
    site: Site, names: Sequence[str], try_it: Callable[[Pack], object] | None = None
) -> tuple[Changed, ...]:
    """Choose packs by name, all of them or none, and remember those they take the place of.

    `try_it` is given each pack before anything is changed, and raises PackError for one that
    cannot be loaded. A recogniser and a voice of one language are changed together. Raises
    PackError where a pack is missing, damaged or not to be trusted, or where the box would hear
    one language and speak another; SettingsError where the settings cannot be written.
    """
    with locked(site.folder):
        packs = [_usable(site, name) for name in names]
        kinds = [pack.kind for pack in packs]
        for pack in packs:
            if kinds.count(pack.kind) > 1:
                both = " and ".join(p.name for p in packs if p.kind is pack.kind)
                raise PackError(f"{both} are both of kind '{pack.kind.value}': name one of them.")
        _one_language(site, {pack.kind: pack for pack in packs})
        for pack in packs:
            if try_it is not None:
                try_it(pack)
        changes = [Changed(pack.kind, site.in_use.get(pack.kind, ""), pack.name) for pack in packs]
        changes = [changed for changed in changes if changed.before != changed.after]
        if changes:
            remember(site, {c.kind: Choice(c.before, site.digest(c.before)) for c in changes})
            change(site.settings, "speech", {c.kind.value: c.after for c in changes})
        return tuple(changes)


OPTIONAL: Final = (PackKind.DENOISE, PackKind.TURN, PackKind.ENCODER)
"""What a box works without."""


def switch_off(site: Site, kind: PackKind) -> Changed:
    """Use no pack of a kind any more; `rollback` leads back. Raises PackError where one must be."""
    if kind not in OPTIONAL:
        raise PackError(
            f"A box needs a pack of kind '{kind.value}': choose another with `packs use`."
        )
    with locked(site.folder):
        now = site.in_use.get(kind, "")
        if now:
            remember(site, {kind: Choice(now, site.digest(now))})
            change(site.settings, "speech", {kind.value: ""})
        return Changed(kind, now, "")


def rollback(site: Site, kind: PackKind | None = None) -> Changed:
    """Go back to the pack that was in use before; once more leads forward again.

    `kind` None: the only kind that has one. Raises PackError where there is none, where it was
    removed, or where it is damaged.
    """
    with locked(site.folder):
        held = previous(site)
        if kind is None and len(held) > 1:
            known = ", ".join(sorted(one.value for one in held))
            raise PackError(f"There is a way back for {known}: say for which of them.")
        kind = kind or next(iter(held), None)
        if kind is None or kind not in held:
            raise PackError("Nothing was in use before: choose a pack with `packs use`.")
        back, now = held[kind], site.in_use.get(kind, "")
        current = Choice(now, site.digest(now))
        if back == current:
            raise PackError(f"'{now}' was in use before, too: choose a pack with `packs use`.")
        pack = _held(site, back)
        if pack is not None:
            _one_language(site, {kind: pack})
        remember(site, {kind: current})
        _point(site, back)
        change(site.settings, "speech", {kind.value: back.name})
        return Changed(kind, now, back.name)


def previous(site: Site) -> dict[PackKind, Choice]:
    """Return for each kind what was in use before, where something was.

    Raises PackError where the record of it cannot be read.
    """
    file = site.folder / CHOICES
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{file} cannot be read ({error}): delete it.") from None
    return {kind: _choice(values[kind.value]) for kind in PackKind if kind.value in values}


def remember(site: Site, choices: Mapping[PackKind, Choice]) -> None:
    """Write down what was in use, beside what stands there of other kinds; under the lock."""
    _write(site, {**previous(site), **choices})


def forget(site: Site, name: str) -> None:
    """Strike out the site's pack `name` where it was in use before; under the lock."""
    held = previous(site)
    left = {k: choice for k, choice in held.items() if not (choice.digest and choice.name == name)}
    if left != held:
        _write(site, left)


def _write(site: Site, held: Mapping[PackKind, Choice]) -> None:
    values = {k.value: {"name": c.name, "digest": c.digest} for k, c in held.items()}
    write_atomically(site.folder / CHOICES, dumps(values).encode("utf-8"))


def link(site: Site, name: str, digest: str) -> None:
    """Let `name` stand for the pack `digest` of the store, in one step; under the lock."""
    beside = site.folder / f".link-{name}"
    beside.unlink(missing_ok=True)
    beside.symlink_to(f".store/{digest}/{name}")
    beside.replace(site.folder / name)
    sync_folder(site.folder)


def _choice(value: Any) -> Choice:
    table = value if isinstance(value, dict) else {}
    return Choice(str(table.get("name", "")), str(table.get("digest", "")))


def _usable(site: Site, name: str) -> Pack:
    folder = find_pack(site.folders, name)
    if folder is None:
        there = ", ".join(site.names()) or "none"
        raise PackError(f"Pack '{name}' is not installed (there are: {there}): import it first.")
    pack = load_pack(folder)
    if judge(folder, trusted_keys(site.trusted)).standing is Standing.BROKEN:
        raise PackError(
            f"The signature of pack '{name}' does not fit its manifest: remove the pack and import "
            "it again."
        )
    return pack


def _one_language(site: Site, chosen: Mapping[PackKind, Pack]) -> None:
    spoken: dict[PackKind, tuple[str, str]] = {}
    for kind in (PackKind.STT, PackKind.TTS):
        pack = chosen.get(kind)
        if pack is None:
            # One that is missing or damaged is for `packs check` to tell, not for this.
            try:
                pack = load_kind(site.folders, site.in_use.get(kind, ""), kind)
            except PackError:
                return
        spoken[kind] = (pack.name, pack.language)
    (ears, heard), (voice, said) = spoken[PackKind.STT], spoken[PackKind.TTS]
    if heard != said:
        raise PackError(
            f"'{ears}' hears '{heard}' but '{voice}' speaks '{said}': name a recogniser and a "
            "voice of the same language in one command, as `packs use RECOGNISER VOICE`."
        )


def _held(site: Site, choice: Choice) -> Pack | None:
    if not choice.name:
        return None
    if choice.digest:
        return load_pack(site.store / choice.digest / choice.name)
    folder = find_pack([site.built_in], choice.name)
    if folder is None:
        raise PackError(f"The built-in pack '{choice.name}' is gone: choose one with `packs use`.")
    return load_pack(folder)


def _point(site: Site, choice: Choice) -> None:
    """Let the choice's name stand for the very pack that bore it then."""
    if not choice.name or site.digest(choice.name) == choice.digest:
        return
    if choice.digest:
        link(site, choice.name, choice.digest)
    else:
        # The built-in pack shows again once the site's pack of that name is out of the way.
        (site.folder / choice.name).unlink()
        sync_folder(site.folder)


def kept(site: Site) -> set[tuple[str, str]]:
    """Return digest and name of the site's packs that a rollback needs."""
    return {(choice.digest, choice.name) for choice in previous(site).values() if choice.digest}


def stored(site: Site) -> tuple[Path, ...]:
    """Return the folders of the store, whether anything refers to them or not."""
    return tuple(sorted(site.store.iterdir())) if site.store.is_dir() else ()
