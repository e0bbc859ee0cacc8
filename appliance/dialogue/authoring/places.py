"""Reading `destinations:`, `emergency:` and `keypad:`: who is reached, and how.

destinations:
  radiology: {number: 201, key: 1, synonyms: [x ray], fallback: [reception], mode: attended}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.flow import circle
from appliance.dialogue.authoring.names import Names
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.script import Destination, Emergency, Keypad, TransferMode
from appliance.dialogue.text import normalise

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_KEYS: Final = frozenset("0123456789*")
_MENU_KEYS: Final = frozenset("123456789")
MODES: Final = (TransferMode.BLIND.value, TransferMode.ATTENDED.value, TransferMode.QUEUE.value)


def mode_at(table: Table) -> TransferMode:
    """Return the optional way of putting callers through at `mode:`."""
    text = table.one_of("mode", MODES)
    return TransferMode(text) if text else TransferMode.SITE


def read_destinations(table: Table) -> dict[str, Destination]:
    """Return who can be reached."""
    node = table.need("destinations", "the list of who can be reached")
    inner = table.reader.table(node, "destinations") if node is not None else None
    found: dict[str, Destination] = {}
    keys: dict[str, str] = {}
    for name, value, place in inner.rows() if inner else ():
        row = table.reader.table(value, place)
        if row is None:
            continue
        if not templates.NAME.fullmatch(name):
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
            row.texts("fallback"), mode_at(row),
        )  # fmt: skip
        row.close()
    if inner is not None:
        if not found:
            table.wrong("destinations", "at least one destination is needed")
        _check_fallbacks(inner, found)
    return found


def _check_fallbacks(table: Table, found: Mapping[str, Destination]) -> None:
    for name, destination in found.items():
        row = table.table(name)
        for other in destination.fallback if row else ():
            if row and other not in found:
                row.wrong("fallback", f"there is no destination '{other}'; {near(other, found)}")
    leads = {name: destination.fallback for name, destination in found.items()}
    name_ = circle(leads)
    row = table.table(name_) if name_ is not None else None
    if row is not None:
        row.wrong("fallback", f"'{name_}' falls back to itself, directly or through another")


def read_emergency(table: Table, names: Names) -> Emergency:
    """Return the path ahead of everything."""
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
    if not all(phrases):
        inner.wrong("phrases", "a phrase holds no word")
    say = inner.needed_text("say", "what is said while the caller is put through")
    failed = inner.needed_text("failed", "what is said where nobody answers")
    names.check_facts(inner, "say", say)
    names.check_facts(inner, "failed", failed)
    inner.close()
    return Emergency(destination, phrases, say, failed)


def read_keypad(table: Table, names: Names) -> Keypad:
    """Return what the keys mean at the opening question."""
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
