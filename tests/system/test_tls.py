"""`system.tls`: whom the box believes, told in plain words, against real handshakes."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from appliance.system import ports, tls
from appliance.system.certificates import Certificate, Issued, issue, make_authority
from appliance.system.tls import Contexts, TlsError, TlsOptions, probe
from tests.system.farend import HOST, FarEnd, run, serving, shake_hands

NAME = "pbx.example"
AUTHORITY = make_authority("Clinic authority")
GOOD = issue(AUTHORITY, NAME, HOST)
DAY = timedelta(days=1)


def looked(
    folder: Path,
    issued: Issued,
    *,
    name: str = NAME,
    trust: Issued | None = AUTHORITY,
    asking: Issued | None = None,
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    **options: object,
) -> Certificate:
    """Probe a server that shows `issued`, trusting `trust`."""
    found: list[Certificate] = []

    async def scenario() -> None:
        context = serving(issued, folder, asking=asking)
        context.minimum_version, context.maximum_version = least, most
        # Not asyncio's server: that one breaks off where others send an alert first.
        listening = socket.create_server((HOST, 0))
        serve = asyncio.create_task(asyncio.to_thread(shake_hands, listening, context))
        if trust is not None:
            options.setdefault("ca", trust.write(folder, "trusted")[0])
        try:
            if asking is None:  # nothing comes after the handshake: no need to wait for it
                patch.setattr(tls, "_SECOND_THOUGHT", 0.01)
            port = listening.getsockname()[1]
            found.append(await probe(HOST, port, name, TlsOptions(**options)))  # type: ignore[arg-type]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            await serve
            listening.close()

    with pytest.MonkeyPatch.context() as patch:
        run(scenario())
    return found[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_of_the_known_authority_is_accepted(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Tells its names, its issuer and the version of TLS, 1.2 or 1.3."""
    seen = looked(tmp_path, GOOD, least=version, most=version)
    assert seen.verified
    assert seen.why == ""
    assert seen.names == (NAME, HOST)
    assert seen.issuer == "Clinic authority"
    assert seen.version == version.name.replace("_", ".")


def test_an_address_is_a_name_too(tmp_path: Path) -> None:
    """Accepts a certificate for the IP address that was asked for."""
    assert looked(tmp_path, GOOD, name="").verified


@pytest.mark.parametrize(
    "alone", [issue(None, NAME), make_authority(NAME)], ids=["names", "common"]
)
def test_a_certificate_that_signed_itself_may_be_its_own_authority(
    tmp_path: Path, alone: Issued
) -> None:
    """Accepts the very certificate given as `ca`, by its names or its common name."""
    assert looked(tmp_path, alone, trust=alone).verified


def test_a_certificate_may_be_trusted_without_its_authority(tmp_path: Path) -> None:
    """Accepts the very certificate given as `ca` although another has signed it."""
    signed = issue(make_authority("Other"), NAME)
    assert looked(tmp_path, signed, trust=signed).verified


@pytest.mark.parametrize(
    "stranger", [issue(make_authority("Other"), NAME), issue(None, NAME)], ids=["other", "itself"]
)
def test_an_unknown_authority_is_refused_with_the_fingerprint(
    tmp_path: Path, stranger: Issued
) -> None:
    """Shows the SHA-256 that a person may accept."""
    seen = looked(tmp_path, stranger)
    assert not seen.verified
    assert seen.fingerprint == stranger.fingerprint
    assert seen.why == (
        f"the certificate of {NAME} (SHA-256 {stranger.fingerprint}) is not signed by a known "
        "authority"
    )


def test_without_a_file_the_systems_authorities_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refuses an authority that the system does not know, and accepts one that it does."""
    assert "not signed by a known authority" in looked(tmp_path, GOOD, trust=None).why
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY.write(tmp_path, "system")[0]))
    assert looked(tmp_path, GOOD, trust=None).verified


def test_a_file_replaces_the_systems_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Believes those of the file alone, where one is given."""
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY.write(tmp_path, "system")[0]))
    seen = looked(tmp_path, GOOD, trust=make_authority("Other"))
    assert "not signed by a known authority" in seen.why


@pytest.mark.parametrize("asked", ["sip.example", "192.0.2.5"])
def test_another_name_is_refused_with_the_names_it_has(tmp_path: Path, asked: str) -> None:
    """Checks the name, be it a host's or an address."""
    seen = looked(tmp_path, GOOD, name=asked)
    assert not seen.verified
    assert seen.why == f"the certificate of {asked} is for another name ({NAME}, {HOST})"


