"""Putting packs on the box and taking them off."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from appliance.system.packs import installing, signing
from appliance.system.packs.choosing import previous, use
from appliance.system.packs.installing import (
    examine,
    export_pack,
    import_pack,
    packs_on,
    remove_pack,
)  # fmt: skip
from appliance.system.packs.manifest import MANIFEST, PackError, find_packs, load_pack
from appliance.system.packs.signing import Standing
from appliance.system.packs.site import Site, locked, site_of
from tests.system.packs.making import again, make_pack, make_site

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path)


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A pack in a folder that is not the box's."""
    return make_pack(tmp_path / "stick", "guard2")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A vendor's key, not trusted yet."""
    signing.make_keys(tmp_path / "vendor.key")
    return tmp_path / "vendor.key"


def _store(site: Site) -> list[str]:
    return sorted(path.name for path in site.store.iterdir()) if site.store.is_dir() else []


def test_a_folder_is_imported(site: Site, brought: Path) -> None:
    """The pack is there under its name, whole, and the folder it came from is as it was."""
    before = sorted((p.name, p.stat().st_mtime_ns) for p in brought.iterdir())
    done = import_pack(site, brought, unsigned=True)
    assert (done.pack.name, done.signature.standing, done.replaced) == (
        "guard2", Standing.NONE, False,
    )  # fmt: skip
    assert load_pack((site.folder / "guard2").resolve()) == done.pack
    assert sorted((p.name, p.stat().st_mtime_ns) for p in brought.iterdir()) == before
    assert not (site.folder / ".staging").exists()


def test_a_file_is_imported(site: Site, brought: Path, tmp_path: Path) -> None:
    """A pack goes through a file from one box to the next, and progress adds up to its size."""
    import_pack(site, brought, unsigned=True)
    file = tmp_path / "guard2.pack"
    export_pack(site, "guard2", file)
    other = make_site(tmp_path / "other")
    told: list[int] = []
    assert import_pack(other, file, unsigned=True, on_bytes=told.append).pack.name == "guard2"
    assert sum(told) == file.stat().st_size


def test_a_built_in_pack_can_be_exported(site: Site, tmp_path: Path) -> None:
    """Also as a whole file or not at all."""
    assert export_pack(site, "ears", tmp_path / "x.pack").name == "ears"
    for name, file, words in (
        ("none", "y.pack", "is not installed"),
        ("ears", "y.tar", r"does not end in \.pack"),
        ("ears", "nowhere/y.pack", "cannot be written"),
    ):
        with pytest.raises(PackError, match=words):
            export_pack(site, name, tmp_path / file)
    assert not list(tmp_path.glob("y*"))


def test_unsigned_packs_must_be_asked_for(site: Site, brought: Path, key: Path) -> None:
    """A pack that nobody signed, or a stranger, is refused unless the person says so."""
    with pytest.raises(PackError, match="is not signed"):
        import_pack(site, brought)
    name = signing.sign(brought, key)
    with pytest.raises(PackError, match=f"{name}, which this box does not trust"):
        import_pack(site, brought)
    assert not find_packs(site.folder)
    assert import_pack(site, brought, unsigned=True).signature.standing is Standing.STRANGER


def test_a_trusted_signature_suffices(site: Site, brought: Path, key: Path) -> None:
    """Once its key is trusted a pack needs no further word, in a file or a folder."""
    signing.sign(brought, key)
    signing.trust(key.with_suffix(".pub"), site.trusted[0])
    assert import_pack(site, brought).signature.standing is Standing.TRUSTED
    file = brought.parent / "x.pack"
    export_pack(site, "guard2", file)
    assert examine(site, file)[1].standing is Standing.TRUSTED
    assert import_pack(site, file).replaced is False


def test_a_broken_signature_is_refused_in_any_case(site: Site, brought: Path, key: Path) -> None:
    """No word helps a pack that was changed after it was signed."""
    signing.sign(brought, key)
    signing.trust(key.with_suffix(".pub"), site.trusted[0])
    manifest = brought / MANIFEST
    manifest.write_text(manifest.read_text().replace("Nothing.", "Evil."))
    with pytest.raises(PackError, match="does not fit its manifest"):
        import_pack(site, brought, unsigned=True)


def test_a_changed_file_is_refused(site: Site, brought: Path) -> None:
    """Hashes are compared with what arrived, not with what was there before copying."""
    (brought / "model.bin").write_text("modem guard2")
    with pytest.raises(PackError, match="SHA-256 differs"):
        import_pack(site, brought, unsigned=True)
    assert not find_packs(site.folder)
    assert not (site.folder / ".staging").exists()


