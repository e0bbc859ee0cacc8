import pytest

from appliance.dialogue import Level, load
from appliance.dialogue.script import AskOp, AuthenticateOp
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

FILE = "processes/meter_reading.yaml"


def test_ask():
    """Reads a question with everything beside it, and where it goes on without an answer."""
    ops = load(guide_files()).processes["meter_reading"].ops
    ask = next(op for op in ops if isinstance(op, AskOp) and op.slot == "reading")
    assert ask.keys == "Type the number, and end with the hash key."
    assert ops[ask.unknown].text == "The number stands in the window of the meter."


def test_authenticate():
    """Reads the level, and what is done where it is not reached."""
    ops = load(guide_files()).processes["meter_reading"].ops
    assert isinstance(ops[0], AuthenticateOp)
    assert ops[0].level is Level.IDENTIFIED
    assert ops[ops[0].failed].text == "Then a colleague will take it."


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("authenticate: identified", "authenticate: certain", "steps[0].authenticate", "write identified or verified"),
        ("authenticate: identified", "authenticate: unknown", "steps[0].authenticate", "is no proof"),
        ("ask: meter", "ask: metr", "steps[1].ask", "did you mean 'meter'"),
        ("prompt: Is it electricity", "prompt: Is it {meter} #", "steps[1].prompt", "it is not known yet"),
        ("prompt: Is it electricity", "x: y\n    prompt: Is it", "steps[1].x", "not known here"),
        ("confirm: The reading is {reading}.", "confirm: It is that.", "steps[2].confirm", "does not name the value"),
        ("reprompt: Please say the number", "reprompt: Please say the {numer}", "steps[2].reprompt", "'{numer}' is not known"),
        ("unknown:\n      - say: The number", "unknown:\n      - sya: The number", "steps[2].unknown[0]", "did you mean 'say'"),
        ("unknown:\n      - say: The number stands in the window of the meter.\n      - end: failed", "unknown: []", "steps[2].unknown", "there is no step here"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with a question."""
    check_mistake(FILE, old, new, field, reason)


def test_a_secret_is_not_read_back():
    """Refuses to confirm a PIN."""
    check_mistake(
        FILE,
        "  - ask: meter\n",
        "  - ask: pin\n    prompt: PIN\n    confirm: Is it {pin}?\n  - ask: meter\n",
        "steps[1].confirm",
        "it is not read back",
    )


def test_nobody_can_be_verified():
    """Refuses a level that no proof leads to."""
    files = changed(FILE, "authenticate: identified", "authenticate: verified")
    main = files["dialogue.yaml"]
    start, end = main.index("  knowledge:"), main.index("emergency:")
    files["dialogue.yaml"] = main[:start] + main[end:]
    files[FILE] = files[FILE].replace("if_caller_leaves", "level: verified\nif_caller_leaves")
    fields = {m.field for m in mistakes(files) if "nobody can be verified" in m.reason}
    assert fields == {"steps[0].authenticate", "level"}
