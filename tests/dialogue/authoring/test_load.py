import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue import CALL_FACTS, BackendKind, DialogueError, Engine, Mistake, load
from appliance.dialogue.authoring.declared import CHECKSUMS
from appliance.dialogue.expressions import FUNCTIONS
from appliance.dialogue.rehearsing.player import rehearse
from appliance.dialogue.rehearsing.reading import read_cases
from appliance.dialogue.script import Document, Limits, SlotKind
from tests.dialogue.authoring.guide import GUIDE, guide_files
from tests.dialogue.script_player import Conversation, starter_files

MAIN = "dialogue.yaml"


def mistakes(files: dict[str, str]) -> list[Mistake]:
    with pytest.raises(DialogueError) as caught:
        load(files)
    return list(caught.value.mistakes)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


# file, what stands there, what the author wrote instead, the field, words of the reason
TABLE = [
    (MAIN, "greeting: Welcome", "greting: Welcome", "greting", "did you mean 'greeting'"),
    (MAIN, "greeting: Welcome", "greting: Welcome", "greeting", "the first sentence that callers hear is missing"),
    (MAIN, "language: en", "language: fr", "language", "speaks en and de, not 'fr'"),
    (MAIN, "timezone: Europe/Berlin", "timezone: half past nine", "timezone", "no time zone"),
    (MAIN, "to {site}. How", "to {sight}. How", "greeting", "did you mean 'site'"),
    (MAIN, "person: operator", "person: operater", "person", "did you mean 'operator'"),
    (MAIN, "farewell: goodbye", "farewell: goodby", "farewell", "did you mean 'goodbye'"),
    (MAIN, "monday: 08:00-18:00", "monday: 08:00-25:00", "hours.monday", "'25:00' is no time of day"),
    (MAIN, "monday: 08:00-18:00", "monday: 18:00-08:00", "hours.monday", "closes before it opens"),
    (MAIN, "monday: 08:00-18:00", "monday: 08:00-12:00, 11:00-18:00", "hours.monday", "before the span ahead"),
    (MAIN, "monday: 08:00-18:00", "monday: from eight to six", "hours.monday", "write 08:00-18:00"),
    (MAIN, "sunday: closed", "sonntag: closed", "hours.sonntag", "not known here"),
    (MAIN, "2026-12-25: Christmas", "25 December: Christmas", "hours.holidays.25 December", "no date"),
    (MAIN, "number: 201", "number: two", "destinations.radiology.number", "no number"),
    (MAIN, "number: 201", "numbr: 201", "destinations.radiology.number", "is missing"),
    (MAIN, "key: 2\n", "key: 1\n", "destinations.cardiology.key", "it is 'radiology' already"),
    (MAIN, "listed: no", "listed: perhaps", "destinations.operator.listed", "expected yes or no"),
    (MAIN, "about: text", "about: prose", "slots.about", "there is no type 'prose'"),
    (MAIN, "number: digits 6-12", "number: digits 12-6", "slots.number", "no number of digits"),
    (MAIN, "about: text", "open: text", "slots.open", "cannot be the name of a slot"),
    (MAIN, "about: text", "caller: text", "slots.caller", "cannot be the name of a slot"),
    (MAIN, "to {site}. How", "to {site}, {callr}. How", "greeting", "did you mean 'caller'"),
    ("processes/operator.yaml", "to the operator.", "to the operator.\n    briefing: A call from {callr}.", "steps[0].briefing", "did you mean 'caller'"),
    ("processes/operator.yaml", "if: instead == yes", "if: caler == yes", "steps[0].failed[1].if", "there is no slot 'caler'"),
    (MAIN, "destination: emergency", "destination: doctor", "emergency.destination", "there is no destination 'doctor'"),
    (MAIN, "extensions: connect", "extensions: conect", "keypad.extensions", "did you mean 'connect'"),
    (MAIN, "1: hours", "1: ours", "keypad.keys.1", "did you mean 'hours'"),
    (MAIN, "0: operator", "A: operator", "keypad.keys.A", "no key that can be used"),
    (MAIN, "  request: You", "  reqest: You", "sentences.reqest", "did you mean 'request'"),
    (MAIN, "name a department, or", "name a {department}, or", "sentences.request", "cannot hold '{department}'"),
    (MAIN, "reprompts: 2", "reprompts: many", "limits.reprompts", "expected a number"),
    (MAIN, "silence: 6", "silence: 600", "limits.silence", "from 2 to 60"),
    (MAIN, "silence: 6", "silence: 6\n  sure: 0.2", "limits.guess", "must not be more"),
    (MAIN, "- tell me a joke", "- tell me [a joke", "out_of_scope", "is not closed"),
    (MAIN, "site: Riverside Clinic", "site: *name", "", "anchors and aliases"),
    (MAIN, "slots:", "slots: [", "", "this is not YAML"),
    (MAIN, "slots:", "site: Again\nslots:", "site", "stands here twice"),
    (MAIN, "site: Riverside Clinic", "site: [Riverside]", "site", "expected a text, found a list"),
    ("intents/hours.yaml", "confirm: Did you want our opening hours?", "x: 1", "confirm", "is missing"),
    ("intents/hours.yaml", "examples:", "exampels:", "exampels", "did you mean 'examples'"),
    ("intents/hours.yaml", "- hours of operation", "- hours (of operation", "examples", "is not closed"),
    ("intents/hours.yaml", "{day}", "{dayy}", "examples", "there is no slot 'dayy'; did you mean 'day'"),
    ("intents/hours.yaml", "examples:", "process: ours\nexamples:", "process", "did you mean 'hours'"),
    ("intents/connect.yaml", "confirm_plain:", "# ", "confirm_plain", "without its slots is missing"),
    ("intents/goodbye.yaml", "everywhere: yes", "everywhere: sometimes", "everywhere", "expected yes or no"),
    ("processes/hours.yaml", "hours: day", "hours: department", "steps[0].hours", "no slot of type day"),
    ("processes/hours.yaml", "- hours: day", "- ours: day", "steps[0]", "this is no step"),
    ("processes/hours.yaml", "steps:", "stepps:", "steps", "is missing"),
    ("processes/connect.yaml", "ask: department", "ask: departement", "steps[0].ask", "did you mean 'department'"),
    ("processes/connect.yaml", "prompt: Which", "promt: Which", "steps[0].prompt", "the question is missing"),
    ("processes/connect.yaml", 'transfer: "{department}"', 'transfer: "{day}"', "steps[1].transfer", "no slot 'day' of type destination"),
    ("processes/connect.yaml", 'transfer: "{department}"', "transfer: radiologie", "steps[1].transfer", "did you mean 'radiology'"),
    ("processes/connect.yaml", "process: message", "process: massage", "steps[1].failed[1].then[0].process", "did you mean 'message'"),
    ("processes/connect.yaml", "instead == yes", "instead = yes", "steps[1].failed[1].if", "write == to compare"),
    ("processes/connect.yaml", "instead == yes", "instead == maybe", "steps[1].failed[1].if", "a text is written in quotes: 'maybe'"),
    ("processes/connect.yaml", "instead == yes", "instad == yes", "steps[1].failed[1].if", "did you mean 'instead'"),
    ("processes/message.yaml", "I have {number}.", "I have it.", "steps[1].confirm", "does not name the value"),
    ("processes/message.yaml", 'text: "{about}"', 'text: "{abuot}"', "steps[4].then[0].fields.text", "did you mean 'about'"),
    ("processes/goodbye.yaml", "end: hang-up", "end: now", "steps[1].end", "write resolved or failed or hang-up"),
    ("processes/goodbye.yaml", "- end: hang-up", "- end: hang-up\n  - say: Hello?", "steps[2]", "never reached"),
    ("processes/repeat.yaml", "resume: repeat", "resume: twice", "steps[0].resume", "write question or repeat"),
    ("processes/help.yaml", "- resume: question", "- goto: nowhere", "steps[1].goto", "no step with 'label: nowhere'"),
    ("processes/help.yaml", "- say: You", "- goto: here\n    label: here\n  - say: You", "steps[0]", "circle"),
    ("processes/help.yaml", "- resume: question", "- process: help", "steps[1]", "goes on with itself"),
    ("processes/help.yaml", "- resume: question", "- say: Bye\n    end: hang-up", "steps[1]", "a step does one thing"),
    ("processes/hours.yaml", "- hours: day", "[]", "steps", ""),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "field", "reason"), TABLE)
