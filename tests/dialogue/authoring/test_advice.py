import pytest

from appliance.dialogue import load
from appliance.dialogue.authoring.advice import advise
from tests.dialogue.authoring.guide import changed, guide_files
from tests.dialogue.script_player import starter_files

READING = "processes/meter_reading.yaml"


def advice(files: dict[str, str]) -> str:
    return "\n".join(advise(load(files)))


def test_the_starter_needs_none():
    """Has nothing to say about the dialogue that ships."""
    assert advise(load(starter_files())) == ()


def test_what_nothing_uses():
    """Names slots, lists, processes and connectors that nothing leads to."""
    found = advice(
        {
            **guide_files(),
            "processes/spare.yaml": "steps:\n- say: Spare.\n- ask: sure\n  prompt: S?\n",
        }
    )
    assert "nothing asks for or uses the slot 'serial'" in found
    assert "no slot uses the list 'wards'" in found
    assert "processes/spare.yaml: no intent and no step leads here" in found
    assert "nothing asks the connector 'mail_of'" in found
    for used in ("'reading'", "'birthday'", "'pin'", "'staff'", "delete_reading", "all_wards"):
        assert f"{used}." not in found
    assert "processes/message.yaml" not in found


def test_few_examples():
    """Asks for more examples where there are few sentences, alternatives counted."""
    assert "intents/message.yaml: 1 sentences are few" in advice(guide_files())
    assert "intents/meter_reading.yaml" not in advice(guide_files())


@pytest.mark.parametrize(
    ("where", "warned"),
    [
        ("http://crm.example.net/api", True),
        ("https://crm.example.net/api", False),
        ("http://127.0.0.1:8090", False),
        ("http://crm.lan", False),
    ],
)
def test_secrets_in_the_clear(where, warned):
    """Warns of a secret that anybody on the network could read."""
    files = changed("connectors.yaml", "https://crm.example.net/api", where)
    assert ("the secret of 'crm' crosses the network in the clear" in advice(files)) is warned


def test_a_row_that_may_be_added_twice():
    """Advises the idempotency key where a row is inserted without it."""
    assert "may be written twice" not in advice(guide_files())
    files = changed("connectors.yaml", "insert into reading (key, ", "insert into reading (")
    files["connectors.yaml"] = files["connectors.yaml"].replace("(:key, ", "(")
    assert "'new_reading' may be written twice" in advice(files)


def test_a_write_that_waits():
    """Advises to tell the caller where something is only kept so far."""
    assert "'new_reading' cannot be reached" not in advice(guide_files())
    files = guide_files()
    text = files[READING]
    start, end = text.index("    pending:"), text.index("  - say: Thank you.")
    files[READING] = text[:start] + text[end:]
    assert "where 'new_reading' cannot be reached, the caller hears that it is done" in advice(
        files
    )
