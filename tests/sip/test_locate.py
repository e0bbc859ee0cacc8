"""`sip.locate`: from DNS records to the addresses of a domain."""

from collections import Counter

import pytest

from appliance.sip.address import Address
from appliance.sip.locate import Host, Kind, Location, Naptr, Question, Srv, Target, locate


def q(kind, name):
    return Question(Kind(kind), name)


def asked(target, zone, seed="box"):
    """Ask until nothing is missing; return the outcome and what was asked."""
    book, log = {}, []
    for _ in range(10):
        found = locate(target, book, seed)
        if not found.missing:
            return found, log
        for question in found.missing:
            assert question not in book, "asked twice"
            log.append(f"{question.kind} {question.name}")
            book[question] = zone.get((question.kind.value, question.name), ())
    raise AssertionError("it never ends")


def shown(found):
    return [f"{one.transport} {one}" for one in found.addresses]


HOSTS = {
    ("A", "a.example"): (Host("192.0.2.1"),), ("A", "b.example"): (Host("192.0.2.2"),),
    ("AAAA", "a.example"): (Host("2001:db8::1"),),
}  # fmt: skip


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (Target("192.0.2.9", transport="udp"), "udp 192.0.2.9:5060"),
        (Target("192.0.2.9", 5070, "tcp"), "tcp 192.0.2.9:5070"),
        (Target("2001:db8::9", transport="tls"), "tls [2001:db8::9]:5061"),
        (Target("192.0.2.9"), "udp 192.0.2.9:5060"),
        (Target("192.0.2.9", secure=True), "tls 192.0.2.9:5061"),
    ],
)
def test_a_numeric_host_is_taken_as_it_is(target, wanted):
    """Asks nothing; the port is the written one, else the transport's (RFC 3263 4.2)."""
    found, log = asked(target, {})
    assert shown(found) == [wanted]
    assert not log


def test_a_written_port_forbids_srv():
    """Asks for addresses only, of both families (RFC 3263 4.2)."""
    found, log = asked(Target("a.example", 5070, "udp"), HOSTS)
    assert shown(found) == ["udp 192.0.2.1:5070", "udp [2001:db8::1]:5070"]
    assert log == ["A a.example", "AAAA a.example"]


def test_a_given_transport_forbids_naptr():
    """Asks for the SRV records of that transport, then for their hosts."""
    zone = {**HOSTS, ("SRV", "_sip._tcp.site.example"): (Srv(1, 1, 5070, "a.example."),)}
    found, log = asked(Target("site.example", transport="tcp"), zone)
    assert shown(found) == ["tcp 192.0.2.1:5070", "tcp [2001:db8::1]:5070"]
    assert log[0] == "SRV _sip._tcp.site.example"


def test_tls_is_looked_for_as_sips():
    """The SRV name of TLS is _sips._tcp."""
    zone = {**HOSTS, ("SRV", "_sips._tcp.site.example"): (Srv(1, 1, 5061, "b.example"),)}
    assert shown(asked(Target("site.example", transport="tls"), zone)[0]) == ["tls 192.0.2.2:5061"]


def test_without_srv_the_host_itself_is_taken():
    """Falls back to the addresses at the usual port."""
    found, _ = asked(Target("a.example", transport="tls", kinds=(Kind.A,)), HOSTS)
    assert shown(found) == ["tls 192.0.2.1:5061"]


def test_priorities_are_the_order_of_failover():
    """Lists a later priority after an earlier one, whatever its weight."""
    zone = {
        **HOSTS,
        ("SRV", "_sip._udp.site.example"): (
            Srv(20, 100, 5060, "b.example"), Srv(10, 0, 5060, "a.example"),
        ),
    }  # fmt: skip
    for seed in ("1", "2", "3"):
        found, _ = asked(Target("site.example", transport="udp", kinds=(Kind.A,)), zone, seed)
        assert shown(found) == ["udp 192.0.2.1:5060", "udp 192.0.2.2:5060"]


def test_weights_spread_boxes_but_one_box_keeps_its_choice():
    """Three quarters of a thousand seeds take the server of threefold weight; each seed always."""
    zone = {
        **HOSTS,
        ("SRV", "_sip._udp.site.example"): (
            Srv(1, 30, 5060, "a.example"), Srv(1, 10, 5060, "b.example"),
        ),
    }  # fmt: skip
    target = Target("site.example", transport="udp", kinds=(Kind.A,))
    first = Counter(asked(target, zone, f"seed{n}")[0].addresses[0].host for n in range(1000))
    assert 700 < first["192.0.2.1"] < 800
    assert asked(target, zone, "x") == asked(target, zone, "x")


def test_weight_zero_comes_last_among_equals():
    """A server of weight zero is chosen only when the others are gone."""
    zone = {
        **HOSTS,
        ("SRV", "_sip._udp.site.example"): (
            Srv(1, 0, 5060, "a.example"), Srv(1, 1, 5060, "b.example"),
        ),
    }  # fmt: skip
    target = Target("site.example", transport="udp", kinds=(Kind.A,))
    for n in range(50):
        assert asked(target, zone, str(n))[0].addresses[0].host == "192.0.2.2"