def test_an_expired_certificate_is_refused_with_its_date(tmp_path: Path) -> None:
    """Says on which day it expired."""
    seen = looked(tmp_path, issue(AUTHORITY, NAME, days=1, since=datetime.now(UTC) - 3 * DAY))
    assert seen.not_after is not None
    assert seen.why == f"the certificate of {NAME} expired on {seen.not_after:%Y-%m-%d}"


def test_a_certificate_of_tomorrow_asks_for_the_clock(tmp_path: Path) -> None:
    """Says from when on it is valid, and that the clock may be wrong."""
    seen = looked(tmp_path, issue(AUTHORITY, NAME, since=datetime.now(UTC) + 3 * DAY))
    assert seen.not_before is not None
    assert seen.why == (
        f"the certificate of {NAME} is valid from {seen.not_before:%Y-%m-%d} on: "
        "is the box's clock right?"
    )


def test_a_pinned_certificate_needs_nothing_else(tmp_path: Path) -> None:
    """Accepts it expired, under another name and signed by nobody; in any spelling."""
    old = issue(None, "elsewhere", days=1, since=datetime.now(UTC) - 3 * DAY)
    for pin in (old.fingerprint, old.fingerprint.replace(":", "").lower()):
        assert looked(tmp_path, old, trust=None, fingerprints=("00" * 32, pin)).verified


def test_a_pin_excludes_every_other_certificate(tmp_path: Path) -> None:
    """Refuses one that the authority signed, for the right name."""
    seen = looked(tmp_path, GOOD, fingerprints=("00" * 32,))
    assert not seen.verified
    assert seen.why == (
        f"the certificate of {NAME} (SHA-256 {GOOD.fingerprint}) is not the one that was accepted"
    )


def test_verification_can_be_switched_off(tmp_path: Path) -> None:
    """Speaks with anybody then, and says what that means."""
    seen = looked(tmp_path, issue(None, "elsewhere"), trust=None, verify=False)
    assert not seen.verified
    assert "switched off" in seen.why


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_is_told_so(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Says that a client certificate is wanted, in TLS 1.3 too, where it comes after the fact."""
    with pytest.raises(TlsError, match="wants a client certificate"):
        looked(tmp_path, GOOD, asking=AUTHORITY, least=version, most=version)


def test_our_certificate_is_shown_where_it_is_wanted(tmp_path: Path) -> None:
    """Is let in with it; one of another authority is not."""
    ours, key = issue(AUTHORITY, "box.example").write(tmp_path, "ours")
    assert looked(tmp_path, GOOD, asking=AUTHORITY, certificate=ours, key=key).verified
    wrong, key = issue(make_authority("Other"), "box.example").write(tmp_path, "wrong")
    with pytest.raises(TlsError, match="authority that signed our certificate"):
        looked(tmp_path, GOOD, asking=AUTHORITY, certificate=wrong, key=key)


def test_a_port_that_speaks_no_tls_is_told_so() -> None:
    """Says that something else answers there."""

    async def scenario() -> None:
        far = await FarEnd.open(says=b"SIP/2.0 400 Bad Request\r\n\r\n")
        with pytest.raises(TlsError, match=f"no TLS there: port {far.port} of {NAME}"):
            await probe(HOST, far.port, NAME)
        await far.close()

    run(scenario())


def test_a_port_that_closes_is_told_so() -> None:
    """Says that the far end broke off during the handshake."""

    async def scenario() -> None:
        far = await FarEnd.open()
        looking = asyncio.create_task(probe(HOST, far.port, NAME))
        (await far.met()).transport.close()
        with pytest.raises(TlsError, match="broke off"):
            await looking
        await far.close()

    run(scenario())


def test_a_closed_port_is_told_so() -> None:
    """Says that connections are refused."""
    sock = ports.bind(HOST, 0)
    port = sock.getsockname()[1]
    with pytest.raises(TlsError, match=f"{NAME}: port {port} refuses connections"):
        run(probe(HOST, port, NAME))  # type: ignore[arg-type]
    sock.close()


def test_a_silent_port_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up, and says that nothing answers."""
    monkeypatch.setattr(tls, "_LOOK", -0.4)

    async def scenario() -> None:
        far = await FarEnd.open()
        with pytest.raises(TlsError, match=f"{NAME} does not answer on port {far.port}"):
            await probe(HOST, far.port, NAME)
        await far.close()

    run(scenario())


def test_a_name_nobody_knows_is_told_so() -> None:
    """Says that the name is unknown."""
    with pytest.raises(TlsError, match=r"the name no\.such\.host\.invalid is not known"):
        run(probe("no.such.host.invalid", 5061))  # type: ignore[arg-type]


# files


def test_a_changed_authority_is_used_for_the_next_connection(tmp_path: Path) -> None:
    """Makes a new context when a file changes, and only then."""

    async def scenario() -> None:
        contexts = Contexts(TlsOptions(ca=AUTHORITY.write(tmp_path, "ca")[0]))
        first = await contexts.client()
        assert await contexts.client() is first
        make_authority("New").write(tmp_path, "ca")
        second = await contexts.client()
        assert second is not first
        assert [each["subject"] for each in second.get_ca_certs()] == [((("commonName", "New"),),)]

    run(scenario())


def test_half_of_a_new_pair_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    """Keeps the context before, says why, and takes the new one as soon as it is whole."""

    async def scenario() -> None:
        certificate, key = GOOD.write(tmp_path, "box")
        contexts = Contexts(TlsOptions(certificate=certificate, key=key))
        first = await contexts.server()
        new_certificate, new_key = issue(AUTHORITY, "box.example").write(tmp_path, "new")
        key.write_bytes(new_key.read_bytes())
        assert await contexts.server() is first
        assert "does not belong" in contexts.trouble
        certificate.write_bytes(new_certificate.read_bytes())
        assert await contexts.server() is not first
        assert contexts.trouble == ""

    run(scenario())


@pytest.mark.parametrize("which", ["ca", "certificate"])
@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, which: str, content: bytes | None
) -> None:
    """Raises TlsError with the path."""
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TlsError, match=r"file\.pem"):
        run(Contexts(TlsOptions(**{which: path})).client())  # type: ignore[arg-type]


