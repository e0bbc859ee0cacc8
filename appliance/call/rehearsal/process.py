"""A `speech` process of its own for a rehearsal, in the dialogue's language and another's voice."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from appliance.contracts.errors import UserError
from appliance.settings import SpeechSettings
from appliance.system.packs.manifest import PackKind, find_packs, read_manifest

_START: Final = 90.0
"""Seconds for `speech` to be ready."""
_STOP: Final = 5.0


@dataclass(frozen=True, slots=True)
class Packs:
    """The models of a rehearsal, by name."""

    stt: str
    tts: str
    """The caller's voice."""
    turn: str = ""


def choose(held: SpeechSettings, language: str, speaker: str = "") -> Packs:
    """Return the packs that hear and speak a language: the box's ears, and another's voice.

    `speaker`: the voice that is wished. The box's own speaks where there is no other. Raises
    UserError where nothing hears or speaks the language.
    """
    there = list(_there(held, language.split("-", maxsplit=1)[0]))
    hearing = [name for name, kind in there if kind == PackKind.STT.value]
    voices = [name for name, kind in there if kind == PackKind.TTS.value]
    turns = [name for name, kind in there if kind == PackKind.TURN.value]
    if not hearing or not voices:
        raise UserError(
            f"no pack of this box hears and speaks '{language}': install one (appliance packs "
            "catalogue)"
        )
    if speaker and speaker not in voices:
        raise UserError(f"there is no voice '{speaker}' for '{language}': {', '.join(voices)}")
    others = [name for name in voices if name != held.tts]
    return Packs(
        held.stt if held.stt in hearing else hearing[0],
        speaker or (others or voices)[0],
        (held.turn if held.turn in turns else "".join(turns[:1])) if held.turn else "",
    )


def _there(held: SpeechSettings, language: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for folder in held.folders:
        for pack in find_packs(folder):
            values: dict[str, Any] = read_manifest(pack)
            if pack.name not in seen and values.get("language") == language:
                seen.add(pack.name)
                yield pack.name, str(values.get("kind"))


@contextmanager
def speech(files: Sequence[Path], packs: Packs, dialogue: Path | None = None) -> Iterator[Path]:
    """Start a `speech` process with the settings of `files` but these packs; yield its socket.

    `dialogue`: the folder whose encoder it uses. Raises UserError where it does not come up; its
    own words say why.
    """
    with tempfile.TemporaryDirectory(prefix="attendant-rehearsal-") as folder:
        own = Path(folder) / "rehearsal.toml"
        socket, log = Path(folder) / "speech.sock", Path(folder) / "log"
        lines = [
            "[speech]", f'socket = "{socket}"', f'stt = "{packs.stt}"', f'tts = "{packs.tts}"',
            f'turn = "{packs.turn}"',
        ]  # fmt: skip
        if dialogue is not None:
            # A folder that nothing is published in: the dialogue's own is what counts.
            lines += ["[dialogue]", f'folder = "{dialogue.resolve()}"', f'published = "{folder}"']
        own.write_text("\n".join(lines) + "\n", "utf-8")
        named = [word for file in (*files, own) for word in ("--settings", str(file))]
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "appliance", "speech", *named], stderr=out, stdout=out
            )
        try:
            _until_ready(process, socket, log)
            yield socket
        finally:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_ready(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    began = time.monotonic()
    while not socket.exists():
        if process.poll() is not None or time.monotonic() - began > _START:
            said = log.read_text("utf-8", "replace").strip().splitlines()
            raise UserError(f"speech did not start: {said[-1] if said else 'it said nothing'}")
        time.sleep(0.05)
