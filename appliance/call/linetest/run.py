"""The course of a line test: each step tells its result as soon as it is known.

    find the PBX ─► reach it ─► certificate ─► SIP ─► password, who is registered
      ─► the box itself ─► a call with everything ─► a telephone of another make

A step that makes the rest pointless ends the course; what is left is told as not tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from appliance import sip
from appliance.audio import codecs
from appliance.call.line import target, tls_options
from appliance.call.linetest import calls, diagnosis, probe, stranger
from appliance.call.linetest.asker import Contact, Reply
from appliance.call.linetest.phone import Phone
from appliance.call.linetest.probe import Probe
from appliance.call.linetest.pyvoip import Order
from appliance.call.linetest.seen import Seen, Setup, Times, plainer
from appliance.call.linetest.steps import Result, Step, Verdict, failed, skipped, untried
from appliance.call.linetest.witness import Evidence, Witness
from appliance.settings import AccountSettings, Settings
from appliance.sip.locate import Target
from appliance.system import tls
from appliance.system.certificates import Certificate
from appliance.system.loop import token
from appliance.system.network import NoRouteError, own_address
from appliance.system.ports import PortError, bind
from appliance.system.resolve import Found, ResolveError, Resolver
from appliance.system.tls import TlsError

LARGE: Final = 2400
"""Bytes: two fragments of Ethernet, and less than any PBX takes."""
_MOST: Final = 3
"""Addresses of the PBX, and contacts of the box, that are tried."""
_WITNESS: Final = 3.0
"""Seconds in which the box's record of a call must be written."""


class Finds(Protocol):
    """What is needed of a resolver."""

    async def find(self, target: Target) -> Found:
        """Return where a target is served. Raises ResolveError."""


@dataclass(frozen=True, slots=True)
class Telephone:
    """The second extension, by which the box is called."""

    user: str
    password: str
    login: str = ""


class _Over(Exception):  # noqa: N818 - no error: the course ends here
    """Nothing that follows can be tried."""


