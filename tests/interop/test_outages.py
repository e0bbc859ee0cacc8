"""Outages of PBX, network, DNS and certificates, with real processes and real cables.

All of them run at once, each with a PBX and a network of its own: the module takes as long as the
longest. What is measured is printed.
"""

import contextlib
import itertools
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from appliance.system.certificates import issue, make_authority
from tests.interop.conftest import Process
from tests.interop.namespaces import (
    BOX,
    PBX,
    PORT,
    Names,
    Registrar,
    Scene,
    listening,
    need_spaces,
    registered,
    unregistered,
)
from tests.system.nameserver import NameServer

pytestmark = pytest.mark.interop

BACK = 32.0
"""Seconds after the PBX answers again until the box is registered, at most (issue 3)."""
WOKEN = 2.0
"""The same after the network is back."""
ELSEWHERE = "10.77.0.9"
DOMAIN = "pbx.test"
SCRIPTS, ALONE = {}, set()


@pytest.fixture(scope="module")
def outages(request, box, tmp_path_factory):
    """The futures of all selected outages, begun at once; those of calls begin one after another."""
    need_spaces()
    names = [item.name for item in request.session.items if item.path == request.path]
    folder = tmp_path_factory.mktemp("outages")
    with ThreadPoolExecutor(len(names)) as together, ThreadPoolExecutor(1) as after:
        made = {}
        for name in sorted(names, key=ALONE.__contains__):
            if name in ALONE:
                after.submit(wait, list(made.values()))
            pool = after if name in ALONE else together
            made[name] = pool.submit(play, SCRIPTS[name], folder / name, box.socket)
        yield made


def play(script, folder, speech):
    """Run one script; returns what it measured."""
    scene = Scene(folder, speech)
    try:
        script(scene)
    finally:
        scene.close()
    return scene.told


def outage(feature, *, alone=False):
    """Make a test of a script; it takes its result from the ones that run at once.

    `alone`: it runs when the others have ended, on a machine that does nothing else: with calls in
    progress a box measures whether it can carry one more.
    """

    def make(script):
        SCRIPTS[script.__name__] = script
        if alone:
            ALONE.add(script.__name__)

        def test(outages, capsys):
            told = outages[script.__name__].result(240)
            with capsys.disabled():
                for line in told:
                    print(f"\noutage: {feature}: {line}", end="")

        test.__name__, test.__doc__ = script.__name__, script.__doc__
        return pytest.mark.matrix("outage", feature)(test)

    return make


def since(moment):
    """Seconds since `moment`."""
    return time.monotonic() - moment


def await_contact(scene, wanted, seconds=40, **options):
    """Wait until what the PBX knows of us is as `wanted` says; returns it."""
    until = time.monotonic() + seconds
    while True:
        found = scene.contacts(**options)
        if wanted(found):
            return found
        assert time.monotonic() < until, f"the PBX would call {found}"
        time.sleep(0.1)


def certify(scene, authority):
    """Put a certificate for the PBX where its Kamailio reads it."""
    folder = scene.folder / "site"
    folder.mkdir(exist_ok=True)
    issue(authority, PBX).write(folder, "server")


def secured(scene, transport, authority=None, **account):
    """A PBX with a certificate, and a box that is registered there; `scene.pbx` is the PBX."""
    authority = authority or make_authority("Clinic")
    certify(scene, authority)
    ca, _ = authority.write(scene.folder, "authority")
    scene.pbx = scene.site(tls=True)
    port = scene.pbx.tls_port if transport == "tls" else PORT
    account = {"transport": transport, "port": port, **account}
    return scene.box(account=account, tls={"ca": str(ca)})


def greeted(scene, box, seconds=1.2):
    """Call until the box greets; returns the call and where its events begin.

    On a machine that is busy the box turns a call away, which is not what is looked at here.
    """
    for _ in range(3):
        before = len(box.call.events)
        call = scene.call(seconds)
        event = box.call.await_event(lambda e: e["event"] in ("greeting", "refused"), 20, before)
        if event["event"] == "greeting":
            return call, before
        call.stop()
        time.sleep(6)  # for which it looks back
    raise AssertionError(box.call.events[before:])


# the PBX


@outage("PBX restarted, UDP")
def test_a_pbx_that_was_away_is_registered_at_by_udp(scene):
    """The box says that the PBX is gone; it is registered at most 32 s after it answers again."""
    restarted(scene, "udp")


@outage("PBX restarted, TCP")
def test_a_pbx_that_was_away_is_registered_at_by_tcp(scene):
    """The same over TCP."""
    restarted(scene, "tcp")


