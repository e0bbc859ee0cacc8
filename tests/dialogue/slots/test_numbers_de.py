from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import numbers_de, spoken_de
from appliance.dialogue.slots.numerals import Tight
from appliance.dialogue.text import normalise


@pytest.mark.parametrize(
    ("said", "value", "used"),
    [
        ("einundzwanzig", "21", 1),
        ("ein und zwanzig leute", "21", 3),
        ("drei hundert fünfzehn", "315", 3),
        ("neunzehnhundertfünfundachtzig", "1985", 1),
        ("zwei tausend sechs und zwanzig", "2026", 5),
        ("eine million zweihunderttausend", "1200000", 3),
        ("zwo", "2", 1),
        ("drei komma fünf", "3.5", 3),
        ("zweieinhalb", "2.5", 1),
        ("zwei einhalb tausend", "2500", 3),
        ("anderthalb", "1.5", 1),
        ("minus fünf", "-5", 2),
        ("ein dutzend", "12", 2),
        ("zwölf fünfzig", "12", 1),
        ("1.250,50", "1250.50", 1),
        ("fuenfzig", "50", 1),
    ],
)
def test_cardinal(said, value, used):
    """Takes the longest number that begins at a word, wherever the recogniser has put its spaces."""
    found = numbers_de.cardinal(said.split(), 0)
    assert (found.value, found.end) == (Decimal(value), used)


@pytest.mark.parametrize("said", ["und fünf", "leute", "undzwanzig", "achtung", "dreist"])
def test_no_cardinal(said):
    """Finds no number in words that only begin like one."""
    assert numbers_de.cardinal(said.split(), 0) is None


def test_tightness():
    """Takes less as one number where the digits are a name; a whole word stays whole."""
    said = ["zwei", "hundert", "ein", "und", "zwanzig"]
    ends = [numbers_de.cardinal(said, 0, tight).end for tight in reversed(Tight)]
    assert ends == [5, 2, 1]
    assert numbers_de.cardinal(["zweihunderteins"], 0, Tight.SINGLE).value == 201


@settings(derandomize=True)
@given(st.integers(0, 10**12 - 1))
def test_every_number_returns(value):
    """Reads every number as it is spoken."""
    said = normalise(spoken_de.number(Decimal(value))).split()
    found = numbers_de.cardinal(said, 0)
    assert (found.value, found.end) == (value, len(said))


@settings(derandomize=True)
@given(st.integers(0, 999_999), st.data())
def test_every_split_number_returns(value, data):
    """Reads a number whose word was split anywhere between its parts."""
    parts = numbers_de._parts(normalise(spoken_de.number(Decimal(value))))
    gaps = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    said = "".join(p + (" " if gap else "") for p, gap in zip(parts, gaps, strict=True)).split()
    assert numbers_de.cardinal(said, 0).value == value


@settings(derandomize=True)
@given(st.decimals("-99999", "99999", places=2))
def test_every_decimal_returns(value):
    """Reads decimals and negative numbers as they are spoken."""
    said = normalise(spoken_de.number(value)).split()
    found = numbers_de.cardinal(said, 0)
    assert (found.value, found.end) == (value, len(said))


@pytest.mark.parametrize("value", range(1, 100))
def test_every_ordinal_returns(value):
    """Reads ordinals in all their endings."""
    said = normalise(spoken_de.ordinal(value))
    for ending in ("", "n", "r", "s"):
        assert numbers_de.ordinal([said + ending], 0).value == value


def test_split_ordinal():
    """Reads an ordinal that was split."""
    found = numbers_de.ordinal(["ein", "und", "zwanzigsten"], 0)
    assert (found.value, found.end) == (21, 3)
    assert numbers_de.ordinal(["dezember"], 0) is None


def test_articles():
    """Knows that "eine" may only be an article."""
    assert numbers_de.is_article("eine")
    assert not numbers_de.is_article("zwei")


def test_against_num2words():
    """Agrees with an independent writer of numbers."""
    peer = pytest.importorskip("num2words", reason="num2words is not installed")
    for value in [*range(2500), *range(2500, 10**7, 98_765)]:
        said = normalise(peer.num2words(value, lang="de")).split()
        assert numbers_de.cardinal(said, 0).value == value
