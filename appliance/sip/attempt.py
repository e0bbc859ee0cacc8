"""A request of ours, repeated with credentials where the peer asks for them (RFC 3261 22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from .address import Address
from .digest import Challenge, answer, by_realm, next_nonce
from .message import Request, Response
from .stack import Stack
from .transaction import OnResponse, OnSilence, Transaction

_CHALLENGES: Final = (
    ("WWW-Authenticate", "Authorization"),
    ("Proxy-Authenticate", "Proxy-Authorization"),
)
_NEXT: Final = (
    ("Authentication-Info", "Authorization"),
    ("Proxy-Authentication-Info", "Proxy-Authorization"),
)
_MOST_REFUSALS: Final = 2
"""Credentials for fresh nonces that the peer may refuse before the password is called wrong."""
_MOST_TRIES: Final = 5
_MOST_REALMS: Final = 8

_Place: TypeAlias = tuple[str, str]
"""The field that proves the password, and the realm for which it does."""


@dataclass(slots=True)
class _Nonce:
    """The last challenge of a realm, and how often it was answered."""

    challenge: Challenge
    cnonce: str
    count: int = 0


class Wallet:
    """Our password, and the nonces under which it was last proved: one for each realm.

    A registrar and the proxies before it may each want their own proof (RFC 3261 22.3).
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._nonces: dict[_Place, _Nonce] = {}

    def holds(self, place: _Place) -> bool:
        """Whether requests carry a proof for that place."""
        return place in self._nonces

    def learn(self, challenge: Challenge, field: str) -> None:
        """Take a new challenge; the nonce count begins again.

        One cnonce serves a whole nonce, as the -sess algorithms need it (RFC 7616 3.4.2).
        """
        place = (field, challenge.realm)
        if place not in self._nonces and len(self._nonces) >= _MOST_REALMS:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[place] = _Nonce(challenge, self._stack.tokens())

    def follow(self, response: Response) -> None:
        """Take the nonce that a success hands out for the next request (RFC 7616 3.5)."""
        for name, field in _NEXT:
            nonce, cnonce = next_nonce(response.headers.get(name, ""))
            held = [one for (where, _), one in self._nonces.items() if where == field]
            if len(held) > 1:
                held = [one for one in held if one.cnonce == cnonce]
            if nonce and len(held) == 1:
                self.learn(replace(held[0].challenge, nonce=nonce, stale=False), field)

    def forget(self) -> None:
        """Drop nonces that have led nowhere."""
        self._nonces.clear()

    def sign(self, request: Request, may: Callable[[str], bool] = lambda _realm: True) -> Request:
        """The request with credentials for each last challenge; unchanged if there is none.

        `may` tells whether its receiver gets a proof for a realm.
        """
        account = self._stack.account
        if account is None or not self._nonces:
            return request
        headers = request.headers
        for _, field in _CHALLENGES:
            headers = headers.without(field)
        proofs: list[tuple[str, str]] = []
        for (field, realm), nonce in self._nonces.items():
            if not may(realm):
                continue
            nonce.count += 1
            credentials = answer(
                nonce.challenge,
                user=account.login or account.user,
                password=account.password,
                method=request.method,
                uri=request.uri,
                body=request.body,
                cnonce=nonce.cnonce,
                count=nonce.count,
            )
            proofs.append((field, str(credentials)))
        return request.with_headers(headers.adding(proofs))


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
        vouched: bool = False,
    ) -> None:
        """Send it. `vouched`: a registrar of ours has led us to `to`, by a route that it recorded.

        With a wallet that has proved the password before, it is proved at once.
        """
        self.to = to
        self._vouched = vouched
        self._stack = stack
        self._answered = answered
        self._silent = silent
        self._resequence = resequence
        self._wallet = wallet or Wallet(stack)
        self._refusals = self._tries = 0
        self._closed = False
        self._transaction = self._send(request, now)

    def _send(self, request: Request, now: float) -> Transaction:
        request = self._wallet.sign(request, self._may_prove)
        return self._stack.transactions.request(request, self.to, now, self._response, self._silent)

    def _may_prove(self, realm: str) -> bool:
        """Whether the receiver gets a proof of the password for a realm.

        Registrars of ours do. Whoever else asks could guess it from the proof, if it is a weak
        one, and the name of a realm is no secret: so it must be one that a registrar has asked
        for, and the way must be that of a call through a registrar, or to a host that the site
        trusts. A stranger that calls us, and is hung up on, gets nothing.
        """
        stack, host = self._stack, self.to.host
        if stack.proves(host):
            return True
        return realm in stack.realms and (self._vouched or stack.known(host))

    @property
    def request(self) -> Request:
        """As last sent."""
        return self._transaction.request

    @property
    def peer(self) -> Address:
        """Where it was last sent: `to`, or its TCP side where the request was too large."""
        return self._transaction.peer

    @property
    def trouble(self) -> str:
        """Why the connection failed over which it went, for people; empty where it did not."""
        return self._transaction.trouble

    def close(self) -> None:
        """Do not try again: whatever comes next is the outcome."""
        self._closed = True

    def abandon(self, now: float) -> None:
        """Stop, and hear nothing more of it."""
        self._transaction.abandon(now)

    def _response(self, response: Response, now: float) -> None:
        if response.status in (401, 407) and self._again(response, now):
            return
        if 200 <= response.status < 300:
            self._wallet.follow(response)
        if self._answered:
            self._answered(response, now)

    def _again(self, response: Response, now: float) -> bool:
        """Repeat the request with the proofs that are asked for; False where that is no use."""
        stack = self._stack
        if self._closed or stack.account is None:
            return False
        asked = [
            (challenge, field)
            for name, field in _CHALLENGES
            for challenge in by_realm(response.headers.lines(name))
            if self._may_prove(challenge.realm)
        ]
        if not asked:
            return False
        if stack.proves(self.to.host) and len(stack.realms) < _MOST_REALMS:
            stack.realms.update(challenge.realm for challenge, _ in asked)
        self._tries += 1
        refused = any(
            self._wallet.holds((field, challenge.realm)) and not challenge.stale
            for challenge, field in asked
        )
        self._refusals += refused
        if self._refusals >= _MOST_REFUSALS or self._tries >= _MOST_TRIES:
            self._wallet.forget()
            return False
        for challenge, field in asked:
            self._wallet.learn(challenge, field)
        headers = self.request.headers.setting("Via", stack.via())
        headers = headers.setting("CSeq", f"{self._resequence()} {self.request.method}")
        self._transaction = self._send(self.request.with_headers(headers), now)
        return True