@outage("PBX restarted, TLS")
def test_a_pbx_that_was_away_is_registered_at_by_tls(scene):
    """The same over TLS."""
    restarted(scene, "tls")


def restarted(scene, transport):
    """The PBX dies, stays away until the box asks it seldom, and returns."""
    box = secured(scene, transport)
    site = scene.pbx
    before, gone = len(box.call.events), time.monotonic()
    scene.far.do(site.kill)
    event = box.call.await_event(unregistered, 30, before)
    noticed = since(gone)
    port = site.tls_port if transport == "tls" else PORT
    assert f"{PBX}:{port}" in event["cause"] or f"port {port}" in event["cause"]
    time.sleep(max(0.0, 35 - since(gone)))  # the pauses between attempts are long by now
    before = len(box.call.events)
    back = scene.restart(site)
    box.call.await_event(registered, 40, before)
    took = since(back)
    scene.tell(f"noticed after {noticed:.1f} s; registered {took:.1f} s after it answered again")
    assert took <= BACK
    await_contact(scene, lambda found: len(found) == 1, 1)


@outage("PBX restarted within a second, UDP")
def test_a_pbx_that_forgot_us_is_registered_at_again(scene):
    """A restart too short to be noticed, after which the PBX knows nobody, is made up for."""
    site = scene.site()
    scene.box(account={"keepalive": 25})  # as delivered
    scene.far.do(site.kill)
    back = scene.restart(site)
    assert scene.contacts() == []
    await_contact(scene, bool, BACK)
    scene.tell(f"known there again {since(back):.1f} s after it answered again")


@outage("PBX answers 500")
def test_a_pbx_in_trouble_is_asked_again(scene):
    """500 for a while: told, asked seldom but at least every 30 s; registered within 32 s."""
    site = scene.far.do(Registrar, 500)
    scene.at_end(site.stop)
    box = scene.box(wait=False)
    event = box.call.await_event(unregistered, 30)
    assert "is in trouble itself (500" in event["cause"]
    time.sleep(40)
    site.status = 200
    back = time.monotonic()
    box.call.await_event(registered, 40)
    took = since(back)
    times = [at for at, _ in site.asked]
    longest = max(b - a for a, b in itertools.pairwise(times))
    scene.tell(f"asked {len(times)} times, at most every {longest:.1f} s; back after {took:.1f} s")
    assert took <= BACK
    assert longest <= 30.5


@outage("PBX at another address in DNS")
def test_a_pbx_that_moved_is_found(scene):
    """The name leads elsewhere and nothing answers at the old address: the new one is found."""
    zone = NameServer({("A", DOMAIN): [PBX]}, ttl=3600)
    names = scene.far.do(Names, zone)
    scene.at_end(names.stop)
    site = scene.site()
    box = scene.box(account={"domain": DOMAIN})
    before = len(box.call.events)
    scene.far.do(site.kill)
    scene.far.ip("addr", "add", f"{ELSEWHERE}/24", "dev", "eth0")
    scene.site("other", host=ELSEWHERE)
    zone.zone["A", f"{DOMAIN}."] = [ELSEWHERE]
    gone = time.monotonic()
    event = box.call.await_event(lambda e: registered(e) and ELSEWHERE in e["at"], 60, before)
    scene.tell(f"registered at {event['at']} {since(gone):.1f} s after the old one died")


# the network


@outage("PBX out of reach, UDP")
def test_a_way_that_was_cut_far_away_is_found_open_by_udp(scene):
    """Beyond the box's switch, where nothing tells of the network: at most 32 s, too."""
    out_of_reach(scene, "udp")


@outage("PBX out of reach, TLS")
def test_a_way_that_was_cut_far_away_is_found_open_by_tls(scene):
    """The same over TLS: the connection has died in silence."""
    out_of_reach(scene, "tls")


def out_of_reach(scene, transport):
    """The PBX vanishes and returns, while the box's own cable is in."""
    box = secured(scene, transport)
    before, gone = len(box.call.events), time.monotonic()
    scene.vanish()
    box.call.await_event(unregistered, 40, before)
    noticed = since(gone)
    time.sleep(max(0.0, 35 - since(gone)))
    before = len(box.call.events)
    back = scene.appear()
    box.call.await_event(registered, 40, before)
    took = since(back)
    scene.tell(f"noticed after {noticed:.1f} s; registered {took:.1f} s after it was there again")
    assert took <= BACK


