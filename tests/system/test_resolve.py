"""`system.resolve`: against a name server on loopback that also keeps silent, fails and cuts."""

from __future__ import annotations

import asyncio

import pytest

from appliance.sip.locate import Kind, Target
from appliance.system import resolve
from appliance.system.resolve import ResolveError, Resolver
from tests.system.nameserver import NameServer

ZONE = {
    ("NAPTR", "site.test"): ['50 50 "s" "SIP+D2T" "" _sip._tcp.site.test.'],
    ("SRV", "_sip._tcp.site.test"): ["10 1 5070 b.site.test.", "5 1 5060 a.site.test."],
    ("SRV", "_sip._udp.site.test"): ["1 1 5060 a.site.test."],
    ("A", "a.site.test"): ["127.0.0.11"],
    ("AAAA", "a.site.test"): ["::11"],
    ("A", "b.site.test"): ["127.0.0.12"],
}
UDP = Target("site.test", transport="udp", kinds=(Kind.A,))


def shown(found):
    return [f"{one.transport} {one}" for one in found.addresses]


def with_server(tmp_path, scenario, zone=ZONE, **kwargs):
    async def run():
        async with NameServer(zone, **kwargs) as server:
            resolver = Resolver(
                "seed", nameservers=["127.0.0.1"], port=server.port, patience=0.4,
                hosts=tmp_path / "hosts",
            )  # fmt: skip
            await scenario(server, resolver)

    asyncio.run(run())


def test_a_domain_is_followed_to_its_addresses(tmp_path):
    """Reads NAPTR, SRV, A and AAAA as they stand on the wire."""

    async def scenario(server, resolver):
        found = await resolver.find(Target("site.test"))
        assert shown(found) == ["tcp 127.0.0.11:5060", "tcp [::11]:5060", "tcp 127.0.0.12:5070"]
        assert {one.name for one in found.addresses} == {"site.test"}
        assert not found.stale
        assert server.asked[0] == "NAPTR site.test"

    with_server(tmp_path, scenario)


def test_answers_hold_for_their_time(tmp_path):
    """Tells when to ask again: the least time of all answers; asks nothing before."""

    async def scenario(server, resolver):
        found = await resolver.find(UDP)
        assert found.ttl == pytest.approx(300, abs=1)
        asked = len(server.asked)
        await resolver.find(UDP)
        assert len(server.asked) == asked

    with_server(tmp_path, scenario)


@pytest.mark.parametrize(("ttl", "held"), [(1, 30), (100_000, 3600)])
def test_odd_times_are_bounded(tmp_path, ttl, held):
    """Neither asks every second nor trusts an answer for days."""

    async def scenario(server, resolver):
        assert (await resolver.find(UDP)).ttl == pytest.approx(held, abs=1)

    with_server(tmp_path, scenario, ttl=ttl)


@pytest.mark.parametrize(
    ("fault", "words"), [("silent", "does not answer"), ("failing", "is in trouble")]
)
def test_an_outage_of_dns_takes_nothing_away(tmp_path, fault, words):
    """Serves what was known, says why, and asks again soon; then the new answer holds."""

    async def scenario(server, resolver):
        before = await resolver.find(UDP)
        resolver.refresh()
        setattr(server, fault, True)
        during = await resolver.find(UDP)
        assert during.addresses == before.addresses
        assert words in during.stale
        assert during.ttl == pytest.approx(30, abs=1)
        setattr(server, fault, False)
        server.zone["A", "a.site.test."] = ["127.0.0.99"]
        resolver.refresh()
        after = await resolver.find(UDP)
        assert shown(after) == ["udp 127.0.0.99:5060"]
        assert not after.stale

    with_server(tmp_path, scenario)


def test_a_silent_server_is_named_and_does_not_hold_us_up(tmp_path):
    """Raises in plain words within a few times the patience."""

    async def scenario(server, resolver):
        server.silent = True
        begun = asyncio.get_running_loop().time()
        with pytest.raises(ResolveError, match=r"site\.test.*127\.0\.0\.1 does not answer"):
            await resolver.find(UDP)
        assert asyncio.get_running_loop().time() - begun < 5

    with_server(tmp_path, scenario)


def test_no_server_at_all_is_told(tmp_path):
    """A refused port counts as silence or as out of reach, and is told as such."""

    async def scenario(server, resolver):
        await server.__aexit__()
        with pytest.raises(ResolveError, match="name server"):
            await resolver.find(UDP)

    with_server(tmp_path, scenario)


def test_an_unknown_name_is_told(tmp_path):
    """Says that the name is not known, and to look at its spelling."""

    async def scenario(server, resolver):
        with pytest.raises(ResolveError, match=r"sight\.test is not known"):
            await resolver.find(Target("sight.test", transport="udp"))

    with_server(tmp_path, scenario)


def test_a_name_that_dns_cannot_hold_is_unknown(tmp_path):
    """A label too long is a name nobody knows, no fault."""

    async def scenario(server, resolver):
        with pytest.raises(ResolveError, match="is not known"):
            await resolver.find(Target("a" * 70 + ".test", transport="udp"))

    with_server(tmp_path, scenario)


