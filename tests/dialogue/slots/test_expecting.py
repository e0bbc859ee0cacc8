import pytest

from appliance.contracts.expectation import Kind
from appliance.contracts.speech import MAXIMUM_PACKET, Expect, encode
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import expecting


def expected(kind, said=(), country="DE", **more):
    slot = Slot("s", kind, **more)
    return expecting.expectation(slot, tuple(said), ("operator",), "en", country)


@pytest.mark.parametrize("kind", list(SlotKind))
def test_every_kind(kind):
    """Expects something for every kind of slot, the commands among it."""
    expectation = expected(kind)
    assert "operator" in expectation.phrases


def test_kinds():
    """Tells the recogniser the shape of the answer."""
    assert expected(SlotKind.NUMBER).kind is Kind.NUMBER
    assert expected(SlotKind.SPELLED, shortest=3, longest=8).shortest == 3
    assert expected(SlotKind.POSTCODE).longest == 5
    assert expected(SlotKind.POSTCODE, country="GB").kind is Kind.LETTERS
    assert expected(SlotKind.CHOICE, ["red", "blue"]).kind is Kind.CHOICE
    assert expected(SlotKind.TEXT, examples=("my bill",)).phrases[0] == "my bill"


def test_long_lists_fit():
    """Offers a long list as likely names, and never more than a packet of the link holds."""
    names = [f"person number {n} of the very long department list" for n in range(5000)]
    expectation = expected(SlotKind.ENTRY, names)
    assert expectation.kind is Kind.FREE
    assert expectation.phrases[0] == "operator"
    assert len(encode(Expect(expectation))) < MAXIMUM_PACKET