@outage("network gone and back")
def test_a_cable_that_was_out_is_noticed_at_once(scene):
    """Registered within 2 s of the cable being back, however long the pause was that ran."""
    scene.site()
    box = scene.box()
    before, gone = len(box.call.events), time.monotonic()
    scene.cut()
    event = box.call.await_event(unregistered, 30, before)
    noticed = since(gone)
    assert "answer" in event["cause"] or "network" in event["cause"]
    time.sleep(max(0.0, 20 - since(gone)))
    before = len(box.call.events)
    back = scene.mend()
    box.call.await_event(registered, 10, before)
    took = since(back)
    scene.tell(f"noticed after {noticed:.1f} s; registered {took:.2f} s after the link was back")
    assert took <= WOKEN


@outage("network gone and back, TLS")
def test_a_cable_that_was_out_is_noticed_at_once_with_tls(scene):
    """The same over TLS, whose connection has died in silence."""
    box = secured(scene, "tls")
    before, gone = len(box.call.events), time.monotonic()
    scene.cut()
    box.call.await_event(unregistered, 40, before)
    noticed = since(gone)
    before = len(box.call.events)
    back = scene.mend()
    box.call.await_event(registered, 10, before)
    took = since(back)
    scene.tell(f"noticed after {noticed:.1f} s; registered {took:.2f} s after the link was back")
    assert took <= WOKEN


@outage("network after the box")
def test_a_network_that_comes_after_the_box_is_noticed(scene):
    """Started without any address, the box names the cable and registers within 2 s of having one."""
    scene.near.ip("addr", "flush", "dev", "eth0")
    scene.site()
    box = scene.box(wait=False)
    event = box.call.await_event(unregistered, 30)
    assert "cable" in event["cause"]
    back = time.monotonic()
    scene.near.ip("addr", "add", f"{BOX}/24", "dev", "eth0")
    box.call.await_event(registered, 10)
    took = since(back)
    scene.tell(f"registered {took:.2f} s after the address was there")
    assert took <= WOKEN


@outage("address changed, UDP")
def test_another_address_is_registered_by_udp(scene):
    """The PBX gets the new contact within seconds, the old one is taken back, and calls arrive."""
    readdressed(scene, "udp")


@outage("address changed, TLS")
def test_another_address_is_registered_by_tls(scene):
    """The same over TLS, where the old connection is dead."""
    readdressed(scene, "tls")


def readdressed(scene, transport):
    """The box is given another address while it is registered."""
    box = secured(scene, transport).ready()
    assert all(BOX in contact for contact in scene.contacts())
    changed = time.monotonic()
    scene.near.ip("addr", "del", f"{BOX}/24", "dev", "eth0")
    scene.near.ip("addr", "add", f"{ELSEWHERE}/24", "dev", "eth0")
    box.call.await_event(lambda e: listening(e) and e["host"] == ELSEWHERE, 10)
    found = await_contact(scene, lambda all_: any(ELSEWHERE in one for one in all_), 10)
    took = since(changed)
    assert not any(BOX in contact for contact in found)
    assert len(found) == 1
    scene.tell(f"the PBX has the new address, and it alone, after {took:.2f} s")
    before = len(box.call.events)
    scene.call().wait(30)
    box.call.await_event(lambda e: e["event"] == "ended", 10, before)
    assert took <= 5


@outage("call in progress", alone=True)
def test_a_call_ends_where_its_network_does(scene):
    """The call ends by the lack of audio, its record is kept, and the next call works."""
    scene.site()
    box = scene.box(media_timeout=5).ready()
    call, before = greeted(scene, box, 60)
    time.sleep(1)
    scene.cut()
    gone = time.monotonic()
    ended = box.call.await_event(lambda e: e["event"] == "ended", 30, before)
    took = since(gone)
    assert ended["outcome"] == "media-lost"
    call.stop()
    scene.mend()
    call, before = greeted(scene, box)
    call.wait(30)
    ended = box.call.await_event(lambda e: e["event"] == "ended", 10, before)
    assert ended["outcome"] == "caller-hung-up"
    assert box.call.stop() == 0
    with contextlib.closing(sqlite3.connect(box.folder / "records.sqlite")) as base:
        outcomes = [row[0] for row in base.execute("SELECT outcome FROM calls ORDER BY rowid")]
    assert [each for each in outcomes if each != "refused"] == ["media-lost", "caller-hung-up"]
    scene.tell(f"ended {took:.1f} s after the cable was out (call.media_timeout 5 s)")
    assert 4 <= took <= 8


