import pytest
from stdnum import luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_97_10

from appliance.dialogue.slots.checksums import CHECKSUMS, holds


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("luhn", "79927398713"),
        ("verhoeff", "236" + verhoeff.calc_check_digit("236")),
        ("iso7064-mod97-10", "123456" + mod_97_10.calc_check_digits("123456")),
        ("iso7064-mod11-2", "0794" + mod_11_2.calc_check_digit("0794")),
        ("mod10-weighted-3", "4006381333931"),
    ],
)
def test_checksums(name, good):
    """Accepts the right check digit, and no number with one digit changed."""
    assert holds(name, good)
    for at, digit in enumerate(good):
        wrong = good[:at] + str((int(digit) + 1) % 10) + good[at + 1 :]
        assert not holds(name, wrong)
    assert name in CHECKSUMS


def test_none():
    """Holds where no checksum was asked for, and never for an empty number."""
    assert holds("", "4711")
    assert not holds("luhn", "")
    assert luhn.is_valid("79927398713")