def test_an_encrypted_key_is_refused_without_asking(tmp_path: Path) -> None:
    """Does not wait on a terminal for a password."""
    certificate, key = GOOD.write(tmp_path, "box")
    key.write_bytes(
        GOOD.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TlsError, match=r"box\.pem"):
        run(Contexts(TlsOptions(certificate=certificate, key=key)).server())  # type: ignore[arg-type]


def test_certificate_and_key_may_stand_in_one_file(tmp_path: Path) -> None:
    """Takes the key from the certificate's file where none is named."""
    certificate, key = GOOD.write(tmp_path, "box")
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    run(Contexts(TlsOptions(certificate=certificate)).server())  # type: ignore[arg-type]


def test_being_called_needs_a_certificate() -> None:
    """Raises TlsError without one."""
    with pytest.raises(TlsError, match="certificate of its own"):
        run(Contexts(TlsOptions()).server())  # type: ignore[arg-type]


@pytest.mark.parametrize("pin", ["", "ab:cd", "x" * 64])
def test_a_fingerprint_that_is_none_is_refused(pin: str) -> None:
    """Raises TlsError at once: a wrong pin would only show when the line fails."""
    with pytest.raises(TlsError, match="no SHA-256 fingerprint"):
        Contexts(TlsOptions(fingerprints=(pin,)))


def test_only_safe_versions_are_spoken(tmp_path: Path) -> None:
    """Offers and takes TLS 1.2 at the least."""
    certificate, key = GOOD.write(tmp_path, "box")

    async def scenario() -> None:
        contexts = Contexts(TlsOptions(certificate=certificate, key=key))
        for context in (await contexts.client(), await contexts.server()):
            assert context.minimum_version == ssl.TLSVersion.TLSv1_2

    run(scenario())


def test_a_scope_is_no_part_of_a_name() -> None:
    """Leaves out the interface of a link-local address."""
    assert tls.server_name("fe80::1%eth0") == "fe80::1"
    assert tls.server_name(HOST, NAME) == NAME


def test_a_probe_needs_no_name_for_a_host_by_name(tmp_path: Path) -> None:
    """Resolves the host and expects its name in the certificate."""
    local = issue(AUTHORITY, "localhost")

    async def scenario() -> None:
        far = await FarEnd.open(serving(local, tmp_path), host=socket.gethostbyname("localhost"))
        options = TlsOptions(ca=AUTHORITY.write(tmp_path, "ca")[0])
        assert (await probe("localhost", far.port, "", options)).verified
        await far.close()

    run(scenario())
