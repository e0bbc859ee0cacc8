"""What every test may ask for: the human speech beside the checkout, and the packs."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Where the human speech lies: ATTENDANT_DATA, or `shared/data` beside the checkout."""
    named = os.environ.get("ATTENDANT_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def human_speech() -> Path:
    """The folder of human speech; tests that need it skip where it is absent."""
    folder = data_folder()
    if not (folder / "audio").is_dir():
        pytest.skip(f"no human speech at {folder}: set ATTENDANT_DATA to where it is")
    return folder


@pytest.fixture(scope="session")
def packs_folder() -> Path:
    """The committed packs."""
    return ROOT / "models" / "packs"
