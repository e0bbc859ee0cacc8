"""Codecs by name."""

import subprocess
import sys

import pytest

from appliance.audio import codecs, g722, opus
from appliance.audio.codecs import DESCRIPTIONS, available, make, missing
from appliance.audio.coder import CodecMissingError
from appliance.audio.g711 import CODECS
from appliance.audio.tones import sine


def test_the_descriptions_are_those_of_the_standards():
    """Payload type, clock and name of RFC 3551 table 4 and RFC 7587: G.722 counts at 8 kHz."""
    assert {name: tuple(d) for name, d in DESCRIPTIONS.items()} == {
        "PCMU": (0, 8000, "PCMU/8000"),
        "PCMA": (8, 8000, "PCMA/8000"),
        "G722": (9, 8000, "G722/8000"),
        "opus": (None, 48000, "opus/48000/2"),
    }
    assert all(make(name).clock == DESCRIPTIONS[name].clock for name in available())


@pytest.mark.parametrize("name", ["PCMU", "PCMA"])
def test_g711_is_the_table(name):
    """The coder gives the very bytes of the tables, at any length."""
    coder, pcm = make(name), sine(440, 0.07)
    payload = coder.encode(pcm)
    assert payload == CODECS[name].encode(pcm)
    assert coder.decode(payload) == CODECS[name].decode(payload)
    assert coder.samples(payload) == 560
    assert [coder.packet(ptime) for ptime in (10, 20, 30, 60)] == [80, 160, 240, 480]


def test_an_unknown_codec_is_refused_with_those_there_are():
    """The text names what can be had."""
    with pytest.raises(CodecMissingError, match=r"'GSM'.*PCMU, PCMA"):
        make("GSM")


def test_a_codec_that_cannot_run_is_left_out_and_says_why(monkeypatch):
    """Without libopus there is no opus, the rest works, and the reason names the package."""
    monkeypatch.setattr(opus, "_LIBRARY", "libopus-of-nowhere.so.9")
    opus._library.cache_clear()
    try:
        assert "opus" not in available()
        assert "libopus0" in missing()["opus"]
        with pytest.raises(CodecMissingError, match="libopus-of-nowhere"):
            make("opus")
        assert make("PCMU").encode(bytes(2)) == b"\xff"
    finally:
        opus._library.cache_clear()


def test_without_the_g722_package_there_is_no_g722(monkeypatch):
    """The same for G.722, whose package is asked for at first use only."""
    monkeypatch.setitem(sys.modules, "G722", None)
    g722.missing.cache_clear()
    try:
        assert "G722" not in available()
        with pytest.raises(CodecMissingError, match="package G722"):
            make("G722")
    finally:
        g722.missing.cache_clear()


def test_to_import_the_codecs_loads_no_library_and_starts_no_process():
    """Import has no warnings, no libopus, no G722 and no subprocess; they come at first use."""
    code = (
        "import sys, subprocess\n"
        "subprocess.Popen = None\n"
        f"import {codecs.__name__} as codecs\n"
        "assert 'G722' not in sys.modules and 'opuslib' not in sys.modules\n"
        "assert 'libopus' not in open('/proc/self/maps').read()\n"
        "codecs.available()\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True)
    assert done.returncode == 0, done.stderr
