"""A dialogue's folder, read for `dialogue.load`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance import dialogue
from appliance.contracts.errors import UserError

_LARGEST: Final = 2_000_000
"""Bytes of one file; a dialogue is written by people, a list of streets by a city."""
_MOST: Final = 2_000
"""Files of one dialogue."""
_ANYWHERE: Final = frozenset({".yaml", ".yml", ".csv", ".pem"})
_IN_PLACE: Final = frozenset({".txt", ".md"})
"""Texts that belong to a dialogue only where lists and documents lie: a README does not."""
_PLACES: Final = frozenset({"lists", "documents"})
_AHEAD: Final = 10
"""Years ahead for which holidays are worked out."""


def read_folder(folder: Path) -> Mapping[str, str]:
    """Return the texts of a dialogue's files by relative path ("intents/hours.yaml").

    Whatever begins with a dot is left out. Raises UserError for a folder that is absent or empty,
    or a file that is no text.
    """
    if not folder.is_dir():
        raise UserError(f"the dialogue folder {folder} does not exist: set dialogue.folder")
    files: dict[str, str] = {}
    for file in _files(folder):
        if len(files) == _MOST:
            raise UserError(f"{folder} holds more than {_MOST} files: that is no dialogue")
        try:
            if file.stat().st_size > _LARGEST:
                megabytes = _LARGEST // 1_000_000
                raise UserError(f"{file} is larger than {megabytes} MB: that is no dialogue")
            text = file.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(
                f"{file}: byte {error.start} is not UTF-8: save the file as UTF-8"
            ) from None
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror}") from None
        # Spreadsheets put a mark before the first column's name.
        files[file.relative_to(folder).as_posix()] = text.removeprefix("\ufeff")
    if not files:
        raise UserError(f"{folder} holds no dialogue: it needs a dialogue.yaml")
    return files


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or not file.is_file():
            continue
        placed = file.suffix in _IN_PLACE and parts[0] in _PLACES
        if placed or file.suffix in _ANYWHERE:
            yield file


def load(folder: Path) -> dialogue.Script:
    """Return the dialogue of a folder.

    Raises UserError whose text names, for each mistake, the file, the line and the reason.
    """
    return load_files(read_folder(folder), folder)


def load_files(files: Mapping[str, str], folder: Path) -> dialogue.Script:
    """Return the dialogue of texts that were read from `folder`. Raises UserError, as `load`."""
    try:
        return dialogue.load(files, years=years())
    except dialogue.DialogueError as error:
        lines = "\n".join(f"  {folder}/{mistake}" for mistake in error.mistakes)
        raise UserError(f"the dialogue has mistakes:\n{lines}") from None


def years() -> range:
    """Return the years for which a dialogue's holidays are worked out: last year and ten more."""
    this = datetime.now(UTC).year
    return range(this - 1, this + _AHEAD)
