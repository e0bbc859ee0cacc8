"""Where each conversation stands, on disk while it lasts: a killed process loses no request.

    keep(call, state) ──► journal thread ──► CALL.json        removed at the end of the call
    at the next start ──► leftovers ──► dialogue.interrupted ──► notes, documents

One small file for each call, exchanged by one rename; a file half written when the power went is
passed over. Nothing is written on the loop that paces audio. Secrets are left out (dialogue.dump).
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance import dialogue

_log = logging.getLogger(__name__)
_SUFFIX: Final = ".json"
_MODE: Final = 0o700
FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a state that does not fit today's dialogue can raise."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A conversation that its process did not live to end."""

    call: str
    """Our id of the call."""
    kept: datetime
    """When it was written down last."""
    state: str
    """As of `dialogue.dump`."""


class Journal:
    """The folder of conversations under way. `keep` may be called from the loop."""

    def __init__(self, folder: Path, dump: Callable[[dialogue.State], str] | None = None) -> None:
        """Make the folder, readable by us only. Raises OSError where it cannot be made."""
        folder.mkdir(parents=True, exist_ok=True, mode=_MODE)
        self._folder = folder
        self._dump = dump or dialogue.dump
        self._latest: dict[str, dialogue.State | None] = {}
        self._lock = threading.Lock()
        self._failing = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def keep(self, call: str, state: dialogue.State | None) -> None:
        """Write down where a call's conversation stands, soon; None: it has ended."""
        with self._lock:
            waits = call in self._latest
            self._latest[call] = state
        if not waits:  # else the thread takes this one in place of the one before
            with contextlib.suppress(RuntimeError):  # closed: the process ends
                self._writer.submit(self._write, call)

    def leftovers(self) -> list[Leftover]:
        """Return what an earlier process left behind, oldest first."""
        found = []
        for file in self._folder.glob(f"*{_SUFFIX}"):
            try:
                held = json.loads(file.read_text("utf-8"))
                kept = datetime.fromisoformat(str(held["kept"]))
                found.append(Leftover(file.stem, kept, str(held["state"])))
            except (OSError, ValueError, KeyError, TypeError):
                _log.warning("a conversation that was cut short cannot be read any more")
                file.unlink(missing_ok=True)
        return sorted(found, key=lambda leftover: leftover.kept)

    def remove(self, call: str) -> None:
        """A leftover has been seen to."""
        (self._folder / f"{call}{_SUFFIX}").unlink(missing_ok=True)

    def close(self) -> None:
        """Write what is pending; `keep` does nothing afterwards."""
        self._writer.shutdown()

    def _write(self, call: str) -> None:
        with self._lock:
            state = self._latest.pop(call, None)
        file = self._folder / f"{call}{_SUFFIX}"
        try:
            if state is None:
                file.unlink(missing_ok=True)
            else:
                now = datetime.now(UTC).isoformat()
                part = file.with_suffix(".part")
                part.write_text(json.dumps({"kept": now, "state": self._dump(state)}), "utf-8")
                part.replace(file)
        except (OSError, *FAULTS) as error:
            if not self._failing:  # the kind of a fault only: its text may hold what was said
                why = error.strerror if isinstance(error, OSError) else type(error).__name__
                _log.warning("conversations cannot be kept: %s", why)
            self._failing = True
        else:
            self._failing = False


def unfinished(
    script: dialogue.Script, leftover: Leftover, now: dialogue.Moment
) -> list[dialogue.Action]:
    """Return what is to be kept and delivered of a conversation that was cut short.

    Where today's dialogue cannot make anything of it, what the caller told is kept as it was.
    """
    try:
        state = dialogue.restore(leftover.state)
    except ValueError:
        _log.warning("a conversation that was cut short is of another version, and is lost")
        return []
    try:
        return dialogue.interrupted(script, state, now)
    except FAULTS as fault:
        _log.warning("a conversation that was cut short is kept as it was", exc_info=fault)
        return [dialogue.Note("interrupted", (("request", state.process), *state.slots))]
