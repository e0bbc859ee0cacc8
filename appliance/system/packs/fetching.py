"""Downloading models: whole, the same as the first time, and going on where it broke off.

    address ─► .downloads/NAME/FILE.part ─► size and SHA-256 ─► FILE ─► unpacked folder
                     ▲ Range: bytes=N-, If-Range: what the server called this file before

The only module of the packs that opens a network; `speech` does not import it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from appliance.settings.atomic import write_atomically
from appliance.system.packs import archive
from appliance.system.packs.manifest import PackError
from appliance.system.packs.site import locked
from appliance.system.packs.writing import dumps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.system.packs.catalogue import Entry, Part
    from appliance.system.packs.site import Site

PINS: Final = ".pins.toml"
_TRIES: Final = 5
"""Attempts in a row without a single new byte, after which the download is given up."""
_MOST_TRIES: Final = 100
"""Attempts in all."""
_PATIENCE: Final = (1.0, 2.0, 5.0, 10.0)
"""Seconds before each further attempt."""
_TIMEOUT: Final = httpx.Timeout(20.0, read=60.0)
_UNPACKED: Final = 4
"""Room that a download needs, in its own size: itself, unpacked (twice), and the pack."""
_HOPS: Final = 8
_ARCHIVES: Final = (".tar", ".tar.bz2", ".tar.gz", ".tgz", ".tar.xz")
_OK: Final = 200
_PARTIAL: Final = 206
_RANGE_REFUSED: Final = 416
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which trying again may help."""


class _AgainError(Exception):
    """Something that may go better at the next attempt; the text says what it was."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was downloaded and unpacked, to make a pack of."""

    folder: Path
    """The files; deleted by `discard` once the pack is made."""
    hashes: dict[str, str]
    """Address → SHA-256 of what came from there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is."""

    file: str
    bytes: int
    total: int
    """0 where the server does not say."""


def fetch(
    site: Site,
    entry: Entry,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    wait: Callable[[float], object] | None = None,
) -> Fetched:
    """Download an entry of the catalogue into the site's folder and unpack it.

    An interrupted download goes on at the next call. `wait` is called with the seconds between
    two attempts; None does not try again. Raises PackError where the server refuses, the disk is
    too small, or a file is not the one that was there the first time.
    """
    folder = site.folder / ".downloads" / entry.name
    with locked(folder):
        _room(folder, entry)
        known = pins(site)
        hashes = {}
        files = []
        for part in entry.parts:
            download = _Download(part, folder, on_progress, wait)
            path, digest = download.run()
            wanted = part.sha256 or known.get(part.url, "")
            if wanted and wanted != digest:
                path.unlink()
                whose = "the catalogue names" if part.sha256 else "was there the first time"
                raise PackError(
                    f"{part.file} is not the file that {whose} (SHA-256 {digest[:12]}… instead of "
                    f"{wanted[:12]}…): do not use it, and ask whoever publishes it."
                )
            hashes[part.url] = digest
            files.append(path)
        unpacked = folder / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        for path in files:
            if path.name.endswith(_ARCHIVES):
                archive.unpack(path, unpacked)
            else:
                shutil.copyfile(path, unpacked / path.name)
        return Fetched(_model_folder(unpacked, files), hashes)


def pin(site: Site, fetched: Fetched) -> None:
    """Fix the hashes of a download that proved good, so that only the same is taken next time."""
    with locked(site.folder):
        held = {**pins(site), **fetched.hashes}
        write_atomically(site.folder / PINS, dumps({"sha256": held}).encode("utf-8"))


def pins(site: Site) -> dict[str, str]:
    """Return address → SHA-256 of what was fetched before.

    Raises PackError where the record cannot be read: to go on without it would take anything.
    """
    file = site.folder / PINS
    try:
        values = tomllib.loads(file.read_text("utf-8")).get("sha256", {})
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(
            f"{file}, the record of what was fetched before, cannot be read ({error}): restore it, "
            "or delete it to trust the next downloads anew."
        ) from None
    return {str(url): str(digest) for url, digest in values.items()}


def discard(site: Site, name: str) -> None:
    """Delete what a download left, once its pack is made or nobody wants it any more."""
    shutil.rmtree(site.folder / ".downloads" / name, ignore_errors=True)


def _room(folder: Path, entry: Entry) -> None:
    needed = entry.megabytes * 1e6 * _UNPACKED
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise PackError(
            f"'{entry.name}' needs about {needed / 1e6:.0f} MB in {folder.parents[1]} while it is "
            f"unpacked, where {free / 1e6:.0f} MB are free: remove a pack that is not needed."
        )