@outage("call over TLS, another interface", alone=True)
def test_a_call_outlives_what_happens_beside_its_network(scene):
    """A container or a second card comes up: registered anew, the TLS connection of the call stays."""
    box = secured(scene, "tls").ready()
    call, before = greeted(scene, box, 4)
    scene.near.ip("link", "add", "docker0", "type", "veth", "peer", "name", "veth0")
    scene.near.ip("addr", "add", "172.17.0.1/16", "dev", "docker0")
    for name in ("veth0", "docker0"):
        scene.near.ip("link", "set", name, "up")
    call.wait(30)  # its BYE comes by the connection over which the call came
    ended = box.call.await_event(lambda e: e["event"] == "ended", 10, before)
    assert ended["outcome"] == "caller-hung-up"
    assert "the network changed" in box.call.said()


@outage("call over TLS, cable out for a moment", alone=True)
def test_a_call_outlives_a_cable_that_was_out_for_a_moment(scene):
    """The TLS connection lives on: the caller's BYE arrives, and no loss is told."""
    box = secured(scene, "tls", keepalive=25).ready()
    call, before = greeted(scene, box, 6)
    scene.cut()
    time.sleep(1.5)
    scene.mend()
    call.wait(30)
    ended = box.call.await_event(lambda e: e["event"] == "ended", 10, before)
    assert ended["outcome"] == "caller-hung-up"
    assert not [e for e in box.call.events if e["event"] == "unregistered"]


# DNS


@outage("DNS gone")
def test_a_line_outlives_its_name_server(scene):
    """Without DNS the line stays, and a box that is started anew finds the PBX where it was."""
    names = scene.far.do(Names, NameServer({("A", DOMAIN): [PBX]}, ttl=1))
    scene.at_end(names.stop)
    scene.site()
    box = scene.box(account={"domain": DOMAIN}, expires=30)
    names.stop()
    time.sleep(36)  # the answer's time, and a refresh of the registration
    assert not [e for e in box.call.events if e["event"] == "unregistered"]
    await_contact(scene, lambda found: len(found) == 1, 1, domain=DOMAIN)
    assert box.call.stop() == 0
    begun = time.monotonic()
    words = ("--settings", str(box.settings), "--show")
    again = scene.near.do(Process, box.folder, "call", *words)
    scene.at_end(again.stop)
    again.await_event(registered, 30)
    scene.tell(f"registered {since(begun):.1f} s after a start without DNS")


@outage("SRV failover and back")
def test_another_registrar_takes_over_and_gives_back(scene):
    """The second PBX of the SRV records is used while the first is away, and no longer."""
    zone = {
        ("SRV", f"_sip._udp.{DOMAIN}"): [
            f"10 0 {PORT} a.{DOMAIN}.",
            f"20 0 {PORT + 10} b.{DOMAIN}.",
        ],
        ("A", f"a.{DOMAIN}"): [PBX],
        ("A", f"b.{DOMAIN}"): [PBX],
    }
    names = scene.far.do(Names, NameServer(zone))
    scene.at_end(names.stop)
    first = scene.site("a")
    scene.site("b", port=PORT + 10)
    box = scene.box(account={"domain": DOMAIN, "port": 0}, expires=30)
    assert box.call.await_event(registered)["at"].endswith(f":{PORT}")
    gone = time.monotonic()
    scene.far.do(first.kill)
    box.call.await_event(lambda e: registered(e) and e["at"].endswith(f":{PORT + 10}"), 40)
    over = since(gone)
    assert len(scene.contacts(port=PORT + 10, domain=DOMAIN)) == 1
    before = len(box.call.events)
    back = scene.restart(first)
    box.call.await_event(lambda e: registered(e) and e["at"].endswith(f":{PORT}"), 60, before)
    scene.tell(f"at the second after {over:.1f} s; at the first again after {since(back):.1f} s")
    assert not [e for e in box.call.events if e["event"] == "unregistered"]
    assert since(back) <= BACK


# certificates


@outage("certificate rotated")
def test_a_certificate_that_was_exchanged_is_followed(scene):
    """One of the same authority is accepted; one of another is named as the cause, until it goes."""
    authority, stranger = make_authority("Clinic"), make_authority("Stranger")
    box = secured(scene, "tls", authority)
    site = scene.pbx
    took = []
    for issuer in (authority, stranger, authority):
        before = len(box.call.events)
        scene.far.do(site.stop)
        box.call.await_event(unregistered, 30, before)
        certify(scene, issuer)
        before = len(box.call.events)
        back = scene.restart(site)
        if issuer is stranger:
            event = box.call.await_event(
                lambda e: unregistered(e) and "not signed by a known authority" in e["cause"],
                40, before,
            )  # fmt: skip
            assert "certificate" in event["cause"]
            assert "account.tls.ca" in event["cause"]
        else:
            box.call.await_event(registered, 40, before)
        took.append(since(back))
    scene.tell("new one {:.1f} s, unknown one told {:.1f} s, known again {:.1f} s".format(*took))
    assert max(took) <= BACK
