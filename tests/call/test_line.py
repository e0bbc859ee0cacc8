"""`call.line`: a line comes back by itself, whatever happens to the PBX or the network."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from appliance import sip
from appliance.call import line as module
from appliance.call.line import Line
from appliance.contracts.errors import UserError
from appliance.contracts.status import LineState
from appliance.settings import AccountSettings, CallSettings, TlsSettings
from appliance.sip.locate import Kind
from appliance.system.certificates import issue, make_authority
from appliance.system.loop import SipEndpoint, token
from appliance.system.network import NoRouteError
from appliance.system.ports import bind, listen
from appliance.system.resolve import Resolver
from appliance.system.tls import TlsOptions
from tests.call.quick import run, sleep, until
from tests.system.nameserver import NameServer

HOST = "127.0.0.1"


class Registrar:
    """A PBX on loopback that can be stopped and started again, and forgets everything then."""

    def __init__(self, transport="udp", *, host=HOST, tls=None, password="right"):
        self.transport, self.host, self.tls, self.password = transport, host, tls, password
        self.port = 0
        self.events = []

    async def start(self):
        make = bind if self.transport == "udp" else listen
        sock = make(self.host, self.port)
        self.port = sock.getsockname()[1]
        self.registrar = sip.Registrar("pbx.test", {"100": self.password, "101": "night"}, token)
        core = sip.UserAgent(
            local=sip.Address(self.transport, self.host, self.port),
            tokens=token,
            registrar=self.registrar,
        )
        datagram = self.transport == "udp"
        self.endpoint = await SipEndpoint.open(
            sock if datagram else None,
            core,
            self.events.append,
            streams={} if datagram else {self.transport: sock},
            tls=self.tls,
        )
        return self

    async def stop(self):
        self.endpoint.close()
        await self.endpoint.wait_closed()

    def contacts(self, user="100"):
        return [uri for uri, _ in self.registrar.bindings(user, self.endpoint.now)]


class Held:
    """A line and what it told."""

    def __init__(self, resolver=None, *, call=None, **account):
        account.setdefault("domain", HOST)
        account.setdefault("password", "right")
        self.events, self.opened, self.told = [], [], []
        self.line = Line(
            "main",
            AccountSettings(**account),
            call or CallSettings(),
            resolver=resolver or Resolver("seed", nameservers=["127.0.0.1"], port=9, patience=1.0),
            event=lambda name, event: self.events.append(event),
            opened=lambda line: self.opened.append((line.local, line.media.host)),
            changed=lambda line: self.told.append((line.state, line.cause)),
        )

    async def __aenter__(self):
        await self.line.open()
        self.task = asyncio.ensure_future(self.line.run())
        self.line.register()
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.line.close()

    async def registered(self, seconds=120.0):
        await until(lambda: self.line.state is LineState.REGISTERED, seconds)

    async def unregistered(self, seconds=120.0):
        await until(lambda: self.line.state is LineState.UNREGISTERED, seconds)


@contextlib.asynccontextmanager
async def pbx(*args, **kwargs):
    made = await Registrar(*args, **kwargs).start()
    try:
        yield made
    finally:
        await made.stop()


def test_it_registers_and_withdraws():
    """Is registered with its own contact, says so, and leaves nothing behind."""

    async def scenario():
        async with pbx() as site:
            async with Held(port=site.port) as held:
                await held.registered()
                assert held.told[0] == (LineState.REGISTERING, "")
                assert held.told[-1] == (LineState.REGISTERED, "")
                assert held.line.registered_at == f"{HOST}:{site.port}"
                assert site.contacts() == [f"sip:100@{held.line.local}"]
                assert held.opened == [(held.line.local, HOST)]
            assert not site.contacts()
            assert held.line.state is LineState.STOPPING

    run(scenario())


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_it_registers_over_connections(transport, tmp_path):
    """Registers by TCP and by TLS, with a certificate of the named authority."""
    authority = make_authority("Clinic")
    tls, files = tls_of(tmp_path, authority, "pbx")

    async def scenario():
        async with (
            pbx(transport, tls=tls) as site,
            Held(port=site.port, transport=transport, tls=TlsSettings(ca=files)) as held,
        ):
            await held.registered()
            assert len(site.contacts()) == 1

    run(scenario(), factor=2)


def tls_of(folder, authority, name, **kwargs):
    """Return the PBX's options, and the file of its authority."""
    certificate, key = issue(authority, HOST, **kwargs).write(folder, name)
    return TlsOptions(certificate=certificate, key=key), authority.write(folder, "authority")[0]


