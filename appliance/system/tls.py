"""TLS for SIP: contexts that follow the files they are made of, and a look at a far end.

Decided here:
- TLS 1.2 is the least (RFC 9325). Whom we call is verified unless that is switched off.
- A `ca` file replaces the system's authorities: whoever names an authority means this one. It may
  hold several, and also the very certificate of a far end that signed its own.
- Fingerprints replace authorities, names and dates: that certificate was looked at by a person.
- Names are checked by OpenSSL against DNS names and addresses, wildcards included; where there are
  none, against the common name, which telephone systems still use (RFC 5922 section 7.1).
- `VERIFY_X509_STRICT`, which Python 3.13 would add, is left out: it refuses authorities as
  telephone systems make them for themselves.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from . import certificates, ports, reasons
from .certificates import Certificate

SHUTDOWN: Final = 1.0
"""s that the far end has for its part of closing."""
_LOOK: Final = 3.0
"""s for a look at a certificate."""
_SECOND_THOUGHT: Final = 0.5
"""s in which a server of TLS 1.3 may still refuse our certificate after the handshake."""


class TlsError(OSError):
    """TLS cannot be set up as configured, or does not work with a far end; the text says why."""


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How TLS is spoken."""

    ca: Path | None = None
    """Authorities to trust (PEM), instead of the system's."""
    verify: bool = True
    """Whether the far end must prove who it is. Without it, anybody on the way can listen."""
    fingerprints: tuple[str, ...] = ()
    """SHA-256 of certificates that are accepted as they are, and then no others; hexadecimal."""
    certificate: Path | None = None
    """Ours (PEM, with its chain): shown when we listen, and when a server asks for one."""
    key: Path | None = None
    """Its private key (PEM, not encrypted); None where it stands in the same file."""


@dataclass(frozen=True, slots=True)
class _Built:
    context: ssl.SSLContext
    stamp: tuple[tuple[int, int, int] | None, ...]


