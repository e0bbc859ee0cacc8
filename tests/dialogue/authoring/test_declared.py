import pytest

from appliance.dialogue import load
from appliance.dialogue.script import SlotKind
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files

FILE = "dialogue.yaml"
READING = "{type: number, from: 0, to: 999999, unit: kilowatt hours, title: your meter reading}"


def test_every_type():
    """Knows every type of slot, in a word or at length."""
    slots = load(guide_files()).slots
    assert {slot.kind for slot in slots.values()} == set(SlotKind)
    assert (slots["serial"].shortest, slots["serial"].longest) == (5, 8)
    assert (slots["customer_number"].groups, slots["customer_number"].checksum) == ((4, 4), "luhn")
    assert slots["pin"].secret
    assert (slots["reading"].unit, slots["reading"].title) == (
        "kilowatt hours",
        "your meter reading",
    )


def test_ranges():
    """Takes numbers, times, dates and expressions for the ends of a range."""
    slots = load(guide_files()).slots
    assert (slots["reading"].lowest.source, slots["reading"].highest.source) == ("0", "999999")
    assert slots["at"].lowest.source == "'08:00'"
    assert slots["visit"].highest.source == "today + 60"
    changed_ = changed(FILE, "from: today + 1, to: today + 60", "from: 2026-12-01")
    assert load(changed_).slots["visit"].lowest.source == "'2026-12-01'"


def test_a_range_by_what_a_system_has_answered():
    """Lets a range speak of what a process has fetched."""
    script = load(changed(FILE, "from: 0, to: 999999", "from: last.value, to: 999999"))
    assert script.slots["reading"].lowest.names == {"last.value"}


def test_choices():
    """Takes choices as a list, with what is spoken, with phrases, or at length."""
    slot = load(guide_files()).slots["meter"]
    assert [(c.id, c.name, c.key) for c in slot.choices] == [
        ("power", "electricity", "1"),
        ("gas", "gas", "2"),
    ]
    short = changed(FILE, "      gas: {phrases: [the gas meter], key: 2}", "      gas: town gas")
    assert load(short).slots["meter"].choices[1].name == "town gas"
    old = "  name: name\n"
    choices = "  colour: {type: choice, choices: [deep_red, blue]}\n  name: name\n"
    assert [c.name for c in load(changed(FILE, old, choices)).slots["colour"].choices] == [
        "deep red",
        "blue",
    ]


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (READING, "{from: 0}", "slots.reading.type", "the type of the slot is missing"),
        (READING, "{type: numbr}", "slots.reading.type", "did you mean 'number'"),
        (READING, "{type: number, length: 6}", "slots.reading.length", "means nothing for the type number, only for digits or spelled"),
        (READING, "{type: number, from: 9, to: 3}", "slots.reading.to", "'to' is less than 'from'"),
        (READING, "{type: number, from: 9 +}", "slots.reading.from", "ends too early"),
        (READING, "{type: number, from: lst.value}", "slots.reading.from", "did you mean 'last'"),
        (READING, "{type: number, from: last.valu}", "slots.reading.from", "did you mean 'value'"),
        (READING, "{type: number, titel: x}", "slots.reading.titel", "did you mean 'title'"),
        (READING, "[number]", "slots.reading", "expected names with values"),
        ("from: 08:00, to: 17:30", "from: 18:00, to: 17:30", "slots.at.to", "'to' is less than 'from'"),
        ("length: 8,", "length: eight,", "slots.customer_number.length", "no number of digits"),
        ("checksum: luhn", "checksum: luhm", "slots.customer_number.checksum", "did you mean 'luhn'"),
        ("groups: 4-4", "groups: 4-3", "slots.customer_number.groups", "these are 7 digits"),
        ("groups: 4-4", "groups: four", "slots.customer_number.groups", "3-2-2"),
        ("{type: phone, ", "{type: phone, country: germany, ", "slots.phone.country", "two letters"),
        ("{type: entry, list: staff}", "entry", "slots.colleague", "the list is missing"),
        ("{type: entry, list: staff}", "entry stuff", "slots.colleague", "did you mean 'staff'"),
        ("{type: entry, list: staff}", "{type: entry, list: stuff}", "slots.colleague.list", "did you mean 'staff'"),
        ("  name: name\n", "  name: choice\n", "slots.name", "a choice needs its choices"),
        ("  name: name\n", "  name: name 3\n", "slots.name", "'3' means nothing after 'name'"),
        ("  name: name\n", "  today: name\n", "slots.today", "cannot be the name of a slot"),
        ("  name: name\n", "  x_name: name\n", "slots.x_name", "cannot be the name of a slot"),
        ("  name: name\n", "  Name: name\n", "slots.Name", "small letters"),
        ("gas: {phrases: [the gas meter], key: 2}", "gas: {phrases: ['the [gas'], key: 2}", "slots.meter.choices.gas.phrases", "is not closed"),
        ("gas: {phrases: [the gas meter], key: 2}", "gas: {phrases: ['{day}'], key: 2}", "slots.meter.choices.gas.phrases", "holds no slot"),
        ("gas: {phrases: [the gas meter], key: 2}", "gas: {key: 1}", "slots.meter.choices", "two choices have the key 1"),
        ("gas: {phrases: [the gas meter], key: 2}", "gas: {key: 0}", "slots.meter.choices.gas.key", "one of 1 to 9"),
        ("gas: {phrases: [the gas meter], key: 2}", "Gas: gas", "slots.meter.choices.Gas", "small letters"),
        ("      gas: {phrases: [the gas meter], key: 2}\n", "", "slots.meter.choices", "between two at least"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with a slot."""
    check_mistake(FILE, old, new, field, reason)
