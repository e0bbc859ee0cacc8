"""`system.certificates`: reading certificates, and making them."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from appliance.system.certificates import fingerprint, issue, make_authority, read

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_certificate_tells_who_it_is_for_and_until_when() -> None:
    """Reads subject, all names, issuer, dates in UTC and the SHA-256 with colons."""
    authority = make_authority("Hospital authority")
    issued = issue(authority, "pbx.example", "192.0.2.1", "2001:db8::1", days=30, since=SINCE)
    told = read(issued.der)
    assert told.subject == "pbx.example"
    assert told.names == ("pbx.example", "192.0.2.1", "2001:db8::1")
    assert told.issuer == "Hospital authority"
    assert (told.not_before, told.not_after) == (SINCE, SINCE + timedelta(days=30))
    assert told.fingerprint.replace(":", "").lower() == hashlib.sha256(issued.der).hexdigest()
    assert told.fingerprint == issued.fingerprint == fingerprint(issued.der)
    assert not told.verified


def test_a_certificate_without_names_is_for_its_common_name() -> None:
    """Gives the common name where there are no alternative names."""
    assert read(make_authority("pbx.example").der).names == ("pbx.example",)


def test_a_malformed_certificate_still_has_a_fingerprint() -> None:
    """Tells nothing else of it, and raises nothing."""
    told = read(b"no certificate")
    assert told.fingerprint == fingerprint(b"no certificate")
    assert told.subject == ""
    assert told.not_after is None


def test_a_common_name_that_is_missing_is_replaced_by_the_whole_name() -> None:
    """Shows the distinguished name of a certificate that has no common name."""
    issued = issue(None, "a.example")
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Clinic")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(issued.key.public_key())
        .serial_number(1)
        .not_valid_before(SINCE)
        .not_valid_after(SINCE + timedelta(days=1))
        .sign(issued.key, hashes.SHA256())
    )
    assert read(certificate.public_bytes(serialization.Encoding.DER)).subject == "O=Clinic"


def test_what_is_issued_is_accepted_by_openssl(tmp_path) -> None:
    """Verifies against its authority even under the strict rules of Python 3.13."""
    authority = make_authority()
    certificate, key = issue(authority, "box.example").write(tmp_path, "box")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.load_verify_locations(authority.write(tmp_path, "authority")[0])
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname="box.example")
    theirs = server.wrap_bio(up, down, server_side=True)
    for _ in range(3):
        for end in (ours, theirs):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.getpeercert()["subjectAltName"] == (("DNS", "box.example"),)


def test_a_key_is_readable_by_its_owner_alone(tmp_path) -> None:
    """Writes both files anew, the key with mode 600, and leaves nothing else behind."""
    for name in ("one.example", "two.example"):
        certificate, key = issue(None, name).write(tmp_path, "box")
    assert key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box.key", "box.pem"]
    assert read(ssl.PEM_cert_to_DER_cert(certificate.read_text())).names == ("two.example",)