class Contexts:
    """The contexts of one TlsOptions; when a file changes, new connections get a new context.

    While changed files cannot be used (half of a pair is new), the context before them stays.
    Raises TlsError where the fingerprints are none.
    """

    def __init__(self, options: TlsOptions) -> None:
        self.options = options
        self.trouble = ""
        """Why the newest files are not in use; empty where they are."""
        self._pins = frozenset(_plain(pin) for pin in options.fingerprints)
        self._built: dict[Callable[[], ssl.SSLContext], _Built] = {}

    @property
    def verifies(self) -> bool:
        """Whether OpenSSL verifies whom we call."""
        return self.options.verify and not self._pins

    async def client(self) -> ssl.SSLContext:
        """Return the context for calling. Raises TlsError where it never could be made."""
        return await self._current(self._client)

    async def server(self) -> ssl.SSLContext:
        """Return the context for being called. Raises TlsError where it never could be made."""
        return await self._current(self._server)

    def refusal(self, transport: asyncio.BaseTransport, who: str) -> str:
        """Say why a connection just made to `who` must not be used; empty where it may."""
        if not self._pins:
            return ""
        seen = certificates.fingerprint(_shown(transport))
        return "" if self.pinned(seen) else reasons.not_pinned(who, seen)

    def bare(self) -> ssl.SSLContext:
        """Return a new context for calling that verifies nothing. Raises TlsError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.options.certificate is not None:
            self._load(context, self.options.certificate)
        return context

    def pinned(self, fingerprint: str) -> bool:
        """Whether the certificate of this SHA-256 is accepted as it is."""
        return _plain(fingerprint) in self._pins

    async def explain(
        self, error: OSError | ValueError, host: str, port: int, name: str = "", source: str = ""
    ) -> str:
        """Say in plain words why a connection failed.

        Where verification failed, this looks at the certificate once more: OpenSSL does not hand
        out one that it has refused.
        """
        if isinstance(error, TlsError):
            return str(error)
        if not isinstance(error, ssl.SSLCertVerificationError):
            return reasons.connection(error, name or host, port)
        try:
            async with asyncio.timeout(_LOOK):
                certificate = await _Look.at(self.bare(), host, port, name, source)
        except OSError:
            certificate = None
        return reasons.verification(
            error.verify_code, error.verify_message, name or host, certificate, datetime.now(UTC)
        )

    async def _current(self, build: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        # Files are few and local: asking for their state is quick. Reading a system's authorities
        # takes tens of milliseconds, which the audio on this loop does not have.
        stamp = tuple(
            _stamp(path)
            for path in (self.options.ca, self.options.certificate, self.options.key)
            if path is not None
        )
        built = self._built.get(build)
        if built is not None and built.stamp == stamp:
            return built.context
        try:
            context = await asyncio.to_thread(build)
        except TlsError as error:
            self.trouble = str(error)
            if built is None:
                raise
            return built.context
        self.trouble = ""
        self._built[build] = _Built(context, stamp)
        return context

    def _client(self) -> ssl.SSLContext:
        context = self.bare()
        if self.verifies:
            context.verify_mode = ssl.CERT_REQUIRED
            context.check_hostname = True
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            if self.options.ca is None:
                context.load_default_certs()
            else:
                try:
                    context.load_verify_locations(self.options.ca)
                except OSError as error:
                    raise _unreadable(error, "authorities", self.options.ca) from error
        return context

    def _server(self) -> ssl.SSLContext:
        if self.options.certificate is None:
            raise TlsError("to be called by TLS, the box needs a certificate of its own")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(context, self.options.certificate)
        return context

    def _load(self, context: ssl.SSLContext, certificate: Path) -> None:
        try:
            # Without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, self.options.key, password="")
        except OSError as error:
            raise _unreadable(error, "certificate or key", certificate) from error


def _unreadable(error: OSError, what: str, path: Path) -> TlsError:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return TlsError(f"the key does not belong to the certificate {path}")
        return TlsError(f"{path} holds no usable {what}")
    return TlsError(f"{path}, or its key, cannot be read: {error.strerror}")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _plain(pin: str) -> str:
    plain = pin.replace(":", "").replace(" ", "").lower()
    if len(plain) != 64 or not set(plain) <= set("0123456789abcdef"):
        raise TlsError(
            f"'{pin}' is no SHA-256 fingerprint: 64 hexadecimal digits, with colons or not"
        )
    return plain


def server_name(host: str, name: str = "") -> str:
    """Return what the certificate of `host` must bear."""
    return (name or host).partition("%")[0]


def _shown(transport: asyncio.BaseTransport) -> bytes:
    """Return the certificate (DER) of the far end of a connection."""
    return cast("ssl.SSLObject", transport.get_extra_info("ssl_object")).getpeercert(True) or b""


class _Look(asyncio.Protocol):
    """A connection that sends nothing and is ended at once."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(exc)

    @classmethod
    async def at(
        cls,
        context: ssl.SSLContext,
        host: str,
        port: int,
        name: str = "",
        source: str = "",
        patience: float = 0.0,
    ) -> Certificate:
        """Describe what is there, verified or not as `context` has it. Raises OSError."""
        loop = asyncio.get_running_loop()
        transport, look = await loop.create_connection(
            cls,
            sock=await ports.connect(host, port, source=source),
            ssl=context,
            server_hostname=server_name(host, name),
            ssl_shutdown_timeout=SHUTDOWN,
        )
        met = certificates.read(_shown(transport))
        version = cast("ssl.SSLObject", transport.get_extra_info("ssl_object")).version() or ""
        if patience:
            await asyncio.wait((look.ended,), timeout=patience)
            if look.ended.done():
                raise look.ended.result() or ssl.SSLEOFError("closed after the handshake")
        transport.abort()
        await look.ended
        return replace(met, version=version)


async def probe(
    host: str, port: int, name: str = "", options: TlsOptions | None = None
) -> Certificate:
    """Look at the TLS server on `port` of `host` as the line would meet it.

    `name` is what its certificate must bear (empty: `host`). Returns what it shows and whether that
    is accepted (`verified`, `why`). Raises TlsError where nothing there speaks TLS with us.
    """
    contexts = Contexts(options or TlsOptions())
    who = name or host
    try:
        async with asyncio.timeout(_LOOK + _SECOND_THOUGHT):
            address = await _resolved(host, port)
            context = await contexts.client()
            try:
                seen = await _Look.at(context, address, port, who, patience=_SECOND_THOUGHT)
            except ssl.SSLCertVerificationError as error:
                seen = await _Look.at(contexts.bare(), address, port, who)
                why = reasons.verification(
                    error.verify_code, error.verify_message, who, seen, datetime.now(UTC)
                )
                return replace(seen, why=why)
    except TlsError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a host that no resolver accepts
        raise TlsError(reasons.connection(error, who, port)) from error
    if contexts.verifies or contexts.pinned(seen.fingerprint):
        return replace(seen, verified=True)
    if contexts.options.fingerprints:
        return replace(seen, why=reasons.not_pinned(who, seen.fingerprint))
    return replace(seen, why="verification is switched off: anybody on the way can listen")


async def _resolved(host: str, port: int) -> str:
    """Return an address of `host`. Raises OSError where it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return ports.host_of(found[0][4])
