from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.speech.understanding.wordpiece import WordPiece
from appliance.system.packs.manifest import PackError

# The cases of the reference implementation (google-research/bert, tokenization_test.py).
PUBLISHED = ("[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",")


def made(folder: Path, pieces=PUBLISHED, **options) -> WordPiece:
    file = folder / "vocab.txt"
    file.write_text("\n".join(pieces), "utf-8")
    return WordPiece(file, **options)


@pytest.fixture
def pieces(tmp_path):
    return made(tmp_path)


def test_the_published_example(pieces):
    """Cuts words as the reference implementation does, and numbers them."""
    words = pieces.words("UNwant\N{LATIN SMALL LETTER E WITH ACUTE}d,running")
    assert [piece for word in words for piece in pieces.pieces(word)] == [
        "un", "##want", "##ed", ",", "runn", "##ing",
    ]  # fmt: skip
    assert pieces.encode("UNwant\N{LATIN SMALL LETTER E WITH ACUTE}d,running", 64) == [
        1, 7, 4, 5, 10, 8, 9, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \tHeLLo!how  \n Are yoU?  ", ["hello", "!", "how", "are", "you", "?"]),
        ("H\u00e9llo", ["hello"]),
        ("ah\u535a\u63a8zz", ["ah", "\u535a", "\u63a8", "zz"]),
        ("a\x00b\ufffdc\u200bd", ["abcd"]),
        ("can't", ["can", "'", "t"]),
        ("", []),
    ],
)
def test_words(pieces, text, words):
    """Cleans and divides a text as the reference implementation does."""
    assert pieces.words(text) == words


def test_case_is_kept_where_it_counts(tmp_path):
    """Keeps capitals and accents for a vocabulary that has them."""
    cased = made(tmp_path, lowercase=False)
    assert cased.words("H\u00e9llo Du") == ["H\u00e9llo", "Du"]


def test_unknown(pieces):
    """Takes a word of which some part is unknown as unknown altogether, and an endless one."""
    assert pieces.pieces("unwantedX") == ["[UNK]"]
    assert pieces.pieces("un" * 60) == ["[UNK]"]
    assert pieces.pieces("unwanted") == ["un", "##want", "##ed"]


def test_cut_off(pieces):
    """Cuts a sentence off so that its end still fits."""
    assert pieces.encode("want want want want", 4) == [1, 3, 3, 2]


@pytest.mark.parametrize("content", [b"", b"[UNK]\n[CLS]\n", b"\xff\xfe"])
def test_no_vocabulary(tmp_path, content):
    """Says what is wrong with a file that is no WordPiece vocabulary."""
    file = tmp_path / "vocab.txt"
    file.write_bytes(content)
    with pytest.raises(PackError, match="install"):
        WordPiece(file)
    with pytest.raises(PackError, match="cannot be read"):
        WordPiece(tmp_path / "none.txt")


@given(st.text(max_size=60))
def test_any_text(text):
    """Numbers any text, begin and end in place."""
    pieces = WordPiece.__new__(WordPiece)
    pieces._numbers = {piece: number for number, piece in enumerate(PUBLISHED)}
    pieces._lowercase = True
    numbers = pieces.encode(text, 16)
    assert numbers[0] == 1
    assert numbers[-1] == 2
    assert len(numbers) <= 16
