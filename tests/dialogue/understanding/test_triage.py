import functools

import pytest

from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.classify import best
from appliance.dialogue.understanding.entities import Entities
from appliance.dialogue.understanding.features import features
from appliance.dialogue.understanding.linear import NONE, Calibration, write
from appliance.dialogue.understanding.manners import manners
from appliance.dialogue.understanding.triage import Triage, split
from tests.dialogue.understanding.scripts import NOW, script

INTENTS = ("meter", "moving", "connect", "hours", "complaint", "person", "bye")


def made(names=(*INTENTS, NONE), *, offset=0.0) -> bytes:
    """A model that takes the word "frobnicate" for the first class and nothing else for any."""
    keys = sorted(features(["frobnicate"]))
    row = bytes([228, *([28] * (len(names) - 1))])
    calibration = Calibration(none_offset=offset, near_slope=1.0)
    return write(names, calibration, keys, [1.0] * len(keys), [0.01] * len(keys), row * len(keys))


def triage(model=b"", language="en"):
    known = script(language)
    return Triage(known, Entities(known, Slots(known)), manners(language), model)


def wanted(judge, text):
    part = functools.partial(judge.part, now=NOW)
    return best(judge.confidences(text, part))


def test_without_a_model():
    """Knows requests by the nearest example alone."""
    judge = triage()
    assert not judge.trained
    assert wanted(judge, "my reading is four four")[0] == "meter"
    assert wanted(judge, "purple elephants dance")[1] < 0.35


def test_with_a_model():
    """Knows what it has learnt beside what is like an example, and known sentences for certain."""
    judge = triage(made())
    assert judge.trained
    assert wanted(judge, "frobnicate")[0] == "meter"
    assert wanted(triage(), "frobnicate")[0] != "meter"
    assert wanted(judge, "i moved") == ("moving", 1.0)


@pytest.mark.parametrize(
    "model", [b"rubbish", made()[:-3], made(("other", NONE)), made((*INTENTS, "more", NONE))]
)
def test_a_model_of_something_else(model):
    """Leaves a model aside that is damaged or knows other intents."""
    judge = triage(model)
    assert not judge.trained
    assert wanted(judge, "i moved")[0] == "moving"


def test_the_strongest_part_counts():
    """Takes a request that stands in one part of a sentence; a foreign part takes nothing away."""
    judge = triage()
    name, sure = wanted(judge, "my aunt has a very old cat and i have moved")
    assert name == "moving"
    assert sure > 0.9
    assert wanted(triage(made(offset=1.0)), "blue birds sing and green toads jump")[0] == NONE


def test_somebody_named_is_worth_asking():
    """Gives an intent that knows names at least half a confidence where a name is clear."""
    found = triage().part("well you know what billing that would be it really", NOW)
    assert best(found)[1] >= 0.55


def test_split():
    """Divides at joints, which belong to no part."""
    assert split(["a", "and", "b", "but", "c"], manners("en")) == [["a"], ["b"], ["c"]]
    assert split(["a", "und", "b"], manners("de")) == [["a"], ["b"]]
