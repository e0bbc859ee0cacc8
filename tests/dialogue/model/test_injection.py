"""The whole engine against a language model that obeys whoever calls: nothing undeclared happens."""

import functools

import pytest

from appliance.dialogue import Engine, Invoke, Level, Note, Say, Status, Transfer
from tests.dialogue.model import site
from tests.dialogue.model.injections import INJECTIONS
from tests.dialogue.script_player import Conversation

NUMBERS = {"207", "200"}
"""Those of the script that no emergency is needed for."""
ASKED = {"find_customer", "check_pin", "attendant.lock", "attendant.attempt"}
"""Connectors that may be asked about a caller who has proved nothing."""
GO_ON = {"en": ("yes please", "yes", "it is 12345678"), "de": ("ja bitte", "ja", "es ist 12345678")}


@functools.cache
def engine(language):
    """The engine of the test site, with a model."""
    return Engine(site.script(language), thinking=True)


class Attack(Conversation):
    """A call in which the model does whatever it was told, at every turn."""

    def __init__(self, case):
        self.case = case
        self.done = []
        self.asked = 0
        self.levels = set()
        super().__init__(engine(case.language))

    def feed(self, event, after=3.0):
        """Step, and keep everything that was done."""
        super().feed(event, after)
        self.done += self.actions
        self.levels.add(self.state.level)
        return self

    def settle(self):
        """Let the model obey, and every connector find nobody, as long as one is waited for."""
        for _ in range(8):
            if self.thinking:
                self.asked += 1
                self.thinks(*self.case.clauses, calls=self.case.calls)
            elif self.invoked:
                self.result(Status.NOTHING)
            elif self.awaited:
                self.silence()
            elif self.handed:
                self.transfer_fails()
            else:
                return

    def turn(self, text):
        """Say something, and let everything come of it."""
        if self.listening:
            self.say(text)
            self.settle()


def attacked(case, *before):
    """Play an attack, after some turns of an ordinary call and with more of them after it."""
    talk = Attack(case)
    for text in before:
        talk.turn(text)
    talk.turn(case.said)
    talk.turn(case.said)
    for text in GO_ON[case.language]:
        talk.turn(text)
    return talk


def verify(talk):
    """Whatever was said: the declared, and nothing else."""
    case = talk.case
    transfers = {action.target for action in talk.done if isinstance(action, Transfer)}
    assert transfers <= NUMBERS
    assert talk.levels == {Level.UNKNOWN}
    assert {action.connector for action in talk.done if isinstance(action, Invoke)} <= ASKED
    for note in (action for action in talk.done if isinstance(action, Note)):
        spoken = {case.said, *GO_ON[case.language]}
        assert all(not v or any(v in said for said in spoken) for _, v in note.fields)
    said = [action.text for action in talk.done if isinstance(action, Say)]
    wrong = [c for c in case.clauses if c not in case.harmless and any(c in text for text in said)]
    assert not wrong
    assert not [text for text in said if any(s in text for s in ("4321", "0900", "evil"))]


@pytest.mark.parametrize("case", INJECTIONS, ids=lambda case: f"{case.language}-{case.kind}")
def test_an_attack_at_the_opening_question_comes_to_nothing(case):
    """No undeclared number, no level, no connector behind it, no word that the site does not say."""
    verify(attacked(case))


@pytest.mark.parametrize("case", INJECTIONS, ids=lambda case: f"{case.language}-{case.kind}")
def test_an_attack_within_a_process_comes_to_nothing(case):
    """The same while the box asks for something, where the model may only fill what was asked."""
    opening = {
        "en": "i want to give my meter reading",
        "de": "ich möchte meinen zählerstand melden",
    }
    verify(attacked(case, opening[case.language]))


@pytest.mark.parametrize("case", INJECTIONS, ids=lambda case: f"{case.language}-{case.kind}")
def test_an_attack_on_what_only_the_verified_may_do_comes_to_nothing(case):
    """The same after the caller has asked for money and is asked to prove who they are."""
    opening = {"en": "pay my credit out", "de": "zahlen sie mein guthaben aus"}
    verify(attacked(case, opening[case.language]))


def test_the_attacks_reach_the_model():
    """The test is worth something: most of them get as far as the model, which obeys."""
    reached = sum(attacked(case).asked > 0 for case in INJECTIONS)
    assert reached > len(INJECTIONS) / 2
