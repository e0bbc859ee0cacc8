"""Reading dialogue.yaml: everything that is not an intent, a process or a connector."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.declared import country, read_slots
from appliance.dialogue.authoring.names import Names, check_name, joined
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.authoring.opening import read_hours
from appliance.dialogue.authoring.places import read_destinations, read_emergency, read_keypad
from appliance.dialogue.authoring.proofs import columns_of, proven, read_authentication
from appliance.dialogue.hours import Hours
from appliance.dialogue.running import wording
from appliance.dialogue.script import (
    Authentication,
    Catalogue,
    Emergency,
    Keypad,
    Limits,
    ModelUse,
    is_call_fact,
)
from appliance.dialogue.text import normalise

_ZONE: Final = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}")
_LANGUAGES: Final = ("en", "de")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Outline:
    """What dialogue.yaml says."""

    language: str
    timezone: str
    greeting: str
    hours: Hours
    person: str
    farewell: str
    names: Names
    """All that intents and processes may speak of."""
    facts: Mapping[str, str]
    emergency: Emergency
    keypad: Keypad
    sentences: Mapping[str, str]
    limits: Limits
    out_of_scope: tuple[str, ...]
    persona: str
    consent: str
    country: str
    currency: str
    authentication: Authentication
    model: ModelUse
    rules: Mapping[str, str] = field(default_factory=dict)


def read_outline(
    table: Table, names: Names, lists: Mapping[str, Catalogue], years: Iterable[int]
) -> Outline:
    """Return what a dialogue.yaml says; mistakes go to the table's reader.

    `names` holds the intents, processes, connectors and variables there are; `years` are those
    whose public holidays are computed.
    """
    language = table.text("language", "en")
    if language not in _LANGUAGES:
        table.wrong("language", f"the engine speaks {' and '.join(_LANGUAGES)}, not '{language}'")
        language = "en"
    timezone = table.needed_text("timezone", "the time zone of the opening hours")
    if timezone and not _ZONE.fullmatch(timezone):
        table.wrong("timezone", f"'{timezone}' is no time zone: write one like Europe/Berlin")
    facts = {"site": table.needed_text("site", "the name of the site")}
    home = country(table)
    currency = table.text("currency", "EUR")
    if not _CURRENCY.fullmatch(currency):
        table.wrong("currency", f"'{currency}' is no currency: write three letters, like EUR")
    proofs = table.table("authentication")
    level, result, asked = proven(proofs)
    variables = dict(names.variables)
    if result:
        found = columns_of(names.connectors, asked)
        variables[result] = joined(found, variables.get(result, frozenset()))
    slots = read_slots(table.table("slots"), lists, variables)
    names = replace(
        names, destinations=read_destinations(table), slots=slots, facts=frozenset(facts),
        lists=lists, reachable=level, variables=variables,
    )  # fmt: skip
    said = {}
    for name, what in (("greeting", "the first sentence that callers hear"), ("consent", "")):
        said[name] = table.needed_text(name, what) if what else table.text(name)
        names.check_facts(table, name, said[name])
    for name, what in (
        ("person", "the process that puts callers through to a person"),
        ("farewell", "the process that ends the call"),
    ):
        said[name] = table.needed_text(name, what)
        names.check_process(table, name, said[name])
    outline = Outline(
        language=language,
        timezone=timezone,
        greeting=said["greeting"],
        hours=read_hours(table, language, home, years),
        person=said["person"],
        farewell=said["farewell"],
        names=names,
        facts=facts,
        emergency=read_emergency(table, names),
        keypad=read_keypad(table, names),
        sentences=_sentences(table, names, language),
        limits=_limits(table),
        out_of_scope=(),
        persona=table.text("persona"),
        consent=said["consent"],
        country=home,
        currency=currency,
        authentication=read_authentication(proofs, names),
        model=_model(table),
        rules=read_rules(table),
    )
    names.check_facts(table, "persona", outline.persona)
    outline = replace(outline, out_of_scope=_out_of_scope(table, outline.rules))
    table.close()
    return outline


def read_rules(table: Table, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the named parts of `rules:`, `outer` ones included; each is expanded once to see."""
    found = dict(outer or {})
    inner = table.table("rules")
    own: dict[str, str] = {}
    for name, value, place in inner.rows() if inner else ():
        if inner:
            check_name(inner, name, name, "a rule")
        own[name] = table.reader.text(value, place)
    found.update(own)
    for name, text in own.items():
        try:
            # A rule may be written as bare alternatives: "gas|power".
            templates.expand(f"({templates.inline(text, found)})")
        except templates.TemplateError as error:
            if inner:
                inner.wrong(name, str(error))
            found[name] = name
    return found


def _sentences(table: Table, names: Names, language: str) -> Mapping[str, str]:
    found = dict(wording.sentences(language))
    holes = wording.holes(language)
    inner = table.table("sentences")
    for name, value, place in inner.rows() if inner else ():
        text = table.reader.text(value, place)
        if name not in found:
            hint = near(name, found) or f"use one of {', '.join(sorted(found))}"
            table.reader.wrong(value, place, f"there is no sentence '{name}'; {hint}")
        allowed = holes.get(name, frozenset()) | names.facts
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
        inner.whole("reprompts", usual.reprompts, 1, 5),
        inner.number("silence", usual.silence, 2, 60),
        inner.number("between_keys", usual.between_keys, 1, 10),
        inner.number("sure", usual.sure, 0, 1),
        inner.number("guess", usual.guess, 0, 1),
        inner.number("close", usual.close, 0, 1),
        inner.seconds("call", usual.call, 0, 7200),
    )
    if limits.guess > limits.sure:
        inner.wrong("guess", "this must not be more than 'sure'")
    if 0 < limits.call < 60:
        inner.wrong("call", "a call needs a minute at least; 0 is no limit")
    inner.close()
    return limits


def _model(table: Table) -> ModelUse:
    inner = table.table("model")
    if inner is None:
        return ModelUse()
    found = ModelUse(
        inner.flag("triage", default=False),
        inner.flag("slots", default=False),
        inner.flag("answers", default=False),
    )
    inner.close()
    return found


def _out_of_scope(table: Table, rules: Mapping[str, str]) -> tuple[str, ...]:
    reader, node = table.reader, table.get("out_of_scope")
    found: list[str] = []
    for item, place in reader.items(node, "out_of_scope") if node is not None else ():
        text = reader.text(item, place)
        try:
            sentences = templates.expand(templates.inline(text, rules))
        except templates.TemplateError as error:
            reader.wrong(item, place, str(error))
            continue
        if templates.holes(text):
            reader.wrong(item, place, "what belongs to no intent holds no slot")
        found += [normalise(sentence) for sentence in sentences]
    return tuple(found)
