import pytest

from appliance.dialogue import Level, load
from appliance.dialogue.authoring.mistakes import Mistake
from appliance.dialogue.authoring.nodes import Reader
from appliance.dialogue.authoring.proofs import columns_of, proven
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

FILE = "dialogue.yaml"
NUMBER = '  number:\n    connector: customer_by_phone\n    with: {phone: "{caller}"}\n'


def test_authentication():
    """Reads the proofs, what they ask and what must hold."""
    script = load(guide_files())
    found = script.authentication
    assert (found.result, found.identity, found.tries, found.lock) == ("customer", "id", 3, 1800.0)
    assert found.number.arguments == (("phone", "{caller}"),)
    assert found.knowledge.ask == ("customer_number", "birthday")
    assert found.knowledge.prompts["birthday"] == "When were you born?"
    assert found.knowledge.holds.source == "customer.birthday == birthday"
    assert found.pin.ask == ("pin",)


def test_what_can_be_proved():
    """Knows the highest level that any proof leads to."""

    def level(text: str) -> Level:
        found: list[Mistake] = []
        return proven(Reader("x", found).parse(text))[0]

    assert proven(None)[0] is Level.UNKNOWN
    assert level("number: {connector: a}") is Level.IDENTIFIED
    assert level("number: {connector: a}\npin: {connector: b}") is Level.VERIFIED


def test_columns():
    """Joins what several connectors answer, and knows nothing where one of them may say anything."""
    connectors = load(guide_files()).connectors
    assert columns_of(connectors, ("customer_by_phone", "last_reading")) == {
        "id", "name", "birthday", "value", "read_on",
    }  # fmt: skip
    assert columns_of(connectors, ("customer_by_phone", "new_ticket")) is None
    assert columns_of(connectors, ()) is None


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("ask: [customer_number, birthday]", "ask: [customer_nmber, birthday]", "authentication.knowledge.ask", "did you mean 'customer_number'"),
        ("ask: [customer_number, birthday]", "ask: [birthday, birthday]", "authentication.knowledge.ask", "stands here twice"),
        ("ask: [customer_number, birthday]", "ask: [customer_number, birthday, name]", "authentication.knowledge.prompts", "the question for 'name' is missing"),
        ("ask: [customer_number, birthday]", "ask: birthday", "authentication.knowledge.with", "'number' needs 'customer_number'"),
        ("ask: [pin]", "x: 1", "authentication.pin.ask", "what the caller is asked for is missing"),
        ("ask: [pin]", "ask: [name]", "authentication.pin.ask", "a PIN is secret"),
        ("birthday: When were", "birtday: When were", "authentication.knowledge.prompts.birtday", "did you mean 'birthday'"),
        ("birthday: When were you", "birthday: When were {name}", "authentication.knowledge.prompts.birthday", "'{name}' is not known"),
        ("holds: customer.birthday", "holds: customer.birthdy", "authentication.knowledge.holds", "did you mean 'birthday'"),
        ("holds: customer.birthday", "holds: custmer.birthday", "authentication.knowledge.holds", "did you mean 'customer'"),
        ("with: {number:", "with: {numbr:", "authentication.knowledge.with.numbr", "did you mean 'number'"),
        ("connector: customer_by_number", "connector: customer_by_nmber", "authentication.knowledge.connector", "did you mean"),
        ("connector: customer_by_number", "connector: last_reading", "authentication.knowledge.connector", "needs no level"),
        ("identity: id", "identity: key", "authentication.identity", "answers no 'key'"),
        ("result: customer", "result: today", "authentication.result", "cannot be the name"),
        ("result: customer", "result: reading", "authentication.result", "is taken already"),
        ("tries: 3", "tries: 0", "authentication.tries", "from 1 to 10"),
        ("lock: 30 minutes", "lock: half an hour", "authentication.lock", "no span of time"),
        ("lock: 30 minutes", "lock: 1 second", "authentication.lock", "expected 60 to"),
        ('{phone: "{caller}"}', '{phone: "=customer.id"}', "authentication.number.with.phone", "there is no slot 'customer'"),
        (NUMBER, NUMBER + "    ask: [pin]\n    prompts: {pin: PIN please}\n", "authentication.number.ask", "known without asking"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with a proof."""
    check_mistake(FILE, old, new, field, reason)


def test_a_secret_goes_to_private_parameters_only():
    """Refuses to give a PIN to a parameter that would stand in a log."""
    files = changed("connectors.yaml", "    private: [pin]\n", "")
    assert any("write 'private: [pin]'" in str(mistake) for mistake in mistakes(files))


def test_a_pin_is_typed():
    """Refuses a PIN that is spelled."""
    files = changed(FILE, "pin: {type: digits, length: 4,", "pin: {type: spelled, length: 4,")
    assert any("make the slot 'pin' one of type digits" in str(m) for m in mistakes(files))


def test_a_result_of_another_name():
    """Knows whom it has found by the name that the author gives."""
    files = changed(FILE, "  result: customer\n", "  result: who\n")
    for path, text in files.items():
        if path.endswith(".yaml"):
            files[path] = text.replace("customer.", "who.")
    assert mistakes(files) == []
    files["processes/goodbye.yaml"] = "steps:\n- say: Goodbye, {who.nam}.\n- end: hang-up\n"
    assert "'who' has no 'nam'; did you mean 'name'" in str(mistakes(files)[0])
