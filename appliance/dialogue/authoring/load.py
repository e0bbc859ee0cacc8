"""Reading a dialogue folder, handed in as texts: all of it, or every mistake in it.

dialogue.yaml      language, greeting, hours, destinations, slots, keypad, ...   (outline.py)
intents/*.yaml     what callers say; the file's name is the intent's             (here)
processes/*.yaml   what is done about it; the file's name is the process's       (steps.py)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.flow import circle
from appliance.dialogue.authoring.mistakes import DialogueError, Mistake
from appliance.dialogue.authoring.nodes import Reader, near
from appliance.dialogue.authoring.outline import Outline, read_outline
from appliance.dialogue.authoring.steps import Names, read_process
from appliance.dialogue.script import Intent, Op, Process, RunOp, Script

_MAIN: Final = "dialogue.yaml"
_PART: Final = re.compile(r"(intents|processes)/([a-z][a-z0-9_]*)\.yaml")


def load(files: Mapping[str, str]) -> Script:
    """Return the dialogue written in `files`, relative path to text.

    The paths are `dialogue.yaml`, `intents/NAME.yaml` and `processes/NAME.yaml`.

    Raises DialogueError with every mistake found; nothing is loaded by halves.
    """
    mistakes: list[Mistake] = []
    parts: dict[str, dict[str, str]] = {"intents": {}, "processes": {}}
    for path in sorted(files):
        part = _PART.fullmatch(path)
        if part:
            parts[part[1]][part[2]] = path
        elif path != _MAIN:
            reason = (
                "this file has no place here: a dialogue is dialogue.yaml, intents/name.yaml and "
                "processes/name.yaml (names in small letters, digits and _)"
            )
            mistakes.append(Mistake(path, 0, "", reason))
    if _MAIN not in files:
        mistakes.append(Mistake(_MAIN, 0, "", "this file is missing: it holds the greeting"))
        raise DialogueError(mistakes)
    names = Names(intents=frozenset(parts["intents"]), processes=frozenset(parts["processes"]))
    outline = read_outline(Reader(_MAIN, mistakes), files[_MAIN], names)
    if outline is None:
        raise DialogueError(mistakes)
    names = Names(
        names.intents,
        names.processes,
        outline.destinations,
        outline.slots,
        frozenset(outline.facts),
    )
    intents = {}
    for name, path in parts["intents"].items():
        intent = _read_intent(Reader(path, mistakes), files[path], name, names)
        if intent is not None:
            intents[name] = intent
    processes: dict[str, tuple[Op, ...]] = {}
    for name, path in parts["processes"].items():
        processes[name] = read_process(Reader(path, mistakes), files[path], names)
    _check_circle(parts["processes"], processes, mistakes)
    if not parts["intents"]:
        mistakes.append(Mistake("intents", 0, "", "there is no intent: add intents/name.yaml"))
    if mistakes:
        raise DialogueError(mistakes)
    return _script(outline, intents, processes)


def _script(
    outline: Outline, intents: Mapping[str, Intent], processes: Mapping[str, tuple[Op, ...]]
) -> Script:
    return Script(
        language=outline.language,
        site=outline.facts["site"],
        timezone=outline.timezone,
        greeting=outline.greeting,
        hours=outline.hours,
        destinations=outline.destinations,
        person=outline.person,
        farewell=outline.farewell,
        slots=outline.slots,
        intents=intents,
        processes={name: Process(name, ops) for name, ops in processes.items()},
        emergency=outline.emergency,
        keypad=outline.keypad,
        sentences=outline.sentences,
        limits=outline.limits,
        out_of_scope=outline.out_of_scope,
        facts=outline.facts,
    )


def _check_circle(
    paths: Mapping[str, str], processes: Mapping[str, tuple[Op, ...]], mistakes: list[Mistake]
) -> None:
    """Report processes that go on with one another for ever."""
    leads = {
        name: [op.process for op in ops if isinstance(op, RunOp)] for name, ops in processes.items()
    }
    name = circle(leads)
    if name is not None:
        reason = f"'{name}' goes on with itself, directly or through another process"
        mistakes.append(Mistake(paths[name], 0, "process", reason))


def _read_intent(reader: Reader, text: str, name: str, names: Names) -> Intent | None:
    table = reader.parse(text)
    if table is None:
        return None
    process = table.text("process", name)
    if process not in names.processes:
        hint = near(process, names.processes) or f"write processes/{process}.yaml"
        table.wrong("process", f"there is no process '{process}'; {hint}")
    confirm = table.needed_text("confirm", "the question that is asked where it was only guessed")
    names.check_holes(table, "confirm", confirm)
    plain = table.text("confirm_plain")
    if templates.holes(plain):
        table.wrong("confirm_plain", "this question is for unknown slots: it can hold none")
    if templates.holes(confirm) and not plain:
        table.wrong(
            "confirm_plain", "the same question without its slots is missing: add 'confirm_plain:'"
        )
    everywhere = table.flag("everywhere", default=False)
    examples: list[str] = []
    node = table.need("examples", "the list of what callers say")
    items = reader.items(node, table.at("examples")) if node is not None else []
    for item, place in items:
        example = reader.text(item, place)
        try:
            templates.expand(example)
        except templates.TemplateError as error:
            reader.wrong(item, place, str(error))
            continue
        for hole in templates.holes(example):
            if hole not in names.slots:
                reader.wrong(item, place, f"there is no slot '{hole}'; {near(hole, names.slots)}")
        examples.append(example)
    if node is not None and not examples:
        table.wrong("examples", "an intent needs at least one example")
    table.close()
    return Intent(name, process, confirm, plain, tuple(examples), everywhere)
