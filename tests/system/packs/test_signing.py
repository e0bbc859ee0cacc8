"""Who vouches for a pack."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.system.packs import signing
from appliance.system.packs.manifest import PackError, load_pack
from appliance.system.packs.signing import Signature, Standing, judge, trusted_keys
from tests.system.packs.making import make_pack


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A private key; its public half lies beside it."""
    key = tmp_path / "vendor.key"
    signing.make_keys(key)
    return key


def test_a_signed_pack_is_trusted_by_who_trusts_the_key(tmp_path: Path, keys: Path) -> None:
    """The signature is good for whoever has the public key, says nothing to others, and the pack
    still loads.
    """
    folder = make_pack(tmp_path, "guard")
    trusted = trusted_keys([keys.with_suffix(".pub")])
    assert judge(folder, trusted) == Signature(Standing.NONE)
    name = signing.sign(folder, keys)
    assert judge(folder, trusted) == Signature(Standing.TRUSTED, name)
    assert judge(folder, {}) == Signature(Standing.STRANGER, name)
    assert load_pack(folder).name == "guard"


def test_a_changed_manifest_breaks_the_signature(tmp_path: Path, keys: Path) -> None:
    """One blank more, and the signature counts no longer."""
    folder = make_pack(tmp_path, "guard")
    name = signing.sign(folder, keys)
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text() + " ")
    trusted = trusted_keys([keys.with_suffix(".pub")])
    assert judge(folder, trusted) == Signature(Standing.BROKEN, name)


def test_another_packs_signature_does_not_count(tmp_path: Path, keys: Path) -> None:
    """A signature that is carried over is broken."""
    one, two = make_pack(tmp_path, "one"), make_pack(tmp_path, "two")
    signing.sign(one, keys)
    shutil.copy(one / "manifest.sig", two)
    trusted = trusted_keys([keys.with_suffix(".pub")])
    assert judge(two, trusted).standing is Standing.BROKEN


@pytest.mark.parametrize("text", ["", "x", "key = 1", 'key = "a"\nsignature = "?"', "\xff"])
def test_a_signature_that_cannot_be_read_is_broken(tmp_path: Path, text: str) -> None:
    """Whatever stands there, it is no signature, and nothing raises."""
    folder = make_pack(tmp_path, "guard")
    (folder / "manifest.sig").write_text(text, "latin-1")
    assert judge(folder, {}).standing is Standing.BROKEN


def test_a_bare_signature_of_the_manifest_does_not_count(tmp_path: Path, keys: Path) -> None:
    """What somebody signed for another purpose is no signature of a pack."""
    folder = make_pack(tmp_path, "guard")
    name = signing.sign(folder, keys)
    bare = signing._private(keys).sign((folder / "manifest.toml").read_bytes())
    text = signing.dumps({"key": name, "signature": signing.base64.b64encode(bare).decode("ascii")})
    (folder / "manifest.sig").write_text(text)
    trusted = trusted_keys([keys.with_suffix(".pub")])
    assert judge(folder, trusted).standing is Standing.BROKEN


def test_a_private_key_is_private_and_never_written_over(keys: Path) -> None:
    """Only its owner reads it; making it anew under its name is refused, for either half."""
    assert keys.stat().st_mode & 0o777 == 0o600
    with pytest.raises(PackError, match="never written over"):
        signing.make_keys(keys)
    keys.unlink()
    with pytest.raises(PackError, match="never written over"):
        signing.make_keys(keys)


def test_trust_is_a_folder_of_keys(tmp_path: Path, keys: Path) -> None:
    """A key that is trusted lies in the folder by its id, and counts from there; places that do
    not exist are passed over.
    """
    folder = tmp_path / "trusted"
    name = signing.trust(keys.with_suffix(".pub"), folder)
    assert list(trusted_keys([folder, tmp_path / "nowhere"])) == [name]
    assert (folder / f"{name}.pub").is_file()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"-----BEGIN PUBLIC KEY-----\nAA==\n"])
def test_what_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    """A file among the trusted keys that is none is named: passing it over would refuse packs."""
    file = tmp_path / "x.pub"
    file.write_bytes(content)
    with pytest.raises(PackError, match=r"x\.pub is no public key"):
        trusted_keys([tmp_path])
    with pytest.raises(PackError, match="no private key"):
        signing.sign(make_pack(tmp_path, "guard"), file)


def test_a_key_of_another_kind_is_told(tmp_path: Path) -> None:
    """An RSA key says what to do instead."""
    rsa = tmp_path / "rsa.key"
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", rsa],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl makes no RSA key here")
    with pytest.raises(PackError, match="no Ed25519 key"):
        signing.sign(make_pack(tmp_path, "guard"), rsa)


def test_the_signature_is_plain_ed25519(tmp_path: Path, keys: Path) -> None:
    """openssl, an implementation that we did not choose, agrees with ours."""
    folder = make_pack(tmp_path, "guard")
    signing.sign(folder, keys)
    values = signing.tomllib.loads((folder / "manifest.sig").read_text())
    (tmp_path / "sig").write_bytes(signing.base64.b64decode(values["signature"]))
    message = b"attendant pack, format 1\n" + (folder / "manifest.toml").read_bytes()
    (tmp_path / "message").write_bytes(message)
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys.with_suffix(".pub"), "-rawin",
         "-in", tmp_path / "message", "-sigfile", tmp_path / "sig"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verified Successfully" in done.stdout, done.stderr


def test_a_folder_that_is_no_pack_cannot_be_signed(tmp_path: Path, keys: Path) -> None:
    """Says so in a sentence."""
    with pytest.raises(PackError, match="cannot be signed"):
        signing.sign(tmp_path, keys)
