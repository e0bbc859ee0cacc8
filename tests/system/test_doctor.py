"""`system.doctor`: what is missing, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.contracts.errors import UserError
from appliance.settings import CallSettings, RecordsSettings, Settings
from appliance.system import doctor
from appliance.system.doctor import Finding, Grade
from appliance.system.ports import bind


def settings(tmp_path: Path, **call: object) -> Settings:
    return Settings(
        call=CallSettings(**call),  # type: ignore[arg-type]
        records=RecordsSettings(file=tmp_path / "not" / "yet" / "records.sqlite"),
    )


def test_every_finding_that_is_not_well_says_what_to_do(tmp_path: Path) -> None:
    """Gives advice with each warning and each lack."""
    for finding in doctor.examine(settings(tmp_path)):
        assert finding.what
        assert finding.grade is Grade.OK or finding.do


def test_a_missing_program_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says `apt install …` for what is absent."""
    monkeypatch.setenv("PATH", str(tmp_path))
    advice = [finding.do for finding in doctor.examine(settings(tmp_path))]
    assert "apt install dbus-daemon" in advice
    assert "apt install sip-tester" in advice


def test_a_missing_package_is_a_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grades a package that is needed as missing."""
    monkeypatch.setattr(doctor, "_PACKAGES", ("no_such_package",))
    findings = doctor.examine(settings(tmp_path))
    assert (
        Finding(Grade.MISSING, "Python package no_such_package", "delete .venv and run make again")
        in findings
    )


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Warns about a SIP port that somebody else has."""
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    findings = doctor.examine(settings(tmp_path, port=port))
    assert any(str(port) in f.what and f.grade is Grade.WARN for f in findings)
    sock.close()


def test_without_an_own_address_every_address_is_examined(tmp_path: Path) -> None:
    """Names no empty address, neither where ports are free nor where they are not."""
    free = [finding.what for finding in doctor.examine(settings(tmp_path, host=""))]
    assert "a SIP port on every address" in free
    sock = bind("0.0.0.0", 0)
    port = sock.getsockname()[1]
    taken = doctor.examine(settings(tmp_path, host="", port=port))
    sock.close()
    assert any(f"0.0.0.0:{port}" in finding.what for finding in taken)


def test_the_package_that_asks_dns_is_needed() -> None:
    """Looks for it, as the line cannot find its PBX without."""
    assert "dns" in doctor._PACKAGES


def test_too_few_audio_ports_are_noticed(tmp_path: Path) -> None:
    """Warns where the range carries fewer calls than are admitted."""
    findings = doctor.examine(settings(tmp_path, media_ports=(32_000, 32_010), capacity=10))
    assert any("fewer than 10 calls" in f.what for f in findings)


def test_a_clock_before_the_program_is_noticed() -> None:
    """Warns about a clock that stands in the past."""
    assert doctor._clock(0).grade is Grade.WARN
    assert doctor._clock(1.9e9).grade is Grade.OK


def test_another_rooms_examination_cannot_break_the_doctor() -> None:
    """Turns a mistake or a missing library into a finding."""

    def mistake() -> Finding:
        raise UserError("create it")

    def broken() -> Finding:
        raise ImportError("libfoo")

    assert doctor.guarded("packs", mistake)[0].do == "create it"
    assert "libfoo" in doctor.guarded("packs", broken)[0].what
    fine = Finding(Grade.OK, "fine")
    assert doctor.guarded("packs", lambda: fine) == [fine]
    assert doctor.guarded("packs", lambda: [fine, fine]) == [fine, fine]


def test_the_exit_status_tells_a_lack(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints one line each; 1 where something needed is missing, else 0."""
    assert doctor.show([Finding(Grade.OK, "a"), Finding(Grade.WARN, "b", "do c")]) == 0
    assert doctor.show([Finding(Grade.MISSING, "d", "do e")]) == 1
    assert "MISSING  d - do e" in capsys.readouterr().out
