"""The folder of a desk: accounts, settings for the processes, recordings, logs."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.contracts.errors import UserError
from appliance.sip import Srtp
from appliance.system import certificates

BOX: Final = "100"
CALLER: Final = "300"
"""The telephone of the demonstration caller."""
SPARE: Final = "301"
"""The account for anybody's softphone."""
DEPARTMENTS: Final = {
    "200": "Reception",
    "201": "Radiology",
    "202": "Cardiology",
    "203": "Pediatrics",
    "204": "Maternity",
    "205": "Pharmacy",
    "206": "Laboratory",
    "207": "Billing",
    "208": "Admissions",
    "209": "Patient records",
}
"""Extensions of the starter dialogue's site, whose telephones stand in the desk's exchange."""
EXTENSIONS: Final = (BOX, *DEPARTMENTS, CALLER, SPARE)


def default_folder() -> Path:
    """Return $XDG_STATE_HOME/attendant, or ~/.local/state/attendant."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base or Path.home() / ".local" / "state") / "attendant"


@dataclass(frozen=True, slots=True)
class Listening:
    """How an exchange is reached besides UDP, and what its legs may agree on."""

    tcp_port: int | None = None
    """None: no TCP; 0: any free port."""
    tls_port: int | None = None
    """None: no TLS; 0: any free port."""
    certificate: Path | None = None
    """PEM, for TLS; None: one is made and kept in `folder`."""
    key: Path | None = None
    """Its private key; None where it stands in the same file."""
    folder: Path | None = None
    """None: `exchange` below `default_folder`."""
    srtp: Srtp = Srtp.OFF
    codecs: tuple[str, ...] = ()
    """Empty: all."""
    refer: bool = True
    """Whether telephones may transfer calls; where not, REFER is answered 405."""


def own_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Return certificate and key of an exchange on `host`, made where there are none.

    It is signed by itself: telephones are given that very file as their authority, or its
    fingerprint. Raises UserError where the folder cannot be written.
    """
    certificate = folder / f"{host.replace(':', '-')}.pem"
    key = certificate.with_suffix(".key")
    if certificate.exists() and key.exists():
        return certificate, key
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = dict.fromkeys((host, "localhost"))
        return certificates.issue(None, *names, days=3650).write(folder, certificate.stem)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be used ({error.strerror}): give a --certificate"
        ) from None


def read_accounts(file: Path) -> dict[str, str]:
    """Return extensions and passwords of a TOML file `"301" = "password"`. Raises UserError."""
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{file} cannot be read as accounts: {error}") from None
    accounts = {user: word for user, word in values.items() if isinstance(word, str) and word}
    if not accounts or len(accounts) != len(values):
        raise UserError(f'{file} must hold lines like "301" = "password" and nothing else')
    return accounts


def make_accounts() -> dict[str, str]:
    """Return a fresh password for every extension of the desk."""
    return {user: secrets.token_urlsafe(9) for user in EXTENSIONS}


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def toml(sections: dict[str, dict[str, str | int]]) -> str:
    """Write sections of plain values as TOML."""
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        # A JSON string of these characters is a TOML basic string.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Folder:
    """The desk's files below `root`; sockets lie in `sockets`, whose path must stay short."""

    root: Path
    sockets: Path

    @property
    def settings(self) -> Path:
        """Settings of the processes."""
        return self.root / "settings.toml"

    @property
    def secrets(self) -> Path:
        """The box's password."""
        return self.root / "secrets.toml"

    @property
    def link(self) -> Path:
        """Socket of the speech process."""
        return self.sockets / "speech.sock"

    @property
    def clips(self) -> Path:
        """Rendered sentences of the caller and the departments."""
        return self.root / "clips"

    def log(self, name: str) -> Path:
        """Return the log of a process."""
        return self.root / "logs" / f"{name}.log"

    def recording(self, name: str) -> Path:
        """Return the file of a recorded call."""
        return self.root / "recordings" / f"{name}.wav"

    def prepare(self) -> dict[str, str]:
        """Make the folder and return the accounts, which stay the same from run to run.

        Raises UserError where the folder cannot be written.
        """
        accounts = self.root / "accounts.toml"
        try:
            for folder in (self.root, self.root / "recordings", self.root / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            if not accounts.exists():
                write_private(accounts, _plain(make_accounts()))
            known = read_accounts(accounts)
            if missing := [user for user in EXTENSIONS if user not in known]:
                known |= {user: secrets.token_urlsafe(9) for user in missing}
                write_private(accounts, _plain(known))
        except OSError as error:
            raise UserError(
                f"{self.root} cannot be used ({error.strerror}): choose another with --state"
            ) from None
        return known

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other desks out of the folder. Raises UserError where one is in it."""
        with (self.root / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(
                    f"another desk runs in {self.root}: end it, or choose another with --state"
                ) from None
            yield

    def write_settings(self, *, host: str, port: int, password: str, bus: str) -> tuple[Path, Path]:
        """Write what `call` and `speech` are told; return both files, settings and secrets."""
        self.settings.write_text(
            toml(
                {
                    "account": {"user": BOX, "domain": host, "port": port},
                    "call": {"host": host, "handover": "attended"},
                    "speech": {"socket": str(self.link)},
                    "records": {"file": str(self.root / "records.sqlite")},
                    "bus": {"address": bus},
                }
            ),
            "utf-8",
        )
        write_private(self.secrets, toml({"account": {"password": password}}))
        return self.settings, self.secrets


def _plain(accounts: dict[str, str]) -> str:
    return "".join(f"{json.dumps(user)} = {json.dumps(word)}\n" for user, word in accounts.items())
