import pytest

from appliance.dialogue.slots.reading import Reading, one_of
from tests.dialogue.slots.world import context


def test_nothing():
    """Is empty and not sure where nothing was found."""
    assert (Reading().value, Reading().confidence, Reading().problem) == ("", 0.0, "")


@pytest.mark.parametrize(("language", "german"), [("de", True), ("de-DE", True), ("en", False)])
def test_german(language, german):
    """Knows German by its code, whatever the country."""
    assert context(language).german is german


def test_several_are_asked_about():
    """Is sure of one value and its variants, and of none where two were said apart."""
    one, other = Reading("2", 1.0, "", 0, 1), Reading("3", 1.0, "", 2, 3)
    assert one_of([one, Reading("20", 0.9, "", 0, 2)])[0].confidence == 1.0
    assert all(r.confidence < 0.6 for r in one_of([one, other]))
