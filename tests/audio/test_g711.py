"""G.711 against the decision values printed in the standard (tables 1a and 2a)."""

import sys
from array import array
from bisect import bisect_right

import pytest

from appliance.audio import g711
from appliance.audio.pcm import pack, unpack


def decision_values(first, step, scale):
    """Decision values x_n of the positive half: each further segment doubles the step."""
    values = list(first)
    while len(values) < 129:
        values += [values[-1] + step * n for n in range(1, 17)]
        step *= 2
    return [value * scale for value in values]


# µ-law: 0, 1, 3, 5 … 31, 35, 39 … 8159 of 14 bits; A-law: 0, 1 … 32, 34 … 2048 of 12 bits.
ULAW_X = decision_values([0, *range(1, 32, 2)], 4, 4)
ALAW_X = decision_values(range(33), 2, 16)
CASES = [("PCMU", ULAW_X, 0x7F, 0), ("PCMA", ALAW_X, 0x55, 8)]


def test_decision_values_are_those_of_the_tables():
    """The tables' own anchors: segment ends of µ-law and of A-law."""
    assert [x // 4 for x in ULAW_X[16::16]] == [31, 95, 223, 479, 991, 2015, 4063, 8159]
    assert [x // 16 for x in ALAW_X[16::16]] == [16, 32, 64, 128, 256, 512, 1024, 2048]


@pytest.mark.parametrize(("name", "decisions", "mask", "zero"), CASES)
def test_every_sample_gets_the_code_of_its_interval(name, decisions, mask, zero):
    """All 65,536 samples are encoded into the interval the standard names."""
    samples = range(-32768, 32768)
    codes = g711.CODECS[name].encode(pack(samples))
    for sample, code in zip(samples, codes, strict=True):
        magnitude = sample if sample >= 0 else -1 - sample
        interval = min(127, bisect_right(decisions, magnitude) - 1)
        sign = 0x80 if sample >= 0 else 0
        assert code == (interval | sign) ^ mask, sample


@pytest.mark.parametrize(("name", "decisions", "mask", "zero"), CASES)
def test_every_code_decodes_to_the_middle_of_its_interval(name, decisions, mask, zero):
    """All 256 codes become y_n, which is halfway between two decision values (µ-law: y0 = 0)."""
    values = unpack(g711.CODECS[name].decode(bytes(range(256))))
    for code, value in enumerate(values):
        plain = code ^ mask
        n = plain & 0x7F
        middle = (decisions[n] + decisions[n + 1]) // 2 if n else zero
        assert value == (middle if plain & 0x80 else -middle), code
    assert max(values) == {"PCMU": 32124, "PCMA": 32256}[name]


@pytest.mark.parametrize("name", g711.CODECS)
def test_a_code_survives_decoding_and_encoding(name):
    """encode(decode(x)) == x for all codes, but µ-law's minus zero is zero."""
    codec = g711.CODECS[name]
    codes = bytes(range(256))
    expected = codes.replace(b"\x7f", b"\xff") if name == "PCMU" else codes
    assert codec.encode(codec.decode(codes)) == expected


@pytest.mark.parametrize("name", g711.CODECS)
def test_silence_is_20_ms_of_the_code_of_zero(name):
    """The silence of a codec is one frame of what zero is encoded to."""
    codec = g711.CODECS[name]
    assert codec.silence == bytes([{"PCMU": 0xFF, "PCMA": 0xD5}[name]]) * 160
    assert codec.payload_type == {"PCMU": 0, "PCMA": 8}[name]


def test_the_four_functions_are_the_codecs():
    """encode_ulaw and its sisters do what the table of codecs does; any buffer will do."""
    pcm = pack(range(-800, 800, 10))
    assert g711.encode_ulaw(memoryview(pcm)) == g711.CODECS["PCMU"].encode(pcm)
    assert g711.encode_alaw(bytearray(pcm)) == g711.CODECS["PCMA"].encode(pcm)
    assert g711.decode_ulaw(b"\x80") == pack([32124])
    assert g711.decode_alaw(memoryview(b"\xaa")) == pack([32256])


def test_half_a_sample_is_refused():
    """PCM of an odd number of bytes raises instead of shifting all that follows."""
    with pytest.raises(TypeError):
        g711.encode_ulaw(b"\0\0\0")


def test_big_endian_hosts_encode_the_same():
    """The table for a big-endian host gives the same codes to byte-swapped indices."""
    table = g711._encode_table(g711._ULAW_WIDTHS, g711._ULAW_MASK)
    other = g711.for_byte_order(table, "big")
    indices = array("H", range(65536))
    indices.byteswap()
    assert bytes(other[index] for index in indices) == table
    assert g711.for_byte_order(table, "little") == table
    assert sys.byteorder in {"little", "big"}


@pytest.mark.parametrize("samples", [0, 1, 2, 3, 80, 4000])
def test_any_number_of_samples_is_encoded(samples):
    """None, one and many: a code for each, the same as one by one."""
    for codec in g711.CODECS.values():
        pcm = pack((n * 7919 + 123) % 65536 - 32768 for n in range(samples))
        singly = b"".join(codec.encode(pcm[at : at + 2]) for at in range(0, len(pcm), 2))
        assert codec.encode(pcm) == singly
        assert len(singly) == samples


@pytest.mark.parametrize("name", g711.CODECS)
def test_frames_are_encoded_as_their_samples_are(name):
    """Whole frames, silent ones too, have a way of their own: the codes are the same."""
    codec = g711.CODECS[name]
    samples = pack(range(-32768, 32768))
    codes = codec.encode(samples)
    frames = [samples[at : at + 320] for at in range(0, len(samples) - 320, 320)]
    assert b"".join(map(codec.encode, frames)) == codes[: 160 * len(frames)]
    assert codec.encode(memoryview(bytearray(frames[7]))) == codes[160 * 7 : 160 * 8]
    assert codec.silence == codec.encode(bytes(320)) == codec.encode(bytes(322))[:160]
