"""A SIP user agent as a pure core: five verbs for the wire and the clock, commands for the user.

    datagram -> receive -> parser -> transactions -> registration | registrar | session -> events
    command  ------------------------------------> registration | session -> outgoing

Nothing is sent and no clock is read here: `outgoing` is drained and `tick` is called at
`deadline` by whoever owns the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .address import Address, Packet, canonical
from .answering import Answering
from .calling import Calling
from .errors import LocalError, RemoteError
from .events import Event
from .guard import Policy
from .headers import NameAddr, asked
from .info import write_info
from .media import Direction, LocalMedia, Media, Srtp
from .reception import MOST_CALLS, Reception
from .registrar import Registrar
from .registration import Registration, Standing
from .session import Book, Session
from .stack import Account, Stack
from .text import clean
from .transfer import far_end
from .uri import Uri, user_part


class UserAgent:
    """One end of a telephone line; see the package for the events it tells."""

    def __init__(
        self,
        *,
        local: Address,
        tokens: Callable[[], str],
        account: Account | None = None,
        registrar: Registrar | None = None,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        product: str = "Attendant",
        stream: Address | None = None,
        policy: Policy | None = None,
        srtp: Srtp = Srtp.OFF,
    ) -> None:
        """`local` is where peers reach us; `tokens` gives fresh unguessable [0-9a-z] texts.

        `stream` is where we also listen by TCP where `local` is a UDP address. `srtp` says which
        offers are looked at; the keys come with `LocalMedia`.
        """
        name = clean(product, "the product")
        if policy is None and registrar is not None:
            policy = Policy(burst=0)  # whoever serves many telephones sets limits of its own
        self._stack = Stack(local, tokens, account, name, stream=stream, policy=policy)
        self._registrar = registrar
        self._book = Book()
        self._registration = Registration(self._stack, account) if account else None
        self._reception = Reception(self._stack, self._book, registrar, codecs, srtp)

    # the five verbs

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one datagram, or one message of a stream. Never raises, whatever it holds."""
        self._reception.receive(data, source, now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._stack.timers.run(now)
        if self._registrar is not None:
            self._stack.events.extend(self._registrar.tick(now))

    def deadline(self) -> float | None:
        """When `tick` is next needed; None while nothing waits."""
        moments = [self._stack.timers.deadline()]
        if self._registrar is not None:
            moments.append(self._registrar.deadline())
        return min((moment for moment in moments if moment is not None), default=None)

    def outgoing(self) -> list[Packet]:
        """Hand out what is to be sent, in its order."""
        packets, self._stack.packets = self._stack.packets, []
        return packets

    def events(self) -> list[Event]:
        """Hand out what has happened, in its order."""
        events, self._stack.events = self._stack.events, []
        return events

    # what the world around tells

    def lost(self, peer: Address, why: str, now: float) -> None:
        """The connection to `peer` could not be made, or broke; `why` is for people.

        What waits for an answer over it fails at once or is sent another way, and a registration
        over it is renewed.
        """
        self._book.lost(peer)
        self._stack.transactions.lost(peer, why, now)
        if self._registration is not None:
            self._registration.lost(peer, why, now)
        if self._registrar is not None:
            self._stack.events.extend(self._registrar.lost(peer))

    def locate(self, addresses: tuple[Address, ...], now: float) -> None:
        """The account's registrars as a resolver found them, the preferred first."""
        self._own_registration().locate(addresses, now)

    def moved(self, local: Address, now: float) -> None:
        """The network changed and `local` is our address now: registered again at once.

        `Moved` follows for each call that stands, if its audio cannot come where it came before.
        """
        elsewhere = local.host != self._stack.local.host
        self._stack.move(local)
        if self._registration is not None:
            self._registration.moved(now)
        if elsewhere:
            self._stack.events += self._book.moved()

    @property
    def registration(self) -> Standing | None:
        """How the registration stands; None without an account."""
        return None if self._registration is None else self._registration.standing

    # commands; an illegal one raises LocalError

    def register(self, now: float) -> None:
        """Register, refresh and try again for ever."""
        self._own_registration().start(now)

    def unregister(self, now: float) -> None:
        """Withdraw the registration; `Unregistered` follows."""
        self._own_registration().stop(now)

    def _own_registration(self) -> Registration:
        if self._registration is None:
            raise LocalError("there is no account to register")
        return self._registration

    def calls(self) -> tuple[str, ...]:
        """The handles of all calls."""
        return tuple(self._book.calls)

    def ring(self, call: str, now: float, media: LocalMedia | None = None) -> Media | None:
        """Tell the caller that it rings; with `media` it hears us already (early media).

        It is said again every minute, and a call that is not answered in three minutes is refused
        with 480. Returns what was agreed. None without `media`, and where the INVITE had no offer:
        `EarlyMedia` brings the agreement then, or nothing before the answer does.
        """
        return self._answering(call).ring(now, media)

    def answer(self, call: str, media: LocalMedia, now: float) -> Media | None:
        """Answer; returns what was agreed. After early media `media` must be the same.

        None where the INVITE had no offer: ours goes out and `Confirmed` brings the agreement.
        Where the call replaces one of ours, that one ends as REPLACED.
        """
        return self._answering(call).answer(media, now)

    def reject(
        self,
        call: str,
        status: int,
        now: float,
        *,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Refuse a call that was not answered."""
        self._answering(call).reject(status, now, reason=reason, fields=tuple(headers))

    def hang_up(self, call: str, now: float) -> None:
        """End a call in whatever way fits: CANCEL, a refusal, or BYE. `Ended` follows at once."""
        self._session(call).hang_up(now)

    def invite(
        self,
        target: str,
        media: LocalMedia,
        now: float,
        *,
        route: Address | None = None,
        caller: str = "",
        display: str = "",
        headers: Iterable[tuple[str, str]] = (),
        replaces: str = "",
        offer: bool = True,
    ) -> str:
        """Call a user part, or a SIP, SIPS or TEL URI; returns the handle.

        It is sent to `route`, else to the registrar in use (with the Service-Route that it gave),
        else to the target itself, which must then be an IP address. `replaces` is the value of a
        Replaces header: the call takes the place of another (RFC 3891); a target that asks for
        one, as in `TransferRequested`, needs nothing more. An Expires among `headers` bounds how
        long it may ring. `offer` False leaves it to the peer to make the offer.
        """
        stack = self._stack
        uri = self._target(target)
        account = stack.account
        replaces = replaces or asked(uri, "Replaces")
        uri = uri.bare()
        if uri.scheme == "sips" and (route or stack.local).transport != "tls":
            raise LocalError("a sips address is called over TLS only")
        # a Service-Route is followed by the proxy that handed it out (RFC 3608 section 5)
        to = route or stack.registrar or uri.address(stack.local)
        if to is None:
            raise LocalError(f"no way to {target}: give an IP address or a route")
        if len(self._book.calls) >= MOST_CALLS:
            raise LocalError("too many calls")
        fields = tuple(headers)
        if replaces:
            fields += (("Replaces", replaces), ("Require", "replaces"))
        for name, value in fields:
            clean(name + value, f"the header {name!r}")
        user = user_part(caller or (account.user if account else ""))
        name = clean(display or (account.display if account else ""), "the display name")
        me = NameAddr(Uri("sip", user, stack.domain), name)
        session = Calling(
            stack,
            self._book,
            target=uri,
            to=to,
            routes=() if route else stack.routes,
            caller=me,
            local=media,
            fields=fields,
            now=now,
            offering=offer,
        )
        return session.handle

    def extension(self, target: str) -> str:
        """The user part of an address at our own PBX; any other address as it stands."""
        try:
            uri = Uri.parse(target)
        except RemoteError:
            return target
        stack = self._stack
        ours = canonical(uri.host) == canonical(stack.domain) or stack.proves(canonical(uri.host))
        return uri.name if ours and uri.name and uri.scheme in ("sip", "sips") else target

    def hold(self, call: str, on: bool, now: float) -> None:
        """Hold (we send, the peer does not) or resume; `MediaChanged` follows."""
        session = self._session(call)
        session.standing()
        wish = Direction.SENDONLY if on else Direction.SENDRECV
        session.modification.wish(wish, now)

    def change_media(self, call: str, media: LocalMedia, now: float) -> None:
        """Have the codecs, the host and the port of `media` in a call that stands.

        `MediaChanged` follows: with what is agreed then, or with what stays where the peer
        refuses. A hold, keys and telephone events stay as they are. Raises LocalError where the
        call does not stand, or none of the codecs is known.
        """
        session = self._session(call)
        session.standing()
        session.modification.wish(None, now, media.codecs, (media.host, media.port))

    def transfer(
        self, call: str, target: str, now: float, *, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Ask the peer to call somebody else; `TransferProgress` tells how it goes."""
        session = self._session(call)
        uri = self._target(target, session.standing().remote.uri)
        session.departure.ask(NameAddr(uri), now, headers)

    def transfer_to(
        self, call: str, other: str, now: float, *, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Ask the peer of `call` to take our place in our call `other` (attended transfer).

        `TransferProgress` tells how it goes; `other` is ended by its peer. Raises LocalError
        where either does not stand.
        """
        session, far = self._session(call), self._session(other)
        session.standing()
        if far is session:
            raise LocalError("a call cannot be handed over to itself")
        session.departure.ask(NameAddr(far_end(far.standing())), now, headers)

    def send_key(
        self, call: str, digit: str, now: float, *, milliseconds: int = 160, relay: bool = True
    ) -> None:
        """Send a key by INFO: 0-9, *, #, A-D, as dtmf-relay or else as the bare key."""
        session = self._session(call)
        session.standing()
        kind, body = write_info(digit, milliseconds, relay=relay)
        session.send("INFO", now, fields=(("Content-Type", kind),), body=body)

    def notify_transfer(self, call: str, status: int, reason: str, now: float) -> None:
        """Tell the peer how the transfer it asked for goes; a final status ends it."""
        self._session(call).errand.tell(status, reason, now)

    def _session(self, call: str) -> Session:
        session = self._book.calls.get(call)
        if session is None:
            raise LocalError("there is no such call (any more)")
        return session

    def _answering(self, call: str) -> Answering:
        session = self._session(call)
        if not isinstance(session, Answering):
            raise LocalError("that is a call of ours: nobody waits for an answer")
        return session

    def _target(self, target: str, peer: Uri | None = None) -> Uri:
        """A user part, completed with our domain (or the peer's), or a whole URI."""
        clean(target, "the target")
        if not target:
            raise LocalError("nobody to call: the target is empty")
        schemed = target.lower().startswith(("sip:", "sips:", "tel:"))
        if not schemed and "@" not in target:
            if self._stack.account is None and peer is not None:
                return Uri("sip", user_part(target), peer.host, peer.port)
            return Uri("sip", user_part(target), self._stack.domain)
        try:
            uri = Uri.parse(target if schemed else f"sip:{target}")
        except RemoteError as error:
            raise LocalError(f"{target!r} is no SIP URI: {error.reason}") from None
        if uri.scheme == "tel" and self._stack.account is not None:
            # few PBXs take a TEL URI: its number is a user of theirs (RFC 3261 19.1.6)
            number = "".join(char for char in uri.user if char not in "-.() ")
            phone = (("user", "phone"),)
            return Uri("sip", user_part(number), self._stack.domain, params=phone)
        return uri