def test_a_truncated_answer_is_fetched_by_tcp(tmp_path):
    """Asks again over TCP where UDP carried only a part."""

    async def scenario(server, resolver):
        server.truncating = True
        assert shown(await resolver.find(UDP)) == ["udp 127.0.0.11:5060"]
        assert "tcp SRV _sip._udp.site.test" in server.asked

    with_server(tmp_path, scenario)


def test_the_hosts_file_goes_before_dns(tmp_path):
    """Takes the addresses of /etc/hosts, of the right family, without asking."""

    async def scenario(server, resolver):
        (tmp_path / "hosts").write_text(
            "# 127.0.0.66 a.site.test\n127.0.0.55 pbx A.Site.Test # ours\n::55 a.site.test\nbad\n"
        )
        found = await resolver.find(Target("a.site.test", 5060, "udp"))
        assert shown(found) == ["udp 127.0.0.55:5060", "udp [::55]:5060"]
        assert not server.asked

    with_server(tmp_path, scenario)


def test_a_name_that_only_the_system_knows_is_found(tmp_path, monkeypatch):
    """Falls back to getaddrinfo, as for mDNS, where DNS knows no such name or is silent."""
    monkeypatch.setattr(
        resolve, "_system_hosts",
        lambda q: (resolve.Host("127.0.0.77"),) if q.kind is Kind.A else (),
    )  # fmt: skip

    async def scenario(server, resolver):
        wanted = ["udp 127.0.0.77:5060"]
        assert shown(await resolver.find(Target("pbx.local", transport="udp"))) == wanted
        server.silent = True
        assert shown(await resolver.find(Target("box.local", transport="udp"))) == wanted

    with_server(tmp_path, scenario)


def test_a_system_that_hangs_holds_nothing_up(tmp_path, monkeypatch):
    """Gives a hanging getaddrinfo up, and does not start another for the same name."""
    import threading

    release, started = threading.Event(), []

    def hang(question):
        started.append(question)
        release.wait(20)
        return ()

    monkeypatch.setattr(resolve, "_system_hosts", hang)

    async def scenario(server, resolver):
        for _ in range(2):
            with pytest.raises(ResolveError):
                await resolver.find(UDP_ELSEWHERE)
        assert len(started) == 1
        release.set()

    with_server(tmp_path, scenario)


UDP_ELSEWHERE = Target("elsewhere.test", transport="udp", kinds=(Kind.A,))


def test_the_systems_name_servers_are_read_anew(tmp_path, monkeypatch):
    """Without servers of its own it takes those of resolv.conf, and says where there are none."""
    monkeypatch.setattr(
        resolve.dns.asyncresolver.Resolver, "read_resolv_conf", lambda self, file: None
    )
    monkeypatch.setattr(resolve, "_system_hosts", lambda q: ())
    resolver = Resolver("seed", patience=0.2, hosts=tmp_path / "hosts")
    with pytest.raises(ResolveError, match="knows no name server"):
        asyncio.run(resolver.find(UDP))


def test_answers_outlive_a_restart(tmp_path):
    """A box that starts while DNS is gone goes where the PBX was."""
    file = tmp_path / "names.json"

    async def scenario(server, resolver):
        resolver._kept = file
        target = Target("site.test")
        before = await resolver.find(target)
        stamp = file.stat().st_mtime_ns, file.stat().st_ino  # reading it moves the atime
        server.silent = True
        again = Resolver("seed", nameservers=["127.0.0.1"], port=server.port, patience=0.2,
                         hosts=tmp_path / "hosts", kept=file)  # fmt: skip
        after = await again.find(target)
        assert after.addresses == before.addresses
        assert "does not answer" in after.stale
        assert (file.stat().st_mtime_ns, file.stat().st_ino) == stamp

    with_server(tmp_path, scenario)


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[1]", '[{"kind": "MX", "name": "a", "records": []}]',
        '[{"kind": "A", "name": "a", "records": [{"address": "nonsense"}]}]',
        '[{"kind": "A", "name": "a", "records": [{"address": 1}]}]',
        '[{"kind": "A", "name": "a", "records": [{"host": "127.0.0.1"}]}]',
        '[{"kind": "SRV", "name": "a", "records": [{"priority": "1", "weight": 1, "port": 1, "target": "a"}]}]',
    ],
)  # fmt: skip
def test_a_file_that_is_not_ours_is_as_none(tmp_path, text):
    """Starts with nothing known, whatever stands in the file."""
    file = tmp_path / "names.json"
    file.write_text(text)
    assert not Resolver("seed", kept=file)._known


def test_a_disk_that_is_full_costs_only_the_memory(tmp_path):
    """Finds what it looks for although nothing can be written."""

    async def scenario(server, resolver):
        resolver._kept = tmp_path / "no" / "folder" / "names.json"
        assert (await resolver.find(UDP)).addresses

    with_server(tmp_path, scenario)


def test_memory_is_bounded(tmp_path):
    """Forgets the oldest of very many answers."""

    async def scenario(server, resolver):
        for n in range(300):
            server.zone["A", f"h{n}.test."] = [f"127.0.{n // 200}.{n % 200 + 1}"]
            await resolver.find(Target(f"h{n}.test", 5060, "udp", kinds=(Kind.A,)))
        assert len(resolver._known) <= 256

    with_server(tmp_path, scenario)
