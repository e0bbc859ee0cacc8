import pytest

from appliance.dialogue.slots import typed
from tests.dialogue.slots.world import SCRIPTS, context


@pytest.mark.parametrize(
    ("name", "keys", "value", "problem"),
    [
        ("pin", "4711", "4711", ""), ("pin", "471", "471", "wrong_length"),
        ("card", "79927398", "79927398", ""), ("card", "79927397", "79927397", "wrong_checksum"),
        ("reading", "4567*8", "4567.8", ""), ("reading", "9999999", "9999999", "out_of_range"),
        ("amount", "12*50", "12.50", ""), ("amount", "12", "12.00", ""),
        ("amount", "*", "", ""), ("amount", "1*2*3", "", ""),
        ("time", "1530", "15:30", ""), ("time", "930", "09:30", ""), ("time", "15", "15:00", ""),
        ("time", "15*30", "15:30", ""), ("time", "2575", "2575", "out_of_range"),
        ("time", "123456", "123456", "wrong_length"),
        ("date", "0112", "2026-12-01", ""), ("date", "01122026", "2026-12-01", ""),
        ("date", "011226", "2026-12-01", ""), ("date", "01102026", "2026-10-01", "past"),
        ("date", "9999", "9999", "out_of_range"), ("date", "011", "011", "incomplete"),
        ("birth", "03031985", "1985-03-03", ""), ("birth", "030385", "1985-03-03", ""),
        ("phone", "03012345678", "03012345678", ""), ("postcode", "10115", "10115", ""),
        ("sure", "1", "yes", ""), ("sure", "2", "no", ""), ("sure", "3", "", ""),
        ("pin", "", "", ""), ("pin", "47a1", "", ""), ("name", "123", "", ""),
    ],
)  # fmt: skip
def test_read(name, keys, value, problem):
    """Reads keys as the kind of value that was asked for, with its problem."""
    found = typed.read(SCRIPTS["en"].slots[name], keys, context())
    assert (found.value, found.problem) == (value, problem)


def test_american_dates():
    """Puts the month first where that is usual."""
    found = typed.read(SCRIPTS["en"].slots["date"], "12012026", context(country="US"))
    assert found.value == "2026-12-01"


def test_longest():
    """Knows the full length of numbers, times and dates of birth."""
    slots = SCRIPTS["en"].slots
    sizes = [typed.longest(slots[n], context()) for n in ("pin", "time", "birth", "date", "count")]
    assert sizes == [4, 4, 8, 0, 0]
