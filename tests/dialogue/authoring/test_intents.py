import pytest

from appliance.dialogue import Level, load
from tests.dialogue.authoring.guide import changed, check_mistake

FILE = "intents/meter_reading.yaml"


def test_an_intent():
    """Puts rules in their places and takes annotated values for slots."""
    intent = load(changed(FILE, "title:", "level: identified\ntitle:")).intents["meter_reading"]
    assert intent.examples[2] == "the meter shows {reading}"
    assert intent.values == (("reading", "four five six seven"),)
    assert intent.examples[0].startswith("((i want|i would like|i'd like) to) ((tell|give|report))")
    assert (intent.title, intent.level) == ("your meter reading", Level.IDENTIFIED)


def test_an_optional_part_before_a_group():
    """Still takes brackets before alternatives for a part that may be left out."""
    example = "meter [my ](old|new) reading"
    intent = load(changed(FILE, "meter reading [please]", example)).intents["meter_reading"]
    assert intent.examples[3] == example


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("<want> <tell>", "<want> <tel>", "examples[0]", "did you mean '<tell>'"),
        ("tell: (tell|give|report)", "tell: (<tell>|give)", "rules.tell", "holds itself"),
        ("tell: (tell|give|report)", "tell: (tell|give", "rules.tell", "is not closed"),
        ("tell: (tell|give|report)", "Tell: give", "rules.Tell", "small letters"),
        ("](reading)", "](readin)", "examples[2]", "there is no slot 'readin'; did you mean 'reading'"),
        ("](reading)", "](pin)", "examples[2]", "asked for, never said unasked"),
        ("my reading is {reading}", "my reading is {last.value}", "examples[1]", "there is no slot 'last.value'"),
        ("meter reading [please]", "'[...]'", "examples[3]", "this example holds no word"),
        ("my reading is {reading}", "speak to {department}", "examples[1]", "stands in intents/connect.yaml as well"),
        ("my reading is {reading}", "Leave [me] a message", "examples[1]", "'Leave a message' stands in intents/message.yaml as well"),
        ("my reading is {reading}", "tell me a joke", "examples[1]", "stands in dialogue.yaml (out_of_scope) as well"),
        ("of {reading}?", "of {last}?", "confirm", "'{last}' is not known"),
        ("title: your meter reading", "title: your {reading}", "title", "a title is fixed"),
        ("title: your meter reading", "level: sure", "level", "is no level"),
        ("title: your meter reading", "process: meter_readng", "process", "did you mean 'meter_reading'"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with an intent."""
    check_mistake(FILE, old, new, field, reason)