def test_a_pbx_that_was_restarted_is_registered_at_again():
    """Notices that it is gone, says so, and is back at the latest 32 s after it answers again."""

    async def scenario():
        async with pbx() as site, Held(port=site.port, keepalive=5, expires=60) as held:
            await held.registered()
            await site.stop()
            await held.unregistered()
            assert f"no answer from {HOST}:{site.port}" in held.line.cause
            await site.start()
            begun = site.endpoint.now
            await held.registered()
            assert site.endpoint.now - begun < 32
            assert len(site.contacts()) == 1

    run(scenario(), factor=40)


def test_a_wrong_password_is_told_and_survived():
    """Says what is wrong; registers when it is put right at the PBX."""

    async def scenario():
        async with pbx(password="other") as site, Held(port=site.port) as held:
            await held.unregistered()
            assert "wrong password" in held.line.cause
            site.registrar._passwords["100"] = "right"
            await held.registered()
            assert held.line.cause == ""

    run(scenario())


def test_another_address_is_moved_to(monkeypatch):
    """Opens sockets on it, registers anew within two seconds and keeps its user agent."""

    async def scenario():
        ours = ["127.0.0.1"]
        monkeypatch.setattr(module, "own_address", lambda host, port=9: ours[0])
        async with pbx() as site, Held(port=site.port) as held:
            await held.registered()
            core, port = held.line.core, held.line.local.port
            call = core.invite(
                "200", sip.LocalMedia(HOST, 9), site.endpoint.now, route=sip.Address("udp", HOST, 9)
            )
            ours[0] = "127.0.0.2"
            begun = site.endpoint.now
            held.line.network_changed()
            await until(lambda: any("127.0.0.2" in uri for uri in site.contacts()))
            assert site.endpoint.now - begun < 2
            assert held.opened[-1] == (sip.Address("udp", "127.0.0.2", port), "127.0.0.2")
            assert held.line.media.host == "127.0.0.2"
            assert held.line.core is core
            assert call in core.calls()
            assert site.contacts() == [f"sip:100@127.0.0.2:{port}"]

    run(scenario(), factor=1)


def test_an_address_that_is_set_stays(monkeypatch):
    """With call.host it does not look at routes, and re-registers from where it is."""

    async def scenario():
        monkeypatch.setattr(module, "own_address", lambda host, port=9: "127.0.0.3")
        call = CallSettings(host="127.0.0.2")
        async with pbx() as site, Held(port=site.port, call=call) as held:
            await held.registered()
            assert held.line.local.host == "127.0.0.2"
            site.registrar._bindings.clear()
            held.line.network_changed()
            await until(lambda: bool(site.contacts()), 2)
            assert len(held.opened) == 1

    run(scenario(), factor=2)


def test_a_network_that_is_back_is_used_within_two_seconds(monkeypatch):
    """Names the cable while there is none; back, it does not wait for DNS or any back-off."""
    gone = NoRouteError(101, "no network leads to the PBX: is the cable plugged in?")

    async def scenario():
        there = [True]

        def route(host, port=9):
            if not there[0]:
                raise gone
            return HOST

        monkeypatch.setattr(module, "own_address", route)
        async with NameServer({("A", "pbx.test"): [HOST]}) as dns, pbx() as site:
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=2.0)
            async with Held(resolver, domain="pbx.test", port=site.port) as held:
                await held.registered()
                there[0] = False
                dns.silent = True
                held.line.network_changed()
                await held.unregistered()
                assert "cable" in held.line.cause
                await sleep(600)
                site.registrar._bindings.clear()
                there[0] = True
                begun = site.endpoint.now
                held.line.network_changed()
                await until(lambda: bool(site.contacts()))
                assert site.endpoint.now - begun < 2
                await held.registered(5)

    run(scenario(), factor=10, limit=1200)


def test_a_network_that_swallows_the_first_question_is_asked_once_more():
    """A registration that is not accepted soon after a change is begun anew, once; else it is not."""

    async def scenario():
        async with pbx() as site, Held(port=site.port) as held:
            await held.registered()
            begun, core = [], held.line.core
            move = core.moved
            core.moved = lambda local, now: (begun.append(now), move(local, now))
            held.line.network_changed()
            await sleep(5, factor=10, then=10)
            assert len(begun) == 1
            await site.stop()
            held.line.network_changed()
            await sleep(5, factor=10, then=10)
            assert len(begun) == 3
            await site.start()
            await until(lambda: bool(site.contacts()))

    run(scenario(), factor=10)


