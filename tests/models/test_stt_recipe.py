"""The pure parts of the recogniser's recipe, and the pack that it left."""

import hashlib
import random
import tomllib
from pathlib import Path

import pytest

from models.train.stt import lexicon, texts
from models.train.stt.encoder import Encoder

ROOT = Path(__file__).parents[2]
PACK = ROOT / "models" / "packs" / "en-telephone-8k"

PARITY = {
    # sentencepiece 0.2's ids for the pieces of the pack
    "what are your opening hours": [83, 105, 175, 97, 29, 190],
    "put me through to cardiology please": [
        20,
        115,
        56,
        4,
        236,
        8,
        44,
        25,
        212,
        234,
        231,
        150,
        247,
        243,
        108,
    ],
    "i'd like to speak to doctor o'brien": [
        2,
        252,
        239,
        191,
        25,
        207,
        25,
        61,
        103,
        28,
        10,
        252,
        248,
        236,
        234,
        11,
    ],
    "nine one one double seven oh": [95, 68, 68, 23, 8, 124, 106, 10, 237],
    "physiotherapy": [20, 237, 243, 235, 234, 69, 237, 15, 232, 245, 243],
    "j u l i e t": [120, 96, 41, 2, 33, 1],
}


@pytest.fixture(scope="module")
def domain() -> texts.Domain:
    return texts.Domain(Path(texts.__file__).with_name("domain.toml"))


@pytest.fixture(scope="module")
def packed_lexicon() -> dict[str, list[str]]:
    rows = (line.split() for line in (PACK / "lexicon.txt").read_text().splitlines())
    return {word: phones for word, *phones in rows}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("What's the OPENING-time?", "what's the opening time"),
        ("  Dr. O\N{RIGHT SINGLE QUOTATION MARK}Brien, please! ", "dr o'brien please"),
        ("'quoted' words", "quoted words"),
        ("seven, three", "seven three"),
    ],
)
def test_normalise(text: str, written: str) -> None:
    """Keeps letters, inner apostrophes and single spaces, nothing else."""
    assert texts.normalise(text) == written


def test_numbers() -> None:
    """Numbers are spelled as people say them, with "and" at random."""
    said = {texts.number(1205, random.Random(seed)) for seed in range(20)}
    assert said == {
        "one thousand two hundred five",
        "one thousand two hundred and five",
    }
    assert texts.number(40, random.Random(0)) == "forty"


def test_letter_a_is_spoken_as_a_letter() -> None:
    """A synthesiser is told "ay" for the letter, and "a" for the article."""
    assert texts.spoken_letters("c, a, t") == "c, ay, t"
    assert texts.spoken_letters("leave a message") == "leave a message"
    assert texts.spoken_letters("b a three") == "b ay three"


def test_domain_fills_every_slot(domain: texts.Domain) -> None:
    """No sentence of the switchboard keeps a brace, and all end in written form."""
    rng = random.Random(5)
    for _ in range(3000):
        text = domain.sentence(rng)
        assert "{" not in text
        written = texts.normalise(text)
        assert written
        assert set(written) <= set("abcdefghijklmnopqrstuvwxyz' ")


def test_departments_and_names_can_be_pronounced(
    domain: texts.Domain, packed_lexicon: dict[str, list[str]]
) -> None:
    """Every word of departments, first and last names stands in the pack's lexicon."""
    wanted = domain.lists["DEPT"] + domain.lists["FIRST"] + domain.lists["LAST"]
    missing = {w for name in wanted for w in texts.normalise(name).split()} - set(packed_lexicon)
    assert not missing


def test_lexicon_uses_the_manifests_phones(packed_lexicon: dict[str, list[str]]) -> None:
    """The 39 phones of lexicon, manifest and recipe are the same, in the same order."""
    manifest = tomllib.loads((PACK / "manifest.toml").read_text())
    assert manifest["stt"]["phones"] == lexicon.PHONES
    assert {p for phones in packed_lexicon.values() for p in phones} <= set(lexicon.PHONES)
    assert manifest["stt"]["phone_blank"] == lexicon.PHONE_BLANK == 39


def test_pronounce_tells_letter_from_article(packed_lexicon: dict[str, list[str]]) -> None:
    """The word "a" is EY beside a spelled letter, AH before a word."""
    ey, ah = lexicon.PHONES.index("EY"), lexicon.PHONES.index("AH")
    spelled = lexicon.pronounce("b a", packed_lexicon)
    article = lexicon.pronounce("a message", packed_lexicon)
    assert spelled is not None
    assert article is not None
    assert spelled[-1] == ey
    assert article[0] == ah
    assert lexicon.pronounce("qwrtz", packed_lexicon) is None


@pytest.mark.parametrize(("written", "ids"), PARITY.items())
def test_encoder_gives_sentencepieces_ids(written: str, ids: list[int]) -> None:
    """The pure encoder agrees with sentencepiece on the packed pieces, and decodes again."""
    encoder = Encoder(PACK / "tokens.txt", PACK / "bpe.txt")
    assert encoder.encode(written) == ids
    assert encoder.decode(ids) == written


def test_manifest_names_the_files_as_they_are() -> None:
    """Sizes and hashes in the manifest are those of the files; the lexicon stays below 1 MB."""
    manifest = tomllib.loads((PACK / "manifest.toml").read_text())
    assert {entry["role"] for entry in manifest["files"]} == {"model", "tokens", "lexicon", "bpe"}
    for entry in manifest["files"]:
        content = (PACK / entry["path"]).read_bytes()
        assert len(content) == entry["bytes"], entry["path"]
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["path"]
    assert (PACK / "lexicon.txt").stat().st_size <= 1_000_000
