import pytest

from appliance.dialogue.script import Entry
from appliance.dialogue.slots.entries import Entries
from tests.dialogue.slots.world import PEOPLE

PEOPLE_EN = Entries(PEOPLE["en"])


def best(text, entries=PEOPLE_EN):
    found = entries.read(text.split())
    return (found[0].value, found[0].confidence) if found else ("", 0.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("anna meyer", "p1"), ("meyer anna", "p1"), ("doctor anna maier please", "p1"),
        ("jon smyth", "p4"), ("mrs snyder", "p3"), ("schneider", "p3"), ("carla", "p3"),
        ("meyer from radiology", "p2"), ("the plumber", ""), ("", ""),
    ],
)  # fmt: skip
def test_read(text, value):
    """Finds people by whole and part names, misheard, with titles, by their department."""
    assert best(text)[0] == value


def test_same_last_name_is_asked_about():
    """Is not sure of a last name that two share, and sure where the department is said."""
    assert best("doctor meyer")[1] < 0.6
    assert best("doctor meyer in cardiology") == ("p1", pytest.approx(0.92))


def test_other_first_name_is_asked_about():
    """Is not sure where another first name is said with a last name that only one has."""
    assert best("schneider")[1] > 0.9
    assert best("hugo schneider")[1] < 0.6


def test_whole_names_before_parts():
    """Prefers a whole name misheard a little to the last name of somebody else."""
    rows = [Entry("1", "Jana Kern", ("jana kern",)), Entry("2", "Otto Kern", ("otto kern",))]
    assert best("janna kern", Entries(rows))[0] == "1"


def test_row():
    """Hands out a row, says and lists its names, finds it by a column."""
    assert PEOPLE_EN.columns("p3")["department"] == "Pharmacy"
    assert PEOPLE_EN.columns("none") is None
    assert PEOPLE_EN.name("p1") == "Dr Anna Meyer"
    assert PEOPLE_EN.name("none") == "none"
    assert PEOPLE_EN.with_field("phone", "302") == "p2"
    assert PEOPLE_EN.with_field("phone", "9") == ""
    assert "anna meyer" in PEOPLE_EN.names()


def test_places_in_the_sentence():
    """Says which words name somebody, titles before them left out."""
    reading = PEOPLE_EN.read(["please", "get", "me", "doctor", "carla", "schneider"])[0]
    assert (reading.first, reading.end) == (4, 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("what is the weather like in may", ""), ("i want to pay the smith bill", ""),
        ("please put me through to doctor schneider", "p3"), ("connect me with schneider", "p3"),
        ("can i speak to jon smith please", "p4"), ("anna", "p1"), ("carla is my daughter", ""),
        ("is anna meyer there", "p1"),
    ],
)  # fmt: skip
def test_unasked(text, value):
    """Takes in a free sentence only nearly whole names, and last names that are introduced."""
    found = PEOPLE_EN.read(text.split(), asked=False)
    assert (found[0].value if found else "") == value
