"""Reading a dialogue folder, handed in as texts: all of it, or every mistake in it.

dialogue.yaml      language, greeting, hours, destinations, slots, keypad, ...   (outline.py)
connectors.yaml    the site's own systems, and what is asked of them             (connecting.py)
intents/*.yaml     what callers say; the file's name is the intent's             (intents.py)
processes/*.yaml   what is done about it; the file's name is the process's       (steps.py)
lists/             people, streets, wards: .csv and .txt                         (lists.py)
documents/         texts that questions are answered from: .md and .txt
tests/*.yaml       conversations that must go well; they are read elsewhere

    texts -> tables of all files -> what processes set -> connectors -> lists -> dialogue.yaml
          -> intents, processes -> checks across files -> Script
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from appliance.dialogue.authoring.connecting import read_connectors
from appliance.dialogue.authoring.flow import check_flow, circle
from appliance.dialogue.authoring.intents import Said, read_intent
from appliance.dialogue.authoring.lists import Row, check_table, read_lists
from appliance.dialogue.authoring.mistakes import DialogueError, Mistake
from appliance.dialogue.authoring.names import Names, Systems
from appliance.dialogue.authoring.nodes import Reader, Table
from appliance.dialogue.authoring.outline import Outline, read_outline
from appliance.dialogue.authoring.steps import Compiled, read_steps
from appliance.dialogue.authoring.variables import Traces, scan, unset
from appliance.dialogue.connectors import Level
from appliance.dialogue.script import (
    AskOp,
    Catalogue,
    Document,
    Intent,
    Process,
    RunOp,
    Script,
    TransferOp,
)

_MAIN: Final = "dialogue.yaml"
_SYSTEMS: Final = "connectors.yaml"
_PART: Final = re.compile(r"(intents|processes)/([a-z][a-z0-9_]*)\.yaml")
_LIST: Final = re.compile(r"lists/(?:[\w-]+/)*[\w.-]+\.(?:csv|txt)")
_DOCUMENT: Final = re.compile(r"documents/(?:[^/]+/)*[^/]+\.(?:md|txt)")
_ELSEWHERE: Final = re.compile(r"tests/.+\.ya?ml|(?:.+/)?[^/]+\.pem")
"""What belongs into the folder and is read by others."""
_LONGEST_DOCUMENT: Final = 2_000_000
YEARS: Final = range(2025, 2036)
"""The years whose public holidays are known where nobody says otherwise."""


@dataclass(slots=True)
class _Folder:
    """The files by what they are, and everything that is wrong with them."""

    files: Mapping[str, str]
    mistakes: list[Mistake] = field(default_factory=list)
    intents: dict[str, str] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)

    def reader(self, path: str) -> Reader:
        return Reader(path, self.mistakes)

    def tables(self, paths: Mapping[str, str]) -> dict[str, Table]:
        """Return the mappings of YAML files that have one, by name."""
        found = {name: self.reader(path).parse(self.files[path]) for name, path in paths.items()}
        return {name: table for name, table in found.items() if table is not None}


def load(files: Mapping[str, str], *, years: Iterable[int] = YEARS) -> Script:
    """Return the dialogue written in `files`, relative path to text.

    `years` are those whose public holidays are computed, where the author names a country.
    Raises DialogueError with every mistake found; nothing is loaded by halves.
    """
    folder = _sorted(files)
    if _MAIN not in files:
        reason = "this file is missing: it holds the greeting"
        folder.mistakes.append(Mistake(_MAIN, 0, "", reason))
        raise DialogueError(folder.mistakes)
    texts = {path: files[path] for path in folder.lists}
    rows = {
        path: check_table(path, text, folder.mistakes)
        for path, text in texts.items()
        if path.endswith(".csv")
    }
    tables = {path: text for path, text in texts.items() if path.endswith(".csv")}
    systems = Systems()
    if _SYSTEMS in files:
        systems = read_connectors(folder.reader(_SYSTEMS), files[_SYSTEMS], tables)
    steps = folder.tables(folder.processes)
    traces = Traces({
        name: scan(steps[name].node if name in steps else None) for name in folder.processes
    })  # fmt: skip
    outline = _outline(folder, texts, rows, systems, traces, years)
    if outline is None:
        raise DialogueError(folder.mistakes)
    said = Said(dict.fromkeys(outline.out_of_scope, f"{_MAIN} (out_of_scope)"))
    intents = {
        name: read_intent(table, name, outline.names, outline.rules, said)
        for name, table in folder.tables(folder.intents).items()
    }
    processes = _processes(steps, traces, outline)
    if not folder.intents:
        reason = "there is no intent: add intents/name.yaml"
        folder.mistakes.append(Mistake("intents", 0, "", reason))
    documents = _documents(folder)
    if folder.mistakes:
        raise DialogueError(folder.mistakes)
    return _script(outline, intents, processes, tables, documents)


def _sorted(files: Mapping[str, str]) -> _Folder:
    folder = _Folder(files)
    for path in sorted(files):
        part = _PART.fullmatch(path)
        if part:
            (folder.intents if part[1] == "intents" else folder.processes)[part[2]] = path
        elif _LIST.fullmatch(path):
            folder.lists.append(path)
        elif _DOCUMENT.fullmatch(path):
            folder.documents.append(path)
        elif path not in {_MAIN, _SYSTEMS} and not _ELSEWHERE.fullmatch(path):
            reason = (
                "this file has no place here: a dialogue is dialogue.yaml, connectors.yaml, "
                "intents/name.yaml, processes/name.yaml and tests/name.yaml (names in small "
                "letters, digits and _), lists/name.csv or .txt, and documents/name.md or .txt"
            )
            folder.mistakes.append(Mistake(path, 0, "", reason))
    return folder


def _outline(
    folder: _Folder,
    texts: Mapping[str, str],
    rows: Mapping[str, tuple[Row, ...]],
    systems: Systems,
    traces: Traces,
    years: Iterable[int],
) -> Outline | None:
    table = folder.reader(_MAIN).parse(folder.files[_MAIN])
    if table is None:
        return None
    lists: Mapping[str, Catalogue] = read_lists(
        table.table("lists"), texts, rows, systems, folder.mistakes
    )
    names = Names(
        frozenset(folder.intents),
        frozenset(folder.processes),
        systems=systems,
        variables=traces.columns(traces.all(), systems.connectors),
    )
    return read_outline(table, names, lists, years)


def _processes(steps: Mapping[str, Table], traces: Traces, outline: Outline) -> dict[str, Process]:
    names = outline.names
    result = outline.authentication.result
    # Their columns are those of the proofs and of every step that fills the same variable.
    proven = {result: names.variables[result]} if result in names.variables else {}
    found: dict[str, Process] = {}
    compiled: dict[str, Compiled] = {}
    for name, table in steps.items():
        before = traces.before(name)
        inside = traces.columns(before | traces.during(name), names.connectors)
        within = replace(names, variables={**inside, **proven})
        title, level = table.text("title"), within.level(table, "level")
        if level is not Level.UNKNOWN and name in {outline.person, outline.farewell}:
            table.wrong("level", "every caller may reach a person and end the call: take it out")
        leaves = table.one_of("if_caller_leaves", ("complete", "undo"))
        compiled[name] = read_steps(table, within)
        found[name] = Process(name, compiled[name].ops, title, level, leaves == "complete")
        table.close()
        early = unset(compiled[name].ops, before | proven.keys(), traces, inside)
        for at, reason in early if compiled[name].whole else ():
            compiled[name].reader.wrong(*compiled[name].places[at], reason)
    asking = _asking(found)
    for each in compiled.values():
        for at, reason in check_flow(each.ops, asking) if each.whole else ():
            each.reader.wrong(*each.places[at], reason)
    _check_circle(compiled, traces)
    return found


def _asking(processes: Mapping[str, Process]) -> frozenset[str]:
    """Return the processes in which the caller is asked something or put through."""
    return frozenset(
        name
        for name, process in processes.items()
        if any(isinstance(op, AskOp | TransferOp) for op in process.ops)
    )


def _check_circle(compiled: Mapping[str, Compiled], traces: Traces) -> None:
    """Report processes that go on with one another, or do one another, for ever."""
    leads = {
        name: [op.process for op in each.ops if isinstance(op, RunOp)]
        for name, each in compiled.items()
    }
    name = circle(leads)
    for at, op in enumerate(compiled[name].ops if name is not None else ()):
        if isinstance(op, RunOp) and name is not None and traces.leads(op.process, name):
            reason = f"'{name}' goes on with itself, directly or through another process"
            compiled[name].reader.wrong(*compiled[name].places[at], reason)
            return


def _documents(folder: _Folder) -> tuple[Document, ...]:
    found = []
    for path in folder.documents:
        text = folder.files[path].lstrip("\ufeff").strip()
        if not text:
            folder.mistakes.append(Mistake(path, 0, "", "the document is empty"))
        elif len(text) > _LONGEST_DOCUMENT:
            reason = f"the document is longer than {_LONGEST_DOCUMENT} characters: divide it"
            folder.mistakes.append(Mistake(path, 0, "", reason))
        found.append(Document(path, text))
    return tuple(found)


def _script(
    outline: Outline,
    intents: Mapping[str, Intent],
    processes: Mapping[str, Process],
    tables: Mapping[str, str],
    documents: tuple[Document, ...],
) -> Script:
    return Script(
        language=outline.language,
        site=outline.facts["site"],
        timezone=outline.timezone,
        greeting=outline.greeting,
        hours=outline.hours,
        destinations=outline.names.destinations,
        person=outline.person,
        farewell=outline.farewell,
        slots=outline.names.slots,
        intents=intents,
        processes=processes,
        emergency=outline.emergency,
        keypad=outline.keypad,
        sentences=outline.sentences,
        limits=outline.limits,
        out_of_scope=outline.out_of_scope,
        facts=outline.facts,
        persona=outline.persona,
        consent=outline.consent,
        country=outline.country,
        currency=outline.currency,
        lists=outline.names.lists,
        backends=outline.names.systems.backends,
        connectors=outline.names.connectors,
        tables=tables,
        authentication=outline.authentication,
        model=outline.model,
        documents=documents,
    )
