"""Addresses and what transports promise."""

import pytest

from appliance.sip.address import TRANSPORTS, Address, bracketed, canonical, is_literal


def test_address_is_written_as_in_a_via():
    """An address is host:port, IPv6 in brackets."""
    assert str(Address("udp", "192.0.2.1", 5060)) == "192.0.2.1:5060"
    assert str(Address("tls", "2001:db8::1", 5061)) == "[2001:db8::1]:5061"


def test_only_udp_needs_repetition():
    """TCP and TLS are reliable, UDP is not."""
    assert [name for name, one in TRANSPORTS.items() if not one.reliable] == ["udp"]
    assert Address("tcp", "192.0.2.1", 5060).traits.reliable


@pytest.mark.parametrize(
    ("host", "literal"),
    [("192.0.2.1", True), ("::1", True), ("pbx1", False), ("1.2.3", False), ("", False)],
)
def test_literals_are_told_from_names(host, literal):
    """Only an IP address can be reached without a resolver."""
    assert is_literal(host) is literal


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("PBX", "pbx"),
    ],
)
def test_each_host_is_written_in_one_way(host, plain):
    """So that where a message comes from can be compared with where it was sent."""
    assert canonical(host) == plain


def test_brackets_are_for_ipv6_only():
    """A name stays as it is."""
    assert bracketed("pbx") == "pbx"
    assert bracketed("::1") == "[::1]"