class LineTest:
    """One test of one line; `run` it once."""

    def __init__(
        self,
        settings: Settings,
        line: str,
        telephone: Telephone | None,
        tell: Callable[[Result], None],
        *,
        times: Times | None = None,
        patience: float = probe.PATIENCE,
        resolver: Finds | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        independent: bool = True,
    ) -> None:
        """`tell` hears each result at once. `independent`: let pyVoIP call too."""
        self.results: list[Result] = []
        self._settings = settings
        self._account: AccountSettings = settings.lines[line]
        self._telephone = telephone
        self._tell = tell
        self._times = times or Times()
        self._patience = patience
        self._resolver = resolver or Resolver(token())
        self._now = now
        self._independent = independent
        self._addresses: tuple[sip.Address, ...] = ()
        self._host = ""
        self._replies: list[Reply] = []
        self._contacts: list[Contact] = []
        """Where the box is said to be, the newest first."""
        self._box: sip.Address | None = None
        """Where it answers itself; None where nobody can call it without the PBX."""
        self._serves_options = False

    async def run(self) -> list[Result]:
        """Make every check that can be made; returns the results in their order."""
        with contextlib.suppress(_Over):
            await self._find()
            to = await self._reach()
            await self._ask(to)
            await self._ask_box()
            await self._calls(to)
        missing = [step for step in Step if all(one.step is not step for one in self.results)]
        culprit = next((one for one in self.results if one.verdict is Verdict.FAIL), None)
        why = f"not tried: first mend '{culprit.title}'" if culprit else "not tried"
        for step in missing:
            self._note(untried(step, why))
        return self.results

    def _note(self, result: Result, *, vital: bool = False) -> None:
        self.results.append(result)
        self._tell(result)
        if vital and result.verdict is Verdict.FAIL:
            raise _Over

    # the way to the PBX

    async def _find(self) -> None:
        trouble = ""
        try:
            found = await self._resolver.find(target(self._account, self._settings.call))
            self._addresses, trouble = found.addresses, found.stale
        except ResolveError as error:
            trouble = str(error)
        self._note(diagnosis.name(self._account, self._addresses, trouble), vital=True)
        told, own = self._settings.call.host, ""
        try:
            own = own_address(self._addresses[0].host, self._addresses[0].port)
            trouble = ""
        except NoRouteError as error:
            trouble = str(error)
        self._host = told if told not in ("", "0.0.0.0", "::") else own
        if not trouble:
            try:
                bind(self._host, 0).close()
            except PortError:
                trouble = f"the box has no address {self._host} (call.host)"
        self._note(diagnosis.route(own, told, trouble), vital=True)

    async def _reach(self) -> sip.Address:
        """Return the first address of the PBX that answers."""
        account = self._account
        to = self._addresses[0]
        if to.transport == "udp":
            reply = await self._any_answer(to)
            for other in self._addresses[1:_MOST]:
                if reply.status or reply.changed:
                    break
                second = await self._any_answer(other)
                if second.status:
                    to, reply = other, second
            if reply.changed and not reply.status:
                self._note(diagnosis.tampering(self._host, [reply]), vital=True)
            others = () if reply.status else await self._others(to)
            trouble = "" if reply.status else reply.reason
            self._note(diagnosis.port(account, to, trouble, others), vital=True)
            self._note(skipped(Step.TLS, "signalling by UDP is not encrypted"))
            self._note(diagnosis.answer(account, to, reply, ()))
            self._replies.append(reply)
            return to
        why = ""
        for address in self._addresses[:_MOST]:
            trouble = await probe.connects(self._host, address, self._patience)
            if not trouble:
                to, why = address, ""
                break
            why = why or trouble
        others = await self._others(to) if why else ()
        self._note(diagnosis.port(account, to, why, others), vital=True)
        if to.transport == "tls":
            await self._certificate(to)
        else:
            self._note(skipped(Step.TLS, "signalling by TCP is not encrypted"))
        reply = await self._any_answer(to)
        others = () if reply.status else await self._others(to)
        self._note(diagnosis.answer(account, to, reply, others), vital=True)
        self._replies.append(reply)
        return to

    async def _certificate(self, to: sip.Address) -> None:
        seen: Certificate | None = None
        trouble, others = "", ()  # type: tuple[str, tuple[sip.Address, ...]]
        try:
            seen = await tls.probe(to.host, to.port, to.name, tls_options(self._account))
        except TlsError as error:
            trouble = str(error)
            others = await self._others(to)
        result = diagnosis.tls(self._account, to, seen, trouble, others, now=self._now())
        self._note(result, vital=True)

    async def _others(self, to: sip.Address) -> tuple[sip.Address, ...]:
        return await probe.others(self._host, to, self._account, min(self._patience, 2.0))

    async def _any_answer(self, to: sip.Address) -> Reply:
        """Ask by OPTIONS, and where that is ignored, as some PBXs do, by REGISTER."""
        reply = await self._options(to)
        self._serves_options = reply.status > 0
        if not reply.status and not reply.changed and self._account.registration:
            other = await self._asked(to, Probe.bindings)
            return other if other.status else reply
        return reply

    async def _options(self, to: sip.Address) -> Reply:
        return await self._asked(to, Probe.options)

    async def _asked(self, to: sip.Address, question: Callable[[Probe], Awaitable[Reply]]) -> Reply:
        try:
            way = await Probe.open(self._host, to, self._account, patience=self._patience)
        except (PortError, TlsError) as error:
            return Reply(0, str(error))
        try:
            return await question(way)
        finally:
            await way.close()

    async def _ask(self, to: sip.Address) -> None:
        """Everything that the PBX answers without a call."""
        account = self._account
        way = await Probe.open(self._host, to, account, patience=self._patience)
        try:
            sized = to.transport == "udp" and self._serves_options
            large = await way.large(LARGE) if sized else None
            fetched = await way.bindings() if account.registration else Reply(0, "")
        finally:
            await way.close()
        self._replies.append(fetched)
        self._note(diagnosis.tampering(self._host, self._replies))
        self._note(diagnosis.size(to.transport, large, LARGE))
        date = next((one.date for one in self._replies if one.date), "")
        self._note(diagnosis.clock(date, self._now()))
        self._note(diagnosis.registration(account, to, fetched), vital=True)
        keepers = diagnosis.sort_contacts(fetched.contacts, self._own())
        self._note(diagnosis.binding(account, keepers))
        # Of several, older ones may have been left behind by a box that was switched off.
        self._contacts = sorted(keepers.ours, key=lambda one: one.expires or 0, reverse=True)
        if not self._contacts and self._settings.call.port:
            port = self._settings.call.port
            self._contacts = [Contact(self._host, port, account.transport, None)]

    def _own(self) -> frozenset[str]:
        """Every address under which the box is seen."""
        seen = {reply.seen[0] for reply in self._replies if reply.seen[0]}
        return frozenset({self._host, *seen})

    # the box and calls to it

    def _near(self, contact: Contact) -> sip.Address | None:
        """Where a contact of the box can be reached from here, without the PBX."""
        own = self._settings.call.port
        if contact.host == self._host and contact.port and contact.transport in ("", "udp"):
            return sip.Address("udp", self._host, contact.port)
        if contact.transport == "tcp" and own:
            return sip.Address("tcp", self._host, own)
        # Behind NAT, or over a connection, the PBX knows another port than the box listens on.
        return None

    async def _ask_box(self) -> None:
        if not self._contacts:
            self._note(skipped(Step.BOX, "nobody knows where the box listens"))
            return
        if self._settings.call.strangers == "ignore":
            self._note(skipped(Step.BOX, "the box answers the PBX only (call.strangers = ignore)"))
            return
        places = [place for place in map(self._near, self._contacts[:_MOST]) if place]
        reply: Reply | None = None
        for place in places:
            reply = await self._options(place)
            if reply.status:
                self._box = place
                break
        shown = str(self._box or next(iter(places), ""))
        self._note(diagnosis.box(shown, reply), vital=True)

    async def _calls(self, to: sip.Address) -> None:
        setup = self._setup(to)
        if setup is None:
            self._note(
                skipped(
                    Step.CALL,
                    "nobody to call as: name a second extension (--phone-user and"
                    " --phone-password)",
                )
            )
            return
        await self._call(setup)
        await self._stranger(setup)

    def _setup(self, to: sip.Address) -> Setup | None:
        account, call, phone = self._account, self._settings.call, self._telephone
        able = codecs.available()
        setup = Setup(
            host=self._host,
            ports=call.media_ports,
            number=account.user,
            codecs=tuple(name for name in account.codecs if name in able) or ("PCMU", "PCMA"),
            srtp=sip.Srtp(account.srtp),
        )
        if phone is not None:
            own = probe.credentials(account, to)
            own = replace(own, user=phone.user, password=phone.password, login=phone.login)
            options = tls_options(account) if to.transport == "tls" else None
            return replace(setup, account=own, transport=to.transport, tls=options)
        box = self._box
        if box is None:
            return None
        return replace(setup, route=box, transport=box.transport, domain=str(box))

    async def _call(self, setup: Setup) -> None:
        witness = Witness(self._settings.records.file)
        watched = witness.mark()
        try:
            seen = await self._dialled(setup, setup.account.user if setup.account else "")
            other = await self._other_offer(setup, seen)
        except (PortError, TlsError) as error:
            self._note(failed(Step.CALL, str(error), "free some ports for the test"), vital=True)
            return
        if seen is None:
            return
        testimony = None
        if watched and seen.status == 200:
            testimony = await _patiently(witness, seen.seconds)
        about = calls.Circumstances(
            setup,
            capacity=self._settings.call.capacity,
            own=self._own(),
            pbx=frozenset(one.host for one in self._addresses),
            watched=watched,
            testimony=testimony,
        )
        self._note(calls.call(seen, about), vital=True)
        if seen.status == 200:
            self._note(calls.reached(seen, about), vital=True)
        self._note(calls.audio(seen, about, other), vital=True)
        self._notes(
            calls.hears_box(seen, about),
            calls.box_hears(seen, about),
            calls.keys(seen, about),
            calls.hold(seen),
            calls.quality(seen),
            calls.transfer(seen, about),
            calls.hang_up(seen),
        )

    def _notes(self, *results: Result) -> None:
        for result in results:
            self._note(result)

    async def _dialled(self, setup: Setup, transfer: str, *, brief: bool = False) -> Seen | None:
        """Make one call; None where the telephone could not register, which is noted."""
        phone = Phone(setup, self._times)
        try:
            status, reason = await phone.open()
            if status != 200:
                self._note(calls.unregistered(status, reason, setup), vital=True)
                return None
            return await phone.call(transfer=transfer, brief=brief)
        finally:
            await phone.close()

    async def _other_offer(self, setup: Setup, seen: Seen | None) -> tuple[Setup, Seen] | None:
        """Where nothing was agreed: find an offer that is."""
        if seen is None or seen.status not in calls.NOT_AGREED:
            return None
        for other in plainer(setup, codecs.available()):
            found = await self._dialled(other, "", brief=True)
            if found is not None and found.status == 200:
                return other, found
        return None

    async def _stranger(self, setup: Setup) -> None:
        """A second implementation, which speaks UDP only."""
        if not self._independent:
            self._note(skipped(Step.STRANGER, "not asked for"))
        elif not stranger.installed():
            self._note(
                skipped(Step.STRANGER, "pyVoIP is not installed: pip install attendant[line-test]")
            )
        elif setup.transport != "udp" or setup.srtp is sip.Srtp.REQUIRED or ":" in setup.host:
            self._note(
                skipped(Step.STRANGER, "pyVoIP speaks UDP over IPv4 without encryption only")
            )
        else:
            order = self._order(setup)
            self._note(stranger.judge(await stranger.visit(order), order))

    def _order(self, setup: Setup) -> Order:
        account, first = setup.account, setup.ports[0]
        where = account.registrar if account else setup.route
        if where is None:
            raise _Over
        with bind(setup.host, 0) as sock:
            port = sock.getsockname()[1]
        return Order(
            server=where.host,
            port=where.port,
            host=setup.host,
            sip_port=port,
            media_ports=_free(setup.host, (first, setup.ports[1])),
            number=setup.number,
            user=account.user if account else "line-test",
            password=account.password if account else "",
            register=account is not None,
            ring=self._times.ring,
            listen=min(3.0, self._times.listen),
        )


def _free(host: str, ports: tuple[int, int]) -> tuple[int, int]:
    """Return a stretch of ports of which the first is free: pyVoIP does not look."""
    for port in range(*ports):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((host, port))
            return port, port
    return ports


async def _patiently(witness: Witness, seconds: float) -> Evidence | None:
    """Wait for the box to have written its record."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WITNESS
    while True:
        found = witness.testify(seconds)
        if found is not None or loop.time() > until:
            return found
        await asyncio.sleep(0.1)


def worst(results: Iterable[Result]) -> int:
    """Return the exit status: 1 where a check failed."""
    return int(any(result.verdict is Verdict.FAIL for result in results))
