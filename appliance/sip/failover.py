"""Which registrar is asked next: those that were located, in their order, and redirections."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from .address import Address, canonical
from .errors import RemoteError
from .headers import NameAddr
from .message import Response
from .text import param, readable
from .uri import Uri

MOST_REGISTRARS: Final = 5
"""Located registrars that are tried; each silent one costs a few seconds of every round."""
MOST_REDIRECTIONS: Final = 5


class Round:
    """One round through all registrars; over when one accepts, refuses, or none is left."""

    def __init__(self, registrars: tuple[Address, ...]) -> None:
        self._left = deque(registrars[:MOST_REGISTRARS])
        self._asked: set[Address] = set()
        self._redirections = 0

    def next(self) -> Address | None:
        """The registrar to ask now; None where all were asked."""
        while self._left:
            address = self._left.popleft()
            if address not in self._asked:
                self._asked.add(address)
                return address
        return None

    def extend(self, registrars: tuple[Address, ...]) -> None:
        """Ask these too: they were located while the round was under way."""
        self._left = deque(registrars[:MOST_REGISTRARS])

    @property
    def last(self) -> bool:
        """Whether nobody is left behind the one being asked."""
        return all(address in self._asked for address in self._left)

    def redirected(self, response: Response, by: Address) -> None:
        """Put the contacts of a 301 or 302 next (RFC 3261 8.1.3.4). Raises RemoteError.

        Only addresses are followed, over the same transport: a name would want a resolver, and
        nobody may talk us out of TLS. The error's reason says why nothing is followed.
        """
        self._redirections += 1
        if self._redirections > MOST_REDIRECTIONS:
            raise RemoteError("the registrars send us from one to the other")
        named, found = "", list[Address]()
        for uri in contacts(response):
            address = uri.address(by)
            if address is not None:
                address = replace(address, host=canonical(address.host), name=by.name)
            if address is None:
                named = named or readable(f"{uri.host} ({param(uri.params, 'transport') or 'sip'})")
            elif address not in self._asked:
                found.append(address)
        if not found and named:
            raise RemoteError(f"redirected to {named}, which is no address for us")
        if not found:
            raise RemoteError("redirected in a circle, or to nowhere")
        self._left.extendleft(reversed(found[:MOST_REDIRECTIONS]))


def contacts(response: Response) -> list[Uri]:
    """Where a redirection points, the preferred first (by q, RFC 3261 20.10)."""
    found: list[tuple[float, Uri]] = []
    for value in response.headers.listed("Contact"):
        try:
            contact = NameAddr.parse(value)
        except RemoteError:
            continue
        found.append((_preference(param(contact.params, "q")), contact.uri))
    found.sort(key=lambda one: -one[0])
    return [uri for _, uri in found]


def _preference(text: str | None) -> float:
    """A q value; 1 where none or nonsense is told."""
    whole, _, part = (text or "1").partition(".")
    digits = (part or "0")[:3]
    if whole not in ("0", "1") or not digits.isascii() or not digits.isdigit():
        return 1.0
    return min(1.0, float(f"{whole}.{digits}"))
