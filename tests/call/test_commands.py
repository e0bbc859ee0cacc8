"""`call.commands`: the commands of the room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.call import commands
from appliance.contracts.errors import UserError
from appliance.records import Note, Store
from appliance.settings import DialogueSettings, RecordsSettings, Settings
from appliance.system.doctor import Grade


def with_records(file: Path) -> Settings:
    return Settings(records=RecordsSettings(file=file))


def test_messages_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints each message with its time and fields."""
    file = tmp_path / "records.sqlite"
    store = Store(file)
    left = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    store.leave(Note("n", "message", (("text", "call me"), ("number", "5551234")), left))
    store.close()
    assert commands.messages_command(with_records(file)) == 0
    out = capsys.readouterr().out
    assert "message" in out
    assert "text: call me; number: 5551234" in out


def test_no_messages_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Says so where there are none."""
    file = tmp_path / "records.sqlite"
    Store(file).close()
    assert commands.messages_command(with_records(file)) == 0
    assert "no messages" in capsys.readouterr().out


def test_messages_of_a_box_that_never_ran_are_a_users_mistake(tmp_path: Path) -> None:
    """Names the file that does not exist."""
    with pytest.raises(UserError, match="does not exist"):
        commands.messages_command(with_records(tmp_path / "none.sqlite"))


def test_the_doctor_examines_the_dialogue(tmp_path: Path) -> None:
    """Finds the starter well and an absent folder missing."""
    assert commands.dialogue_finding(DialogueSettings()).grade is Grade.OK
    finding = commands.dialogue_finding(DialogueSettings(folder=tmp_path / "none"))
    assert finding.grade is Grade.MISSING
    assert str(tmp_path) in finding.what


def test_the_process_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    """Stops within seconds, status 0, without a traceback, though no PBX ever answered."""
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[account]\nport = 9\n[speech]\nsocket = "{tmp_path}/s"\n'
        f'[records]\nfile = "{tmp_path}/r.sqlite"\n[bus]\naddress = "none"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "appliance", "call", "--show", "--settings", str(settings)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
