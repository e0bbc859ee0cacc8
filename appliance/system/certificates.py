"""X.509 certificates: what one says, for people; and making them, for a desk or a test."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BACKDATED: Final = timedelta(days=1)
"""A certificate just made is valid from yesterday on: the other end's clock may be slow."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, and what the one who met it found."""

    fingerprint: str
    """SHA-256 of the whole, as 32 pairs of hexadecimal digits with colons."""
    subject: str = ""
    """Its common name, or the whole name where it has none."""
    names: tuple[str, ...] = ()
    """Whom it is for: DNS names, addresses and SIP URIs; without any, the common name."""
    issuer: str = ""
    not_before: datetime | None = None
    """In UTC; None where the certificate cannot be read."""
    not_after: datetime | None = None
    verified: bool = False
    why: str = ""
    """Why it is not verified: a sentence without the full stop."""
    version: str = ""
    """The version of TLS under which it was met: "TLSv1.2" or "TLSv1.3"."""


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate in DER, in the form that people compare."""
    return hashlib.sha256(der).digest().hex(":").upper()


def read(der: bytes) -> Certificate:
    """Describe a certificate; of one that is malformed only the fingerprint is told."""
    digest = fingerprint(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        subject = _common_name(certificate.subject)
        return Certificate(
            digest,
            subject,
            _names(certificate) or ((subject,) if subject else ()),
            _common_name(certificate.issuer),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return Certificate(digest)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
        *found.get_values_for_type(x509.UniformResourceIdentifier),
    )


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key (P-256)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The certificate as it is sent in TLS."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """Its SHA-256, as in `Certificate`."""
        return fingerprint(self.der)

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Write `stem.pem` and `stem.key` (readable by the owner alone); return their paths.

        Each is replaced in one step, the key first, so that whoever reads them meanwhile finds a
        whole file. Raises OSError.
        """
        certificate, key = folder / f"{stem}.pem", folder / f"{stem}.key"
        secret = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for path, content in (
            (key, secret),
            (certificate, self.certificate.public_bytes(serialization.Encoding.PEM)),
        ):
            fresh = path.with_name(path.name + ".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(content)
            fresh.replace(path)
        return certificate, key


def make_authority(
    name: str = "Attendant authority", *, days: int = 3650, since: datetime | None = None
) -> Issued:
    """Make a certificate authority, valid for `days` from `since` (None: yesterday) on."""
    return _make(None, name, (), days, since)


def issue(
    authority: Issued | None, *names: str, days: int = 365, since: datetime | None = None
) -> Issued:
    """Make a certificate for `names` (DNS names and IP addresses), good for both ends of TLS.

    Without an authority it is signed by itself. The first name is its common name as well.
    """
    return _make(authority, names[0], names, days, since)


def _make(
    authority: Issued | None,
    subject: str,
    names: tuple[str, ...],
    days: int,
    since: datetime | None,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    signer = key if authority is None else authority.key
    begin = since or datetime.now(UTC) - _BACKDATED
    is_authority = not names
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own if authority is None else authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_authority:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        ).add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