NAPTRS = (
    Naptr(50, 50, "s", "SIPS+D2T", "_sips._tcp.site.example."),
    Naptr(90, 50, "s", "SIP+D2T", "_sip._tcp.site.example."),
    Naptr(100, 50, "s", "SIP+D2U", "_sip._udp.site.example."),
    Naptr(10, 10, "u", "E2U+sip", "."),
)
"""The example of RFC 3263 4.1, and an ENUM record that is none of ours."""
ZONE = {
    **HOSTS,
    ("NAPTR", "site.example"): NAPTRS,
    ("SRV", "_sips._tcp.site.example"): (Srv(1, 1, 5061, "a.example"),),
    ("SRV", "_sip._tcp.site.example"): (Srv(0, 1, 5060, "a.example"), Srv(0, 2, 5060, "b.example")),
    ("SRV", "_sip._udp.site.example"): (Srv(1, 1, 5060, "b.example"),),
}


def test_the_domain_chooses_the_transport():
    """Takes the lowest order that we speak (RFC 3263 4.1)."""
    assert shown(asked(Target("site.example", kinds=(Kind.A,)), ZONE)[0]) == ["tls 192.0.2.1:5061"]
    plain = Target("site.example", transports=("udp", "tcp"), kinds=(Kind.A,))
    assert {one.transport for one in asked(plain, ZONE)[0].addresses} == {"tcp"}


def test_preferences_of_one_order_are_the_order_of_failover():
    """Lists the services of the same order by preference."""
    zone = {
        **ZONE,
        ("NAPTR", "site.example"): (
            Naptr(1, 20, "S", "sip+d2u", "_sip._udp.site.example"),
            Naptr(1, 10, "S", "sips+d2t", "_sips._tcp.site.example"),
        ),
    }
    found, _ = asked(Target("site.example", kinds=(Kind.A,)), zone)
    assert shown(found) == ["tls 192.0.2.1:5061", "udp 192.0.2.2:5060"]


def test_without_naptr_our_transports_are_tried():
    """Asks for the SRV records of each transport of ours, in our order."""
    zone = {key: value for key, value in ZONE.items() if key[0] != "NAPTR"}
    found, log = asked(
        Target("site.example", transports=("tcp", "udp"), kinds=(Kind.A,)), zone, "1"
    )
    assert [one.transport for one in found.addresses] == ["tcp", "tcp", "udp"]
    assert "SRV _sips._tcp.site.example" not in log


def test_sips_is_never_downgraded():
    """Takes nothing but TLS, and nobody rather than something less."""
    assert {a.transport for a in asked(Target("site.example", secure=True), ZONE)[0].addresses} == {
        "tls"
    }
    zone = {
        **{key: value for key, value in ZONE.items() if key[1] != "_sips._tcp.site.example"},
        ("NAPTR", "site.example"): NAPTRS[1:],
    }
    found, _ = asked(Target("site.example", secure=True), zone)
    assert not found.addresses
    found, _ = asked(Target("a.example", transport="tls", kinds=(Kind.A,)), HOSTS)
    assert shown(found) == ["tls 192.0.2.1:5061"]


def test_a_service_that_is_decidedly_absent_is_said():
    """A target of `.` means no such service, and no fall-back to the host (RFC 2782)."""
    zone = {**HOSTS, ("SRV", "_sip._udp.a.example"): (Srv(0, 0, 0, "."),)}
    found, _ = asked(Target("a.example", transport="udp"), zone)
    assert not found.addresses
    assert "offers no SIP over UDP" in found.why


def test_an_unknown_name_is_said():
    """Says that nobody knows the name."""
    found, _ = asked(Target("nowhere.example", transport="udp"), {})
    assert "nowhere.example is not known" in found.why


def test_a_certificate_is_checked_against_the_domain():
    """The name of every address is the domain, not the server (RFC 5922 4)."""
    found, _ = asked(Target("Site.example", transport="tls"), ZONE)
    assert {one.name for one in found.addresses} == {"site.example"}
    assert asked(Target("192.0.2.9", transport="tls"), {})[0].addresses[0].name == ""


def test_a_flood_of_records_is_cut():
    """Considers sixteen servers and sixteen addresses at most."""
    many = tuple(Srv(n, 0, 5060, f"h{n}.example") for n in range(100))
    hosts = {
        ("A", f"h{n}.example"): (Host(f"192.0.2.{n}"), Host("192.0.2.200")) for n in range(100)
    }
    zone = {("SRV", "_sip._udp.site.example"): many, **hosts}
    found, log = asked(Target("site.example", transport="udp", kinds=(Kind.A,)), zone)
    assert len(found.addresses) == 16
    assert len(log) == 17


def test_what_is_missing_is_asked_for_together():
    """Both families and all servers in one round, so that they can be asked at once."""
    book = {
        q("SRV", "_sip._udp.s"): (Srv(1, 1, 1, "a"), Srv(1, 1, 1, "b")),
    }
    missing = locate(Target("s", transport="udp"), book, "").missing
    assert {str(one.name) for one in missing} == {"a", "b"}
    assert len(missing) == 4
    assert locate(Target("s"), {}, "") == Location(missing=(q("NAPTR", "s"),))


def test_an_address_in_place_of_a_server_name_is_taken():
    """Some administrators write an address into the SRV record."""
    zone = {("SRV", "_sip._udp.s"): (Srv(1, 1, 5060, "192.0.2.7"),)}
    found, _ = asked(Target("s", transport="udp"), zone)
    assert found.addresses == (Address("udp", "192.0.2.7", 5060),)
