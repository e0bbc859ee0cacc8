"""`running.wanting`: what an utterance asks for."""

from dataclasses import replace

import pytest

from appliance.dialogue import Heard
from appliance.dialogue.running import wanting
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.slots import Reading
from appliance.dialogue.understanding.understand import Found, Request
from tests.dialogue.running.test_agenda import Told
from tests.dialogue.script_player import Conversation, desk_engine


def turn(**found):
    talk = Conversation(desk_engine())
    engine = desk_engine()
    means = replace(engine._means, understanding=Told(engine, **found))
    return Turn(means, talk._now(), talk.state)


def found(*pairs):
    return Found(tuple(Request(name, sure) for name, sure in pairs))


def test_there_is_always_a_first_request():
    """Has an empty request where nothing was understood, and none that the script has not."""
    assert wanting.triage(turn(x=Found(())), Heard("x")).candidates == (Request(),)
    strange = Found((Request("gone", 0.9), Request("times", 0.1)), (Request("gone", 0.9),))
    assert wanting.triage(turn(x=strange), Heard("x")) == Found((Request("times", 0.1),))


@pytest.mark.parametrize(
    ("candidates", "rival"),
    [
        ([("times", 0.5), ("balance", 0.4)], "balance"),
        ([("times", 0.5), ("balance", 0.2)], ""),
        ([("times", 0.8), ("balance", 0.7)], ""),
        ([("times", 0.5), ("times", 0.45)], ""),
        ([("", 0.5), ("balance", 0.45)], ""),
        ([("times", 0.45), ("", 0.44), ("balance", 0.4)], "balance"),
    ],
)
def test_a_rival_is_close_and_likely(candidates, rival):
    """Names the second request only where it is nearly as likely, and neither is clear."""
    second = wanting.rival_of(turn(), found(*candidates))
    assert (second.intent if second else "") == rival


def test_the_authors_wording_goes_before_the_engines():
    """Leaves a request that is understood anywhere to the author's process."""
    work = turn()
    assert not wanting.command_said(work, Heard("goodbye"), Request("goodbye", 0.9))
    assert wanting.command_said(work, Heard("louder"), Request("times", 0.7))
    assert not wanting.command_said(turn(), Heard("blue monkeys"), Request())


def test_what_follows_a_no():
    """Reads the request after a leading yes or no, and nothing where nothing follows."""
    follows = wanting.rest(turn(), Heard("no when are you open")).candidates[0]
    assert follows.intent == "times"
    assert wanting.rest(turn(), Heard("no")).candidates == (Request(),)


def test_a_modest_recogniser_is_believed():
    """Takes what makes sense, and weighs a rival and an unclear meaning against it."""
    sure = [wanting.trusted(Reading("x", f * h), Heard("x", h)).confidence
            for f, h in ((1.0, 1.0), (1.0, 0.5), (1.0, 0.1), (0.5, 1.0), (0.5, 0.5))]  # fmt: skip
    assert sure == sorted(sure[:3], reverse=True) + sorted(sure[3:], reverse=True)
    assert sure[1] > wanting.CLEAR > sure[2] > wanting.ANSWER
    rival = Heard("x", 0.8, (("y", 0.2),))
    assert wanting.trusted(Reading("y", 0.2), rival).confidence < wanting.RIVAL
    assert wanting.trusted(Reading(), Heard("")).confidence == 0.0
    assert wanting.yes_no(turn(), Heard("yes please", 0.2)).confidence > wanting.ANSWER
