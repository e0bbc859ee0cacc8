"""What is missing on this machine, in plain words that say what to do."""

from __future__ import annotations

import ctypes.util
import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from appliance.contracts.errors import UserError
from appliance.settings import Settings
from appliance.system.ports import PortError, PortRange, bind

_OLDEST: Final = (3, 11)
_PACKAGES: Final = (
    "cryptography",
    "dbus_next",
    "dns",
    "numpy",
    "onnxruntime",
    "pydantic",
    "rich",
    "sherpa_onnx",
    "typer",
    "yaml",
)
_EVERYWHERE: Final = "0.0.0.0"
"""Where no own address is set, the box takes the one that leads to the PBX: it may be any."""
_ROOM: Final = 500_000_000
"""Bytes free below which a disk is called nearly full."""
_BUILT: Final = 1_764_547_200
"""2025-12-01: a clock that stands before the program was written is wrong."""


class Grade(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    """Something optional is absent, or soon will be."""
    MISSING = "missing"
    """The box cannot answer calls without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined."""

    grade: Grade
    what: str
    do: str = ""
    """What to do about it; empty where all is well."""


def examine(settings: Settings) -> list[Finding]:
    """Look at this machine; nothing is changed, only loopback ports are opened for an instant."""
    return [
        _python(),
        *_packages(),
        _espeak(),
        _program("dbus-daemon", "status on D-Bus at a desk", "apt install dbus-daemon"),
        _program("sipp", "calls from SIPp in the tests", "apt install sip-tester"),
        _program("baresip", "calls from baresip in the tests", "apt install baresip-core"),
        _sip_port(settings),
        _media_ports(settings),
        _disk(settings.records.file),
        _clock(time.time()),
    ]


def guarded(what: str, examination: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    """Return what a room's own examination finds; a fault in it is a finding too."""
    try:
        found = examination()
        return [found] if isinstance(found, Finding) else list(found)
    except UserError as mistake:
        return [Finding(Grade.MISSING, f"{what} cannot be used", str(mistake))]
    except (ImportError, OSError, ValueError) as error:
        return [
            Finding(
                Grade.MISSING,
                f"{what} cannot be examined: {error}",
                "delete .venv and run make again",
            )
        ]


def show(findings: Iterable[Finding]) -> int:
    """Print the findings and return the exit status: 1 where something needed is missing."""
    marks = {Grade.OK: "ok     ", Grade.WARN: "warn   ", Grade.MISSING: "MISSING"}
    bad = 0
    for finding in findings:
        advice = f" - {finding.do}" if finding.do else ""
        sys.stdout.write(f"{marks[finding.grade]}  {finding.what}{advice}\n")
        bad |= finding.grade is Grade.MISSING
    return int(bad)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST:
        return Finding(Grade.MISSING, f"Python {version} is too old", "install 3.11 or later")
    return Finding(Grade.OK, f"Python {version}")


def _packages() -> list[Finding]:
    absent = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        return [
            Finding(Grade.MISSING, f"Python package {n}", "delete .venv and run make again")
            for n in absent
        ]
    return [Finding(Grade.OK, f"{len(_PACKAGES)} Python packages")]


def _espeak() -> Finding:
    if importlib.util.find_spec("espeakng_loader") or ctypes.util.find_library("espeak-ng"):
        return Finding(Grade.OK, "espeak-ng")
    return Finding(
        Grade.MISSING, "espeak-ng, which the voice reads with",
        "apt install libespeak-ng1 espeak-ng-data, or: pip install espeakng-loader",
    )  # fmt: skip


def _program(name: str, purpose: str, do: str) -> Finding:
    if shutil.which(name):
        return Finding(Grade.OK, f"{name} ({purpose})")
    return Finding(Grade.WARN, f"{name} is absent: no {purpose}", do)


def _sip_port(settings: Settings) -> Finding:
    host, port = settings.call.host or _EVERYWHERE, settings.call.port
    try:
        bind(host, port).close()
    except PortError as error:
        return Finding(
            Grade.WARN, str(error),
            "end the program that uses it (a running box does), or set call.host and call.port",
        )  # fmt: skip
    where = "every address" if host == _EVERYWHERE else host
    return Finding(Grade.OK, f"a SIP port on {where}")


def _media_ports(settings: Settings) -> Finding:
    first, last = settings.call.media_ports
    if last - first < 2 * settings.call.capacity:
        return Finding(
            Grade.WARN,
            f"ports {first} to {last} carry fewer than {settings.call.capacity} calls",
            "widen call.media_ports: two ports are needed for each call",
        )
    try:
        PortRange(settings.call.host or _EVERYWHERE, first, last).open().close()
    except PortError as error:
        return Finding(Grade.MISSING, str(error), "set call.media_ports and call.host")
    return Finding(Grade.OK, f"audio ports {first} to {last}")


def _disk(file: Path) -> Finding:
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < _ROOM:
        return Finding(Grade.WARN, f"{free // 1_000_000} MB free in {folder}", "make room there")
    return Finding(Grade.OK, f"{free // 1_000_000_000} GB free for records")


def _clock(now: float) -> Finding:
    if now < _BUILT:
        return Finding(
            Grade.WARN, "the clock stands in the past, so opening hours will be wrong",
            "set the time, or let it be set: timedatectl set-ntp true",
        )  # fmt: skip
    return Finding(Grade.OK, "the clock")