def test_without_dns_it_waits_and_says_so():
    """Comes up with DNS silent, names the server, and registers when DNS is there."""

    async def scenario():
        zone = {("SRV", "_sip._udp.pbx.test"): [], ("A", "pbx.test"): [HOST]}
        async with NameServer(zone) as dns, pbx() as site:
            zone = dns.zone
            zone["SRV", "_sip._udp.pbx.test."] = [f"1 1 {site.port} pbx.test."]
            dns.silent = True
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
            async with Held(resolver, domain="pbx.test") as held:
                await held.unregistered()
                assert f"name server {HOST} does not answer" in held.line.cause
                assert held.line.core is None
                dns.silent = False
                await held.registered()
                assert held.line.cause == ""

    run(scenario(), factor=10)


def test_an_outage_of_dns_takes_no_line_down():
    """Registered, it stays so while DNS is gone and even when the PBX restarts meanwhile."""

    async def scenario():
        async with NameServer({("A", "pbx.test"): [HOST]}, ttl=30) as dns, pbx() as site:
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
            async with Held(
                resolver, domain="pbx.test", port=site.port, keepalive=5, expires=60
            ) as held:
                await held.registered()
                dns.silent = True
                await sleep(120, factor=60, then=20)
                assert held.line.state is LineState.REGISTERED
                assert sum(state is LineState.REGISTERED for state, _ in held.told) == 1
                await site.stop()
                await held.unregistered()
                await site.start()
                await held.registered(40)

    run(scenario(), factor=20)


def test_a_pbx_of_several_servers_is_followed_from_one_to_the_next():
    """Registers at the second server of SRV while the first is dead."""

    async def scenario():
        async with (
            pbx() as site,
            NameServer(
                {
                    ("SRV", "_sip._udp.pbx.test"): [
                        "1 1 9 dead.pbx.test.",
                        f"2 1 {site.port} b.pbx.test.",
                    ],
                    ("A", "dead.pbx.test"): ["127.0.0.99"],
                    ("A", "b.pbx.test"): [HOST],
                }
            ) as dns,
        ):
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
            async with Held(resolver, domain="pbx.test") as held:
                await held.registered()
                assert held.line.registered_at == f"{HOST}:{site.port}"

    run(scenario(), factor=10)


def test_a_move_to_another_server_is_told():
    """A line that stays registered says at which server, when that is another one."""

    async def scenario():
        async with pbx() as site, pbx() as other:
            zone = {
                ("SRV", "_sip._udp.pbx.test"): [
                    f"1 1 {site.port} a.pbx.test.",
                    f"2 1 {other.port} a.pbx.test.",
                ],
                ("A", "a.pbx.test"): [HOST],
            }
            async with NameServer(zone) as dns:
                resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
                async with Held(resolver, domain="pbx.test", keepalive=5) as held:
                    await held.registered()
                    told = len(held.told)
                    await site.stop()
                    await until(lambda: held.line.registered_at.endswith(f":{other.port}"))
                    assert held.told[told:] == [(LineState.REGISTERED, "")]
                    await site.start()
                    await until(lambda: held.line.registered_at.endswith(f":{site.port}"))
                    assert held.told[told:] == [(LineState.REGISTERED, "")] * 2

    run(scenario(), factor=20)


def test_a_pbx_that_got_another_address_is_found_again():
    """A registration that fails makes it ask DNS anew, although the old answer still holds."""

    async def scenario():
        async with pbx() as site, NameServer({("A", "pbx.test"): ["127.0.0.99"]}, ttl=3600) as dns:
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
            async with Held(resolver, domain="pbx.test", port=site.port) as held:
                await held.unregistered()
                dns.zone["A", "pbx.test."] = [HOST]
                await held.registered()

    run(scenario(), factor=20)


def test_a_certificate_that_is_exchanged_is_followed(tmp_path):
    """Of the same authority, it is accepted when the PBX comes back with it."""
    authority = make_authority("Clinic")
    first, file = tls_of(tmp_path, authority, "first")
    second, _ = tls_of(tmp_path, authority, "second")

    async def scenario():
        async with (
            pbx("tls", tls=first) as site,
            Held(port=site.port, transport="tls", tls=TlsSettings(ca=file)) as held,
        ):
            await held.registered()
            await site.stop()
            site.tls = second
            await site.start()
            await until(lambda: bool(site.contacts()))

    run(scenario(), factor=3)


