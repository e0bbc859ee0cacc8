"""Reading intents/*.yaml: what callers say, and the process that it leads to.

title: your meter reading
confirm: Did you want to tell a meter reading?
rules: {want: (i want|i would like) to}

Examples:
  - <want> (give|tell) you my [meter] reading
  - my reading is [four five six](reading)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.names import Names
from appliance.dialogue.authoring.nodes import Reader, Table, near
from appliance.dialogue.authoring.outline import read_rules
from appliance.dialogue.script import Intent
from appliance.dialogue.text import normalise


@dataclass(slots=True)
class Said:
    """Every sentence of the intents read so far, normal form, with the file it stands in."""

    files: dict[str, str] = field(default_factory=dict)

    def elsewhere(self, sentence: str, file: str) -> str:
        """Return another file in which a sentence stands already, or ""; it is kept in mind."""
        # A slot counts by its name: "{person} please" is not "{department} please".
        words = normalise(templates.fill(sentence, lambda slot: f"slot {slot}"))
        first = self.files.setdefault(words, file)
        return "" if first == file else first


def read_intent(
    table: Table, name: str, names: Names, rules: Mapping[str, str], said: Said
) -> Intent:
    """Return the intent of a file; mistakes go to the table's reader.

    `said` holds what the intents before it stand for.
    """
    process = table.text("process", name)
    names.check_process(table, "process", process)
    confirm = table.needed_text("confirm", "the question that is asked where it was only guessed")
    # Variables are not known before the process runs: slots and facts only.
    sentences = Names(
        names.intents, names.processes, names.destinations, names.slots, names.facts, names.lists
    )
    sentences.check_holes(table, "confirm", confirm)
    plain = table.text("confirm_plain")
    if templates.holes(plain):
        table.wrong("confirm_plain", "this question is for unknown slots: it can hold none")
    if templates.holes(confirm) and not plain:
        table.wrong(
            "confirm_plain", "the same question without its slots is missing: add 'confirm_plain:'"
        )
    everywhere = table.flag("everywhere", default=False)
    title = table.text("title")
    if templates.holes(title):
        table.wrong("title", "a title is fixed: it holds no slot")
    level = names.level(table, "level")
    examples, values = _examples(table, names, read_rules(table, rules), said)
    table.close()
    return Intent(
        name, process, confirm, plain, tuple(examples), everywhere, title, level, tuple(values)
    )


def _examples(
    table: Table, names: Names, rules: Mapping[str, str], said: Said
) -> tuple[list[str], list[tuple[str, str]]]:
    node = table.need("examples", "the list of what callers say")
    found: list[str] = []
    values: list[tuple[str, str]] = []
    for item, place in table.reader.items(node, table.at("examples")) if node is not None else ():
        written = table.reader.text(item, place)
        template, told = templates.annotated(written)
        try:
            template = templates.inline(template, rules)
            # A slot is a word as well, whatever it is called.
            sentences = templates.expand(template)
            if written and not any(normalise(sentence) for sentence in sentences):
                table.reader.wrong(item, place, "this example holds no word")
        except templates.TemplateError as error:
            table.reader.wrong(item, place, str(error))
            continue
        _check_slots(table.reader, item, place, template, names)
        for sentence in sentences:
            other = said.elsewhere(sentence, table.reader.file)
            if other:
                reason = f"'{sentence}' stands in {other} as well: which of them is it?"
                table.reader.wrong(item, place, reason)
                break
        if template:
            found.append(template)
        values += [pair for pair in told if pair[0] in names.slots]
    if node is not None and not found:
        table.wrong("examples", "an intent needs at least one example")
    return found, values


def _check_slots(reader: Reader, item: yaml.Node, place: str, template: str, names: Names) -> None:
    for hole in dict.fromkeys(templates.holes(template)):
        if hole not in names.slots:
            reader.wrong(item, place, f"there is no slot '{hole}'; {near(hole, names.slots)}")
        elif names.slots[hole].secret:
            reader.wrong(item, place, f"'{hole}' is secret: it is asked for, never said unasked")
