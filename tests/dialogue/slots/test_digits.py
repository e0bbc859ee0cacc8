import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import digits
from appliance.dialogue.slots.digits import parse, runs, spoken
from appliance.dialogue.slots.numerals import Tight
from tests.dialogue.slots.world import SCRIPTS, context


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("five five five one two one two", "5551212"),
        ("double five oh", "550"),
        ("triple nine", "999"),
        ("oh three oh, four four double seven", "0304477"),
        ("my number is zero one five", "015"),
        ("twenty one", "21"),
        ("forty", "40"),
        ("five twenty three", "523"),
        ("fifteen", "15"),
        ("two hundred", "200"),
        ("extension 201", "201"),
        ("five to five for one", "52541"),
        ("i want to talk", ""),
        ("double", ""),
        ("", ""),
    ],
)
def test_parse(said, digits):
    """Reads digits as callers say them, with their misheard neighbours."""
    assert parse(said) == digits


def test_runs():
    """Finds each stretch of digits with its place."""
    said = ["extension", "two", "oh", "one", "not", "two", "oh", "two"]
    assert runs(said) == [(1, 4, "201"), (5, 8, "202")]


@settings(derandomize=True)
@given(st.text("0123456789", min_size=1, max_size=20))
def test_read_back(digits):
    """Reads digits back in groups that are understood as the same digits."""
    assert parse(spoken(digits)) == digits
    assert all(len(group.split()) <= 4 for group in spoken(digits).split(","))


def test_usual_groups():
    """Groups by threes and ends in pairs."""
    assert spoken("5551212") == "five five five, one two, one two"


@settings(derandomize=True)
@given(st.text(max_size=40))
def test_any_text(text):
    """Never raises, and returns digits only."""
    assert not parse(text).strip("0123456789")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("siebenundvierzig elf", "4711"), ("vier sieben zwo null", "4720"),
        ("doppel vier dreimal die fünf", "44555"), ("zwei mal die drei eins", "331"),
        ("null drei null strich eins zwei", "03012"), ("drei nullen", "000"),
        ("eine frage", ""), ("eins zwei frei vier", "1234"),
    ],
)  # fmt: skip
def test_german(said, expected):
    """Reads German digits: pairs, repeats, what stands between, and misheard ones."""
    assert parse(said, "de") == expected


@pytest.mark.parametrize(
    ("tight", "expected"),
    [(Tight.JOINED, "221"), (Tight.GROUPS, "20021"), (Tight.SINGLE, "200201")],
)
def test_tightness(tight, expected):
    """Takes several words as one number, or each for itself."""
    said = ["two", "hundred", "twenty", "one"]
    assert digits.stretches(said, "en", tight)[0].digits == expected


def test_variants():
    """Lists what digits may mean, the likeliest first, each once."""
    assert digits.variants(["two", "hundred", "five"])[:2] == ["205", "2005"]
    assert digits.variants(["four", "seven"]) == ["47"]


def test_misheard_at_the_edges():
    """Takes "for" at the edge for a four where digits were asked for only."""
    said = ["is", "for", "seven", "one", "to", "me"]
    assert digits.stretches(said, "en", loose=True)[0].digits == "4712"
    assert digits.stretches(said, "en")[0].digits == "71"


def test_interrupted_number_is_less_sure():
    """Joins digits that other words interrupt, and is less sure of them."""
    pin = SCRIPTS["en"].slots["pin"]
    found = digits.read(["four", "seven", "then", "i", "think", "one", "one"], pin, context())
    best = max(found, key=lambda r: (not r.problem, r.confidence))
    assert (best.value, best.problem) == ("4711", "")
    assert best.confidence < 0.9
    assert (
        digits.read(
            ["four", "seven", "then", "i", "think", "one", "one"], pin, context(asked=False)
        )
        == []
    )


def test_groups():
    """Groups as an author wants, what is left over as is usual."""
    assert digits.grouped("123456", (2, 2, 2)) == ["12", "34", "56"]
    assert digits.grouped("1234567", (2,)) == ["12", "345", "67"]
    assert spoken("4711", "de") == "vier sieben eins eins"
