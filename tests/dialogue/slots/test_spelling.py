import pytest

from appliance.dialogue.slots.spelling import spelled
from tests.dialogue.slots.world import read


@pytest.mark.parametrize(
    ("language", "text", "letters"),
    [
        ("en", "m e y e r", "meyer"), ("en", "b for bravo o double t", "bott"),
        ("en", "d for bravo", "b"), ("en", "capital a b c", "abc"),
        ("en", "s for sugar m i t h", "smith"), ("en", "double u e s t", "west"),
        ("en", "november alpha sierra", "nas"), ("en", "o hyphen b", "o-b"),
        ("de", "m wie martha ü doppel l e r", "müller"), ("de", "s c h scharfes s", "schß"),
        ("de", "berta ökonom heinrich martha", "böhm"), ("de", "umlaut aachen b", "äb"),
        ("de", "schule ida", "schi"), ("de", "zweimal t", "tt"), ("de", "d wie berta", "b"),
    ],
)  # fmt: skip
def test_spelled(language, text, letters):
    """Reads letters by name, by both spelling alphabets, doubled and explained."""
    runs = spelled(text.split(), language)
    assert [run.text for run in runs] == [letters]


def test_stretches():
    """Says where letters stand among other words."""
    run = next(
        r
        for r in spelled(["my", "name", "is", "m", "e", "y", "e", "r", "thanks"], "en")
        if r.symbols > 1
    )
    assert (run.first, run.end, run.text, run.symbols) == (3, 8, "meyer", 5)


def test_digits_among_letters():
    """Takes digits in where figures are expected."""
    assert spelled(["a", "b", "one", "two"], "en", figures=True)[0].text == "ab12"
    assert spelled(["a", "b", "one", "two"], "en")[0].text == "ab"


def test_length():
    """Says that a code is not complete."""
    assert read("en", "code", "a b").problem == "wrong_length"
