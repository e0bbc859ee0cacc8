import pytest

from appliance.dialogue import TransferMode, load
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files

FILE = "dialogue.yaml"


def test_destinations():
    """Reads how each is reached, and who is tried next."""
    found = load(guide_files()).destinations
    assert (found["service"].mode, found["service"].fallback) == (
        TransferMode.ATTENDED,
        ("operator",),
    )
    assert (found["operator"].mode, found["operator"].listed) == (TransferMode.QUEUE, False)
    assert found["billing"].mode is TransferMode.SITE


def test_emergency_and_keypad():
    """Reads the phrases in normal form, and what the keys mean."""
    script = load(changed(FILE, "gas leak,", "Gas-Leak!,"))
    assert script.emergency.phrases[0] == "gas leak"
    assert (script.keypad.keys, script.keypad.extensions) == (
        {"1": "meter_reading", "0": "operator"},
        "connect",
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("fallback: [operator]", "fallback: [operater]", "destinations.service.fallback", "did you mean 'operator'"),
        ("fallback: [operator]", "fallback: [billing]", "destinations.billing.fallback", "falls back to itself"),
        ("fallback: [operator]", "fallback: [service]", "destinations.service.fallback", "falls back to itself"),
        ("mode: attended", "mode: atended", "destinations.service.mode", "did you mean 'attended'"),
        ("mode: attended", "mode: site", "destinations.service.mode", "write blind or attended or queue"),
        ("    number: 310", "    number: 3x0", "destinations.billing.number", "is no number"),
        ("    key: 2\n", "    key: 1\n", "destinations.billing.key", "it is 'service' already"),
        ("    key: 2\n", "    key: 0\n", "destinations.billing.key", "one of 1 to 9"),
        ("  billing:", "  Billing:", "destinations.Billing", "small letters"),
        ("phrases: [gas leak,", "phrases: ['!',", "emergency.phrases", "holds no word"),
        ("destination: service\n", "destination: servce\n", "emergency.destination", "did you mean 'service'"),
        ("say: Leave", "say: '{reading}' #", "emergency.say", "'{reading}' is not known"),
        ("1: meter_reading", "1: meter_readin", "keypad.keys.1", "did you mean 'meter_reading'"),
        ("1: meter_reading", "'#': meter_reading", "keypad.keys.#", "no key that can be used"),
        ("extensions: connect", "extensions: conect", "keypad.extensions", "did you mean 'connect'"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with who can be reached."""
    check_mistake(FILE, old, new, field, reason)
