"""The catalogue of models."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.system.packs.catalogue import BOARDS, choose, find_entry, read_catalogue
from appliance.system.packs.commands import CATALOGUE
from appliance.system.packs.manifest import ENGINES, PackError, PackKind

GOOD = """
[[model]]
name = "a"
kind = "stt"
engine = "sherpa-onnx/zipformer-ctc"
languages = ["en"]
url = "https://example.org/a.tar.bz2"
sha256 = ""
licence = "MIT"
licence_url = "https://example.org/licence"
summary = "One."
megabytes = 10
boards = ["pi5", "orin"]
"""


def _read(tmp_path: Path, text: str):
    file = tmp_path / "catalogue.toml"
    file.write_text(text)
    return read_catalogue(file)


def test_the_catalogue_is_right() -> None:
    """Every entry has all fields, an engine that this version has, boards that exist; what is
    measured says by whom.
    """
    entries = read_catalogue(CATALOGUE)
    assert len(entries) >= 20
    for entry in entries:
        assert entry.engine in ENGINES[entry.kind], entry.name
        assert entry.boards, entry.name
        assert 0 < entry.megabytes < 2000, entry.name
        assert all(0 < factor < 10 for factor in entry.rtf.values()), entry.name
        assert all(0 < len(language) <= 3 for language in entry.languages), entry.name
        assert entry.summary.endswith("."), entry.name


def test_every_family_and_language_is_there() -> None:
    """English and German can be heard and spoken, on a Raspberry Pi 5 too, by several families."""
    entries = read_catalogue(CATALOGUE)
    for language in ("en", "de"):
        for kind in (PackKind.STT, PackKind.TTS):
            assert choose(entries, language=language, kind=kind, board="pi5"), (language, kind)
    names = " ".join(entry.name for entry in entries)
    for family in ("zipformer", "parakeet", "moonshine", "sense-voice", "whisper", "piper",
                   "matcha", "kokoro", "kitten", "supertonic", "gtcrn"):  # fmt: skip
        assert family in names, family


def test_an_entry_is_read(tmp_path: Path) -> None:
    """A model of one language knows it; the file's name comes from the address."""
    (entry,) = _read(
        tmp_path,
        GOOD + "[model.rtf]\npi5 = 0.2\n".replace("[model.rtf]", 'rtf_source = "us"\n[model.rtf]'),
    )
    assert (entry.name, entry.language, entry.parts[0].file) == ("a", "en", "a.tar.bz2")
    assert (entry.rtf, entry.memory_megabytes) == ({"pi5": 0.2}, None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "a"', 'name = "A/b"', "no name for a pack"),
        ('kind = "stt"', 'kind = "smell"', "'smell' is not a valid"),
        ('kind = "stt"', "", "lacks 'kind'"),
        ('licence = "MIT"', 'licence = ""', "'licence' is empty"),
        ('"https://example.org/a.tar.bz2"', '"http://example.org/a"', "no https address"),
        ('"https://example.org/a.tar.bz2"', '"ftp://example.org/a"', "no https address"),
        ('"https://example.org/a.tar.bz2"', '"https://example.org/"', "names no file"),
        ('sha256 = ""', 'sha256 = "12"', "64 hexadecimal digits"),
        ("megabytes = 10", 'megabytes = "many"', "is wrong"),
        ('"orin"]', '"abacus"]', "board 'abacus'"),
        ('summary = "One."', 'summary = "One."\nprice = 3', "a field 'price'"),
        ("boards =", "rtf = { pi5 = 1.0 }\nboards =", "without rtf_source"),
        ("[[model]]", GOOD + "[[model]]", "stands there twice"),
        ("[[model]]", "[model", "cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_names_entry_and_field(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Whoever extends the catalogue is told where it is wrong."""
    assert old in GOOD
    with pytest.raises(PackError, match=words) as raised:
        _read(tmp_path, GOOD.replace(old, new, 1))
    assert "\n" not in str(raised.value)


def test_choosing(tmp_path: Path) -> None:
    """By language, board and kind; what suits every language suits each."""
    entries = _read(tmp_path, GOOD + GOOD.replace('"a"', '"b"').replace('["en"]', '["any"]'))
    assert [e.name for e in choose(entries, language="de")] == ["b"]
    assert [e.name for e in choose(entries, language="en", board="pi5")] == ["a", "b"]
    assert choose(entries, board="pi4") == ()
    assert choose(entries, kind=PackKind.TTS) == ()
    with pytest.raises(PackError, match=", ".join(BOARDS)):
        choose(entries, board="pi3")


def test_a_name_that_is_nearly_right(tmp_path: Path) -> None:
    """Says which names resemble it."""
    entries = _read(tmp_path, GOOD.replace('"a"', '"streaming-zipformer-en"'))
    assert find_entry(entries, "streaming-zipformer-en") is entries[0]
    with pytest.raises(PackError, match="did you mean streaming-zipformer-en"):
        find_entry(entries, "zipformer")
    with pytest.raises(PackError, match="is not in the catalogue:"):
        find_entry(entries, "x")
