"""`call.thinking.probing`: whether the language model answers, in words."""

import asyncio

import pytest

from appliance.call.thinking import probing
from appliance.settings import ModelSettings
from appliance.system.doctor import Grade
from tests.call.thinking.wire import DONE, MODEL, call, client, text


@pytest.fixture
def answered(monkeypatch):
    """Let the model answer by a script."""

    def by(*script, **more):
        monkeypatch.setattr(probing.httpx, "AsyncClient", lambda **_: client(*script, **more))

    return by


def test_no_model_is_fine():
    """A site without one is told so; nothing is asked."""
    found = probing.probe(ModelSettings())
    assert found.ok
    assert "no language model" in found.words
    assert [one.grade for one in probing.examine(ModelSettings())] == [Grade.OK]


def test_a_model_that_answers_is_fine(answered):
    """Its address and the seconds to its first word are told."""
    answered(text("Yes. "), text("So."), DONE)
    found = probing.probe(MODEL)
    assert found.ok
    assert "http://model.example/v1 answers after" in found.words
    assert found.seconds > 0
    assert probing.examine(MODEL)[0].grade is Grade.OK


def test_a_model_that_does_not_is_a_warning(answered):
    """Calls are answered without it, so nothing is missing; what to do is told."""
    answered(b"{}", status=404)
    found = probing.probe(MODEL)
    assert not found.ok
    assert "no such model" in found.words
    (finding,) = probing.examine(MODEL)
    assert finding.grade is Grade.WARN
    assert "model.url" in finding.do


def test_a_model_that_calls_the_tool_is_fine(answered):
    """It is offered one, as in a call, and may take it."""
    answered(call("said_yes", {}), DONE)
    assert probing.probe(MODEL).ok


def test_a_model_that_says_nothing_is_a_warning(answered):
    """One that only talks to itself would leave callers waiting."""
    answered(text("<think>"), text("so "), DONE)
    found = probing.probe(MODEL)
    assert not found.ok
    assert "nothing to say" in found.words


def test_it_leaves_no_loop_behind(answered):
    """It may be asked from anywhere without a loop, more than once."""
    answered(text("Yes."), DONE)
    assert probing.probe(MODEL).ok
    assert probing.probe(MODEL).ok
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
