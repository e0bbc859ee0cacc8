from datetime import datetime

import pytest

from appliance.dialogue import Heard, load
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding import foreign
from appliance.dialogue.understanding.classify import best, content
from appliance.dialogue.understanding.examples import Example
from appliance.dialogue.understanding.linear import NONE, Linear
from appliance.dialogue.understanding.understand import Understanding
from appliance.speech.understanding.training import fit, train
from tests.dialogue.script_player import starter_files
from tests.dialogue.understanding.scripts import script

NOW = datetime.fromisoformat("2026-11-24 10:00")


@pytest.fixture(scope="module")
def starter():
    known = load(starter_files())
    return known, train(known)


def label(model: Linear, text: str) -> tuple[str, float]:
    return best(model.classify(content(text)))


def test_learns_a_dialogue(starter):
    """Makes a model of a dialogue's intents that understands what is no example."""
    known, data = starter
    model = Linear.parse(data)
    assert set(model.classes) == {*known.intents, NONE}
    understanding = Understanding(known, Slots(known), data)
    assert understanding.trained
    found = understanding.triage(Heard("i'd like to know at what time you open"), NOW).best
    assert found.intent == "hours"
    assert found.confidence > 0.6


def test_what_is_foreign(starter):
    """Takes most of what no site is asked for as no request."""
    known, data = starter
    understanding = Understanding(known, Slots(known), data)
    strange = foreign.sentences("en")[:100]
    found = [understanding.triage(Heard(text), NOW).best for text in strange]
    assert sum(not one.intent or one.confidence < 0.35 for one in found) >= 90


def test_the_same_again(starter):
    """Trains to the same bytes from the same dialogue."""
    assert train(starter[0]) == starter[1]


def test_a_site_may_want_what_is_foreign_elsewhere():
    """Does not learn as foreign what one of the dialogue's intents claims."""
    asked = ["is it going to snow in the mountains", "is it going to rain in the mountains",
             "will it snow in the mountains", "does it snow"]  # fmt: skip
    assert asked[0] in foreign.sentences("en")
    other = ["i lost my card", "my card is lost", "somebody stole my card", "card lost"]
    examples = {
        name: [Example(text, group) for group, text in enumerate(texts, 10 * at)]
        for at, (name, texts) in enumerate({"weather": asked, "card": other}.items())
    }
    model = Linear.parse(fit(examples))
    assert model.margins(content(asked[0]))["weather"] > 0.5
    assert model.margins(content(asked[0]))[NONE] < 0.0


def test_german():
    """Trains a German dialogue on German."""
    known = script("de")
    understanding = Understanding(known, Slots(known), train(known))
    found = understanding.triage(Heard("guten tag ich bin gestern umgezogen"), NOW).best
    assert found.intent == "moving"
    strange = understanding.triage(Heard("mein papagei kann bis drei zählen"), NOW).best
    assert not strange.intent or strange.confidence < 0.6


@pytest.mark.parametrize("examples", [{}, {"only": [Example("yes")]}, {"a": [], "b": []}])
def test_hardly_anything_to_learn(examples):
    """Makes a model even of a dialogue without examples."""
    model = Linear.parse(fit(examples))
    assert set(model.classes) == {*examples, NONE}
    assert model.classify(["anything"])


def test_no_time():
    """Makes a usable model where no time is left."""
    known = script()
    model = Linear.parse(train(known, seconds=0.0))
    assert label(model, "i moved")[0] == "moving"
