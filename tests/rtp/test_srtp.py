"""SRTP: against the RFCs' own examples, against an independent reckoning, and against forgers."""

import hashlib
import hmac

import pytest

from appliance.rtp import LocalError, PacketError
from appliance.rtp.packet import RtpPacket
from appliance.rtp.rtcp import ReceiverReport
from appliance.rtp.srtp import KEY_BYTES, SUITES, Guard, Protection

OVERHEAD = {
    "AES_CM_128_HMAC_SHA1_80": (10, 14),
    "AES_CM_128_HMAC_SHA1_32": (4, 14),  # RFC 4568 section 6.2.2: RTCP keeps 80 bits
    "AEAD_AES_128_GCM": (16, 20),
    "AEAD_AES_256_GCM": (16, 20),
}


def key(suite, seed):
    return hashlib.sha512(str(seed).encode()).digest()[: KEY_BYTES[suite]]


def pair(suite, one=1, two=2):
    """The guards of two sides that agree."""
    a, b = key(suite, one), key(suite, two)
    return Guard(Protection(suite, a, b)), Guard(Protection(suite, b, a))


def rtp(sequence, payload=b"\x10" * 160, ssrc=9):
    return bytes(RtpPacket(0, sequence & 0xFFFF, 160 * sequence & 0xFFFFFFFF, ssrc, payload))


def open_rtp(guard, data):
    return guard.unprotect(data, control=False)


def shut_rtp(guard, packet):
    return guard.protect(packet, control=False)


# ---- known answers: the reckoning below is checked by the RFCs, and checks libsrtp


def counter_mode(session_key, iv, data):
    cryptography = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    modes, aes = cryptography.modes, cryptography.algorithms.AES
    cipher = cryptography.Cipher(aes(session_key), modes.CTR(iv.to_bytes(16, "big"))).encryptor()
    return cipher.update(data)


def gcm(session_key, iv, data, clear):
    aead = pytest.importorskip("cryptography.hazmat.primitives.ciphers.aead")
    return aead.AESGCM(session_key).encrypt(iv, data, clear)


def derive(master, salt, label, size):
    """RFC 3711 section 4.3.1 with a derivation rate of 0; a 96-bit salt is filled up."""
    x = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ label << 48
    return counter_mode(master, x << 16, bytes(size))


def reckon(suite, secret, packet, index, control):
    """What the RFCs say that leaves for this packet."""
    lengths = {"AEAD_AES_256_GCM": 32}.get(suite, 16)
    master, salt = secret[:lengths], secret[lengths:]
    first = 3 if control else 0
    session_key = derive(master, salt, first, lengths)
    session_salt = derive(master, salt, first + 2, len(salt))
    head = 8 if control else 12
    clear, plain = packet[:head], packet[head:]
    ssrc = packet[4:8] if control else packet[8:12]
    if suite.startswith("AEAD"):  # RFC 7714 sections 8.1 and 9.1
        trailer = (1 << 31 | index).to_bytes(4, "big") if control else b""
        counter = index.to_bytes(4 if control else 6, "big").rjust(6, b"\0")
        iv = int.from_bytes(b"\0\0" + ssrc + counter, "big") ^ int.from_bytes(session_salt, "big")
        return clear + gcm(session_key, iv.to_bytes(12, "big"), plain, clear + trailer) + trailer
    auth = derive(master, salt, first + 1, 20)
    iv = int.from_bytes(session_salt, "big") << 16
    iv ^= int.from_bytes(ssrc, "big") << 64 ^ index << 16
    sealed = clear + counter_mode(session_key, iv, plain)
    if control:
        sealed += (1 << 31 | index).to_bytes(4, "big")
        return sealed + hmac.digest(auth, sealed, "sha1")[:10]
    tag = hmac.digest(auth, sealed + (index >> 16).to_bytes(4, "big"), "sha1")
    return sealed + tag[: 4 if suite.endswith("_32") else 10]


def test_the_reckoning_is_that_of_the_rfcs():
    """RFC 3711 B.2 (key stream), B.3 (key derivation) and RFC 7714 16.1.1 (AES-128-GCM)."""
    session_key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    iv = int("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", 16)
    assert counter_mode(session_key, iv, bytes(32)).hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
    )
    master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
    salt = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
    derived = [derive(master, salt, label, 16).hex().upper() for label in range(3)]
    assert derived[0] == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived[1] == "CEBE321F6FF7716B6FD4AB49AF256A15"
    assert derived[2][:28] == "30CBBC08863D8C85D49DB34A9AE1"
    packet = bytes.fromhex("8040f17b8041f8d35501a0b2")
    mask = int("51756964", 16) << 64 | int("2070726f2071756f", 16)
    vector = int.from_bytes(bytes(2) + packet[8:12] + bytes(4) + packet[2:4], "big") ^ mask
    text = b"Gallia est omnis divisa in partes tres"
    sealed = gcm(bytes(range(16)), vector.to_bytes(12, "big"), text, packet).hex()
    assert sealed == (
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce"
    )


@pytest.mark.parametrize("suite", KEY_BYTES)
def test_what_leaves_is_bit_for_bit_what_the_rfcs_reckon(suite):
    """RTP past a wrap of the sequence, and RTCP, for each suite."""
    secret = key(suite, 7)
    guard = Guard(Protection(suite, secret, secret))
    for index in (65530, 65535, 65536, 65540):
        packet = rtp(index, bytes(range(100)))
        assert shut_rtp(guard, packet) == reckon(suite, secret, packet, index, control=False)
    report = bytes(ReceiverReport(9)) + bytes(ReceiverReport(10))
    for index in (1, 2):  # libsrtp counts from one
        sealed = guard.protect(report, control=True)
        assert sealed == reckon(suite, secret, report, index, control=True)


