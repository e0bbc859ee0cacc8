"""A dialogue's folder, read for `dialogue.load`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from appliance import dialogue
from appliance.contracts.errors import UserError

_LARGEST: Final = 1_000_000
"""Bytes of one file; a dialogue is written by people."""
_SUFFIXES: Final = (".yaml", ".yml")


def read_folder(folder: Path) -> Mapping[str, str]:
    """Return the texts of a dialogue's files by relative path ("intents/hours.yaml").

    Raises UserError for a folder that is absent or empty, or a file that is no text.
    """
    if not folder.is_dir():
        raise UserError(f"the dialogue folder {folder} does not exist: set dialogue.folder")
    files: dict[str, str] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix not in _SUFFIXES or not file.is_file():
            continue
        try:
            if file.stat().st_size > _LARGEST:
                raise UserError(f"{file} is larger than a megabyte: that is no dialogue")
            files[file.relative_to(folder).as_posix()] = file.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(
                f"{file}: byte {error.start} is not UTF-8: save the file as UTF-8"
            ) from None
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror}") from None
    if not files:
        raise UserError(f"{folder} holds no dialogue: it needs a dialogue.yaml")
    return files


def load(folder: Path) -> dialogue.Script:
    """Return the dialogue of a folder.

    Raises UserError whose text names, for each mistake, the file, the line and the reason.
    """
    try:
        return dialogue.load(read_folder(folder))
    except dialogue.DialogueError as error:
        lines = "\n".join(f"  {folder}/{mistake}" for mistake in error.mistakes)
        raise UserError(f"the dialogue has mistakes:\n{lines}") from None
