"""WAV files of every kind that is read, and damaged ones."""

import io
import struct
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.g711 import encode_alaw, encode_ulaw
from appliance.audio.pcm import pack
from appliance.audio.wav import WavError, read_wav, stereo, write_wav

SAMPLES = [0, 256, -256, 12800, -32768, 32512]
PCM = pack(SAMPLES)


def riff(code, bits, audio, *, channels=1, declared=None, extra=b"", extension=b""):
    """A WAV file with any header."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, 8000, 8000 * block, block, bits) + extension
    size = len(audio) if declared is None else declared
    body = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form + extra
    body += struct.pack("<4sI", b"data", size) + audio
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def test_what_is_written_is_read_by_us_and_by_the_standard_library():
    """write_wav and read_wav are each other's reverse, and the library's reader agrees."""
    data = write_wav(PCM, rate=16000, channels=2)
    assert read_wav(data) == (16000, 2, PCM)
    with wave.open(io.BytesIO(data)) as judge:
        assert judge.getparams()[:4] == (2, 2, 16000, 3)
        assert judge.readframes(3) == PCM


@pytest.mark.parametrize(
    ("code", "bits", "audio"),
    [
        (1, 8, bytes((s >> 8) + 128 for s in SAMPLES)),
        (1, 16, PCM),
        (1, 24, b"".join((s << 8).to_bytes(3, "little", signed=True) for s in SAMPLES)),
        (1, 32, b"".join((s << 16).to_bytes(4, "little", signed=True) for s in SAMPLES)),
    ],
)
def test_integers_of_any_width_become_16_bit(code, bits, audio):
    """8-bit unsigned, 16, 24 and 32-bit signed hold the same samples."""
    assert read_wav(riff(code, bits, audio)).pcm == PCM


def test_telephone_laws_are_decoded():
    """A-law and µ-law files become linear."""
    assert read_wav(riff(6, 8, encode_alaw(pack([1008, -1008])))).pcm == pack([1008, -1008])
    assert read_wav(riff(7, 8, encode_ulaw(pack([924, -924])))).pcm == pack([924, -924])


def test_extensible_headers_and_foreign_chunks_are_read():
    """The format within an extensible header counts; unknown chunks, odd ones too, are skipped."""
    extension = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    odd = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    assert read_wav(riff(0xFFFE, 16, PCM, extension=extension, extra=odd)).pcm == PCM


@pytest.mark.parametrize("declared", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_file_written_to_a_pipe_goes_to_its_end(declared):
    """A length that was not known when the header was written is no error."""
    assert read_wav(riff(1, 16, PCM, declared=declared)).pcm == PCM


def test_half_a_sample_at_the_end_is_dropped():
    """Only whole samples of all channels are returned."""
    assert read_wav(riff(1, 16, PCM + b"\0", channels=2)).pcm == PCM


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a WAV file"),
        (b"fLaC" + bytes(40), "fLaC file.*convert"),
        (b"OggS" + bytes(40), "OggS file.*convert"),
        (riff(1, 16, PCM)[:-2], "ends after 10 of 12 bytes.*copy"),
        (riff(1, 16, PCM)[:40], "ends before its audio"),
        (riff(1, 16, PCM)[:30], "cut short"),
        (riff(3, 32, PCM), "32-bit floating-point.*convert"),
        (riff(0x55, 0, PCM), "0-bit format 0x0055.*convert"),
        (riff(1, 12, PCM), "12-bit"),
        (riff(1, 16, PCM, channels=0), "0 channels"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", "before its format"),
    ],
)
def test_errors_say_what_is_wrong_and_what_to_do(data, words):
    """A file that cannot be read raises WavError in plain words."""
    with pytest.raises(WavError, match=words):
        read_wav(data)


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_bytes_break_the_reader(noise, at):
    """Whatever stands in a file, it is read or refused."""
    good = riff(1, 16, PCM)
    for data in (noise, good[:at] + noise + good[at:], good[:at] + noise):
        try:
            read_wav(data)
        except WavError:
            pass


def test_stereo_interleaves_and_pads():
    """The left signal stands first; the shorter is padded with silence."""
    assert stereo(pack([1, 2]), pack([3])) == pack([1, 3, 2, 0])
