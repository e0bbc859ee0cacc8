from appliance.dialogue.understanding.examples import expanded, of_script
from appliance.dialogue.understanding.linear import NONE
from tests.dialogue.understanding.scripts import script


def test_slots_become_tags():
    """Writes tags for what slots hold, the answers of closed questions, and nothing for texts."""
    known = script()
    assert expanded(known, "are you open {day}") == ["are you open {day}"]
    assert expanded(known, "my {meter} reading is {reading}") == [
        "my gas reading is {number}",
        "my power reading is {number}",
    ]
    assert expanded(known, "i complain about {note}") == ["i complain about"]
    assert expanded(known, "the {department}") == ["{destination}"]


def test_templates_do_not_outvote_each_other():
    """Counts a template of many sentences less for each, and keeps its sentences together."""
    found = of_script(script())
    assert set(found) == {"meter", "moving", "connect", "hours", "complaint", "person", "bye", NONE}
    by_group = {}
    for example in found["meter"]:
        by_group.setdefault(example.group, []).append(example.weight)
    assert len(by_group) == 3
    for weights in by_group.values():
        assert set(weights) == {len(weights) ** -0.5}


def test_groups_differ():
    """Gives every template of the dialogue a number of its own."""
    found = of_script(script())
    groups = [{example.group for example in examples} for examples in found.values()]
    assert sum(map(len, groups)) == len(set().union(*groups))
