"""A request of ours, repeated with credentials where the peer asks for them (RFC 3261 22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .address import Address
from .digest import Challenge, answer, strongest
from .message import Request, Response
from .stack import Stack
from .transaction import OnResponse, OnSilence, Transaction

_ASKED: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
_MOST_REFUSALS: Final = 2
"""Credentials for fresh nonces that the peer may refuse before the password is called wrong."""
_MOST_TRIES: Final = 5


class Wallet:
    """Our password, and the nonces under which it was last proved."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._challenge: Challenge | None = None
        self._field = ""
        self._cnonce = ""
        self._count = 0

    def learn(self, challenge: Challenge, field: str) -> None:
        """Take a new challenge; the nonce count begins again.

        One cnonce serves a whole nonce, as the -sess algorithms need it (RFC 7616 3.4.2).
        """
        self._challenge, self._field, self._count = challenge, field, 0
        self._cnonce = self._stack.tokens()

    def forget(self) -> None:
        """Drop a nonce that has led nowhere."""
        self._challenge = None

    def sign(self, request: Request) -> Request:
        """The request with credentials for the last challenge; unchanged if there is none."""
        account = self._stack.account
        if account is None or self._challenge is None:
            return request
        self._count += 1
        credentials = answer(
            self._challenge,
            user=account.login or account.user,
            password=account.password,
            method=request.method,
            uri=request.uri,
            body=request.body,
            cnonce=self._cnonce,
            count=self._count,
        )
        return request.with_headers(request.headers.setting(self._field, str(credentials)))


class Attempt:
    """One request, its transactions, and their one outcome."""

    def __init__(
        self,
        stack: Stack,
        request: Request,
        to: Address,
        now: float,
        *,
        answered: OnResponse | None,
        silent: OnSilence | None,
        resequence: Callable[[], int],
        wallet: Wallet | None = None,
    ) -> None:
        self.to = to
        self._stack = stack
        self._answered = answered
        self._silent = silent
        self._resequence = resequence
        self._wallet = wallet or Wallet(stack)
        self._refusals = self._tries = 0
        self._closed = False
        self.request = self._wallet.sign(request)
        """As last sent."""
        self._transaction = self._send(now)

    def _send(self, now: float) -> Transaction:
        return self._stack.transactions.request(
            self.request, self.to, now, self._response, self._silent
        )

    def close(self) -> None:
        """Do not try again: whatever comes next is the outcome."""
        self._closed = True

    def abandon(self, now: float) -> None:
        """Stop, and hear nothing more of it."""
        self._transaction.abandon(now)

    def _response(self, response: Response, now: float) -> None:
        if response.status in _ASKED and self._again(response, now):
            return
        if self._answered:
            self._answered(response, now)

    def _again(self, response: Response, now: float) -> bool:
        account = self._stack.account
        # the password is proved to its own registrar's host only
        if self._closed or account is None or self.to.host != account.registrar.host:
            return False
        asked, field = _ASKED[response.status]
        challenge = strongest(response.headers.lines(asked))
        if challenge is None:
            return False
        self._tries += 1
        if field in self.request.headers and not challenge.stale:
            self._refusals += 1
        if self._refusals >= _MOST_REFUSALS or self._tries >= _MOST_TRIES:
            self._wallet.forget()
            return False
        self._wallet.learn(challenge, field)
        headers = self.request.headers.setting("Via", self._stack.via())
        headers = headers.setting("CSeq", f"{self._resequence()} {self.request.method}")
        self.request = self._wallet.sign(self.request.with_headers(headers))
        self._transaction = self._send(now)
        return True
