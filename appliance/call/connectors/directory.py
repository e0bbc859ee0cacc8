"""A directory server, asked by LDAP (RFC 4511): bind, one search, unbind.

A password crosses the network encrypted or not at all: ldaps, or StartTLS (RFC 4511 section 4.14)
wherever the server is another machine or an authority is named.
"""

from __future__ import annotations

import contextlib
import math
import ssl
import time
import warnings
from typing import Any, Final
from urllib.parse import urlsplit

from appliance.call.connectors.answers import Answer, refused, unavailable
from appliance.call.connectors.drivers import LOOPBACK, Question, Site, host, tls_context
from appliance.dialogue import Json, Status, templates
from appliance.dialogue.connectors import Search
from appliance.dialogue.values import text

with warnings.catch_warnings():
    # ldap3 2.9.1 asks pyasn1 for names that it has given others since.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core import exceptions
    from ldap3.utils.conv import escape_filter_chars

_SUCCESS: Final = 0
_TIME_LIMIT: Final = 3
_SIZE_LIMIT: Final = 4
_NO_OBJECT: Final = 32
_WRONG_SECRET: Final = frozenset({48, 49, 53})
"""Results of a bind that speak of our user: inappropriate, invalid credentials, unwilling."""
_LATER: Final = frozenset({_TIME_LIMIT, 11, 51, 52, 80})
"""Time and administrative limit, busy, unavailable, other (RFC 4511 appendix A)."""


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS as the rest of the box speaks it: OpenSSL checks authority, dates and names."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._name = name

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Put TLS on a connection's socket."""
        connection.socket = self._context.wrap_socket(
            connection.socket, do_handshake_on_connect=do_handshake, server_hostname=self._name
        )


class Directory:
    """A directory server. Each request has a connection of its own: none goes stale."""

    def __init__(self, site: Site) -> None:
        """Raises ValueError where the address or the authority's file is wrong."""
        self._site = site
        where = urlsplit(site.backend.where)
        self._secure = where.scheme == "ldaps"
        self._start_tls = not self._secure and bool(
            site.authority or (site.secret and host(site.backend.where) not in LOOPBACK)
        )
        self._host = where.hostname or ""
        self._port = where.port or (636 if self._secure else 389)
        self._tls = _Tls(tls_context(site.authority), self._host)

    def ask(self, question: Question) -> Answer:
        """Search once."""
        request = question.connector.request
        if not isinstance(request, Search):
            return refused("a directory is asked with a search")
        connection = self._connection(question.timeout)
        try:
            return self._search(connection, request, question)
        except exceptions.LDAPInvalidFilterError:
            return refused("the filter cannot be sent as it is written")
        except exceptions.LDAPStartTLSError:
            return unavailable("it does not encrypt, and its certificate must be trusted")
        except exceptions.LDAPSocketOpenError:
            return unavailable("cannot be reached, or its certificate is not trusted")
        except exceptions.LDAPException:
            return unavailable("broke off, or took too long to answer")
        finally:
            self._end(connection)

    def close(self) -> None:
        """Nothing is held."""

    def _connection(self, timeout: float) -> Any:
        seconds = max(1, math.ceil(timeout))  # it counts in whole ones
        server = ldap3.Server(
            self._host, self._port, use_ssl=self._secure, tls=self._tls, get_info=ldap3.NONE,
            connect_timeout=seconds,
        )  # fmt: skip
        user = self._site.backend.user
        return ldap3.Connection(
            server, user or None, self._site.secret if user else None,
            authentication=ldap3.SIMPLE if user else ldap3.ANONYMOUS, read_only=True,
            receive_timeout=seconds, auto_referrals=False, raise_exceptions=False,
            check_names=False,
        )  # fmt: skip

    def _search(self, connection: Any, request: Search, question: Question) -> Answer:
        until = time.monotonic() + question.timeout
        if self._start_tls:
            connection.open(read_server_info=False)
            if not connection.start_tls(read_server_info=False):
                return unavailable("it does not encrypt")
        if not connection.bind(read_server_info=False):
            code = connection.result["result"]
            if code in _WRONG_SECRET:
                return unavailable("it refuses the user or the secret", key_refused=True)
            return unavailable(f"refused to talk (result {code})")
        wanted = templates.fill(
            request.filter, lambda name: escape_filter_chars(text(question.values.get(name)))
        )
        connection.search(
            request.base, wanted, attributes=list(request.attributes) or None,
            size_limit=question.most, time_limit=max(1, int(until - time.monotonic())),
        )  # fmt: skip
        code = connection.result["result"]
        if code == _NO_OBJECT:
            return Answer(Status.DONE, [])
        if code in _LATER:
            return unavailable(f"failed (result {code})", down=code != _TIME_LIMIT)
        if code not in {_SUCCESS, _SIZE_LIMIT}:
            return refused(f"refused (result {code})")
        rows = [
            _row(entry, request.attributes)
            for entry in connection.response or ()
            if entry.get("type") == "searchResEntry"
        ]
        return Answer(Status.DONE, rows)

    @staticmethod
    def _end(connection: Any) -> None:
        with contextlib.suppress(exceptions.LDAPException, OSError):
            connection.unbind()
        if connection.socket is not None:  # one that could not be connected is left open
            connection.socket.close()


def _row(entry: Any, wanted: tuple[str, ...]) -> Json:
    """Return an entry by the names that were asked for, each with its first value."""
    spelled = {name.casefold(): name for name in wanted}
    found: dict[str, Json] = {"dn": str(entry["dn"])}
    for name, values in entry["raw_attributes"].items():
        if not values:
            continue
        try:
            value = bytes(values[0]).decode("utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found[spelled.get(name.casefold(), name)] = value
    return found
