from collections import Counter

import pytest

from appliance.dialogue import load
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.entities import Entities, joined, tag
from tests.dialogue.understanding.scripts import NOW, example_files, script


@pytest.fixture(scope="module")
def entities():
    known = script()
    return Entities(known, Slots(known))


def ways(entities, text):
    return {" ".join(way.words): way for way in entities.taggings(text, NOW)}


def test_a_clear_name(entities):
    """Replaces a clearly named place by its tag, article and all, and reads it no other way."""
    found = ways(entities, "put me through to the accounts")
    assert list(found) == ["put me through to {destination}"]
    assert found["put me through to {destination}"].named


def test_a_misheard_name(entities):
    """Reads a sentence with and without a name that it may hold, neither beyond doubt."""
    found = ways(entities, "put me through to bylling")
    assert {"put me through to {destination}", "put me through to bylling"} <= set(found)
    assert not any(way.named for way in found.values())


def test_numbers_are_words_too(entities):
    """Reads a sentence with and without tags for numbers and days."""
    found = ways(entities, "my gas reading is four four five five")
    assert {"my gas reading is {number}", "my gas reading is four four five five"} <= set(found)


def test_nothing_to_tag(entities):
    """Leaves a sentence as it is that holds nothing."""
    assert list(ways(entities, "i want to complain")) == ["i want to complain"]
    assert list(ways(entities, "")) == [""]


def test_values_are_those_of_the_intent(entities):
    """Reads only slots that the intent's examples hold."""
    text = "my gas reading is four four five five for billing"
    found = {slot: value for slot, value, _ in entities.values("meter", text, NOW)}
    assert found == {"meter": "gas", "reading": "4455"}
    found = {slot: value for slot, value, _ in entities.values("connect", text, NOW)}
    assert found == {"department": "billing"}
    assert entities.values("moving", text, NOW) == ()


def test_tags_by_kind():
    """Has one tag for numbers of any name, one for each list, none for what only a question finds."""
    number = tag(Slot("a", SlotKind.NUMBER))
    assert number == tag(Slot("b", SlotKind.DIGITS)) == tag(Slot("c", SlotKind.PHONE))
    assert tag(Slot("x", SlotKind.ENTRY, list="staff")) == "{list_staff}"
    assert tag(Slot("x", SlotKind.TEXT)) == tag(Slot("x", SlotKind.YES_NO)) == ""


def test_articles_belong_to_names():
    """Leaves out the article before a name, and no other."""
    assert joined(["the", "{destination}", "the", "meter"]) == ["{destination}", "the", "meter"]
    assert joined(["mit", "der", "{list_staff}"]) == ["mit", "{list_staff}"]


def test_who_of_several_is_asked():
    """Sees that somebody of a list was named where several have the name, and takes none of them."""
    known = load(example_files("hospital"))
    staff = Entities(known, Slots(known))
    surnames = Counter(entry.name.split()[-1] for entry in known.lists["staff"].entries)
    (several, times), *_ = surnames.most_common(1)
    assert times > 1
    text = f"can i talk to doctor {several.lower()}"
    assert any("{list_staff}" in way.words and way.sure > 0.9 for way in staff.taggings(text, NOW))
    assert staff.values("person", text, NOW) == ()
    whole = known.lists["staff"].entries[0]
    text = f"can i talk to {whole.name.lower()}"
    assert [value for _, value, _ in staff.values("person", text, NOW)] == [whole.id]


def test_a_word_that_is_like_some_name():
    """Hardly takes a common word for one of hundreds of names that it is a little like."""
    known = load(example_files("hospital"))
    staff = Entities(known, Slots(known))
    for way in staff.taggings("what is the weather like tomorrow", NOW):
        assert "{list_staff}" not in way.words or way.sure < 0.6
