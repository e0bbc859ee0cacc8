"""Linters, types and the import contracts are tests, so that one command is the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=["ruff", "format", "mypy", "import-linter"],
)
def test_the_tree_satisfies(command):
    """Every linter is content with the whole tree."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def tracked():
    """Return the tracked text files that we wrote."""
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    suffixes = {".py", ".md", ".toml", ".yaml", ".sh", ".xml", ".cfg", ".c", ""}
    return [ROOT / name for name in listing if Path(name).suffix in suffixes]


def test_every_module_has_its_test_module():
    """Each source module is mirrored by a test module of the same name."""
    missing = []
    for source in sorted((ROOT / "appliance").glob("*/**/*.py")):
        if source.name == "__init__.py":
            continue
        room = source.relative_to(ROOT / "appliance").parent
        mirror = ROOT / "tests" / room / f"test_{source.stem}.py"
        if not mirror.exists():
            missing.append(str(mirror.relative_to(ROOT)))
    assert not missing


def test_no_module_outgrows_its_reader():
    """A source module stays within 450 lines; a longer noun is split by its verbs."""
    long = {
        str(source.relative_to(ROOT)): lines
        for source in (ROOT / "appliance").glob("**/*.py")
        if (lines := len(source.read_text("utf-8").splitlines())) > 450
    }
    assert not long


def test_no_file_names_this_machine():
    """No path of a developer's machine stands in a tracked file."""
    marks = ("/wo" + "rk/", "/ro" + "ot/", "/tmp" + "/h/")
    named = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in tracked()
        if path.is_file()
        for mark in marks
        if mark in path.read_text("utf-8", errors="replace")
    ]
    assert not named
