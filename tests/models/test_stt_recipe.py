"""The pure parts of the recognisers' recipe, and the packs that it left."""

import hashlib
import random
import tomllib
from pathlib import Path

import pytest

from appliance.speech.recognition.lexicon import letter_names
from models.train.stt import lexicon, texts
from models.train.stt.encoder import Encoder
from models.train.stt.languages import LANGUAGES, english, german
from models.train.stt.languages.base import Language

ROOT = Path(__file__).parents[2]
PACK = ROOT / "models" / "packs" / "en-telephone-8k"
PACKS = [ROOT / "models" / "packs" / language.facts["pack"] for language in LANGUAGES.values()]
ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]

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
    return texts.Domain(ENGLISH)


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
    assert english.normalise(text) == written


def test_numbers() -> None:
    """Numbers are spelled as people say them, with "and" at random."""
    said = {english.number(1205, random.Random(seed)) for seed in range(20)}
    assert said == {
        "one thousand two hundred five",
        "one thousand two hundred and five",
    }
    assert english.number(40, random.Random(0)) == "forty"


def test_letter_a_is_spoken_as_a_letter() -> None:
    """A synthesiser is told "ay" for the letter, and "a" for the article."""
    assert english.spoken_letters("c, a, t") == "c, ay, t"
    assert english.spoken_letters("leave a message") == "leave a message"
    assert english.spoken_letters("b a three") == "b ay three"


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
def test_domain_fills_every_slot(language: Language) -> None:
    """No sentence of the callers keeps a brace, and all end in written form."""
    rng, domain = random.Random(5), texts.Domain(language)
    for _ in range(3000):
        text = domain.sentence(rng)
        assert "{" not in text
        written = language.normalise(text)
        assert written
        assert set(written) <= set(language.letters + "' ")


def test_departments_and_names_can_be_pronounced(
    domain: texts.Domain, packed_lexicon: dict[str, list[str]]
) -> None:
    """Every word of departments, first and last names stands in the pack's lexicon."""
    wanted = domain.lists["DEPT"] + domain.lists["FIRST"] + domain.lists["LAST"]
    missing = {w for name in wanted for w in english.normalise(name).split()} - set(packed_lexicon)
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
def test_lexicon_uses_the_manifests_phones(language: Language) -> None:
    """The phones of lexicon, manifest and recipe are the same, in the same order."""
    folder = ROOT / "models" / "packs" / language.facts["pack"]
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    assert tuple(manifest["stt"]["phones"]) == language.phones
    rows = (folder / "lexicon.txt").read_text(encoding="utf-8").splitlines()
    assert {phone for row in rows for phone in row.split()[1:]} <= set(language.phones)
    assert manifest["stt"]["phone_blank"] == language.blank == len(language.phones)
    assert manifest["language"] == language.code


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


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_manifest_names_the_files_as_they_are(folder: Path) -> None:
    """Sizes and hashes in the manifest are those of the files; the lexicon stays below 1 MB."""
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    assert {entry["role"] for entry in manifest["files"]} >= {"model", "tokens", "lexicon", "bpe"}
    for entry in manifest["files"]:
        content = (folder / entry["path"]).read_bytes()
        assert len(content) == entry["bytes"], entry["path"]
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["path"]
    assert (folder / "lexicon.txt").stat().st_size <= 1_000_000


def test_german_lexicon_has_what_callers_say() -> None:
    """The German pack knows 20,000 words, all numbers below 100, letters, and callers' words."""
    rows = (PACKS[1] / "lexicon.txt").read_text(encoding="utf-8").splitlines()
    known = {row.split()[0] for row in rows}
    assert len(known) >= 20_000
    assert {german.below_hundred(n) for n in range(100)} | {"zwo", "zweihundert"} <= known
    assert set(letter_names("de")) - {"ß"} | {"eszett"} <= known
    assert texts.Domain(GERMAN).words() <= known


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Schöne Grüße, Frau Müller-Lüdenscheidt!", "schöne grüße frau müller lüdenscheidt"),
        ("Wie geht's Ihnen?", "wie gehts ihnen"),
        ("Café Ayşe, GROẞ", "cafe ayse groß"),
        ("u\N{COMBINING DIAERESIS}ber", "über"),
    ],
)
def test_normalise_german(text: str, written: str) -> None:
    """Keeps umlauts and ß, however they are encoded; other accents go."""
    assert german.normalise(text) == written


def test_german_numbers() -> None:
    """Numbers below a hundred are one word, hundreds and thousands words before it."""
    some = random.Random(1)
    assert [german.below_hundred(n) for n in (0, 7, 12, 16, 20, 21, 37)] == [
        "null", "sieben", "zwölf", "sechzehn", "zwanzig", "einundzwanzig", "siebenunddreißig",
    ]  # fmt: skip
    assert german.number(2245, some) == "zweitausend zweihundert fünfundvierzig"
    assert german.number(700, some) == "siebenhundert"
    said = {german.number(101, random.Random(seed)) for seed in range(20)}
    assert said == {"hundert eins", "einhundert eins"}
    assert german.ordinal(1, "er") == "erster"
    assert german.ordinal(19, "en") == "neunzehnten"
    assert german.ordinal(22, "en") == "zweiundzwanzigsten"
    assert german.year(1987, some) == "neunzehnhundert siebenundachtzig"
    assert german.year(1900, some) == "neunzehnhundert"


def test_german_spelling() -> None:
    """A name is spelled letter by letter, double letters and umlauts in both ways, ß by name."""
    said = {german.spell("weiß", random.Random(seed)) for seed in range(40)}
    assert {text.replace(",", "") for text in said} == {"w e i eszett"}
    said = {german.spell("müller", random.Random(s)).replace(",", "") for s in range(60)}
    ways = ("m ü l l e r", "m ü doppel l e r", "m u umlaut l l e r", "m u umlaut doppel l e r")
    assert said == set(ways)


def test_pronounce_german() -> None:
    """Words follow one another; a word that nobody can say gives nothing."""
    known = {"ich": ["IH", "CX"], "a": ["AA"]}
    ids = german.pronounce("ich a", known)
    assert ids is not None
    assert [GERMAN.phones[i] for i in ids] == ["IH", "CX", "AA"]
    assert german.pronounce("ich qq", known) is None


def test_german_extends_english() -> None:
    """German has the English phones at the same places, and nine of its own behind them."""
    assert GERMAN.phones[: ENGLISH.blank] == ENGLISH.phones
    own = GERMAN.phones[ENGLISH.blank :]
    assert set(own) == {"A", "AX", "CX", "KH", "OE", "OEH", "RX", "UE", "YH"}


def test_english_in_german_ears() -> None:
    """An English word becomes phones that German words have, and letters that Germans write."""
    phones, spelled = GERMAN.adopt(["W", "IH", "TH", "AW", "T"])
    assert phones == ["V", "IH", "F", "AW", "T"]
    assert spelled == "wifaut"
    assert german.adopt(["SH", "R", "AY", "N"])[1] == "schrein"
    for phone in ENGLISH.phones:
        adopted, letters = german.adopt([phone])
        assert set(adopted) <= set(GERMAN.phones) - {"AE", "DH", "ER", "R", "TH", "W"}
        assert set(letters) <= set(GERMAN.letters)
        assert letters
