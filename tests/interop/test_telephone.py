"""The example dialogues through a real SIP call: exchange, `call`, `speech` and another's voice."""

import asyncio
from pathlib import Path

import pytest

from appliance.dialogue.events import Status
from appliance.dialogue.rehearsing.cases import Answer, Case, Check, Checked, Deed, Step
from tests.interop import telephone

SHORT = {
    "hospital": "puts through to a department",
    "utility": "a person can be had at any time",
    "stadtwerke": "Gasgeruch geht vor",
}


@pytest.mark.interop
@pytest.mark.parametrize("name", SHORT)
def test_a_conversation_of_each_example_passes_by_telephone(name: str) -> None:
    """Is heard, understood and answered as its own test says, and reaches the person."""
    played = asyncio.run(telephone.play_all(telephone.EXAMPLES / name, SHORT[name]))
    (one,) = played
    assert not one.skipped
    assert not one.failures, [dict(happening.values) for happening in one.happenings]


def test_what_a_telephone_cannot_show_is_left_to_the_text() -> None:
    """Plays no case that names a time, a caller, a model's words, or a system that stalls."""
    talk = (Step(Deed.WAIT),)
    assert telephone.unplayable(Case("a", talk)) == ""
    assert telephone.unplayable(Case("a", talk, facts=(("x_customer", "1"),)))
    assert telephone.unplayable(Case("a", talk, facts=(("caller", "1"),))) == ""
    stalls = {"find": (Answer(None),)}
    assert telephone.unplayable(Case("a", talk, connectors=stalls))


def test_the_sites_systems_are_asked_over_http(tmp_path: Path) -> None:
    """Keeps the dialogue's levels and writes, and answers as the case says."""
    source = telephone.prepare(telephone.EXAMPLES / "utility")
    stub = telephone.Stub()
    try:
        prepared = telephone.staged(source, tmp_path / "dialogue", stub.port)
        for name, connector in source.script.connectors.items():
            made = prepared.script.connectors[name]
            assert (made.level, made.write) == (connector.level, connector.write)
            assert set(made.parameters) == set(connector.parameters)
        answers = {
            "known_outage": (Answer(Status.NOTHING),),
            "new_ticket": (Answer(value={"n": 1}),),
        }
        stub.begin(prepared, Case("a", (), connectors=answers))
        assert stub.answer("known_outage", {"street": "x"}) == (404, None)
        assert stub.answer("new_ticket", {}) == (200, {"n": 1})
        assert stub.answer("new_reading", {})[0] == 503
        assert [name for name, _ in stub.asked] == ["known_outage", "new_ticket", "new_reading"]
        check = Check(Checked.CALLED, "known_outage", {"street": "X"})
        performance = telephone.Performance(None, prepared, Case("a", ()), {}, stub)
        assert performance._failure(check) == ""
        assert performance._failure(Check(Checked.CALLED, "known_outage", {"street": "y"}))
    finally:
        stub.close()