def test_only_listed_files_are_taken_from_a_folder(site: Site, brought: Path) -> None:
    """What else lies on the stick stays there; a link that leads out is not followed."""
    (brought / "holiday.jpg").write_text("x")
    import_pack(site, brought, unsigned=True)
    assert not (site.folder / "guard2" / "holiday.jpg").exists()
    manifest = (brought / MANIFEST).read_text()
    (brought / MANIFEST).write_text(manifest.replace('"model.bin"', '"../../settings.toml"'))
    with pytest.raises(PackError, match="outside its folder"):
        import_pack(site, brought, unsigned=True)


@pytest.mark.parametrize("name", ["../evil", ".hidden", "", "Big"])
def test_a_pack_cannot_choose_where_it_lies(site: Site, brought: Path, name: str) -> None:
    """The name in a manifest is no path."""
    manifest = brought / MANIFEST
    manifest.write_text(manifest.read_text().replace('"guard2"', f'"{name}"'))
    with pytest.raises(PackError, match="no name for a pack"):
        import_pack(site, brought, unsigned=True)


def test_what_is_no_pack_is_told(site: Site, tmp_path: Path) -> None:
    """A missing path, an archive of something else and an empty folder each have their sentence."""
    other = tmp_path / "other.tar"
    subprocess.run(["tar", "cf", other, "-C", ROOT, "LICENSE"], check=True)
    for source, words in (
        (tmp_path / "none.pack", "does not exist"),
        (other, "holds no pack"),
        (site.trusted[0].parent, r"holds no manifest\.toml"),
    ):
        with pytest.raises(PackError, match=words):
            import_pack(site, source)