def test_a_mistake_is_named(file, old, new, field, reason):
    """Names file, line, field and reason of every mistake an author can make."""
    files = starter_files()
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    found = mistakes(files)
    named = [
        m for m in found if m.file == file and m.field.startswith(field) and reason in m.reason
    ]
    assert named, [str(m) for m in found]
    assert all(m.line > 0 for m in named)
    if len(found) == 1 and "\n" not in new and named[0].line and named[0].field:
        assert abs(named[0].line - line_of(starter_files()[file], old)) <= 1, str(named[0])


def test_all_mistakes_at_once():
    """Collects the mistakes of every file instead of stopping at the first."""
    files = starter_files()
    files[MAIN] = files[MAIN].replace("sunday: closed", "sunday: 9")
    files["intents/hours.yaml"] = "examples: [open]"
    files["processes/hours.yaml"] = ": :"
    found = mistakes(files)
    assert {m.file for m in found} == {MAIN, "intents/hours.yaml", "processes/hours.yaml"}
    assert "hours.sunday" in str(found[0])


@pytest.mark.parametrize(
    ("change", "file", "reason"),
    [
        ({MAIN: None}, MAIN, "missing"),
        ({"notes.txt": "hello"}, "notes.txt", "no place here"),
        ({"intents/Hours.yaml": "x: y"}, "intents/Hours.yaml", "no place here"),
        ({"intents/hours.yaml": ""}, "intents/hours.yaml", "empty"),
        ({"intents/hours.yaml": "- a\n- b"}, "intents/hours.yaml", "expected names with values"),
        ({"intents/hours.yaml": "a: \x00"}, "intents/hours.yaml", "not YAML"),
        ({"intents/hours.yaml": "[" * 100}, "intents/hours.yaml", "nested too deeply"),
        ({"intents/hours.yaml": "? [a]\n: b"}, "intents/hours.yaml", "plain word"),
        ({"intents/hours.yaml": "x" * 300_000}, "intents/hours.yaml", "longer than"),
        ({"intents/hours.yaml": None}, MAIN, "no intent 'hours'"),
        ({"processes/hours.yaml": None}, "intents/hours.yaml", "no process 'hours'"),
    ],
)
def test_files(change, file, reason):
    """Says which file is missing, out of place or unreadable."""
    files = {**starter_files(), **change}
    found = mistakes({name: text for name, text in files.items() if text is not None})
    assert any(m.file == file and reason in m.reason for m in found), [str(m) for m in found]