# ---- the guard


def test_every_suite_of_the_telephone_is_there():
    """The wheel's libsrtp does all four, GCM too, strongest first."""
    assert SUITES == (
        "AEAD_AES_256_GCM",
        "AEAD_AES_128_GCM",
        "AES_CM_128_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_32",
    )


@pytest.mark.parametrize("suite", SUITES)
def test_both_directions_and_both_protocols(suite):
    """What one side seals the other opens; nothing of the payload is to be seen on the way."""
    a, b = pair(suite)
    for sealer, opener in ((a, b), (b, a)):
        for control, packet in ((False, rtp(5)), (True, bytes(ReceiverReport(9)))):
            sealed = sealer.protect(packet, control=control)
            assert len(sealed) == len(packet) + OVERHEAD[suite][control]
            assert sealed[: 8 if control else 12] == packet[: 8 if control else 12]
            assert packet[12:] == b"" or packet[12:] not in sealed
            assert opener.unprotect(sealed, control=control) == packet


@pytest.mark.parametrize("suite", SUITES)
def test_forged_altered_replayed_and_plain_packets_are_refused(suite):
    """Each is PacketError, and the true ones after it are opened."""
    a, b = pair(suite)
    stranger, _ = pair(suite, 3, 4)
    sealed = [shut_rtp(a, rtp(n)) for n in range(10)]
    assert open_rtp(b, sealed[0]) == rtp(0)
    broken = bytearray(sealed[1])
    broken[30] ^= 1
    for bad in (
        sealed[0],
        bytes(broken),
        rtp(1),
        shut_rtp(stranger, rtp(1)),
        b"",
        b"\x80",
        bytes(2000),
    ):
        with pytest.raises(PacketError, match="SRTP"):
            open_rtp(b, bad)
    assert [open_rtp(b, data) for data in sealed[1:]] == [rtp(n) for n in range(1, 10)]
    report = a.protect(bytes(ReceiverReport(9)), control=True)
    b.unprotect(report, control=True)
    for bad in (report, bytes(ReceiverReport(9)), b"\x80\xc9"):
        with pytest.raises(PacketError, match="SRTP"):
            b.unprotect(bad, control=True)


def test_the_rollover_counter_goes_on_through_loss_and_disorder():
    """200,000 packets, a tenth lost, neighbours swapped: three wraps, all the rest opens."""
    a, b = pair("AES_CM_128_HMAC_SHA1_80")
    numbers = [n ^ 1 for n in range(65000, 265000) if n % 7 == 0 or n % 65536 in {0, 1, 65535}]
    for n in numbers:
        assert open_rtp(b, shut_rtp(a, rtp(n, b"\1\2"))) == rtp(n, b"\1\2")


def test_sources_are_told_apart():
    """Two SSRCs under one key have counters of their own (a transfer, music on hold)."""
    a, b = pair("AEAD_AES_128_GCM")
    for n, ssrc in ((60000, 1), (3, 2), (60001, 1), (4, 2)):
        assert open_rtp(b, shut_rtp(a, rtp(n, ssrc=ssrc))) == rtp(n, ssrc=ssrc)


def test_new_keys_take_over_and_the_old_ones_end():
    """After a re-key what is under way is still opened, until the first under the new key."""
    suite = "AES_CM_128_HMAC_SHA1_80"
    a, b = pair(suite)
    old = [shut_rtp(a, rtp(n)) for n in range(3)]
    assert open_rtp(b, old[0]) == rtp(0)
    assert b.rekey(Protection(suite, key(suite, 2), key(suite, 5))) is False
    assert a.rekey(Protection(suite, key(suite, 5), key(suite, 2))) is True
    assert open_rtp(b, old[1]) == rtp(1)
    assert open_rtp(b, shut_rtp(a, rtp(3))) == rtp(3)
    with pytest.raises(PacketError):
        open_rtp(b, old[2])
    assert open_rtp(a, shut_rtp(b, rtp(9))) == rtp(9)  # this direction has kept its key


def test_the_same_keys_again_keep_their_counters():
    """A re-INVITE that repeats the keys neither resets the counters nor allows a replay."""
    suite = "AEAD_AES_256_GCM"
    a, b = pair(suite)
    sealed = shut_rtp(a, rtp(70000))
    open_rtp(b, sealed)
    assert b.rekey(Protection(suite, key(suite, 2), key(suite, 1))) is False
    with pytest.raises(PacketError):
        open_rtp(b, sealed)


def test_our_own_mistakes_are_told():
    """An unknown suite and a key of the wrong length are LocalError; keys are not shown."""
    with pytest.raises(LocalError, match="F8_128"):
        Protection("F8_128_HMAC_SHA1_80", bytes(30), bytes(30))
    with pytest.raises(LocalError, match="30 bytes"):
        Protection("AES_CM_128_HMAC_SHA1_80", bytes(30), bytes(28))
    shown = repr(Protection("AES_CM_128_HMAC_SHA1_80", b"s" * 30, b"r" * 30))
    assert "sss" not in shown
    assert "rrr" not in shown
    a, _ = pair("AES_CM_128_HMAC_SHA1_80")
    with pytest.raises(LocalError):
        shut_rtp(a, bytes(1500))
