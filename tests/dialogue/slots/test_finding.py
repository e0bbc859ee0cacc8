"""Reads a table of utterances for every kind of slot, in both languages."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.contracts.expectation import Kind
from appliance.dialogue.events import Heard
from appliance.dialogue.script import Entry, Slot, SlotKind
from appliance.dialogue.slots import Reading
from tests.dialogue.slots.world import ALL, NOW, SCRIPTS, amend, read


def table(language):
    path = Path(__file__).with_name(f"utterances.{language}.tsv")
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, text, value = line.split("\t")
            yield pytest.param(language, name, text, value, id=f"{language}-{name}-{text}")


@pytest.mark.parametrize(("language", "name", "text", "value"), [*table("en"), *table("de")])
def test_table(language, name, text, value):
    """Reads what people say when they are asked, in both languages."""
    reading = read(language, name, text)
    expected = "" if value == "-" else value
    got = f"!{reading.problem} {reading.value}" if reading.problem else reading.value
    assert got == expected
    assert 0.0 <= reading.confidence <= 1.0


def test_table_is_large():
    """Holds at least 150 utterances of each language."""
    assert len(list(table("en"))) >= 150
    assert len(list(table("de"))) >= 150


def find(language, text, *names):
    """(slot, value) of what a free sentence tells, in the order of its words."""
    slots = [SCRIPTS[language].slots[name] for name in names]
    found = ALL[language].find(slots, text, NOW)
    return [(slot.name, r.value) for slot, r in sorted(found, key=lambda one: one[1].first)]


def test_prefers_what_can_be_taken():
    """Takes a reading that passes length and checksum before a likelier one that does not."""
    heard = (
        "seven nine nine two seven three nine five",
        "seven nine nine two seven three nine",
        "seven nine nine two seven three nine eight",
    )
    readings = [read("en", "card", text) for text in heard]
    assert [r.problem for r in readings] == ["wrong_checksum", "wrong_length", ""]
    others = ((heard[1], 0.8), (heard[2], 0.3))
    assert read("en", "card", heard[0], alternatives=others).value == "79927398"


def test_prefers_the_range():
    """Takes an alternative within the range before the likelier one outside it."""
    reading = read("en", "reading", "nine million", alternatives=(("ninety", 0.3),))
    assert (reading.value, reading.problem) == ("90", "")


def test_agreement_counts():
    """Prefers of nearly equal readings the value that several of them have."""
    others = (("thirteen", 0.8), ("thirteen please", 0.8))
    assert read("en", "count", "thirty", confidence=0.85, alternatives=others).value == "13"
    assert read("en", "count", "thirty", confidence=0.85, alternatives=others[:1]).value == "30"


def test_range_from_other_slots():
    """Reckons the range from values that are known already."""
    known = {"date": "2026-12-20"}
    assert read("en", "until", "the first of january", known).value == "2027-01-01"
    assert read("en", "until", "the tenth of december", known).problem != ""


def test_problem_is_told():
    """Says what was understood and why it cannot be taken."""
    reading = read("en", "pin", "four seven one")
    assert (reading.value, reading.problem) == ("471", "wrong_length")


def test_nothing_understood():
    """Returns an empty reading for nothing, for noise and for something else."""
    for text in ("", "...", "i don't know", "what do you mean"):
        assert read("en", "pin", text) == Reading()


def test_confidence_of_the_words():
    """Is as sure as the recogniser is of the words that the value was read from."""
    words = (("my", 0.9), ("pin", 0.9), ("four", 0.4), ("seven", 0.4), ("one", 0.4), ("one", 0.4))
    unsure = read("en", "pin", "my pin four seven one one", words=words)
    assert unsure.value == "4711"
    assert unsure.confidence == pytest.approx(0.4)
    assert read("en", "pin", "four seven one one", confidence=0.7).confidence == pytest.approx(0.7)


def test_text_is_kept():
    """Keeps free text as it was recognised."""
    assert read("en", "about", "My bill, please").value == "My bill, please"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my account number is one two three four five six and i want to come on tuesday at half past three",
         [("account", "123456"), ("date", "2026-12-01"), ("time", "15:30")]),
        ("i want to pay twelve euros fifty on the first of december",
         [("amount", "12.50"), ("date", "2026-12-01")]),
        ("connect me to doctor meyer in cardiology tomorrow",
         [("person", "p1"), ("place", "cardiology"), ("date", "2026-11-26")]),
        ("the reading is four thousand five hundred and ten", [("reading", "4510")]),
        ("i live at mill lane twelve", [("address", "Mill Lane 12")]),
        ("what are your opening hours", []),
        ("i would like to know something", []),
    ],
)  # fmt: skip
def test_find(text, found):
    """Finds in a free sentence what was not asked for, each word once."""
    names = ("account", "date", "time", "amount", "person", "place", "reading", "address", "choice")
    assert find("en", text, *names) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("meine kundennummer ist eins zwei drei vier fünf sechs und ich möchte am dienstag um halb vier kommen",
         [("account", "123456"), ("date", "2026-12-01"), ("time", "15:30")]),
        ("verbinden sie mich bitte mit frau schneider", [("person", "p3")]),
        ("mein zähler steht auf vier fünf sechs sieben", [("reading", "4567")]),
        ("ich möchte eine rechnung bezahlen", []),
    ],
)  # fmt: skip
def test_find_german(text, found):
    """Finds the same in German."""
    names = ("account", "date", "time", "person", "reading")
    assert find("de", text, *names) == found


def test_find_gives_places():
    """Says which words a value stands in."""
    ((_, reading),) = ALL["en"].find([SCRIPTS["en"].slots["date"]], "please come on tuesday", NOW)
    assert (reading.first, reading.end) == (3, 4)


def test_lists_of_connectors():
    """Uses lists that arrive while the box runs, and keeps the others."""
    more = ALL["en"].with_lists({"people": (Entry("x", "Nora Field", ("nora field",)),)})
    person, address = SCRIPTS["en"].slots["person"], SCRIPTS["en"].slots["address"]
    assert more.read(person, Heard("nora field"), NOW).value == "x"
    assert more.read(person, Heard("carla schneider"), NOW).value == ""
    assert more.read(address, Heard("mill lane twelve"), NOW).value == "Mill Lane 12"
    assert ALL["en"].read(person, Heard("nora field"), NOW).value == ""


def test_columns():
    """Hands out the row of an entry, with its id and name."""
    person = SCRIPTS["en"].slots["person"]
    row = ALL["en"].columns(person, "p1")
    assert row == {"department": "Cardiology", "phone": "301", "id": "p1", "name": "Dr Anna Meyer"}
    assert ALL["en"].columns(person, "p9") is None
    assert ALL["en"].columns(SCRIPTS["en"].slots["pin"], "4711") is None


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("pin", "4711#", "4711"), ("choice", "2", "blue"), ("choice", "7", ""),
        ("place", "202", "cardiology"), ("person", "302", "p2"), ("person", "999", ""),
        ("date", "0112", "2026-12-01"), ("time", "1530", "15:30"), ("amount", "12*50", "12.50"),
        ("sure", "1", "yes"), ("name", "63937", ""),
    ],
)  # fmt: skip
def test_typed(name, keys, value):
    """Reads keys as what was asked for."""
    assert ALL["en"].typed(SCRIPTS["en"].slots[name], keys, NOW).value == value


def test_types():
    """Knows what is typed digit by digit."""
    slots = SCRIPTS["en"].slots
    typed = {name for name, slot in slots.items() if ALL["en"].types(slot)}
    assert typed == {"pin", "account", "card", "count", "reading", "amount", "date", "birth",
                     "until", "time", "phone", "postcode"}  # fmt: skip


def test_longest():
    """Knows when keys are complete: by the length of the number, of a birthday, of a time."""
    slots = SCRIPTS["en"].slots
    sizes = [ALL["en"].longest(slots[n], NOW) for n in ("pin", "birth", "date", "time", "amount")]
    assert sizes == [4, 8, 0, 4, 0]


def test_spoken():
    """Says values as a sentence holds them, names by their name."""
    slots, said = SCRIPTS["en"].slots, ALL["en"].spoken
    assert said(slots["person"], "p1") == "Dr Anna Meyer"
    assert said(slots["choice"], "blue") == "blue"
    assert said(slots["place"], "radiology") == "radiology"
    assert said(None, "as it is") == "as it is"
    assert ALL["en"].read_back(slots["account"], "123456") == "one two, three four, five six"
    assert ALL["en"].read_back(slots["person"], "p1") == "Dr Anna Meyer"


def test_every_spoken_value_is_read():
    """Understands each value as the box itself says it."""
    values = {
        "pin": "4711", "account": "123456", "count": "112", "amount": "12.50",
        "date": "2026-12-01", "birth": "1985-03-03", "time": "15:30", "phone": "0301234567",
        "code": "AB12C", "postcode": "10115", "choice": "blue", "person": "p2", "place": "radiology",
        "day": "sunday", "sure": "yes",
    }  # fmt: skip
    for language in ("en", "de"):
        for name, value in values.items():
            said = ALL[language].read_back(SCRIPTS[language].slots[name], value)
            reading = read(language, name, said)
            assert (language, name, reading.value, reading.problem) == (language, name, value, "")


def test_expectation():
    """Tells the recogniser what kind of answer is expected, with the commands."""
    slots = SCRIPTS["en"].slots
    digits = ALL["en"].expectation(slots["account"], ("operator",))
    assert (digits.kind, digits.shortest, digits.longest) == (Kind.DIGITS, 6, 6)
    assert digits.phrases == ("operator",)
    people = ALL["en"].expectation(slots["person"])
    assert "carla schneider" in people.phrases


def test_amend():
    """Repairs a value from what is said after it."""
    assert amend("en", "pin", "4456", "no the last digit is five") == ("4455", "")
    assert amend("en", "pin", "4456", "what") is None


def test_unknown_list():
    """Reads nothing where a list has not arrived."""
    slot = Slot("other", SlotKind.ENTRY, list="missing")
    assert ALL["en"].read(slot, Heard("anna meyer"), NOW) == Reading()
    assert ALL["en"].columns(slot, "p1") is None


WORDS = st.sampled_from(
    [
        "four",
        "seven",
        "oh",
        "double",
        "no",
        "wait",
        "the",
        "last",
        "half",
        "past",
        "to",
        "for",
        "a",
        "b",
        "as",
        "in",
        "bravo",
        "meyer",
        "mit",
        "ü",
        "euro",
        "fifty",
        "twelve",
        "first",
        "december",
        "tuesday",
        "next",
        "in",
        "two",
        "weeks",
        "not",
        "but",
        "mill",
        "lane",
        "4711",
        "15:30",
        "1.12.",
        "vier",
        "und",
        "zwanzig",
        "doppel",
        "nein",
        "komma",
        "hundert",
        "uhr",
        "halb",
    ]
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(WORDS, max_size=9).map(" ".join) | st.text(max_size=30))
def test_any_text(text):
    """Never raises, whatever is heard; every reading lies within the words."""
    for language in ("en", "de"):
        slots = SCRIPTS[language].slots.values()
        for slot in slots:
            reading = read(language, slot.name, text)
            assert 0.0 <= reading.confidence <= 1.0
            assert 0 <= reading.first <= reading.end
            amend(language, slot.name, "4711", text)
        ALL[language].find(slots, text, NOW)
