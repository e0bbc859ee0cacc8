"""One file for one pack, and what came from elsewhere unpacked without harm.

NAME.pack = tar: NAME/manifest.toml, NAME/manifest.sig, NAME/… (nothing else, no owner, no date)

An archive from outside is hostile until it is proved otherwise: no links, no devices, nothing
outside the folder, no more bytes and files than it is allowed to have.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, cast

from appliance.system.packs.manifest import MANIFEST, SIGNATURE, PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.system.packs.manifest import Pack

SUFFIX: Final = ".pack"
MOST_BYTES: Final = 8 << 30
"""Bytes that an archive may unpack to: twice the largest model that a small box carries."""
MOST_FILES: Final = 5000
"""A voice with espeak-ng's data has some 360."""
_CHUNK: Final = 1 << 20
_LONGEST: Final = 240
"""Characters of a path."""


def write_archive(pack: Pack, target: IO[bytes]) -> None:
    """Write a verified pack as one file: the manifest first, the same bytes at any time."""
    first = [MANIFEST, *([SIGNATURE] if (pack.folder / SIGNATURE).is_file() else [])]
    rest = sorted(file.path.relative_to(pack.folder).as_posix() for file in pack.files)
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in [*first, *rest]:
            path = pack.folder / name
            member = tarfile.TarInfo(f"{pack.name}/{name}")
            member.size = path.stat().st_size
            member.mode = 0o644
            with path.open("rb") as stream:
                tar.addfile(member, stream)


def unpack(
    file: Path,
    target: Path,
    *,
    most_bytes: int = MOST_BYTES,
    most_files: int = MOST_FILES,
    on_bytes: Callable[[int], None] | None = None,
) -> None:
    """Unpack a tar archive (plain, gzip, bzip2 or xz) into the existing folder `target`.

    `on_bytes` is told of bytes read from `file`, as they are read. Raises PackError where it is no
    archive, ends too early, or holds what no archive of models holds; what was unpacked until
    then is for the caller to delete.
    """
    try:
        with file.open("rb") as raw:
            counted = _Counted(raw, on_bytes)
            with _plain(raw, counted) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                _Unpacking(file, target, most_bytes, most_files).all(tar)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise PackError(
            f"{file.name} is no whole archive ({error or 'it ends too early'}): copy or download "
            "it again."
        ) from None
    except OSError as error:
        # bz2 and gzip say "Invalid data stream" as an OSError without number.
        why = error.strerror or str(error)
        raise PackError(
            f"{file.name} cannot be unpacked ({why}): see to that and repeat."
        ) from None


class _Counted(io.RawIOBase):
    """A file that tells how much of it has been read."""

    def __init__(self, inner: IO[bytes], on_bytes: Callable[[int], None] | None) -> None:
        self._inner = inner
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._inner.read(len(view))
        view[: len(data)] = data
        if self._on_bytes is not None and data:
            self._on_bytes(len(data))
        return len(data)


def _plain(raw: IO[bytes], counted: _Counted) -> IO[bytes]:
    head = raw.read(6)
    raw.seek(0)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(io.BufferedReader(counted, _CHUNK))
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=io.BufferedReader(counted, _CHUNK)))
    if head == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(io.BufferedReader(counted, _CHUNK))
    return io.BufferedReader(counted, _CHUNK)


class _Unpacking:
    def __init__(self, file: Path, target: Path, most_bytes: int, most_files: int) -> None:
        self._file = file
        self._target = target
        self._bytes_left = most_bytes
        self._files_left = most_files

    def all(self, tar: tarfile.TarFile) -> None:
        members = 0
        for member in tar:
            members += 1
            self._one(tar, member)
        if not members:
            raise PackError(f"{self._file.name} is empty: copy or download it again.")

    def _one(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = self._name(member)
        if name is None:
            return
        path = self._target / name
        self._files_left -= 1
        self._bytes_left -= member.size if member.isreg() else 0
        if self._files_left < 0 or self._bytes_left < 0:
            raise PackError(
                f"{self._file.name} unpacks to more than a model has (over "
                f"{MOST_BYTES >> 30} GB or {MOST_FILES} files): do not use it."
            )
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = tar.extractfile(member)
        if stream is None:  # pragma: no cover - only what is no regular file has no stream
            raise PackError(f"{self._file.name} cannot be unpacked: copy or download it again.")
        # "x": a second member of the same name is as odd as a link.
        with path.open("xb") as out:
            for chunk in _chunks(stream):
                out.write(chunk)

    def _name(self, member: tarfile.TarInfo) -> PurePosixPath | None:
        """Return where a member goes; None for the archive's own top folder (`./`)."""
        name = PurePosixPath(member.name)
        if name == PurePosixPath():
            return None
        odd = (
            name.is_absolute()
            or ".." in name.parts
            or len(member.name) > _LONGEST
            or "\\" in member.name
            or "\x00" in member.name
        )
        if odd or not (member.isdir() or member.type in {tarfile.REGTYPE, tarfile.AREGTYPE}):
            raise PackError(
                f"{self._file.name} holds '{member.name[:80]}', which is a link or lies outside "
                "its folder: do not use it."
            )
        return name


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