@pytest.mark.parametrize(
    ("made", "trusted", "words"),
    [
        ({}, {"fingerprints": ("AB" * 32,)}, ["is not the one that was accepted", "fingerprints"]),
        ({}, {}, ["not signed by a known authority", "account.tls.ca"]),
        ({"days": 9, "after": 2}, {"ca": True}, ["clock right", "timedatectl"]),
        ({"days": 2, "after": -9}, {"ca": True}, ["expired on", "needs a new one"]),
    ],
    ids=["pinned", "unknown", "early", "expired"],
)
def test_a_certificate_that_is_not_accepted_is_told(tmp_path, made, trusted, words):
    """Names what is wrong with it, and what to do."""
    made = {"after": -1, **made}
    since = datetime.now(UTC) + timedelta(days=made.pop("after"))
    # The authority is older than what it signs.
    authority = make_authority("Clinic", since=datetime.now(UTC) - timedelta(days=30))
    tls, file = tls_of(tmp_path, authority, "pbx", since=since, **made)
    if "ca" in trusted:
        trusted = {"ca": file}

    async def scenario():
        async with (
            pbx("tls", tls=tls) as site,
            Held(port=site.port, transport="tls", tls=TlsSettings(**trusted)) as held,
        ):
            await held.unregistered()
            assert all(word in held.line.cause for word in words), held.line.cause
            assert not site.contacts()

    run(scenario(), factor=2)


def test_a_port_that_refuses_is_told():
    """Says that nothing listens there, and what to look at."""

    async def scenario():
        async with Held(port=9, transport="tcp") as held:
            await held.unregistered()
            assert "port 9 refuses connections" in held.line.cause
            assert "transport" in held.line.cause

    run(scenario(), factor=4)


@pytest.mark.parametrize("registration", [True, False])
def test_a_network_that_is_not_there_yet_is_waited_for(monkeypatch, registration):
    """Comes up without any network, names the cable, and is ready soon after there is one."""
    there = []

    def route(host, port=9):
        if not there:
            raise NoRouteError("no network leads to the PBX: is the cable plugged in?")
        return HOST

    async def scenario():
        monkeypatch.setattr(module, "own_address", route)
        async with pbx() as site, Held(port=site.port, registration=registration) as held:
            await held.unregistered()
            assert "cable" in held.line.cause
            assert held.line.core is None
            there.append(True)
            await held.registered(30)
            assert held.line.cause == ""

    run(scenario())


@pytest.mark.parametrize("registration", [True, False])
def test_a_gap_that_nobody_told_of_is_closed_by_itself(monkeypatch, registration):
    """Finds by its own looking that the network went and came, and says both."""
    there = [True]

    def route(host, port=9):
        if not there:
            raise NoRouteError("no network leads to the PBX: is the cable plugged in?")
        return HOST

    async def scenario():
        monkeypatch.setattr(module, "own_address", route)
        async with pbx() as site, Held(port=site.port, registration=registration) as held:
            await held.registered()
            there.clear()
            held.line._again.set()
            await held.unregistered()
            there.append(True)
            await held.registered(30)

    run(scenario())


def test_without_registration_it_waits_for_calls():
    """A trunk is ready as soon as its ports are open, and is never registered."""

    async def scenario():
        async with pbx() as site, Held(port=site.port, registration=False) as held:
            assert held.line.state is LineState.REGISTERED
            await asyncio.sleep(20)
            assert not site.contacts()

    run(scenario())


def test_calls_are_handed_on():
    """What is not about the registration goes to whoever has the calls."""

    async def scenario():
        async with pbx() as site, Held(port=site.port) as held:
            await held.registered()
            site.endpoint.core.invite(
                "100", sip.LocalMedia(HOST, 9), site.endpoint.now, route=held.line.local
            )
            site.endpoint.transmit()
            await until(lambda: bool(held.events))
            assert isinstance(held.events[0], sip.Incoming)

    run(scenario())


