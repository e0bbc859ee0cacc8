"""How words are pronounced and written in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.speech import lexicon as module
from appliance.speech.lexicon import LETTER_NAMES, SPACE, Lexicon, Pieces
from appliance.speech.phonemes import PhonemesError
from appliance.system.packs.manifest import PackError

PHONES = [
    "AA",
    "AE",
    "AH",
    "AO",
    "AW",
    "AY",
    "B",
    "CH",
    "D",
    "DH",
    "EH",
    "ER",
    "EY",
    "F",
    "G",
    "HH",
    "IH",
    "IY",
    "JH",
    "K",
    "L",
    "M",
    "N",
    "NG",
    "OW",
    "OY",
    "P",
    "R",
    "S",
    "SH",
    "T",
    "TH",
    "UH",
    "UW",
    "V",
    "W",
    "Y",
    "Z",
    "ZH",
]


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    file = tmp_path / "lexicon.txt"
    file.write_text("either IY DH ER\neither AY DH ER\na AH\nplan P L AE N\n")
    return Lexicon(file, PHONES)


def _names(phones: tuple[int, ...]) -> str:
    return " ".join(PHONES[phone] for phone in phones)


def test_known_words(lexicon: Lexicon) -> None:
    """A known word has its pronunciations, the first one first."""
    assert _names(lexicon.word("either")) == "IY DH ER"
    assert [_names(way) for way in lexicon.variants("either")] == ["IY DH ER", "AY DH ER"]
    assert "either" in lexicon
    assert len(lexicon) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [("a plan", "AH"), ("plan a", "EY"), ("b a d", "EY"), ("a b", "EY"), ("a i", "AH")],
)
def test_the_letter_a(lexicon: Lexicon, text: str, said: str) -> None:
    """The word "a" is the letter at the end and beside a spelled letter, the article elsewhere."""
    at = text.split().index("a")
    assert _names(lexicon.sentence(text)[at]) == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("kowalczyk", "K"), ("zuckerberg", "Z AH K ER B ER G"), ("beethoven", "B EY T OW V AH N"),
        ("radiology", "R EY D IH AA L AH JH IY"),
    ],
)  # fmt: skip
def test_unknown_words(lexicon: Lexicon, word: str, said: str) -> None:
    """A word that the dictionary lacks is pronounced by espeak-ng, in the recogniser's phones."""
    assert _names(lexicon.word(word)).startswith(said)
    assert lexicon.variants(word) == (lexicon.word(word),)


def test_without_espeak(lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without espeak-ng an unknown word is still pronounced, letter by letter."""

    def missing(_word: str) -> str:
        raise PhonemesError("no espeak-ng")

    monkeypatch.setattr(module, "phonemise", missing)
    assert _names(lexicon.word("flib")) == "F L IH B"


def test_letters(lexicon: Lexicon) -> None:
    """Every letter has a name, and no two the same."""
    names = {lexicon.letter(letter) for letter in LETTER_NAMES}
    assert len(names) == 26
    assert _names(lexicon.letter("w")) == "D AH B AH L Y UW"


def test_unknown_phone(tmp_path: Path) -> None:
    """A lexicon in other phones than the recogniser's is refused."""
    file = tmp_path / "lexicon.txt"
    file.write_text("plan P L AE N\nodd QQ\n")
    with pytest.raises(PackError, match="unknown phone 'QQ' in 'odd'"):
        Lexicon(file, PHONES)


def test_pieces_merge_in_order(tmp_path: Path) -> None:
    """Pieces are merged in the order of their ids, as byte pair encoding does."""
    file = tmp_path / "tokens.txt"
    pieces = ["<unk>", "ab", f"{SPACE}b", "bc", "abc", SPACE, "a", "b", "c", "<blk>"]
    file.write_text("".join(f"{piece} {number}\n" for number, piece in enumerate(pieces)))
    encoder = Pieces(file)
    named = [encoder.name(number) for number in encoder.encode("abc bcz")]
    assert named == [SPACE, "abc", f"{SPACE}b", "c"]
    assert encoder.name(77) == ""


def test_pieces_refuse(tmp_path: Path) -> None:
    """A line that is no piece with its id is named."""
    file = tmp_path / "tokens.txt"
    file.write_text("a 0\nb\n")
    with pytest.raises(PackError, match="the line 'b'"):
        Pieces(file)


def test_sentencepiece_agrees(packs_folder: Path) -> None:
    """The committed pieces encode as the list of merges that the recipe wrote says."""
    folder = packs_folder / "en-telephone-8k"
    if not (folder / "bpe.txt").is_file():
        pytest.skip("the pack en-telephone-8k is not in models/packs")
    recipe = pytest.importorskip("models.train.stt.pieces", exc_type=ImportError)
    ours = Pieces(folder / "tokens.txt")
    theirs = recipe.Encoder(folder / "tokens.txt", folder / "bpe.txt")
    words = (folder / "lexicon.txt").read_text().split()
    for word in [word for word in words if word.islower()][::7]:
        known = [piece for piece in theirs.encode(word) if piece]  # 0 is the unknown piece
        assert list(ours.encode(word)) == known
