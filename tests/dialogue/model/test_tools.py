"""`dialogue.model.tools`: what a language model can choose, and that there is nothing else."""

import json
from dataclasses import replace

import pytest

from appliance.dialogue.model import tools
from appliance.dialogue.model.phrases import ENGLISH, GERMAN, phrases
from appliance.dialogue.script import ModelUse
from tests.dialogue.model import site


def by_name(language="en", **use):
    """The triage tools of the test site by name."""
    script = replace(site.script(language), model=ModelUse(**{"triage": True, **use}))
    return {tool.name: tool for tool in tools.triage(script, phrases(language))}


def test_only_declared_requests_are_on_offer():
    """The schema enumerates the script's intents, in each tool that names one."""
    intents = list(site.script().intents)
    offered = by_name()
    choose = offered[tools.CHOOSE].parameters["properties"]
    several = offered[tools.SEVERAL].parameters["properties"]["requests"]["items"]["properties"]
    between = offered[tools.BETWEEN].parameters["properties"]["requests"]["items"]
    assert choose["request"]["enum"] == several["request"]["enum"] == between["enum"] == intents


def test_a_model_that_may_not_decide_can_only_decline():
    """Without triage there is nothing to choose but nobody and somebody."""
    assert list(by_name(triage=False)) == [tools.NONE, tools.PERSON]


def test_values_are_those_that_callers_say_with_a_request():
    """Slots of the examples; not the confirmation inside a process, nor what proves who calls."""
    values = by_name()[tools.CHOOSE].parameters["properties"]["values"]["properties"]
    assert set(values) == {"department", "reading", "account", "about"}
    assert values["department"]["enum"] == ["billing"]


def test_every_schema_is_closed_json():
    """Each is plain JSON, and an object that allows nothing else."""
    slots = site.script().slots
    offered = [*by_name().values()]
    for slot in slots.values():
        offered += tools.fill(site.script(), slot, GERMAN)
    for tool in offered:
        held = json.loads(json.dumps(tool.parameters))
        assert held["type"] == "object"
        assert held["additionalProperties"] is False
        assert tool.description


@pytest.mark.parametrize("name", ["pin", "customer", "birthday"])
def test_what_proves_who_calls_is_not_the_models(name):
    """Secrets and the fields of a proof are read by the box alone."""
    script = site.script()
    assert not tools.may_fill(script, script.slots[name])


@pytest.mark.parametrize("name", ["reading", "account", "department", "about", "visit", "sure"])
def test_other_slots_are(name):
    """Everything else may be read by it."""
    script = site.script()
    assert tools.may_fill(script, script.slots[name])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("account", "a number that is a name, digit by digit, 8 characters"),
        ("reading", "a number, from 0 to 999999, kilowatt hours"),
        ("about", "any words"),
    ],
)
def test_a_slot_is_told_with_its_range(name, words):
    """The model is told how long, how large and of what unit a value is."""
    assert tools.kind(site.script().slots[name], ENGLISH) == words


def test_a_slot_is_called_by_its_title():
    """Its name is the next best."""
    slots = site.script().slots
    assert tools.title(slots["reading"]) == "your meter reading"
    assert tools.title(replace(slots["about"], name="what_about")) == "what about"


def test_yes_and_no_are_enumerated():
    """A closed question has closed answers."""
    script = site.script()
    fill = tools.fill(script, script.slots["sure"], ENGLISH)[0]
    assert fill.parameters["properties"]["value"]["enum"] == ["yes", "no"]