def test_strangers_are_refused_where_it_is_set():
    """The policy of the settings reaches the user agent."""

    async def scenario():
        call = CallSettings(strangers="refuse")
        async with (
            pbx() as site,
            pbx(host="127.0.0.2") as stranger,
            Held(port=site.port, call=call) as held,
        ):
            await held.registered()
            stranger.endpoint.core.invite(
                "100", sip.LocalMedia(HOST, 9), stranger.endpoint.now, route=held.line.local
            )
            stranger.endpoint.transmit()
            await until(lambda: any(isinstance(one, sip.Rejected) for one in stranger.events))
            assert not held.events

    run(scenario())


def test_the_policy_is_made_of_the_settings():
    """Trust, further fields, session timers and signs of life are those that were set."""

    async def scenario():
        call = CallSettings(trusted=("10.0.0.0/8",), fields=("X-Customer",), session_expires=600)
        async with Held(port=9, call=call, keepalive=7) as held:
            policy = held.line.core._stack.policy
            assert policy.trusted == ("10.0.0.0/8",)
            assert policy.asserted_fields == ("X-Customer",)
            assert (policy.session_expires, policy.probe) == (600, 7.0)

    run(scenario())


def test_a_name_that_is_suddenly_unknown_takes_no_line_down():
    """A DNS that answers, but has lost the name, changes nothing while the registration stands."""

    async def scenario():
        async with NameServer({("A", "pbx.test"): [HOST]}, ttl=30) as dns, pbx() as site:
            resolver = Resolver("seed", nameservers=[HOST], port=dns.port, patience=1.0)
            async with Held(resolver, domain="pbx.test", port=site.port) as held:
                await held.registered()
                dns.zone.clear()
                asked = len(dns.asked)
                await until(lambda: len(dns.asked) > asked + 4)
                assert held.line.state is LineState.REGISTERED
                assert LineState.UNREGISTERED not in [state for state, _ in held.told]

    run(scenario(), factor=30)


def test_a_port_in_use_is_a_users_mistake():
    """Names the port and the setting, before anything runs."""

    async def scenario():
        sock = bind(HOST, 0)
        held = Held(port=5060, call=CallSettings(port=sock.getsockname()[1]))
        with pytest.raises(UserError, match=r"call\.port"):
            await held.line.open()
        sock.close()

    run(scenario())


def test_files_of_tls_that_cannot_be_used_are_a_users_mistake(tmp_path):
    """Names the file, before anything runs."""

    async def scenario():
        held = Held(port=5061, transport="tls", tls=TlsSettings(ca=tmp_path / "none.pem"))
        with pytest.raises(UserError, match=r"none\.pem.*account\.tls"):
            await held.line.open()

    run(scenario())


def test_a_codec_that_cannot_be_run_is_left_out(monkeypatch):
    """Offers what this machine can run, and G.711 in any case."""
    monkeypatch.setattr(module.codecs, "available", lambda: ("PCMA", "PCMU"))

    async def scenario():
        async with pbx() as site:
            for named, kept in ((("opus", "PCMA"), ("PCMA",)), (("opus",), ("PCMU", "PCMA"))):
                async with Held(port=site.port, codecs=named) as held:
                    assert held.line.media.codecs == kept

    run(scenario())


def test_it_registers_over_ipv6():
    """Finds its own IPv6 address and writes it as it must stand in a contact."""
    try:
        bind("::1", 0).close()
    except OSError:
        pytest.skip("no IPv6 here")

    async def scenario():
        async with pbx(host="::1") as site, Held(domain="::1", port=site.port) as held:
            await held.registered()
            assert held.line.media.host == "::1"
            assert site.contacts() == [f"sip:100@[::1]:{held.line.local.port}"]

    run(scenario())


def test_a_proxy_is_asked_in_place_of_the_domain():
    """Sends everything to the proxy, with the domain in the addresses."""

    async def scenario():
        async with pbx() as site, Held(domain="pbx.test", proxy=f"{HOST}:{site.port}") as held:
            await held.registered()
            assert held.line.where == f"{HOST}:{site.port}"

    run(scenario())


def test_the_target_follows_proxy_and_family():
    """Looks for the proxy where there is one, and for addresses of our own family."""
    made = AccountSettings(domain="pbx.example", proxy="sbc.example:5080", transport="tcp")
    target = module.target(made, CallSettings(host="fd00::1"))
    assert (target.host, target.port, target.transport) == ("sbc.example", 5080, "tcp")
    assert target.kinds == (Kind.AAAA,)
    assert module.target(made, CallSettings(host="10.0.0.1")).kinds == (Kind.A,)
    assert module.target(AccountSettings(domain="x", port=7), CallSettings()).port == 7
