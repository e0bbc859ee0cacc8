import pytest

from appliance.dialogue import TransferMode, load
from appliance.dialogue.script import CallOp, NoteOp, SetOp, TransferOp
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

READING, MESSAGE = "processes/meter_reading.yaml", "processes/message.yaml"
COLLEAGUE, CONNECT = "processes/colleague.yaml", "processes/connect.yaml"


def ops(process: str, kind: type, files: dict[str, str] | None = None) -> list:
    script = load(files or guide_files())
    return [op for op in script.processes[process].ops if isinstance(op, kind)]


def test_call():
    """Reads what a system is given, and where it goes on for each way it may answer."""
    script = load(guide_files())
    all_ops = script.processes["meter_reading"].ops
    last, new = (op for op in all_ops if isinstance(op, CallOp))
    assert (last.result, last.arguments[1]) == ("last", ("meter", "{meter}"))
    assert last.arguments[0][1].source == "customer.id"
    assert isinstance(all_ops[last.nothing], SetOp)
    assert (last.failed, last.pending) == (-1, -1)
    assert all_ops[new.pending].text.startswith("I have your reading")
    assert new.undo == "delete_reading"


def test_set_in_order():
    """Sets several variables in the order in which they are written."""
    files = changed(MESSAGE, "set: {tries: 0}", "set: {tries: 0, more: tries + 1}")
    assert [op.name for op in ops("message", SetOp, files)][:2] == ["tries", "more"]


def test_transfer_to_a_number():
    """Puts through to a number that a list holds, by the name that is spoken."""
    (op,) = ops("colleague", TransferOp)
    assert (op.destination, op.name) == ("{colleague.extension}", "{colleague}")
    assert op.mode is TransferMode.ATTENDED


def test_note_with_a_connector():
    """Keeps a note, and names the system that it is written to as well."""
    (op,) = ops("message", NoteOp)
    assert (op.kind, op.connector) == ("message", "new_ticket")


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "reason"),
    [
        (MESSAGE, "set: {tries: 0}", "set: {phone: 0}", "steps[0].set.phone", "is taken already"),
        (MESSAGE, "set: {tries: 0}", "set: {now: 0}", "steps[0].set.now", "cannot be the name of a variable"),
        (MESSAGE, "set: {tries: 0}", "set: {tries: pin}", "steps[0].set.tries", "'pin' is secret"),
        (MESSAGE, "set: {tries: 0}", "set: {tries: 0 +}", "steps[0].set.tries", "ends too early"),
        (MESSAGE, "set: {tries: 0}", "set: {}", "steps[0].set", "name the variable and its value"),
        (MESSAGE, "connector: new_ticket", "connector: new_tickt", "steps[5].connector", "did you mean 'new_ticket'"),
        (MESSAGE, "connector: new_ticket", "connector: last_reading", "steps[5].connector", "only reads"),
        (MESSAGE, '{phone: "{phone}", text', '{phon: "{phone}", text', "steps[5].fields", "the parameters of 'new_ticket': phone, text"),
        (MESSAGE, 'text: "{about}"}', 'text: "{pin}"}', "steps[5].fields.text", "'pin' is secret"),
        (MESSAGE, 'text: "{about}"}', "text: {about}}", "steps[5].fields.text", 'written in quotes: "{about}"'),
        (READING, "call: last_reading", "call: last_readin", "steps[3].call", "did you mean 'last_reading'"),
        (READING, 'meter: "{meter}"}\n    as: last', 'metr: "{meter}"}\n    as: last', "steps[3].with.metr", "did you mean 'meter'"),
        (READING, ', meter: "{meter}"}\n    as: last', "}\n    as: last", "steps[3].with", "needs 'meter' as well"),
        (READING, "as: last", "as: reading", "steps[3].as", "is taken already"),
        (READING, "as: last", "as: last\n    pending: [{say: x}]", "steps[3].pending", "changes nothing"),
        (READING, "as: last", "as: last\n    undo: delete_reading", "steps[3].undo", "there is nothing to undo"),
        (READING, "undo: delete_reading", "undo: last_reading", "steps[6].undo", "undoes nothing"),
        (READING, "undo: delete_reading", "undo: delete_readin", "steps[6].undo", "did you mean 'delete_reading'"),
        (READING, "transfer: service", "transfer: servce", "steps[5].then[1].transfer", "did you mean 'service'"),
        (READING, "transfer: service", "transfer: service\n        mode: loud", "steps[5].then[1].mode", "write blind or attended"),
        (READING, "transfer: service", "transfer: service\n        name: x", "steps[5].then[1].name", "a name of its own"),
        (READING, "briefing: A reading", "briefing: The {pin}, a", "steps[5].then[1].briefing", "'pin' is secret"),
        (COLLEAGUE, "{colleague.extension}", "{colleague.number}", "steps[1].transfer", "'colleague' has no 'number'"),
        (COLLEAGUE, "{colleague.extension}", "call {colleague.extension}", "steps[1].transfer", "this yields no number"),
        (COLLEAGUE, '    name: "{colleague}"\n', "", "steps[1].name", "whom the caller is put through to is missing"),
        (CONNECT, 'transfer: "{department}"', 'transfer: "{day}"', "steps[1].transfer", "no slot 'day' of type destination"),
    ],
)  # fmt: skip
def test_mistakes(file, old, new, field, reason):
    """Names what is wrong with what is to be done."""
    check_mistake(file, old, new, field, reason)


def test_a_transfer_to_a_number_that_was_told():
    """Puts through to a slot of type phone, with a name for it."""
    files = changed(CONNECT, 'transfer: "{department}"', 'transfer: "{phone}"\n    name: a number')
    assert ops("connect", TransferOp, files)[0].destination == "{phone}"


def test_undo_by_what_was_answered():
    """Refuses an undo that needs what the call neither takes nor answers."""
    files = changed(
        "connectors.yaml",
        "delete from reading where customer = :customer",
        "delete from reading where id = :receipt and customer = :customer",
    )
    files["connectors.yaml"] = files["connectors.yaml"].replace(
        "  delete_reading:", "    fields: {number: id}\n  delete_reading:"
    )
    assert any("'delete_reading' needs 'receipt'" in str(mistake) for mistake in mistakes(files))
    files["connectors.yaml"] = files["connectors.yaml"].replace("{number: id}", "{receipt: id}")
    load(files)


def test_a_system_that_nobody_may_ask():
    """Refuses a call for verified callers where nobody can be verified."""
    files = guide_files()
    main = files["dialogue.yaml"]
    start, end = main.index("  knowledge:"), main.index("emergency:")
    files["dialogue.yaml"] = main[:start] + main[end:]
    files["connectors.yaml"] = files["connectors.yaml"].replace(
        "level: identified", "level: verified"
    )
    assert any("nobody can be: write 'authentication:'" in str(m) for m in mistakes(files))


def test_a_note_to_a_system_that_nobody_may_write_to():
    """Refuses a note whose connector is for verified callers where nobody can be verified."""
    files = guide_files()
    main = files["dialogue.yaml"]
    start, end = main.index("  knowledge:"), main.index("emergency:")
    files["dialogue.yaml"] = main[:start] + main[end:]
    files["connectors.yaml"] = files["connectors.yaml"].replace(
        "post: /tickets", "post: /tickets\n    level: verified"
    )
    assert any("'new_ticket' is for callers who are verified" in str(m) for m in mistakes(files))
