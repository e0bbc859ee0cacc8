"""Reading dialogue.yaml: everything that is not an intent and not a process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.nodes import Reader, Table, near
from appliance.dialogue.authoring.steps import Names
from appliance.dialogue.hours import WEEKDAYS, Hours, Span
from appliance.dialogue.running import wording
from appliance.dialogue.script import (
    CALL_FACTS,
    Destination,
    Emergency,
    Keypad,
    Limits,
    Slot,
    SlotKind,
    is_call_fact,
)
from appliance.dialogue.text import normalise

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_ZONE: Final = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_KEYS: Final = frozenset("0123456789*")
_MENU_KEYS: Final = frozenset("123456789")
_RESERVED: Final = frozenset({"open", "value", "destination", "key", *CALL_FACTS})


@dataclass(frozen=True, slots=True)
class Outline:
    """What dialogue.yaml says."""

    language: str
    timezone: str
    facts: Mapping[str, str]
    greeting: str
    hours: Hours
    destinations: Mapping[str, Destination]
    person: str
    farewell: str
    slots: Mapping[str, Slot]
    emergency: Emergency
    keypad: Keypad
    sentences: Mapping[str, str]
    limits: Limits
    out_of_scope: tuple[str, ...]


def read_outline(reader: Reader, text: str, names: Names) -> Outline | None:
    """Return what a dialogue.yaml says, or None where it is no table at all.

    `names` holds the intents and processes there are; mistakes go to `reader`.
    """
    table = reader.parse(text)
    if table is None:
        return None
    language = table.text("language", "en")
    if language != "en":
        table.wrong("language", f"the engine speaks 'en' so far, not '{language}'")
    timezone = table.needed_text("timezone", "the time zone of the opening hours")
    if timezone and not _ZONE.fullmatch(timezone):
        table.wrong("timezone", f"'{timezone}' is no time zone: write one like Europe/Berlin")
    facts = {"site": table.needed_text("site", "the name of the site")}
    greeting = table.needed_text("greeting", "the first sentence that callers hear")
    destinations = _destinations(table)
    slots = _slots(table)
    known = Names(names.intents, names.processes, destinations, slots, frozenset(facts))
    known.check_facts(table, "greeting", greeting)
    person = table.needed_text("person", "the process that puts callers through to a person")
    if person:
        _check_process(table, "person", person, names)
    farewell = table.needed_text("farewell", "the process that ends the call")
    if farewell:
        _check_process(table, "farewell", farewell, names)
    outline = Outline(
        language=language,
        timezone=timezone,
        facts=facts,
        greeting=greeting,
        hours=_hours(table),
        destinations=destinations,
        person=person,
        farewell=farewell,
        slots=slots,
        emergency=_emergency(table, known),
        keypad=_keypad(table, known),
        sentences=_sentences(table, known),
        limits=_limits(table),
        out_of_scope=_out_of_scope(reader, table),
    )
    table.close()
    return outline


def _check_process(table: Table, name: str, process: str, names: Names) -> None:
    if process not in names.processes:
        hint = near(process, names.processes) or f"write processes/{process}.yaml"
        table.wrong(name, f"there is no process '{process}'; {hint}")


def _destinations(table: Table) -> dict[str, Destination]:
    node = table.need("destinations", "the list of who can be reached")
    inner = table.reader.table(node, "destinations") if node is not None else None
    found: dict[str, Destination] = {}
    keys: dict[str, str] = {}
    for name, value, place in inner.rows() if inner else ():
        row = table.reader.table(value, place)
        if row is None:
            continue
        if not _NAME.fullmatch(name):
            table.reader.wrong(
                value, place, f"'{name}' must be written in small letters, digits and _"
            )
        number = row.needed_text("number", "the extension or number")
        if number and not _NUMBER.fullmatch(number):
            row.wrong("number", f"'{number}' is no number: digits, * and # only")
        key = row.text("key")
        if key and (key not in _MENU_KEYS or key in keys):
            taken = f"it is '{keys[key]}' already" if key in keys else "a key is one of 1 to 9"
            row.wrong("key", f"the key '{key}' cannot be used: {taken}")
        if key:
            keys[key] = name
        found[name] = Destination(
            name, row.text("name", name.replace("_", " ")), number,
            row.texts("synonyms"), row.flag("listed", default=True), key,
        )  # fmt: skip
        row.close()
    if inner is not None and not found:
        table.wrong("destinations", "at least one destination is needed")
    return found


def _slots(table: Table) -> dict[str, Slot]:
    inner = table.table("slots")
    found: dict[str, Slot] = {}
    kinds = [kind.value for kind in SlotKind]
    for name, value, place in inner.rows() if inner else ():
        reader = table.reader
        if not _NAME.fullmatch(name) or name in _RESERVED:
            reader.wrong(value, place, f"'{name}' cannot be the name of a slot")
        text = reader.text(value, place)
        word, _, rest = text.partition(" ")
        if word not in kinds:
            hint = near(word, kinds) or f"use one of {', '.join(kinds)}"
            reader.wrong(value, place, f"there is no type '{word}' of slots; {hint}")
            continue
        low, high = 0, 0
        if rest and word == SlotKind.DIGITS:
            counts = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", rest)
            low = int(counts[1]) if counts else 0
            high = int(counts[2] or low) if counts else 0
            if not 0 < low <= high:
                reader.wrong(value, place, f"'{rest}' is no number of digits: write 6 or 6-12")
        elif rest:
            reader.wrong(value, place, f"'{rest}' means nothing after '{word}'")
        found[name] = Slot(name, SlotKind(word), low, high)
    return found


def _hours(table: Table) -> Hours:
    node = table.need("hours", "the opening hours")
    inner = table.reader.table(node, "hours") if node is not None else None
    if inner is None:
        return Hours()
    week = tuple(_spans(inner, day) for day in WEEKDAYS)
    holidays: dict[date, str] = {}
    days = inner.table("holidays")
    for name, value, place in days.rows() if days else ():
        try:
            holidays[date.fromisoformat(name)] = table.reader.text(value, place)
        except ValueError:
            table.reader.wrong(value, place, f"'{name}' is no date: write 2026-12-25")
    inner.close()
    return Hours(week, holidays)


def _spans(table: Table, day: str) -> tuple[Span, ...]:
    text = table.text(day, "closed")
    if text == "closed":
        return ()
    spans: list[Span] = []
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            table.wrong(day, f"'{part.strip()}' is no span of time: write 08:00-18:00, or closed")
            return ()
        opens = _time(table, day, found[1], found[2])
        closes = _time(table, day, found[3], found[4])
        if opens is None or closes is None:
            return ()
        if closes != time(0) and closes <= opens:
            table.wrong(day, f"'{part.strip()}' closes before it opens")
        if spans and (spans[-1][1] == time(0) or opens <= spans[-1][1]):
            table.wrong(day, f"'{part.strip()}' begins before the span ahead of it has ended")
        spans.append((opens, closes))
    return tuple(spans)


def _time(table: Table, day: str, hour: str, minute: str) -> time | None:
    if (int(hour), int(minute)) == (24, 0):
        return time(0)
    if int(hour) > 23 or int(minute) > 59:
        table.wrong(day, f"'{hour}:{minute}' is no time of day")
        return None
    return time(int(hour), int(minute))


def _emergency(table: Table, names: Names) -> Emergency:
    node = table.need("emergency", "what is done in an emergency")
    inner = table.reader.table(node, "emergency") if node is not None else None
    if inner is None:
        return Emergency("", (), "", "")
    destination = inner.needed_text("destination", "who is called in an emergency")
    if destination and destination not in names.destinations:
        hint = near(destination, names.destinations)
        inner.wrong("destination", f"there is no destination '{destination}'; {hint}")
    phrases = tuple(normalise(phrase) for phrase in inner.texts("phrases"))
    if not phrases:
        inner.wrong("phrases", "at least one phrase is needed")
    say = inner.needed_text("say", "what is said while the caller is put through")
    failed = inner.needed_text("failed", "what is said where nobody answers")
    names.check_facts(inner, "say", say)
    names.check_facts(inner, "failed", failed)
    inner.close()
    return Emergency(destination, phrases, say, failed)


def _keypad(table: Table, names: Names) -> Keypad:
    node = table.need("keypad", "what the keys of the telephone do")
    inner = table.reader.table(node, "keypad") if node is not None else None
    if inner is None:
        return Keypad("", {}, "")
    hint = inner.needed_text("hint", "the sentence that names the keys")
    names.check_facts(inner, "hint", hint)
    keys: dict[str, str] = {}
    rows = inner.table("keys")
    for key, value, place in rows.rows() if rows else ():
        intent = table.reader.text(value, place)
        if key not in _KEYS:
            table.reader.wrong(value, place, f"'{key}' is no key that can be used: 0 to 9 or *")
        if intent not in names.intents:
            reason = f"there is no intent '{intent}'; {near(intent, names.intents)}"
            table.reader.wrong(value, place, reason)
        keys[key] = intent
    extensions = inner.text("extensions")
    if extensions and extensions not in names.intents:
        hint_ = near(extensions, names.intents)
        inner.wrong("extensions", f"there is no intent '{extensions}'; {hint_}")
    inner.close()
    return Keypad(hint, keys, extensions)


def _sentences(table: Table, names: Names) -> Mapping[str, str]:
    found = dict(wording.ENGLISH)
    inner = table.table("sentences")
    for name, value, place in inner.rows() if inner else ():
        text = table.reader.text(value, place)
        if name not in found:
            hint = near(name, found) or f"use one of {', '.join(sorted(found))}"
            table.reader.wrong(value, place, f"there is no sentence '{name}'; {hint}")
        allowed = wording.ENGLISH_HOLES.get(name, frozenset()) | names.facts
        for hole in templates.holes(text):
            if hole not in allowed and not is_call_fact(hole):
                table.reader.wrong(value, place, f"this sentence cannot hold '{{{hole}}}'")
        found[name] = text
    return found


def _limits(table: Table) -> Limits:
    inner = table.table("limits")
    if inner is None:
        return Limits()
    usual = Limits()
    limits = Limits(
        int(inner.number("reprompts", usual.reprompts, 1, 5)),
        inner.number("silence", usual.silence, 2, 60),
        inner.number("between_keys", usual.between_keys, 1, 10),
        inner.number("sure", usual.sure, 0, 1),
        inner.number("guess", usual.guess, 0, 1),
    )
    if limits.guess > limits.sure:
        inner.wrong("guess", "this must not be more than 'sure'")
    inner.close()
    return limits


def _out_of_scope(reader: Reader, table: Table) -> tuple[str, ...]:
    node = table.get("out_of_scope")
    found: list[str] = []
    for item, place in reader.items(node, "out_of_scope") if node is not None else ():
        text = reader.text(item, place)
        try:
            found += [normalise(sentence) for sentence in templates.expand(text)]
        except templates.TemplateError as error:
            reader.wrong(item, place, str(error))
    return tuple(found)
