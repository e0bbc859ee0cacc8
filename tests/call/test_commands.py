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
from appliance.settings import (
    AccountSettings,
    DialogueSettings,
    RecordsSettings,
    Settings,
    TlsSettings,
)
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


def test_the_doctor_examines_the_extensions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names codecs that cannot run, keys in readable messages, files and checks of TLS."""
    monkeypatch.setattr(commands.codecs, "missing", lambda: {"opus": "libopus is not installed"})
    file = tmp_path / "ca.pem"
    file.write_text("x")

    def found(**account: object) -> list[tuple[Grade, str]]:
        made = AccountSettings(**{"password": "x", "codecs": ("PCMA",), **account})  # type: ignore[arg-type]
        return [
            (f.grade, f"{f.what}: {f.do}") for f in commands.line_findings(Settings(account=made))
        ]

    assert found() == [(Grade.OK, "the settings of extension 100: ")]
    ((grade, said),) = found(codecs=("opus", "PCMA"))
    assert grade is Grade.WARN
    assert "libopus" in said
    assert "account.transport" in found(srtp="required")[0][1]
    assert "account.password" in found(password="")[0][1]
    tls = {"transport": "tls"}
    assert "not checked" in found(**tls, tls=TlsSettings(verify=False))[0][1]
    assert found(**tls, tls=TlsSettings(ca=tmp_path / "none"))[0][0] is Grade.MISSING
    assert all(g is Grade.OK for g, _ in found(**tls, srtp="required", tls=TlsSettings(ca=file)))


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


def test_the_line_test_prints_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Writes each check that was made, the advice below it, and ends with 1 where one failed."""
    settings = Settings(account=AccountSettings(domain="127.0.0.1", port=9, transport="tcp"))
    assert commands.line_test(settings) == 1
    out = capsys.readouterr().out
    assert "FAILED   Port of the PBX" in out
    assert "is the PBX running" in " ".join(out.split())
    assert "Call to the box" not in out
    assert out.rstrip().endswith("further checks were not tried.")


def test_the_line_test_takes_the_calls_of_no_box() -> None:
    """Refuses to register as the box's own extension, and to test a line that is none."""
    with pytest.raises(UserError, match="own extension"):
        commands.line_test(Settings(), phone_user="100")
    with pytest.raises(UserError, match="no line 'x'"):
        commands.line_test(Settings(), line="x")
