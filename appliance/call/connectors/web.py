"""JSON over HTTP.

    path, query, body with parameters ─► httpx ─► status, at most so many bytes of JSON ─► Answer

Decided here:
- Nothing of the environment counts (no proxy, no .netrc), no cookie is kept from one caller to
  the next, an answer is taken uncompressed (a small one can then not become a large one).
- A redirect is followed for reads, on the same host, and never from https to http.
- A write that was answered with 2xx has been done, whatever else the answer says.
- 401 is our own secret's fault: what waits in the outbox stays there until it is mended.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, NoReturn
from urllib.parse import urljoin, urlsplit

import httpx

from appliance.call.connectors import binding
from appliance.call.connectors.answers import ENTRIES, Answer, refused, unavailable
from appliance.call.connectors.drivers import Question, Site, tls_context
from appliance.dialogue import Json, Status
from appliance.dialogue.connectors import HttpRequest
from appliance.dialogue.values import look_up

LARGEST: Final = 256 * 1024
"""Bytes of an answer to a caller."""
_LARGEST_LIST: Final = 8 * 1024 * 1024
"""Bytes of a list of entries, read once."""
_HOPS: Final = 3
_NOT_NOW: Final = frozenset({408, 425, 429})
"""Statuses of 4xx that mean: later (RFC 9110 section 15.5.9, RFC 8470, RFC 6585 section 4)."""
_DOWN: Final = frozenset({429, 502, 503, 504})
"""Statuses that speak for the whole system."""
_LONGEST_PAUSE: Final = 3600.0
"""Seconds of Retry-After that are honoured."""


class Web:
    """A system that is asked over HTTP."""

    def __init__(self, site: Site) -> None:
        """Raises ValueError where the authority's file holds no certificate."""
        backend = site.backend
        self._base = backend.where.rstrip("/")
        headers = {"User-Agent": "attendant", "Accept-Encoding": "identity"}
        auth: httpx.Auth | None = None
        if backend.secret and backend.scheme == "basic":
            auth = httpx.BasicAuth(backend.user, site.secret)
        elif backend.secret and backend.scheme == "bearer":
            headers["Authorization"] = f"Bearer {site.secret}"
        elif backend.secret:
            headers[backend.scheme] = site.secret
        self._client = httpx.Client(
            auth=auth,
            verify=tls_context(site.authority),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers=httpx.Headers(headers, encoding="utf-8"),
            limits=httpx.Limits(max_connections=backend.most, keepalive_expiry=20.0),
        )

    def ask(self, question: Question) -> Answer:
        """Send one request. Raises BindingError."""
        request = question.connector.request
        if not isinstance(request, HttpRequest):
            return refused("a system over HTTP is asked with a method and a path")
        until = time.monotonic() + question.timeout
        try:
            return self._follow(request, question, until)
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
            return refused("the request cannot be sent as it is written")
        except httpx.HTTPError as error:
            return unavailable(_reason(error))

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _follow(self, request: HttpRequest, question: Question, until: float) -> Answer:
        url = self._base + binding.path(request.path, question.values)
        query: Mapping[str, str] | None = binding.query(request.query, question.values) or None
        for _ in range(_HOPS + 1):
            sent = self._build(request, question, url, query, until)
            response = self._client.send(sent, stream=True)
            try:
                if not response.is_redirect:
                    return _answer(request, question, response, until)
                onward = urljoin(url, response.headers.get("Location", ""))
            finally:
                response.close()
            if question.connector.write or not _same_place(url, onward):
                return unavailable("it redirects elsewhere", down=False)
            url, query = onward, None
        return unavailable("it redirects in circles", down=False)

    def _build(
        self,
        request: HttpRequest,
        question: Question,
        url: str,
        query: Mapping[str, str] | None,
        until: float,
    ) -> httpx.Request:
        headers = {"Accept": "application/json", **request.headers}
        if question.connector.write:
            # draft-ietf-httpapi-idempotency-key-header; unquoted, as those who take it read it
            headers["Idempotency-Key"] = question.key
        content = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(binding.body(request.body, question.values)).encode()
        return self._client.build_request(
            request.method, url, params=query, headers=headers, content=content,
            timeout=max(0.05, until - time.monotonic()),
        )  # fmt: skip


def _answer(
    request: HttpRequest, question: Question, response: httpx.Response, until: float
) -> Answer:
    status = response.status_code
    if status in request.nothing:
        return Answer(Status.NOTHING, reason=f"answered {status}")
    if status in {401, 407}:
        return unavailable(f"answered {status}: it refuses the secret", key_refused=True)
    if 400 <= status < 500 and status not in _NOT_NOW:
        return refused(f"answered {status}")
    if not 200 <= status < 300:
        pause = _pause(response.headers.get("Retry-After", ""))
        return unavailable(f"answered {status}", down=status in _DOWN, after=pause)
    largest = LARGEST if question.most < ENTRIES else _LARGEST_LIST
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return _unreadable(question, response, "answered compressed, unasked")
    data = bytearray()
    for part in response.iter_raw():
        data += part
        if len(data) > largest:
            return _unreadable(question, response, "answered with too much")
        if time.monotonic() > until:
            return unavailable("took too long to answer")
    if not data:
        return Answer(Status.DONE)
    try:
        found: Json = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return _unreadable(question, response, "answered what is no JSON")
    if not request.answer:
        return Answer(Status.DONE, found)
    return Answer(Status.DONE, look_up({"": found}, f".{request.answer}"))


def _unreadable(question: Question, response: httpx.Response, reason: str) -> Answer:
    """Return what an answer comes to that holds nothing for us."""
    connector = question.connector
    request = connector.request
    wanted = bool(connector.fields) or (isinstance(request, HttpRequest) and bool(request.answer))
    page = response.headers.get("Content-Type", "").startswith("text/html")
    # A page in place of an answer that is asked for comes from something in between: a login, a
    # proxy. Any other 2xx is the system's own word that it is done.
    if connector.write and not (wanted and page):
        return Answer(Status.DONE, reason=reason)
    return unavailable(reason, down=False)


def _no_number(_word: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON (RFC 8259 section 6)")


def _same_place(before: str, after: str) -> bool:
    one, other = urlsplit(before), urlsplit(after)
    if one.scheme == "http" and other.scheme == "https" and other.port in {None, 443}:
        return one.hostname == other.hostname
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _pause(after: str) -> float:
    """Return the seconds of a Retry-After (RFC 9110 section 10.2.3), 0 where there are none."""
    if after.isdecimal():
        return min(_LONGEST_PAUSE, float(after[:9]))
    try:
        left = (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(_LONGEST_PAUSE, max(0.0, left))


def _reason(error: httpx.HTTPError) -> str:
    """Return why, in words of ours: a library's may quote the address, and with it a caller."""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "cannot be reached in time"
    if isinstance(error, httpx.TimeoutException):
        return "took too long to answer"
    if isinstance(error, httpx.ConnectError):
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return "its certificate is not trusted"
            cause = cause.__cause__ or cause.__context__
        return "cannot be reached"
    return "broke off"
