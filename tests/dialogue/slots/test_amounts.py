import pytest

from appliance.dialogue.slots import amounts
from tests.dialogue.slots.world import SCRIPTS, context

SLOT = SCRIPTS["en"].slots["amount"]


def values(language, text, **more):
    return [r.value for r in amounts.read(text.split(), SLOT, context(language, **more))]


def test_unasked():
    """Takes a bare number for a sum where it was asked for only."""
    assert values("en", "twelve fifty") == ["12.50"]
    assert values("en", "twelve fifty", asked=False) == []
    assert values("en", "i owe twelve euros fifty", asked=False) == ["12.50"]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "a pound fifty", ["1.50"]), ("en", "two and a half thousand euros", ["2500.00"]),
        ("en", "one euro and fifty cents and goodbye", ["1.50"]),
        ("en", "twelve euros and five people", ["12.00", "5.00"]),
        ("de", "zwölf euro und fünf cent", ["12.05"]), ("de", "minus fünf euro", []),
        ("en", "a million million million euros", ["1000000.00"]),
        ("en", "two grand", ["2000.00"]),
    ],
)  # fmt: skip
def test_sums(language, text, value):
    """Takes the parts of one with the sum that they belong to, and nothing else."""
    assert values(language, text)[: len(value) or 1] == value
