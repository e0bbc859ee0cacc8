"""`call.connectors.gate`: attempts, pauses and the breaker of one system."""

import threading
import time

import pytest

from appliance.call.connectors import gate
from appliance.call.connectors.answers import Answer, refused, unavailable
from appliance.call.connectors.breaker import FAILURES
from appliance.call.connectors.database import Database
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.directory import Directory
from appliance.call.connectors.drivers import Site
from appliance.call.connectors.gate import Gate, Unusable
from appliance.call.connectors.tables import Tables
from appliance.call.connectors.web import Web
from appliance.dialogue import Status
from tests.call.connectors.support import backend, connector, http

DOWN = unavailable("cannot be reached")
FINE = Answer(Status.DONE, {"a": 1})


class Driver:
    """Gives the answers it was given, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.closed = False

    def ask(self, question):
        self.asked.append(question)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self):
        self.closed = True


def ask(made, attempts=2, patience=10.0, arguments=None, parameters=(), **more):
    wanted = connector("find", http(), parameters, **more)
    until = time.monotonic() + patience
    return made.ask(wanted, arguments or {}, "k", until=until, attempts=attempts)


def test_it_asks_again_after_what_passes():
    """Tries as often as it may while a system is down, and stops at an answer."""
    driver = Driver(DOWN, FINE)
    assert ask(Gate("crm", driver)).value == {"a": 1}
    assert len(driver.asked) == 2
    assert ask(Gate("crm", Driver(DOWN)), attempts=3).reason == "cannot be reached"


@pytest.mark.parametrize("answer", [refused("answered 422"), Answer(Status.NOTHING)])
def test_it_takes_no_for_an_answer(answer):
    """Asks once where the system has answered."""
    driver = Driver(answer)
    assert ask(Gate("crm", driver), attempts=5).status is answer.status
    assert len(driver.asked) == 1


def test_it_asks_no_longer_than_anybody_waits():
    """Begins no attempt that nobody would hear of, and gives each what is left of the time."""
    driver = Driver(unavailable("answered 503", after=60))
    begun = time.monotonic()
    assert ask(Gate("crm", driver), attempts=5, patience=0.5).status is Status.UNAVAILABLE
    assert len(driver.asked) == 1
    assert time.monotonic() - begun < 5
    assert driver.asked[0].timeout <= 0.5
    assert ask(Gate("crm", driver), patience=0.0).reason == "was too busy to be asked"
    assert len(driver.asked) == 1


def test_a_system_that_is_down_is_left_alone():
    """Asks nothing while the breaker is open."""
    driver = Driver(DOWN)
    made = Gate("crm", driver)
    for _ in range(FAILURES):
        ask(made, attempts=1)
    assert "left alone" in ask(made, attempts=1).reason
    assert len(driver.asked) == FAILURES


def test_one_bad_request_does_not_close_the_way_for_others():
    """Keeps the breaker closed where a system answers, if only with an error."""
    driver = Driver(unavailable("answered 500", down=False))
    made = Gate("crm", driver)
    for _ in range(3 * FAILURES):
        ask(made, attempts=1)
    assert len(driver.asked) == 3 * FAILURES


def test_what_cannot_be_sent_is_refused(caplog):
    """Tells REFUSED without asking, and names the parameter but never its value."""
    driver = Driver(FINE)
    answer = ask(Gate("crm", driver), parameters=["n"], arguments={"n": "An\0na"})
    assert (answer.status, driver.asked) == (Status.REFUSED, [])
    assert "find: crm the parameter n" in caplog.text
    assert "na" not in caplog.text.replace("name", "").split("parameter n")[1]


def test_a_wrong_secret_is_shown_until_it_is_right():
    """Keeps in `trouble` that a system refuses our secret."""
    driver = Driver(unavailable("refuses the secret", key_refused=True), FINE)
    made = Gate("crm", driver)
    ask(made, attempts=1)
    assert made.trouble == "refuses the secret"
    ask(made)
    assert made.trouble == ""


def test_closing_ends_a_pause():
    """Ends at once, also while it waits for the next attempt."""
    driver = Driver(unavailable("answered 503", after=8))
    made = Gate("crm", driver)
    threading.Timer(0.05, made.close).start()
    begun = time.monotonic()
    ask(made, patience=30)
    assert time.monotonic() - begun < 5
    assert driver.closed


def test_what_needs_a_person_says_so():
    """Answers with what is to be mended."""
    made = Gate("crm", Unusable("the secret is missing"))
    assert ask(made, attempts=1).reason == "the secret is missing"
    assert made.trouble == "the secret is missing"
    made.close()


def test_every_kind_has_its_driver(tmp_path):
    """Makes the driver that a kind of system needs."""
    deadlines = Deadlines()
    for kind, where, wanted in (
        ("http", "https://x", Web), ("sql", "sqlite:///x", Database), ("csv", "x", Tables),
        ("ldap", "ldaps://x", Directory),
    ):  # fmt: skip
        made = gate.driver(Site(backend(kind, where)), tmp_path, deadlines)
        assert isinstance(made, wanted)
        made.close()
    deadlines.close()
