"""How words are pronounced and written in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.speech.recognition import lexicon as module
from appliance.speech.recognition.lexicon import (
    LETTER_NAMES,
    SPACE,
    Lexicon,
    Pieces,
    divided,
    letter_names,
    pronounced,
)
from appliance.speech.words.phonemes import PhonemesError
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

GERMAN_PHONES = [*PHONES, *["A", "AX", "CX", "KH", "OE", "OEH", "RX", "UE", "YH"]]


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    file = tmp_path / "lexicon.txt"
    file.write_text("either IY DH ER\neither AY DH ER\na AH\nplan P L AE N\n")
    return Lexicon(file, PHONES)


@pytest.fixture
def german(tmp_path: Path) -> Lexicon:
    file = tmp_path / "lexicon_de.txt"
    file.write_text("müller M YH L AX\na AA\n", encoding="utf-8")
    return Lexicon(file, GERMAN_PHONES, "de")


def _names(phones: tuple[int, ...]) -> str:
    return " ".join(GERMAN_PHONES[phone] for phone in phones)


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


def test_without_espeak(lexicon: Lexicon, german: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without espeak-ng an unknown word is still pronounced, letter by letter."""

    def missing(_word: str, _voice: str) -> str:
        raise PhonemesError("no espeak-ng")

    monkeypatch.setattr(module, "phonemise", missing)
    assert _names(lexicon.word("flib")) == "F L IH B"
    assert _names(german.word("zäh")) == "T S EH HH"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("zählerstand", "T S EH L AX SH T A N T"), ("bach", "B A KH"),
        ("ich", "IH CX"), ("schön", "SH OE N"), ("können", "K OEH N AH N"),
        ("über", "UE B AX"), ("deutsch", "D OY CH"), ("straße", "SH T RX AA S AH"),
    ],
)  # fmt: skip
def test_unknown_german_words(german: Lexicon, word: str, said: str) -> None:
    """A German lexicon says what it lacks in German, in the phones that German has of its own."""
    assert _names(german.word(word)) == said
    assert pronounced(word, "de") == said


def test_german_compounds() -> None:
    """Compounds that espeak-ng would read in one run are said in their parts, prefixes are not."""
    assert divided("Bergstraße, zählerstand") == "Berg-straße, zähler-stand"
    assert divided("Intensivstation") == "Intensiv-station"
    for whole in ("verstanden", "bestellen", "station", "manifestation", "gestern", "ausgestellt"):
        assert divided(whole) == whole
    assert pronounced("pflegedienst", "de") == "P F L EY G AH D IY N S T"


def test_every_german_sound_has_a_phone() -> None:
    """No letter of espeak-ng's German is lost between IPA and phones."""
    words = "zwölf wurde computer chance job jogger genie garage baby team restaurant psyche"
    for word in words.split():
        ipa = module.phonemise(word, "de")
        rest = module._units("de").sub("", ipa)
        assert set(rest) <= set("ˈˌː ʔ"), (word, ipa)


def test_german_sentences(german: Lexicon) -> None:
    """In German a single letter is its name, wherever it stands."""
    assert [_names(word) for word in german.sentence("a müller")] == ["AA", "M YH L AX"]


def test_german_letters(german: Lexicon) -> None:
    """German has thirty letters, and no two have the same name."""
    names = {letter: german.letter(letter) for letter in letter_names("de")}
    assert set("äöüß") < set(names)
    assert len(set(names.values())) == len(names) == 30
    assert _names(names["v"]) == "F AW"
    assert letter_names("en") is LETTER_NAMES
    assert letter_names("tlh") is LETTER_NAMES


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
