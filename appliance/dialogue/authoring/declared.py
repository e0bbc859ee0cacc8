"""Reading `slots:`: what callers may tell, in a word or at length.

slots:
  department: destination
  number: digits 6-12
  reading: {type: number, from: 0, to: 999999, unit: kilowatt hours, title: your meter reading}
  kind: {type: choice, choices: {gas: gas, power: {name: electricity, phrases: [current]}}}
  person: {type: entry, list: staff}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.names import Columns, Names, check_name
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import Catalogue, Choice, Slot, SlotKind

_COUNTED: Final = frozenset({SlotKind.DIGITS, SlotKind.SPELLED})
_RANGED: Final = frozenset({SlotKind.NUMBER, SlotKind.AMOUNT, SlotKind.DATE, SlotKind.TIME})
_LISTED: Final = frozenset({SlotKind.ENTRY, SlotKind.ADDRESS})
CHECKSUMS: Final = (
    "luhn", "verhoeff", "iso7064-mod97-10", "iso7064-mod11-2", "mod10-weighted-3",
)  # fmt: skip
_ALLOWED: Final[Mapping[str, frozenset[SlotKind]]] = {
    "length": _COUNTED,
    "from": _RANGED,
    "to": _RANGED,
    "unit": frozenset({SlotKind.NUMBER}),
    "choices": frozenset({SlotKind.CHOICE}),
    "list": _LISTED,
    "checksum": frozenset({SlotKind.DIGITS}),
    "groups": frozenset({SlotKind.DIGITS}),
    "country": frozenset({SlotKind.PHONE, SlotKind.POSTCODE}),
    "examples": frozenset({SlotKind.TEXT}),
    "secret": _COUNTED | {SlotKind.TEXT},
}
"""Key of the long form to the types that it means something for."""
_COUNT: Final = re.compile(r"(\d{1,2})(?: ?- ?(\d{1,2}))?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_MENU_KEYS: Final = frozenset("123456789")


def read_slots(
    table: Table | None, lists: Mapping[str, Catalogue], variables: Mapping[str, Columns]
) -> dict[str, Slot]:
    """Return the slots of `slots:`; their ranges may speak of slots and `variables`."""
    if table is None:
        return {}
    found: dict[str, Slot] = {}
    ranges: list[tuple[Table, Slot]] = []
    for name, node, place in table.rows():
        check_name(table, name, name, "a slot")
        if isinstance(node, yaml.ScalarNode):
            slot = _short(table, name, table.reader.text(node, place), lists)
        else:
            row = table.reader.table(node, place)
            slot = _long(row, name, lists) if row else None
            if row and slot:
                ranges.append((row, slot))
        # A slot that is wrong is still a slot: its own mistakes are enough.
        found[name] = slot or Slot(name, SlotKind.TEXT)
    names = Names(frozenset(), frozenset(), slots=found, lists=lists, variables=variables)
    for row, slot in ranges:
        lowest, highest = _range(row, names, slot)
        if lowest or highest:
            found[slot.name] = replace(slot, lowest=lowest, highest=highest)
        row.close()
    return found


def _kind(table: Table, field: str, word: str) -> SlotKind | None:
    kinds = [kind.value for kind in SlotKind]
    if word in kinds:
        return SlotKind(word)
    hint = near(word, kinds) or f"use one of {', '.join(kinds)}"
    table.wrong(field, f"there is no type '{word}' of slots; {hint}")
    return None


def _short(table: Table, name: str, text: str, lists: Mapping[str, Catalogue]) -> Slot | None:
    word, _, rest = text.partition(" ")
    kind = _kind(table, name, word)
    if kind is None:
        return None
    low, high, of = 0, 0, ""
    if rest and kind in _COUNTED:
        low, high = _count(table, name, rest)
    elif rest and kind in _LISTED:
        of = rest
    elif rest:
        table.wrong(name, f"'{rest}' means nothing after '{word}'")
    if kind in _LISTED:
        _check_list(table, name, kind, of, lists)
    if kind is SlotKind.CHOICE:
        table.wrong(name, "a choice needs its choices: {type: choice, choices: {...}}")
    return Slot(name, kind, low, high, list=of)


def _count(table: Table, field: str, text: str) -> tuple[int, int]:
    counts = _COUNT.fullmatch(text)
    low = int(counts[1]) if counts else 0
    high = int(counts[2] or low) if counts else 0
    if not 0 < low <= high:
        table.wrong(field, f"'{text}' is no number of digits: write 6 or 6-12")
    return low, high


def _check_list(
    table: Table, field: str, kind: SlotKind, of: str, lists: Mapping[str, Catalogue]
) -> None:
    if not of:
        table.wrong(field, f"the list is missing: {{type: {kind.value}, list: ...}}")
    elif of not in lists:
        hint = near(of, lists) or "declare it under 'lists:'"
        table.wrong(field, f"there is no list '{of}'; {hint}")


def _long(row: Table, name: str, lists: Mapping[str, Catalogue]) -> Slot | None:
    word = row.needed_text("type", "the type of the slot")
    kind = _kind(row, "type", word) if word else None
    if kind is None:
        return None
    for key, kinds in _ALLOWED.items():
        if row.has(key) and kind not in kinds:
            row.get(key)
            for_ = " or ".join(sorted(kind.value for kind in kinds))
            row.wrong(key, f"'{key}' means nothing for the type {kind.value}, only for {for_}")
    length = row.text("length")
    low, high = _count(row, "length", length) if length and kind in _COUNTED else (0, 0)
    if kind in _LISTED:
        _check_list(row, "list", kind, row.text("list"), lists)
    slot = Slot(
        name, kind, low, high, None, None,
        _choices(row) if kind is SlotKind.CHOICE else (),
        row.text("list"), row.one_of("checksum", CHECKSUMS), _groups(row, low, high),
        country(row), row.text("unit"), row.text("title"), row.texts("examples"),
        row.flag("secret", default=False),
    )  # fmt: skip
    for key in ("from", "to"):
        row.get(key)
    return slot


def _range(row: Table, names: Names, slot: Slot) -> tuple[Expression | None, Expression | None]:
    if slot.kind not in _RANGED:
        return None, None
    lowest, highest = (_end(row, key, names, slot) for key in ("from", "to"))
    if lowest and highest and not lowest.names and not highest.names:
        _check_order(row, lowest.source, highest.source)
    return lowest, highest


def _end(row: Table, key: str, names: Names, slot: Slot) -> Expression | None:
    text = row.text(key)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}", text):
        if slot.kind is SlotKind.TIME and len(text) == 4:
            text = f"0{text}"
        text = f"'{text}'"
    return names.expression(row, key, text, secrets=False)


def _check_order(row: Table, lowest: str, highest: str) -> None:
    plain = r"-?\d+(?:\.\d+)?"
    if re.fullmatch(plain, lowest) and re.fullmatch(plain, highest):
        wrong = float(lowest) > float(highest)
    else:
        wrong = lowest[:1] == "'" == highest[:1] and lowest > highest
    if wrong:
        row.wrong("to", "'to' is less than 'from'")


def country(row: Table, name: str = "country") -> str:
    """Return an optional ISO 3166 code."""
    text = row.text(name)
    if text and not _COUNTRY.fullmatch(text):
        row.wrong(name, f"'{text}' is no country: write its two letters, like DE or GB")
    return text


def _groups(row: Table, low: int, high: int) -> tuple[int, ...]:
    node = row.get("groups")
    if node is None:
        return ()
    if isinstance(node, yaml.ScalarNode):
        parts = tuple(re.split(r"[-, ]+", row.reader.text(node, row.at("groups"))))
    else:
        parts = row.reader.texts(node, row.at("groups"))
    if not all(re.fullmatch(r"[1-9]", part) for part in parts):
        row.wrong("groups", "write how many digits are said at once: 3-2-2")
        return ()
    groups = tuple(map(int, parts))
    if low and low == high and sum(groups) != low:
        row.wrong("groups", f"these are {sum(groups)} digits, and the slot has {low}")
    return groups


def _choices(row: Table) -> tuple[Choice, ...]:
    node = row.need("choices", "what can be chosen")
    found: list[Choice] = []
    if isinstance(node, yaml.SequenceNode):
        for word in row.reader.texts(node, row.at("choices")):
            _check_id(row, "choices", word)
            found.append(Choice(word, word.replace("_", " ")))
    elif node is not None:
        inner = row.reader.table(node, row.at("choices"))
        for name, value, place in inner.rows() if inner else ():
            if inner:
                _check_id(inner, name, name)
                found.append(_choice(inner, name, value, place))
    if len(found) < 2 and node is not None:
        row.wrong("choices", "a choice is between two at least")
    ids = [choice.id for choice in found]
    keys = [choice.key for choice in found if choice.key]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        row.wrong("choices", f"'{name}' stands here twice")
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        row.wrong("choices", f"two choices have the key {key}")
    return tuple(found)


def _check_id(table: Table, field: str, word: str) -> None:
    if not templates.NAME.fullmatch(word):
        table.wrong(field, f"'{word}' must be written in small letters, digits and _")


def _choice(table: Table, name: str, node: yaml.Node, place: str) -> Choice:
    spoken = name.replace("_", " ")
    if isinstance(node, yaml.ScalarNode):
        return Choice(name, table.reader.text(node, place) or spoken)
    if isinstance(node, yaml.SequenceNode):
        phrases = table.reader.texts(node, place)
        check_phrases(table, name, phrases)
        return Choice(name, spoken, phrases)
    row = table.reader.table(node, place)
    if row is None:
        return Choice(name, spoken)
    phrases, key = row.texts("phrases"), row.text("key")
    check_phrases(row, "phrases", phrases)
    if key and key not in _MENU_KEYS:
        row.wrong("key", f"the key '{key}' cannot be used: a key is one of 1 to 9")
    choice = Choice(name, row.text("name", spoken), phrases, key)
    row.close()
    return choice


def check_phrases(table: Table, field: str, phrases: tuple[str, ...]) -> None:
    """Report phrases that are no templates, or hold slots."""
    for phrase in phrases:
        try:
            templates.expand(phrase)
        except templates.TemplateError as error:
            table.wrong(field, str(error))
        if templates.holes(phrase):
            table.wrong(field, "what is said for a choice holds no slot")
