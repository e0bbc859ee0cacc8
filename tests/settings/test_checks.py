"""Checks of single values."""

import pytest

from appliance.settings import checks


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("pbx", "pbx"), ("pbx1", "pbx1"), ("_a.pbx.example.", "_a.pbx.example."),
        (" 10.0.0.1 ", "10.0.0.1"), ("[2001:DB8::1]", "2001:db8::1"), ("::1", "::1"),
    ],
)  # fmt: skip
def test_a_host_is_a_name_or_an_address(given, kept):
    """Keeps names as they stand and addresses in their shortest form."""
    assert checks.host(given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "neither"), ("10.0.0.256", "neither"), ("10.0.0", "neither"), ("a b", "neither"),
        ("sip:pbx", "host's name only"), ("https://pbx/", "host's name only"),
        ("pbx:5060", "its own field"), ("a" * 64 + ".b", "neither"), ("-pbx", "neither"),
    ],
)  # fmt: skip
def test_what_is_no_host_is_told_why(given, words):
    """Says what is wrong with it, and where the port belongs."""
    with pytest.raises(ValueError, match=words):
        checks.host(given)


@pytest.mark.parametrize(
    ("given", "kept", "parts"),
    [
        ("", "", None), ("sbc", "sbc", ("sbc", 0)), ("sbc:5070", "sbc:5070", ("sbc", 5070)),
        ("[::1]:5070", "[::1]:5070", ("::1", 5070)), ("::1", "[::1]", ("::1", 0)),
        ("10.0.0.1:1", "10.0.0.1:1", ("10.0.0.1", 1)),
    ],
)  # fmt: skip
def test_a_proxy_is_a_host_and_perhaps_a_port(given, kept, parts):
    """Keeps IPv6 in brackets, and what is kept can be taken apart again."""
    assert checks.host_and_port(given) == kept
    if parts is not None:
        assert checks.split(kept) == parts


@pytest.mark.parametrize("given", ["sbc:", "sbc:0", "sbc:65536", "sbc:sip", ":5060", "a b:1"])
def test_a_proxy_with_a_wrong_port_is_refused(given):
    """Names what is wrong."""
    with pytest.raises(ValueError, match=r"port|host"):
        checks.host_and_port(given)


def test_our_own_address_is_an_address_or_found():
    """Empty and auto mean that the route decides; a name or 0.0.0.0 is refused."""
    assert checks.own_host("") == checks.own_host(" AUTO ") == ""
    assert checks.own_host("[::1]") == "::1"
    for wrong, words in (("box", "no IP address"), ("0.0.0.0", "reach"), ("::", "reach")):
        with pytest.raises(ValueError, match=words):
            checks.own_host(wrong)


def test_codecs_are_known_by_their_usual_spellings():
    """Takes G.722, pcma, aLaw; leaves what is none to the schema's own refusal."""
    spelled = ["G.722", "pcma", "a-Law", "OPUS", "PCMU"]
    assert [checks.codec(name) for name in spelled] == ["G722", "PCMA", "PCMA", "opus", "PCMU"]
    assert checks.codec("G.729") == "G.729"
    assert checks.codec(3) == 3


def test_a_fingerprint_is_kept_in_one_form():
    """Takes what openssl and browsers print."""
    digits = "ab" * 32
    kept = ":".join(["AB"] * 32)
    for given in (digits, kept, f"sha256 Fingerprint={kept}", f"SHA-256: {kept.replace(':', ' ')}"):
        assert checks.fingerprint(given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [("ab" * 20, "SHA-1"), ("ab" * 31, "64 digits, this one 62"), ("xy" * 32, "hexadecimal")],
)
def test_what_is_no_fingerprint_is_told_why(given, words):
    """Tells SHA-1, wrong lengths and wrong letters apart."""
    with pytest.raises(ValueError, match=words):
        checks.fingerprint(given)


def test_a_network_is_one_address_or_a_whole_network():
    """Refuses an address inside a network and says which network was meant."""
    assert checks.network("10.0.0.0/8") == "10.0.0.0/8"
    assert checks.network("2001:db8::5") == "2001:db8::5"
    with pytest.raises(ValueError, match=r"write 10\.0\.0\.0/24"):
        checks.network("10.0.0.7/24")
    with pytest.raises(ValueError, match="no IP address"):
        checks.network("pbx")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0049 (30) 123-4*", "0049301234*"), ("2xx", "2xx"), ("+49*", "+49*"), ("*97", "*97"),
        ("front-desk", "front-desk"), ("x", "x"),
    ],
)  # fmt: skip
def test_a_number_is_a_pattern(given, kept):
    """Drops what is written for the eye."""
    assert checks.number(given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [("*", "every number"), ("", "every number"), ("00*49", "no number"), ("4+9", "no number")],
)
def test_what_is_no_pattern_is_refused(given, words):
    """Refuses what would allow everything, and stars in the middle."""
    with pytest.raises(ValueError, match=words):
        checks.number(given)


def test_names_of_fields_and_lines_are_checked():
    """Takes a header's name with or without colon, and a table's name in small letters."""
    assert checks.field_name("X-Customer:") == "X-Customer"
    with pytest.raises(ValueError, match="X-Customer"):
        checks.field_name("X Customer")
    assert checks.line_name("night-2") == "night-2"
    for wrong, words in (("main", "first"), ("Night", "small letters"), ("n" * 21, "20")):
        with pytest.raises(ValueError, match=words):
            checks.line_name(wrong)
