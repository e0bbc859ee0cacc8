"""A small office with every kind of slot, in both languages: for the tests of this folder."""

from __future__ import annotations

from datetime import datetime, time

from appliance.dialogue.events import Heard
from appliance.dialogue.expressions import Expression
from appliance.dialogue.hours import Hours
from appliance.dialogue.script import (
    Catalogue,
    Choice,
    Destination,
    Emergency,
    Entry,
    Keypad,
    Script,
    Slot,
    SlotKind,
)
from appliance.dialogue.slots.finding import Slots
from appliance.dialogue.slots.reading import Context

NOW = datetime.fromisoformat("2026-11-25 10:00")
"""A Wednesday on which the office is open."""
HOURS = Hours((((time(8), time(18)),),) * 5 + ((), ()))
COLOURS = {
    "en": (Choice("red", "red"), Choice("blue", "blue", ("[sky] blue",)), Choice("green", "green")),
    "de": (
        Choice("red", "rot", ("rot(e|en|es|)",)),
        Choice("blue", "blau"),
        Choice("green", "grün"),
    ),
}
PEOPLE = {
    "en": (
        Entry("p1", "Dr Anna Meyer", ("anna meyer",), {"department": "Cardiology", "phone": "301"}),
        Entry("p2", "Bert Meyer", ("bert meyer",), {"department": "Radiology", "phone": "302"}),
        Entry("p3", "Carla Schneider", ("carla schneider",), {"department": "Pharmacy"}),
        Entry("p4", "John Smith", ("john smith",), {"department": "Kitchen"}),
    ),
    "de": (
        Entry("p1", "Dr. Anna Meyer", ("anna meyer",), {"department": "Kardiologie"}),
        Entry("p2", "Bert Meyer", ("bert meyer",), {"department": "Radiologie"}),
        Entry("p3", "Carla Schneider", ("carla schneider",), {"department": "Apotheke"}),
        Entry("p4", "Jan Schmitz", ("jan schmitz",), {"department": "Küche"}),
    ),
}
STREETS = {
    "en": (Entry("s1", "Mill Lane", ("mill lane",)), Entry("s2", "High Street", ("high street",))),
    "de": (Entry("s1", "Mühlweg", ("mühlweg",)), Entry("s2", "Hauptstraße", ("hauptstraße",))),
}
PLACES = {
    "en": (
        Destination("radiology", "radiology", "201", ("x ray", "the x ray department")),
        Destination("cardiology", "cardiology", "202"),
    ),
    "de": (
        Destination("radiology", "die Radiologie", "201", ("röntgen",)),
        Destination("cardiology", "die Kardiologie", "202"),
    ),
}


def expression(text):
    return Expression.parse(text)


def slots_of(language):
    return {
        slot.name: slot
        for slot in (
            Slot("pin", SlotKind.DIGITS, 4, 4),
            Slot("account", SlotKind.DIGITS, 6, 6, groups=(2, 2, 2)),
            Slot("card", SlotKind.DIGITS, 8, 8, checksum="luhn"),
            Slot("count", SlotKind.NUMBER),
            Slot("reading", SlotKind.NUMBER, lowest=expression("0"), highest=expression("999999"),
                 unit="kilowatt hours" if language == "en" else "Kilowattstunden"),
            Slot("amount", SlotKind.AMOUNT),
            Slot("date", SlotKind.DATE, lowest=expression("today")),
            Slot("birth", SlotKind.DATE, highest=expression("today")),
            Slot("until", SlotKind.DATE, lowest=expression("date"), highest=expression("date + 30")),
            Slot("time", SlotKind.TIME),
            Slot("phone", SlotKind.PHONE),
            Slot("name", SlotKind.NAME),
            Slot("code", SlotKind.SPELLED, 3, 8),
            Slot("postcode", SlotKind.POSTCODE),
            Slot("gbcode", SlotKind.POSTCODE, country="GB"),
            Slot("choice", SlotKind.CHOICE, choices=COLOURS[language]),
            Slot("person", SlotKind.ENTRY, list="people"),
            Slot("address", SlotKind.ADDRESS, list="streets"),
            Slot("place", SlotKind.DESTINATION),
            Slot("day", SlotKind.DAY),
            Slot("sure", SlotKind.YES_NO),
            Slot("about", SlotKind.TEXT, examples=("my bill",)),
        )
    }  # fmt: skip


def script(language, **more):
    return Script(
        language, "the office", "Europe/Berlin", "", HOURS,
        {place.id: place for place in PLACES[language]}, "operator", "goodbye",
        slots_of(language), {}, {}, Emergency("radiology", (), "", ""), Keypad("", {}, ""), {},
        country="DE",
        lists={
            "people": Catalogue("people", PEOPLE[language], number="phone"),
            "streets": Catalogue("streets", STREETS[language]),
        },
        **more,
    )  # fmt: skip


SCRIPTS = {language: script(language) for language in ("en", "de")}
ALL = {language: Slots(SCRIPTS[language]) for language in ("en", "de")}


def context(language="en", *, asked=True, values=None, **more):
    """What readers are handed."""
    return Context(
        NOW, language, more.pop("country", "DE"), "EUR", HOURS, values or {}, asked, **more
    )


def read(language, name, text, values=None, **heard):
    """Read the answer to a question."""
    slot = SCRIPTS[language].slots[name]
    return ALL[language].read(slot, Heard(text, **heard), NOW, values or {})


def amend(language, name, before, text):
    """Correct a value; (value, problem) or None."""
    slot = SCRIPTS[language].slots[name]
    found = ALL[language].amend(slot, before, Heard(text), NOW)
    return found and (found.value, found.problem)
