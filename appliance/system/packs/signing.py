"""Who vouches for a pack: an Ed25519 signature over its manifest, which names every file's hash.

manifest.toml (bytes as they stand) ─► Ed25519 (RFC 8032) ─► manifest.sig: key id and signature

Keys are PEM files (PKCS 8 and SubjectPublicKeyInfo), so that any other tool can make and check
them. A key's id is the beginning of the SHA-256 of its 32 public bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from appliance.settings.atomic import write_atomically
from appliance.system.packs.manifest import MANIFEST, SIGNATURE, PackError
from appliance.system.packs.writing import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PUBLIC: Final = ".pub"
"""How the files of public keys end in a folder of them."""
_ID_LENGTH: Final = 16
_CONTEXT: Final = b"attendant pack, format 1\n"
"""Signed with the manifest, so that the signature of something else never counts for a pack."""


class Standing(StrEnum):
    """What a pack's signature is worth."""

    TRUSTED = "signed"
    """By a trusted key, and nothing has changed since."""
    STRANGER = "signed by a stranger"
    """By a key that this box does not trust, so that nothing can be said."""
    BROKEN = "broken signature"
    """By a trusted key, but not for this manifest; or not readable."""
    NONE = "unsigned"


@dataclass(frozen=True, slots=True)
class Signature:
    """A pack's signature, judged."""

    standing: Standing
    key: str = ""
    """Id of the key that signed."""


def make_keys(private: Path) -> Path:
    """Write a new private key (readable by its owner only) and beside it its public key.

    Returns the file of the public key: the same name, ending in `.pub`. Raises PackError where
    one of them exists, since a key that is written over is lost, or where they cannot be written.
    """
    public = private.with_suffix(PUBLIC)
    for path in (private, public):
        if path.exists():
            raise PackError(f"{path} exists: give another name, a key is never written over.")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        write_atomically(private, secret, 0o600)
        write_atomically(public, _pem(key.public_key()))
    except OSError as error:
        raise PackError(
            f"{private} cannot be written ({error.strerror}): choose another folder."
        ) from None
    return public


def sign(folder: Path, private: Path) -> str:
    """Sign the manifest of the pack in `folder` and return the id of the key.

    Raises PackError where the key or the manifest cannot be read, or nothing can be written.
    """
    key = _private(private)
    name = key_id(key.public_key())
    try:
        made = key.sign(_CONTEXT + (folder / MANIFEST).read_bytes())
        text = dumps({"key": name, "signature": base64.b64encode(made).decode("ascii")})
        write_atomically(folder / SIGNATURE, text.encode("ascii"))
    except OSError as error:
        raise PackError(f"{folder} cannot be signed ({error.strerror}): is it a pack?") from None
    return name


def judge(folder: Path, trusted: Mapping[str, Ed25519PublicKey]) -> Signature:
    """Return what the signature of the pack in `folder` is worth.

    It says nothing of the files: those are compared with the manifest when the pack is loaded.
    """
    try:
        values = tomllib.loads((folder / SIGNATURE).read_text("ascii"))
        name = str(values["key"])[:_ID_LENGTH]
        made = base64.b64decode(str(values["signature"]), validate=True)
        manifest = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return Signature(Standing.NONE)
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError, binascii.Error):
        return Signature(Standing.BROKEN)
    key = trusted.get(name)
    if key is None:
        return Signature(Standing.STRANGER, name)
    try:
        key.verify(made, _CONTEXT + manifest)
    except InvalidSignature:
        return Signature(Standing.BROKEN, name)
    return Signature(Standing.TRUSTED, name)


def trusted_keys(places: Iterable[Path]) -> dict[str, Ed25519PublicKey]:
    """Return the public keys of files and of folders' `.pub` files, by id.

    Absent places are passed over. Raises PackError for a file that is no such key: to pass over
    it would refuse good packs later, where nobody could tell why.
    """
    keys = {}
    for place in places:
        try:
            files = sorted(place.glob(f"*{PUBLIC}")) if place.is_dir() else [place]
            files = [file for file in files if file.is_file()]
        except OSError as error:
            raise PackError(
                f"The trusted keys in {place} cannot be read ({error.strerror}): run the command "
                "as the user who may."
            ) from None
        for file in files:
            key = read_public(file)
            keys[key_id(key)] = key
    return keys


def trust(public: Path, folder: Path) -> str:
    """Copy a public key into the folder of trusted keys and return its id.

    Raises PackError where it is no public key, or cannot be written.
    """
    key = read_public(public)
    name = key_id(key)
    try:
        write_atomically(folder / f"{name}{PUBLIC}", _pem(key))
    except OSError as error:
        raise PackError(
            f"{folder} cannot be written ({error.strerror}): run the command as the user who may."
        ) from None
    return name


def read_public(file: Path) -> Ed25519PublicKey:
    """Return the key of a PEM file. Raises PackError where it holds no Ed25519 public key."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise PackError(f"{file} cannot be read ({error.strerror}): name a public key.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise PackError(f"{file} is no public key: name a .pub file of `packs keygen`.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise PackError(f"{file} is no Ed25519 key: make one with `packs keygen`.")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """Return the 16 hexadecimal digits by which people and signatures name a key."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:_ID_LENGTH]


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _private(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise PackError(f"{file} cannot be read ({error.strerror}): name a private key.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PackError(
            f"{file} is no private key without password: name the file that `packs keygen` made."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise PackError(f"{file} is no Ed25519 key: make one with `packs keygen`.")
    return key
