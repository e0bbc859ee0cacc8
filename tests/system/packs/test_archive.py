"""Packs as files, and archives from outside."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.system.packs import archive
from appliance.system.packs.manifest import PackError, load_pack
from tests.system.packs.making import make_pack


def _tar(path: Path, fill: Callable[[tarfile.TarFile], object], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        fill(tar)
    return path


def _member(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> Callable:
    def fill(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, len(data)
        tar.addfile(info, io.BytesIO(data))

    return fill


def _unpacked(tmp_path: Path, file: Path, **limits: int) -> Path:
    target = tmp_path / "out"
    target.mkdir()
    archive.unpack(file, target, **limits)
    return target


def test_a_pack_survives_the_journey(tmp_path: Path) -> None:
    """What was written as one file loads again where it is unpacked."""
    pack = load_pack(make_pack(tmp_path / "from", "ears", "stt"))
    file = tmp_path / "ears.pack"
    with file.open("wb") as stream:
        archive.write_archive(pack, stream)
    assert load_pack(_unpacked(tmp_path, file) / "ears").files[0].sha256 == pack.files[0].sha256


def test_the_same_pack_is_the_same_file(tmp_path: Path) -> None:
    """Owner, date and place do not show in it, and the manifest comes first."""
    files = []
    for place in ("a", "b"):
        buffer = io.BytesIO()
        archive.write_archive(load_pack(make_pack(tmp_path / place, "guard")), buffer)
        files.append(buffer.getvalue())
    assert files[0] == files[1]
    with tarfile.open(fileobj=io.BytesIO(files[0])) as tar:
        assert tar.getnames()[0] == "guard/manifest.toml"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_usual_compressions_are_read(tmp_path: Path, mode: str) -> None:
    """Archives as the model world publishes them unpack, and progress counts their own bytes."""
    file = _tar(tmp_path / "x", _member("m/model.onnx", b"abc" * 1000), mode)
    told: list[int] = []
    out = tmp_path / "out"
    out.mkdir()
    archive.unpack(file, out, on_bytes=told.append)
    assert (out / "m" / "model.onnx").read_bytes() == b"abc" * 1000
    assert sum(told) == file.stat().st_size


def test_a_folder_of_its_own_is_nothing_odd(tmp_path: Path) -> None:
    """`tar cf x .` is taken."""

    def fill(tar: tarfile.TarFile) -> None:
        _member("./", kind=tarfile.DIRTYPE)(tar)
        _member("./a/b", b"1")(tar)

    assert (_unpacked(tmp_path, _tar(tmp_path / "x", fill)) / "a" / "b").read_bytes() == b"1"


HOSTILE = {
    "parent": _member("../evil", b"1"),
    "inner parent": _member("a/../../evil", b"1"),
    "absolute": _member("/evil", b"1"),
    "link out": _member("a", kind=tarfile.SYMTYPE, link="/etc/passwd"),
    "link in": _member("a", kind=tarfile.SYMTYPE, link="b"),
    "hard link": _member("a", kind=tarfile.LNKTYPE, link="/etc/passwd"),
    "pipe": _member("a", kind=tarfile.FIFOTYPE),
    "device": _member("a", kind=tarfile.CHRTYPE),
    "backslash": _member("..\\evil", b"1"),
    "long": _member("a" * 241, b"1"),
    "sparse": _member("a", kind=tarfile.GNUTYPE_SPARSE),
}


@pytest.mark.parametrize("fill", HOSTILE.values(), ids=HOSTILE)
def test_hostile_members_are_refused(tmp_path: Path, fill: Callable) -> None:
    """Links, devices and whatever leads out of the folder end the unpacking; nothing lies outside."""
    file = _tar(tmp_path / "x", fill)
    with pytest.raises(PackError, match=r"do not use it|no whole archive"):
        _unpacked(tmp_path, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x"]
    assert not list((tmp_path / "out").iterdir())


def test_a_second_file_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """Nothing that was unpacked is written over."""

    def fill(tar: tarfile.TarFile) -> None:
        _member("a", b"1")(tar)
        _member("a", b"2")(tar)

    with pytest.raises(PackError, match="File exists"):
        _unpacked(tmp_path, _tar(tmp_path / "x", fill))


@pytest.mark.parametrize("limits", [{"most_bytes": 999}, {"most_files": 1}])
def test_an_archive_that_grows_too_large_is_refused(tmp_path: Path, limits: dict) -> None:
    """A small file that unpacks to more than a model has fills no disk."""

    def fill(tar: tarfile.TarFile) -> None:
        _member("a", b"0" * 500)(tar)
        _member("b", b"0" * 500)(tar)

    file = _tar(tmp_path / "x", fill, "w:bz2")
    assert file.stat().st_size < 500
    with pytest.raises(PackError, match="more than a model has"):
        _unpacked(tmp_path, file, **limits)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_half_an_archive_is_told(tmp_path: Path, mode: str) -> None:
    """A copy that broke off is no archive."""
    data = bytes(range(256)) * 4000
    file = _tar(tmp_path / "x", _member("a", data), mode)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(PackError, match=r"no whole archive|cannot be unpacked"):
        _unpacked(tmp_path, file)


@pytest.mark.parametrize(
    "data", [b"", b"<html>not found</html>" * 50, b"BZh9rubbish", b"\x1f\x8b\x08"]
)
def test_what_is_no_archive_is_told(tmp_path: Path, data: bytes) -> None:
    """A page that says 404 is no archive either."""
    file = tmp_path / "x.tar.bz2"
    file.write_bytes(data)
    with pytest.raises(PackError, match=r"x\.tar\.bz2"):
        _unpacked(tmp_path, file)