def test_the_starter_is_whole():
    """Loads the starter dialogue, time zone and destinations as they are written."""
    script = load(starter_files())
    assert (script.site, script.timezone) == ("Riverside Clinic", "Europe/Berlin")
    assert script.destinations["records"].number == "209"
    assert script.destinations["records"].name == "patient records"
    assert set(script.intents) >= {"hours", "connect", "message", "operator", "repeat", "goodbye"}


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.data())
def test_a_damaged_file_never_crashes(data):
    """Loads or refuses with mistakes, whatever is cut out of or put into a file."""
    files = starter_files()
    name = data.draw(st.sampled_from(sorted(files)))
    text = files[name]
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 40)))
    files[name] = text[:at] + data.draw(st.text("a:-[]{}()|&*!#\n '\"%@0", max_size=6)) + text[end:]
    found: tuple[Mistake, ...] | None = None
    try:
        load(files)
    except DialogueError as error:
        found = error.mistakes
    assert found is None or (found and all(mistake.reason for mistake in found))


def test_the_guide_is_true():
    """Loads the examples of AUTHORING.md as one dialogue."""
    script = load(guide_files())
    assert (script.persona, script.country, script.currency) == (
        "You are the telephone voice of Northwind Power, calm and brief.",
        "GB",
        "GBP",
    )
    assert script.consent == "This call is answered by a machine."
    assert set(script.tables) == {"lists/staff.csv"}
    process = script.processes["meter_reading"]
    assert (process.title, process.completes) == ("a meter reading", True)


def test_the_guide_can_be_played():
    """Plays the conversation of AUTHORING.md, and gives the answer of its first steps."""
    files = guide_files()
    script = load(files)
    engine = Engine(script)
    (case,) = read_cases(files, script)
    assert rehearse(engine, script, case).failures == ()
    assert "behind the house" in Conversation(engine).say("where can I park").spoken