def _model_folder(unpacked: Path, files: list[Path]) -> Path:
    """Return the folder that holds the model.

    It is the archive's single top folder, with what was downloaded beside it moved in.
    """
    inside = [path for path in unpacked.iterdir() if path.is_dir()]
    loose = [path for path in unpacked.iterdir() if path.is_file()]
    if len(inside) != 1 or not any(file.name.endswith(_ARCHIVES) for file in files):
        return unpacked
    for path in loose:
        path.rename(inside[0] / path.name)
    return inside[0]


class _Download:
    """One file: as many requests as it takes."""

    def __init__(
        self,
        part: Part,
        folder: Path,
        on_progress: Callable[[Progress], None] | None,
        wait: Callable[[float], object] | None,
    ) -> None:
        self._part = part
        self._path = folder / part.file
        self._partial = folder / f"{part.file}.part"
        self._mark = folder / f"{part.file}.mark"
        self._on_progress = on_progress
        self._wait = wait

    def run(self) -> tuple[Path, str]:
        """Return the file and its SHA-256."""
        if not self._path.is_file():
            failures = tries = 0
            while True:
                tries += 1
                before = self._have()
                try:
                    self._attempt()
                    break
                except _AgainError as error:
                    failures = 0 if self._have() > before else failures + 1
                    if self._wait is None or failures >= _TRIES or tries >= _MOST_TRIES:
                        raise PackError(
                            f"{self._part.file} could not be downloaded ({error}): repeat the "
                            "command later, it goes on where it stopped."
                        ) from None
                    self._wait(_PATIENCE[min(failures, len(_PATIENCE) - 1)])
        with self._path.open("rb") as file:
            return self._path, hashlib.file_digest(file, "sha256").hexdigest()

    def _have(self) -> int:
        return self._partial.stat().st_size if self._partial.is_file() else 0

    def _attempt(self) -> None:
        try:
            with (
                httpx.Client(
                    timeout=_TIMEOUT, follow_redirects=True, max_redirects=_HOPS
                ) as client,
                client.stream("GET", self._part.url, headers=self._headers()) as response,
            ):
                self._take(response)
        except httpx.TooManyRedirects:
            raise PackError(
                f"{self._part.url} leads in a circle: see whether it was moved."
            ) from None
        except httpx.HTTPError as error:
            raise _AgainError(str(error) or type(error).__name__) from None

    def _headers(self) -> dict[str, str]:
        # No compression: Content-Length and ranges shall count the file's own bytes.
        headers = {"Accept-Encoding": "identity"}
        have = self._have()
        if have and self._mark.is_file():
            # RFC 9110, section 13.1.5: a part is only worth something if the file is the same.
            headers["Range"] = f"bytes={have}-"
            headers["If-Range"] = self._mark.read_text("latin-1")
        return headers

    def _take(self, response: httpx.Response) -> None:
        if response.url.scheme != "https" and self._part.url.startswith("https:"):
            raise PackError(
                f"{self._part.url} leads to an address without encryption: do not use it."
            )
        start, total = self._span(response)
        mark = response.headers.get("ETag", "")
        # A weak mark does not promise the same bytes; a server without any cannot be continued.
        if start == 0:
            self._mark.unlink(missing_ok=True)
            if mark and not mark.startswith("W/"):
                self._mark.write_text(mark, "latin-1")
        have = start
        try:
            with self._partial.open("ab" if start else "wb") as file:
                # Raw, and as it comes: what arrived before a break is not asked for again.
                for chunk in response.iter_raw():
                    file.write(chunk)
                    have += len(chunk)
                    if self._on_progress is not None:
                        self._on_progress(Progress(self._part.file, have, total))
        except OSError as error:
            raise PackError(
                f"{self._partial} cannot be written ({error.strerror}): make room and repeat."
            ) from None
        if total and have < total:
            raise _AgainError(f"the connection ended after {have} of {total} bytes")
        if total and have > total:
            self._partial.unlink()
            raise _AgainError(f"more than the {total} bytes came that were announced")
        self._partial.replace(self._path)
        self._mark.unlink(missing_ok=True)

    def _span(self, response: httpx.Response) -> tuple[int, int]:
        """Return where the answer's bytes begin in the file, and the file's size (0: unknown)."""
        status = response.status_code
        if status == _PARTIAL:
            found = re.fullmatch(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "")
            )
            if found is None or int(found[1]) != self._have():
                self._partial.unlink(missing_ok=True)
                raise _AgainError("the server continued at another place")
            return int(found[1]), 0 if found[2] == "*" else int(found[2])
        if status == _OK:
            length = response.headers.get("Content-Length", "")
            return 0, int(length) if length.isdigit() else 0
        if status == _RANGE_REFUSED:
            self._partial.unlink(missing_ok=True)
            raise _AgainError("the server knows no such part of the file")
        if status in _BUSY:
            raise _AgainError(f"the server says {status} {response.reason_phrase}")
        raise PackError(
            f"{self._part.url} is refused with {status} {response.reason_phrase}: see whether the "
            "model was moved, or bring its files yourself (`packs build`)."
        )
