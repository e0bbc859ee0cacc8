"""A small dialogue on the disk for its author's commands: the starter, and tests of it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from appliance.settings import DialogueSettings, Settings

STARTER = Settings().dialogue.folder
TESTS = """
- name: tells the opening hours
  talk:
  - say: what are your opening hours
    intent: hours
    hear: open
- name: puts through
  talk:
  - say: put me through to radiology
    transfer: radiology
"""
WRONG = """
- name: cannot pass
  talk:
  - say: put me through to radiology
    transfer: cardiology
"""


def folder(place: Path, tests: str = TESTS) -> Path:
    """Write the dialogue below `place` and return its folder."""
    work = place / "work"
    shutil.copytree(STARTER, work)
    shutil.rmtree(work / "tests", ignore_errors=True)
    if tests:
        (work / "tests").mkdir()
        (work / "tests" / "all.yaml").write_text(tests)
    return work


def settings(place: Path) -> Settings:
    """Return settings that keep everything below `place`."""
    return Settings(dialogue=DialogueSettings(folder=place / "work", published=place / "published"))


def console() -> Console:
    """Return a console that keeps what is printed."""
    return Console(file=io.StringIO(), width=200, highlight=False, soft_wrap=True)


def printed(on: Console) -> str:
    """Return what was printed on `console()`."""
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def typed(*lines: str) -> Callable[[str], str]:
    """Return a person who types these lines and then leaves."""
    waiting = list(lines)

    def ask(_prompt: str) -> str:
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return ask
