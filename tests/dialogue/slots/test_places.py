import pytest

from appliance.dialogue.script import Destination
from appliance.dialogue.slots.places import Finder

FINDER = Finder(
    [
        Destination("radiology", "radiology", "201", ("x ray", "the x ray department")),
        Destination("cardiology", "cardiology", "202"),
        Destination("pharmacy", "the pharmacy", "205"),
        Destination("operator", "the operator", "200", listed=False),
    ]
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("radiology", "radiology"),
        ("the x ray department please", "radiology"),
        ("put me through to cardio logy", "cardiology"),
        ("car the ology", "cardiology"),
        ("the farmacy", "pharmacy"),
        ("redeology", "radiology"),
        ("extension two oh two", "cardiology"),
        ("extension 205", "pharmacy"),
        ("not radiology cardiology", "cardiology"),
    ],
)
def test_finds(text, place):
    """Finds a destination by name, synonym or number, misheard or not, the last said first."""
    found = FINDER.find(text.split())
    assert found is not None
    assert found.id == place


@pytest.mark.parametrize(
    "text", ["", "the operator", "what are your opening hours", "two hundred", "biology class"]
)
def test_does_not_invent(text):
    """Finds nothing in what names no listed destination."""
    found = FINDER.find(text.split())
    assert found is None or found.confidence < 0.8


def test_certainty():
    """Is certain of an exact name only, and says where it stands."""
    exact, alike = FINDER.find(["to", "radiology", "please"]), FINDER.find(["redeology"])
    assert (exact.first, exact.end, exact.confidence) == (1, 2, 1.0)
    assert 0.7 <= alike.confidence < 1.0
