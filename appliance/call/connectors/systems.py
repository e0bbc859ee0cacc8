"""Every system that is asked: made when it is first needed, the same for all who mean the same."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.drivers import LOOPBACK, Driver, Site, host
from appliance.call.connectors.gate import Gate, Unusable, driver
from appliance.call.connectors.stored import Definition
from appliance.dialogue import Backend, BackendKind, Connector
from appliance.settings.atomic import write_atomically

_SQLITE: Final = "sqlite:///"


class Systems:
    """The gates, by what they lead to."""

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str],
        secrets: Mapping[str, str],
        kept: Path,
        deadlines: Deadlines,
    ) -> None:
        """`files`: texts of the dialogue's folder by path; `kept`: where authorities are put."""
        self._folder = folder
        self._files = files
        self._secrets = secrets
        self._kept = kept
        self._deadlines = deadlines
        self._gates: dict[tuple[Backend, str], Gate] = {}
        self._lock = threading.Lock()

    def define(self, backend: Backend, connector: Connector) -> Definition:
        """Return a connector with all that the dialogue's folder says about its system."""
        if backend.where.startswith(_SQLITE):
            file = (self._folder / backend.where.removeprefix(_SQLITE)).absolute()
            backend = replace(backend, where=f"{_SQLITE}{file}")
        return Definition(backend, connector, self._authority(backend))

    def gate(self, definition: Definition) -> Gate:
        """Return the way to a definition's system."""
        backend = definition.backend
        with self._lock:
            found = self._gates.get((backend, definition.authority))
            if found is None:
                found = Gate(backend.name, self._driver(backend, definition.authority))
                self._gates[(backend, definition.authority)] = found
            return found

    def problems(self, backend: Backend) -> list[str]:
        """Return what is wrong with a system before it is asked, in words."""
        found = []
        if backend.secret and backend.secret not in self._secrets:
            found.append(_missing(backend))
        if backend.authority and backend.authority not in self._files:
            found.append(
                f"{backend.name}: the file {backend.authority} of its authority is missing in the "
                "dialogue's folder"
            )
        if backend.kind is BackendKind.CSV and backend.where not in self._files:
            found.append(f"{backend.name}: the file {backend.where} is missing")
        if backend.where.startswith(_SQLITE):
            file = self._folder / backend.where.removeprefix(_SQLITE)
            if not file.is_file():
                found.append(f"{backend.name}: the database {file} is missing")
        if (
            backend.secret
            and backend.where.startswith("http://")
            and host(backend.where) not in LOOPBACK
        ):
            found.append(
                f"{backend.name}: its secret crosses the network in clear: use an https:// address"
            )
        return found

    def troubles(self) -> list[str]:
        """Return what systems have said that a person must mend, in words."""
        with self._lock:
            gates = list(self._gates.values())
        return [f"{gate.name}: {gate.trouble}" for gate in gates if gate.trouble]

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            gates = list(self._gates.values())
        for gate in gates:
            gate.close()

    def _authority(self, backend: Backend) -> str:
        return self._files.get(backend.authority, "") if backend.authority else ""

    def _driver(self, backend: Backend, authority: str) -> Driver:
        if backend.secret and backend.secret not in self._secrets:
            return Unusable(_missing(backend))
        if backend.authority and not authority:
            # Without it, a certificate would be judged by the authorities of the whole world.
            return Unusable(f"the file {backend.authority} of its authority is missing")
        table = self._files.get(backend.where, "") if backend.kind is BackendKind.CSV else ""
        secret = self._secrets.get(backend.secret, "").strip() if backend.secret else ""
        try:
            file = self._in_file(authority) if backend.kind is BackendKind.SQL else None
            site = Site(backend, secret, authority, table, file)
            return driver(site, self._folder, self._deadlines)
        except (ValueError, OSError) as error:
            return Unusable(str(error))

    def _in_file(self, authority: str) -> Path | None:
        """Return a file that holds an authority: a folder of a version may be gone by then."""
        if not authority:
            return None
        data = authority.encode()
        path = self._kept / "authorities" / f"{hashlib.sha256(data).hexdigest()[:32]}.pem"
        if not path.is_file():
            write_atomically(path, data)
        return path.absolute()


def _missing(backend: Backend) -> str:
    return f"{backend.name}: the secret {backend.secret} is missing: add it to secrets.toml"