def test_a_full_disk_is_told_before_anything_is_written(
    site: Site, brought: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says how much is needed and how much is free."""
    usage = shutil.disk_usage(brought)._replace(free=1_000_000)
    monkeypatch.setattr(installing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(PackError, match=r"needs 67 MB .* 1 MB are free"):
        import_pack(site, brought, unsigned=True)


def test_a_disk_that_fails_is_told(
    site: Site, brought: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written until then is gone, and the box has the packs that it had."""

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(PackError, match="Input/output error"):
        import_pack(site, brought, unsigned=True)
    assert not find_packs(site.folder)


def test_a_newer_pack_takes_the_place_of_the_old_one(site: Site, tmp_path: Path) -> None:
    """Under one name the new pack counts; the old one is deleted where nobody goes back to it."""
    import_pack(site, make_pack(tmp_path / "a", "guard2", version="1"), unsigned=True)
    done = import_pack(site, make_pack(tmp_path / "b", "guard2", version="2"), unsigned=True)
    assert done.replaced
    assert load_pack((site.folder / "guard2").resolve()).version == "2"
    assert len(_store(site)) == 1


def test_an_old_pack_in_use_is_kept(site: Site, tmp_path: Path) -> None:
    """The pack that was in use stays in the store, for the way back."""
    import_pack(site, make_pack(tmp_path / "a", "guard2", version="1"), unsigned=True)
    use(site, ["guard2"])
    import_pack(again(site), make_pack(tmp_path / "b", "guard2", version="2"), unsigned=True)
    assert len(_store(site)) == 2


def test_a_damaged_pack_is_mended_by_importing_it_again(site: Site, brought: Path) -> None:
    """The same pack once more puts right what a bad disk did."""
    import_pack(site, brought, unsigned=True)
    (site.folder / "guard2" / "model.bin").write_text("x")
    import_pack(site, brought, unsigned=True)
    assert load_pack((site.folder / "guard2").resolve()).name == "guard2"


def test_a_folder_put_there_by_hand_is_not_overwritten(site: Site, brought: Path) -> None:
    """It counts as a pack, but importing another of its name is refused until it is removed."""
    shutil.copytree(brought, site.folder / "guard2")
    with pytest.raises(PackError, match="put there by hand"):
        import_pack(site, brought, unsigned=True)
    remove_pack(site, "guard2")
    import_pack(site, brought, unsigned=True)


def test_removing(site: Site, brought: Path) -> None:
    """A pack that nobody needs goes, with its files; others say why they stay."""
    import_pack(site, brought, unsigned=True)
    remove_pack(site, "guard2")
    assert not find_packs(site.folder)
    assert not _store(site)
    for name, words in (("guard2", "is not installed"), ("ears", "came with the box")):
        with pytest.raises(PackError, match=words):
            remove_pack(site, name)


def test_a_pack_in_use_or_wanted_for_the_way_back_stays(site: Site, brought: Path) -> None:
    """Without --force; with it, the way back is forgotten too."""
    import_pack(site, brought, unsigned=True)
    use(site, ["guard2"])
    with pytest.raises(PackError, match=r"in use as speech\.vad"):
        remove_pack(again(site), "guard2")
    use(again(site), ["guard"])
    with pytest.raises(PackError, match="rollback vad"):
        remove_pack(again(site), "guard2")
    remove_pack(again(site), "guard2", force=True)
    assert previous(site) == {}


def test_packs_of_a_stick(tmp_path: Path) -> None:
    """Finds files and folders, in the folder and one further down, each once."""
    stick = tmp_path / "stick"
    one = make_pack(stick, "one")
    two = make_pack(stick / "packs", "two")
    file = stick / "packs" / "three.pack"
    file.write_bytes(b"")
    (stick / "packs" / "._three.pack").write_bytes(b"")
    assert packs_on(stick) == (one, two, file)
    assert packs_on(one) == (one,)


def test_another_command_is_not_disturbed(site: Site, brought: Path) -> None:
    """While one command changes the packs another is refused."""
    with locked(site.folder), pytest.raises(PackError, match="Another command"):
        import_pack(site, brought, unsigned=True)


KILLER = textwrap.dedent("""
    import os, pathlib, sys
    from appliance.system.packs import choosing, installing
    from appliance.system.packs.site import site_of

    # Every call that changes the disk for good, counted; the process ends at once at the nth.
    def counted(owner, name):
        real = getattr(owner, name)
        def call(*args, **kwargs):
            global left
            if left == 0:
                os._exit(9)
            left -= 1
            return real(*args, **kwargs)
        setattr(owner, name, call)

    settings, source = map(pathlib.Path, sys.argv[2:4])
    for owner, name in [(os, "fsync"), (os, "unlink"), (os, "fchmod"), (pathlib.Path, "rename"),
                        (pathlib.Path, "replace"), (pathlib.Path, "unlink"),
                        (pathlib.Path, "symlink_to"), (pathlib.Path, "mkdir")]:
        counted(owner, name)

    def work():
        site = site_of([settings])
        if sys.argv[1] == "import":
            installing.import_pack(site, source, unsigned=True)
        else:
            choosing.use(site, ["guard2"])

    for n in range(200):
        child = os.fork()
        if child == 0:
            left = n
            work()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        left = -1
        site = site_of([settings])
        # Whatever happened: what the settings name can be found and is whole.
        from appliance.system.packs.manifest import PackKind, load_kind
        pack = load_kind(site.folders, site.in_use[PackKind.VAD], PackKind.VAD)
        print(n, status, pack.name, pack.version)
        if status == 0:
            break
""")


def _killed(command: str, site: Site, source: Path) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", KILLER, command, str(site.settings), str(source)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_an_import_may_be_killed_at_any_step(site: Site, tmp_path: Path) -> None:
    """Killed before any write to the disk, the box has the old pack in use or the new one, whole;
    and the next import heals what is left.
    """
    import_pack(site, make_pack(tmp_path / "a", "guard2", version="1"), unsigned=True)
    use(site, ["guard2"])
    new = make_pack(tmp_path / "b", "guard2", version="2")
    steps = _killed("import", site, new)
    assert len(steps) > 8
    assert {line[1] for line in steps[:-1]} == {"9"}
    assert {(line[2], line[3]) for line in steps} == {("guard2", "1"), ("guard2", "2")}
    assert steps[-1][1:] == ["0", "guard2", "2"]
    site = site_of([site.settings])
    assert import_pack(site, new, unsigned=True).pack.version == "2"
    assert len(_store(site)) == 2
    assert [path.name for path in site.folder.iterdir() if path.name.startswith(".link")] == []
    assert not (site.folder / ".staging").exists()


def test_a_choice_may_be_killed_at_any_step(site: Site, brought: Path) -> None:
    """Killed before any write, the settings name the old pack or the new one, never half a name."""
    import_pack(site, brought, unsigned=True)
    steps = _killed("use", site, brought)
    assert len(steps) > 4
    assert {line[2] for line in steps} == {"guard", "guard2"}
    assert previous(again(site))
