"""Digest authentication against the vectors of the RFCs, and against itself."""

from hashlib import sha256

import pytest

from appliance.sip.digest import (
    Challenge,
    Credentials,
    alike,
    answer,
    by_realm,
    next_nonce,
    nonce_count,
    strongest,
)
from appliance.sip.errors import RemoteError

RFC7616 = {
    "user": "Mufasa",
    "password": "Circle of Life",
    "method": "GET",
    "uri": "/dir/index.html",
    "body": b"",
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    "count": 1,
}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm, response):
    """Section 3.9.1 gives the responses for MD5 and SHA-256 with qop=auth."""
    challenge = Challenge(
        "http-auth@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm,
        ("auth",),
    )
    assert answer(challenge, **RFC7616).response == response


def test_the_example_of_rfc_2617():
    """Section 3.5 gives a response with qop=auth and MD5."""
    challenge = Challenge(
        "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5", ("auth",)
    )
    given = answer(
        challenge,
        user="Mufasa",
        password="Circle Of Life",
        method="GET",
        uri="/dir/index.html",
        body=b"",
        cnonce="0a4f113b",
        count=1,
    )
    assert given.response == "6629fae49393a05397450978507c4ef1"


def test_sessions_and_bodies_from_first_principles():
    """-sess hashes nonce and cnonce into the secret, auth-int the body (RFC 7616 3.4.2, 3.4.3)."""

    def h(text: str) -> str:
        return sha256(text.encode()).hexdigest()

    challenge = Challenge("r", "n", "SHA-256-sess", ("auth-int",))
    given = answer(
        challenge,
        user="u",
        password="p",
        method="INVITE",
        uri="sip:x",
        body=b"v=0",
        cnonce="c",
        count=2,
    )
    secret, what = h(h("u:r:p") + ":n:c"), h("INVITE:sip:x:" + h("v=0"))
    assert given.response == h(f"{secret}:n:00000002:c:auth-int:{what}")


@pytest.mark.parametrize("algorithm", ["MD5", "md5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",), ("auth", "auth-int")])
def test_what_we_answer_proves_the_password(algorithm, qop):
    """Both sides agree for every algorithm and quality, through the text of the header."""
    challenge = Challenge.parse(str(Challenge('a "realm"', "n,o", algorithm, qop, "op", True)))
    assert challenge == Challenge('a "realm"', "n,o", algorithm, qop, "op", True)
    given = answer(
        challenge,
        user="ü",
        password="pä",
        method="REGISTER",
        uri="sip:h",
        body=b"x",
        cnonce="c",
        count=17,
    )
    given = Credentials.parse(str(given))
    assert given.count == ("00000011" if qop else "")
    assert given.qop == ("auth" if "auth" in qop else "".join(qop))
    assert given.proves("pä", "REGISTER", b"x")
    assert not given.proves("pa", "REGISTER", b"x")
    assert not given.proves("pä", "INVITE", b"x")
    assert given.proves("pä", "REGISTER", b"y") is (given.qop != "auth-int")


def test_the_strongest_challenge_is_taken():
    """Of several, SHA-256 wins; what cannot be answered is passed over."""
    values = [
        'Basic realm="x"',
        'Digest realm="x", nonce="1", algorithm=SHA-512-256',
        'Digest realm="x", nonce="2"',
        'Digest realm="x", nonce="3", algorithm=SHA-256, qop="auth,auth-int"',
        'Digest realm="x", nonce="4", algorithm=MD5, qop=auth',
    ]
    best = strongest(values)
    assert best is not None
    assert best.nonce == "3"
    assert best.qop == ("auth", "auth-int")
    assert strongest(values[:2]) is None
    assert strongest([]) is None


@pytest.mark.parametrize(
    "text", ["", "Digest", 'Digest nonce="1"', 'Digest realm="x", nonce="1", qop="dance"']
)
def test_challenges_that_cannot_be_answered_are_refused(text):
    """Nothing is guessed."""
    with pytest.raises(RemoteError):
        Challenge.parse(text)


def test_incomplete_or_foreign_credentials_prove_nothing():
    """Missing values raise; an unknown algorithm does not match."""
    with pytest.raises(RemoteError):
        Credentials.parse('Digest username="a"')
    odd = Credentials.parse('Digest username="a", nonce="n", response="r", algorithm=ROT13')
    assert not odd.proves("x", "REGISTER", b"")


def test_nonce_counts_are_eight_hexadecimal_digits():
    """Anything else is no count."""
    base = 'Digest username="a", nonce="n", response="r", nc='
    assert nonce_count(Credentials.parse(base + "0000001f")) == 31
    for bad in ("1", "0000000g", "000000001", ""):
        assert nonce_count(Credentials.parse(base + bad)) is None


def test_comparison_takes_any_text():
    """Undecodable bytes are compared, not raised about."""
    assert alike("a", "a")
    assert not alike("a", "\udcff")


def test_each_realm_has_its_strongest_challenge():
    """Several fields, or several challenges in one, and what cannot be answered left out."""
    values = [
        (
            'Digest realm="a, b", nonce="1", qop="auth,auth-int", Digest nonce="2",'
            ' realm="c", algorithm = MD5 , Basic realm="c"'
        ),
        'Digest realm="a, b", nonce="3", algorithm=SHA-256',
        'Digest realm="a, b", nonce="5", algorithm=MD5',
        'Digest realm="d", nonce="4", algorithm=ROT13',
    ]
    assert [(one.realm, one.nonce) for one in by_realm(values)] == [("a, b", "3"), ("c", "2")]
    assert by_realm(values)[1].qop == ()
    assert by_realm([]) == ()


def test_the_next_nonce_is_read():
    """With the cnonce that says for which proof; empty where it is not told."""
    assert next_nonce('qop=auth, nextnonce="n,2", cnonce="c"') == ("n,2", "c")
    assert next_nonce("") == ("", "")
    assert next_nonce('rspauth="x"') == ("", "")