def test_the_guide_names_everything():
    """Mentions every step, type of slot, function, limit and system that there is."""
    text = GUIDE.read_text("utf-8")
    names = [
        *(kind.value for kind in SlotKind), *(kind.value for kind in BackendKind), *FUNCTIONS,
        *CHECKSUMS, *(field.name for field in dataclasses.fields(Limits)),
        "say", "ask", "set", "if", "switch", "authenticate", "call", "transfer", "note", "hours",
        "process", "do", "goto", "resume", "end", *CALL_FACTS,
    ]  # fmt: skip
    assert [name for name in names if not re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_documents():
    """Keeps the texts that questions are answered from, by their path; an empty one is a mistake."""
    files = {**guide_files(), "documents/prices.md": "# Prices\n\nA unit is 30 pence.\n"}
    assert load(files).documents == (
        Document("documents/prices.md", "# Prices\n\nA unit is 30 pence."),
    )
    found = mistakes({**files, "documents/old/none.txt": " \n"})
    assert [(m.file, m.reason) for m in found] == [
        ("documents/old/none.txt", "the document is empty")
    ]


def test_what_others_read():
    """Lets tests and certificates lie in the folder."""
    more = {"tests/reading.yaml": ": :", "tests/more/two.yml": "", "certificates/our.pem": "x"}
    assert load({**guide_files(), **more}) == load(guide_files())


@pytest.mark.parametrize("path", ["people.csv", "documents/a.pdf", "lists/../a.csv", "tests/a.txt"])
def test_what_nobody_reads(path):
    """Names a file that has no place in the folder."""
    found = mistakes({**guide_files(), path: "a"})
    assert [m.file for m in found] == [path]


def test_everybody_reaches_a_person():
    """Refuses a level in front of the way to a person and of the end of the call."""
    files = guide_files()
    for name in ("operator", "goodbye"):
        files[f"processes/{name}.yaml"] = "level: verified\n" + files[f"processes/{name}.yaml"]
    assert [(m.file, m.field) for m in mistakes(files)] == [
        ("processes/goodbye.yaml", "level"),
        ("processes/operator.yaml", "level"),
    ]


@pytest.mark.parametrize("verbs", [("do", "do"), ("do", "process"), ("process", "process")])
def test_processes_in_a_circle(verbs):
    """Refuses processes that do one another for ever."""
    files = guide_files()
    files["processes/one.yaml"] = f"steps:\n- say: One.\n- {verbs[0]}: two\n"
    files["processes/two.yaml"] = f"steps:\n- say: Two.\n- {verbs[1]}: one\n"
    found = mistakes(files)
    assert [(m.line, m.field, "goes on with itself" in m.reason) for m in found] == [
        (3, "steps[1]", True)
    ]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.data())
def test_a_damaged_guide_never_crashes(data):
    """Loads or refuses with mistakes, whatever is cut out of or put into any kind of file."""
    files = guide_files()
    name = data.draw(st.sampled_from(sorted(files)))
    text = files[name]
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 40)))
    files[name] = text[:at] + data.draw(st.text("a1:-[]{}()<>|&*!#=\n '\"%@,.\0", max_size=6))
    files[name] += text[end:]
    found: tuple[Mistake, ...] | None = None
    try:
        load(files)
    except DialogueError as error:
        found = error.mistakes
    assert found is None or (found and all(mistake.reason for mistake in found))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.data())
def test_a_value_of_another_shape_never_crashes(data):
    """Names a mistake, whatever stands where something else is expected."""
    files = guide_files()
    name = data.draw(st.sampled_from([n for n in sorted(files) if n.endswith(".yaml")]))
    lines = files[name].splitlines()
    at = data.draw(st.sampled_from([at for at, line in enumerate(lines) if ": " in line]))
    shape = data.draw(
        st.sampled_from(["", "[]", "{}", "[a, [b]]", "{a: {b: c}}", "'{'", "-1", "|"])
    )
    lines[at] = lines[at].partition(": ")[0] + f": {shape}"
    files[name] = "\n".join(lines)
    found: tuple[Mistake, ...] | None = None
    try:
        load(files)
    except DialogueError as error:
        found = error.mistakes
    assert found is None or (found and all(mistake.reason for mistake in found))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("connectors.yaml", "backends:", "backends: ["),
        ("connectors.yaml", "post: /tickets", "pots: /tickets"),
        ("connectors.yaml", "db: {sql:", "db: {sqll:"),
        (MAIN, "  about: text", "  about: prose"),
        (MAIN, "staff: {file: lists/staff.csv, ", "staff: {flie: lists/staff.csv, "),
        ("lists/staff.csv", "m2,Ben Cole", "m2,"),
    ],
)
def test_a_mistake_is_told_once(file, old, new):
    """Does not repeat a mistake at every place that relies on what is wrong."""
    files = guide_files()
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    found = mistakes(files)
    assert {m.file for m in found} == {file}, "\n".join(map(str, found))


def test_the_idempotency_key_of_a_read():
    """Refuses a parameter that is called like what the box fills in itself."""
    files = guide_files()
    files["connectors.yaml"] = files["connectors.yaml"].replace("team: team", "team: key")
    assert [(m.field, "choose another name" in m.reason) for m in mistakes(files)] == [
        ("connectors.extension_of.lookup", True)
    ]
