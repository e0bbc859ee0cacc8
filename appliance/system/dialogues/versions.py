"""Published dialogues: every version that has answered the telephone, and which one does now.

    /var/lib/appliance/dialogues/
        current           ─► versions/0007     a link: one rename exchanges a version for another
        versions/0007/    the author's files as they were, .trained/, .version.json
        .staging/         what is just being published; of no worth to anybody else

Whatever happens in between, `current` leads to a whole version, the old one or the new one.
"""

from __future__ import annotations

import difflib
import fcntl
import getpass
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance.contracts.errors import UserError
from appliance.settings import DialogueSettings
from appliance.settings.atomic import sync_folder, write_atomically
from appliance.system.dialogues.folder import read_folder

KEPT: Final = 20
"""Versions that are kept; the current one always is."""
ABOUT: Final = ".version.json"
TRAINED: Final = ".trained"
"""Folder of what was trained for a version."""
FOR: Final = f"{TRAINED}/digest"
"""The digest of the files that it was trained for."""
UNDERSTANDING: Final = f"{TRAINED}/understanding.bin"
"""What dialogue.understanding reads."""
ENCODER: Final = f"{TRAINED}/encoder.bin"
"""What speech.understanding reads, where there is an encoder pack."""
_CURRENT: Final = "current"
_VERSIONS: Final = "versions"
_STAGING: Final = ".staging"
_NAME: Final = re.compile(r"[0-9]{4,9}")


@dataclass(frozen=True, slots=True)
class Version:
    """One published version, as its .version.json has it."""

    number: int
    published: str
    """UTC, ISO 8601."""
    who: str = ""
    """The user of the machine who published it."""
    comment: str = ""
    digest: str = ""
    """SHA-256 of the author's files."""
    passed: int = 0
    """Conversations of tests/ that passed when it was published."""
    failed: int = 0

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"{self.number:04d}"


class Disk:
    """What publishing does to the disk, one step at a time; a test lets the power fail in it."""

    def write(self, path: Path, data: bytes) -> None:
        """Write a new file, down to the disk. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def sync(self, folder: Path) -> None:
        """Flush the entries of a folder and of those in it. Raises OSError."""
        for inner in sorted(folder.rglob("*")):
            if inner.is_dir() and not inner.is_symlink():
                sync_folder(inner)
        sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file, link or folder another name, in place of what bore it. Raises OSError."""
        source.replace(target)
        sync_folder(target.parent)

    def link(self, path: Path, to: str) -> None:
        """Make a link. Raises OSError."""
        path.unlink(missing_ok=True)
        path.symlink_to(to)

    def remove(self, folder: Path) -> None:
        """Delete a folder with all that is in it, where it is there. Raises OSError."""
        if folder.exists():
            shutil.rmtree(folder)


class Library:
    """The published versions of one box."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Look at `folder` (dialogue.published), which need not exist."""
        self._folder = folder
        self._disk = disk or Disk()

    def current(self) -> Path | None:
        """Return the folder of the version that answers, None where none is published."""
        try:
            folder = self._folder / (self._folder / _CURRENT).readlink()
        except OSError:  # there is none, or none for us
            return None
        if folder.is_dir():
            return folder
        # Somebody has deleted it by hand: the newest that is left is the nearest to it.
        return max(self._folders(), key=lambda one: int(one.name), default=None)

    def current_version(self) -> Version | None:
        """Return what is known of the version that answers."""
        folder = self.current()
        return None if folder is None else _read(folder)

    def versions(self) -> tuple[Version, ...]:
        """Return all versions, the newest first."""
        found = (_read(folder) for folder in self._folders())
        return tuple(sorted(found, key=lambda one: one.number, reverse=True))

    def path(self, number: int) -> Path:
        """Return a version's folder. Raises UserError where there is none."""
        folder = self._folder / _VERSIONS / f"{number:04d}"
        if not folder.is_dir():
            known = ", ".join(str(one.number) for one in self.versions())
            raise UserError(f"there is no version {number}: there are {known or 'none yet'}")
        return folder

    def publish(
        self,
        files: Mapping[str, str],
        trained: Mapping[str, bytes],
        *,
        comment: str = "",
        passed: int = 0,
        failed: int = 0,
    ) -> Version:
        """Keep a new version and let it answer from now on.

        `files`: the author's, relative path to text. `trained`: relative path to content. Raises
        UserError where the folder cannot be written or another command is at work in it.
        """
        with self._locked():
            numbers = [int(folder.name) for folder in self._folders()]
            made = Version(
                max(numbers, default=0) + 1, datetime.now(UTC).isoformat(timespec="seconds"),
                _user(), comment, digest(files), passed, failed,
            )  # fmt: skip
            staging = self._folder / _STAGING
            self._disk.remove(staging)
            for name, text in files.items():
                self._disk.write(staging / name, text.encode())
            for name, content in {**trained, FOR: made.digest.encode()}.items():
                self._disk.write(staging / name, content)
            about = json.dumps(asdict(made), ensure_ascii=False, indent=1)
            self._disk.write(staging / ABOUT, f"{about}\n".encode())
            self._disk.sync(staging)
            (self._folder / _VERSIONS).mkdir(exist_ok=True)
            self._disk.rename(staging, self._folder / _VERSIONS / made.name)
            self._point(made.name)
            self._prune()
            return made

    def rollback(self, number: int | None = None) -> Version:
        """Let an older version answer from now on: the given one, or the one before this.

        Raises UserError where there is none, or the folder cannot be written.
        """
        with self._locked():
            now = self.current_version()
            if number is None:
                before = [one for one in self.versions() if now is None or one.number < now.number]
                if not before:
                    raise UserError("there is no version before this one: publish another instead")
                number = before[0].number
            folder = self.path(number)
            self._point(folder.name)
            return _read(folder)

    def diff(self, old: Path, new: Path) -> Iterator[str]:
        """Yield the lines of a unified diff between the author's files of two folders."""
        before, after = read_folder(old), read_folder(new)
        for name in sorted({*before, *after}):
            yield from difflib.unified_diff(
                before.get(name, "").splitlines(), after.get(name, "").splitlines(),
                f"{old.name}/{name}", f"{new.name}/{name}", lineterm="",
            )  # fmt: skip

    def _folders(self) -> list[Path]:
        versions = self._folder / _VERSIONS
        if not versions.is_dir():
            return []
        return [one for one in versions.iterdir() if _NAME.fullmatch(one.name) and one.is_dir()]

    def _point(self, name: str) -> None:
        beside = self._folder / f".{_CURRENT}"
        self._disk.link(beside, f"{_VERSIONS}/{name}")
        self._disk.rename(beside, self._folder / _CURRENT)

    def _prune(self) -> None:
        """Delete the oldest versions beyond those that are kept, never the one that answers."""
        now = self.current()
        for folder in sorted(self._folders(), key=lambda one: int(one.name))[:-KEPT]:
            if folder != now:
                # Under another name first: a version is whole or is not there.
                self._disk.rename(folder, self._folder / _STAGING)
                self._disk.remove(self._folder / _STAGING)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the folder; it falls with the process, however that ends."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._refused(error) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"another command is publishing in {self._folder}: wait until it has ended, "
                    "then repeat"
                ) from None
            yield
        except OSError as error:
            raise self._refused(error) from None
        finally:
            os.close(handle)

    def _refused(self, error: OSError) -> UserError:
        return UserError(
            f"{self._folder} cannot be written ({error.strerror or error}): run the command as the "
            "user who may, or name another folder under dialogue.published in the settings"
        )


def current(settings: DialogueSettings) -> Path:
    """Return the folder of the dialogue that answers: the published one, else the author's."""
    return Library(settings.published).current() or settings.folder


def trained(folder: Path, files: Mapping[str, str]) -> bytes:
    """Return what was trained for the files of a dialogue's folder.

    Empty where nothing was, or where the files have been changed since.
    """
    try:
        if (folder / FOR).read_text("ascii").strip() != digest(files):
            return b""
        return (folder / UNDERSTANDING).read_bytes()
    except (OSError, UnicodeDecodeError):
        return b""


def keep_trained(folder: Path, files: Mapping[str, str], content: Mapping[str, bytes]) -> None:
    """Keep what was trained beside the author's own files. Raises UserError."""
    try:
        for name, data in {**content, FOR: digest(files).encode()}.items():
            write_atomically(folder / name, data)
    except OSError as error:
        raise UserError(
            f"{folder / TRAINED} cannot be written ({error.strerror}): let the folder belong to "
            "whoever trains, or publish instead"
        ) from None


def digest(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of a dialogue's files with their paths, in hex."""
    found = hashlib.sha256()
    for name in sorted(files):
        content = files[name].encode()
        found.update(f"{name}\n{len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def _read(folder: Path) -> Version:
    """Read what is known of a version; one whose note is lost is known by its number alone."""
    number = int(folder.name)
    try:
        held = json.loads((folder / ABOUT).read_text("utf-8"))
        return replace(Version(**held), number=number)
    except (OSError, ValueError, TypeError):
        return Version(number, "")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user whom the machine has no name for
        return str(os.getuid())
