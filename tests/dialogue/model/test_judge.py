"""`dialogue.model.judge`: of what a model wants, only what is declared and told is left."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.events import Heard, ToolCall
from appliance.dialogue.model import tools
from appliance.dialogue.model.documents import Documents
from appliance.dialogue.model.grounds import Answering
from appliance.dialogue.model.judge import SURE, UNSURE, Judge, Verdict
from appliance.dialogue.script import ModelUse
from appliance.dialogue.understanding.understand import Request
from tests.dialogue.model import site
from tests.dialogue.model.injections import INJECTIONS


def judge(language="en", **use):
    """The judge of the test site."""
    script = site.script(language)
    if use:
        script = replace(script, model=ModelUse(**use))
    return Judge(script, site.Reader(), Documents(script.documents, language))


def chosen(said, *calls, alternatives=(), **use):
    """The choice that is left of some calls after an utterance."""
    made = [ToolCall(name, arguments) for name, arguments in calls]
    return judge(**use).triage(made, Heard(said, alternatives=alternatives), site.NOW)


def choose(request, values=None, **more):
    """A call of `choose_request`."""
    return (tools.CHOOSE, {"request": request, "values": values or {}, **more})


def filled(name, said, value, language="en", **more):
    """The choice that is left of a filled slot."""
    slot = site.script(language).slots[name]
    calls = [ToolCall(tools.FILL, {"value": value})]
    return judge(language).fill(slot, calls, Heard(said, **more), site.NOW)


def test_a_declared_request_is_chosen():
    """The intent, with the confidence that starts it, and what the caller told with it."""
    found = chosen("my meter shows 4711", choose("reading", {"reading": "4711"}, sure=True))
    assert found.verdict is Verdict.REQUESTS
    assert found.requests == (Request("reading", SURE, (("reading", "4711"),)),)


def test_an_unsure_one_is_asked_about():
    """The model says so itself, and the engine asks."""
    found = chosen("hm the meter", choose("reading", sure=False))
    assert found.requests == (Request("reading", UNSURE),)


@pytest.mark.parametrize("request_", ["pay_out", "PAYOUT", "", None, 7, ["payout"], {"a": 1}])
def test_nothing_else_is(request_):
    """A name that no author wrote is nothing, of whatever type."""
    assert chosen("x", choose(request_)).verdict is Verdict.INVALID


@pytest.mark.parametrize("name", ["transfer", "pay_out", "find_customer", "", "fill_slot"])
def test_undeclared_tools_are_nothing(name):
    """Connectors, transfers and the tools of other questions do not exist here."""
    assert chosen("x", (name, {"number": "0900", "value": "yes"})).verdict is Verdict.INVALID


def test_several_requests_become_an_agenda():
    """In their order, each once, at most three, the undeclared left out."""
    rows = ["reading", "bad", "billing", "reading", "message", "payout"]
    call = (tools.SEVERAL, {"requests": [{"request": row} for row in rows]})
    found = chosen("a lot", call)
    assert [r.intent for r in found.requests] == ["reading", "billing", "message"]


@pytest.mark.parametrize(
    ("names", "verdict", "kept"),
    [
        (["reading", "billing"], Verdict.UNSURE, ["reading", "billing"]),
        (["reading", "nonsense"], Verdict.REQUESTS, ["reading"]),
        (["reading", "reading"], Verdict.REQUESTS, ["reading"]),
        (["no", "nonsense"], Verdict.INVALID, []),
        ("reading", Verdict.INVALID, []),
        (None, Verdict.INVALID, []),
    ],
)
def test_between_two_the_caller_is_asked(names, verdict, kept):
    """Two declared ones are asked about; where one is left, whether it was that."""
    found = chosen("x", (tools.BETWEEN, {"requests": names}))
    assert found.verdict is verdict
    assert [r.intent for r in found.requests] == kept
    assert all(r.confidence == UNSURE for r in found.requests)


def test_a_person_can_always_be_had():
    """Whatever else was called, and wherever the model may decide nothing else."""
    assert chosen("x", choose("payout"), (tools.PERSON, {})).verdict is Verdict.PERSON
    assert chosen("x", (tools.PERSON, {}), triage=False).verdict is Verdict.PERSON


def test_none_of_these_is_told():
    """It is out of scope, unless something was chosen before."""
    assert chosen("x", (tools.NONE, {})).verdict is Verdict.NONE
    both = chosen("x", choose("reading"), (tools.NONE, {}))
    assert both.verdict is Verdict.REQUESTS
    assert chosen("x").verdict is Verdict.INVALID


@pytest.mark.parametrize("call", [choose("reading"), (tools.BETWEEN, {"requests": ["reading"]})])
def test_a_model_that_may_not_decide_decides_nothing(call):
    """`model.triage: no` holds whatever the model calls."""
    assert chosen("x", call, triage=False, answers=True).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("request_", "values"),
    [
        ("reading", {"account": "12345678"}),
        ("payout", {"sure": "yes"}),
        ("payout", {"pin": "4321"}),
        ("payout", {"customer": "471100"}),
        ("payout", {"birthday": "1980-05-01"}),
        ("payout", {"level": "verified"}),
        ("payout", {"account": {"x": 1}}),
        ("payout", {"account": True}),
        ("payout", "account=12345678"),
        ("payout", ["account"]),
    ],
)
def test_only_the_requests_own_slots_are_filled(request_, values):
    """Slots of other requests, confirmations, secrets, proofs and what is no text are left out."""
    said = "yes 12345678 4321 471100 1980 05 01 verified"
    found = chosen(said, (tools.CHOOSE, {"request": request_, "values": values}))
    assert found.requests == (Request(request_, SURE),)


def test_figures_must_be_the_callers():
    """A number that the caller did not say is left out; in any reading of theirs it is theirs."""
    call = choose("payout", {"account": "12345678"})
    assert chosen("pay my credit out", call).requests[0].slots == ()
    said = "one two three four five six seven eight"
    assert chosen(said, call).requests[0].slots == (("account", "12345678"),)
    others = ((said, 0.3),)
    assert chosen("won too", call, alternatives=others).requests[0].slots == (
        ("account", "12345678"),
    )
    wrong = choose("payout", {"account": "12345679"})
    assert chosen(said, wrong).requests[0].slots == ()


def test_a_concluded_value_is_asked_about():
    """What the caller meant but did not say makes the request one to confirm."""
    said = "those who send me the invoice"
    found = chosen(said, choose("billing", {"department": "billing"}, sure=True))
    assert found.requests == (Request("billing", UNSURE, (("department", "billing"),)),)


def test_an_undeclared_destination_is_no_value():
    """Unlisted places cannot be named into a slot; the slot's reader decides on other words."""
    assert chosen("x", choose("billing", {"department": "emergency"})).requests[0].slots == ()
    found = chosen("x", choose("billing", {"department": "the invoice people"}))
    assert found.requests[0].slots == (("department", "billing"),)


@pytest.mark.parametrize(
    ("name", "said", "value", "result", "sure"),
    [
        ("reading", "it is 4711 or so", "4711", "4711", True),
        ("reading", "four seven one one", "4711", "4711", True),
        ("reading", "four seven one one", 4711, "4711", True),
        ("reading", "4711 on the left, 12 on the right", "4711", "4711", True),
        ("reading", "4711 on the left", "47", "47", False),
        ("about", "well tell him i am late", "tell him i am late", "tell him i am late", True),
        ("sure", "go for it", "yes", "yes", False),
        ("sure", "yes", "yes", "yes", True),
        ("visit", "the day after saint nicholas", "2026-12-03", "2026-12-03", False),
        ("department", "whoever makes the bills", "billing", "billing", False),
        ("department", "billing", "billing", "billing", True),
    ],
)
def test_a_value_is_filled(name, said, value, result, sure):
    """What the caller said counts; what the model concluded has to be confirmed."""
    found = filled(name, said, value)
    assert (found.verdict, found.value, found.sure) == (Verdict.FILLED, result, sure)


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("reading", "i do not know", "4711"),
        ("reading", "4711", "47112"),
        ("reading", "12345678", "12345678"),
        ("account", "one two", "12345678"),
        ("about", "tell him i am not coming", "tell him i am coming"),
        ("about", "x", ""),
        ("about", "x", "x" * 500),
        ("department", "the king", "emergency"),
        ("department", "the king", "0900123456"),
        ("sure", "hm", "maybe"),
        ("pin", "4321", "4321"),
        ("customer", "471100", "471100"),
        ("birthday", "1980-05-01", "1980-05-01"),
        ("reading", "4711", None),
        ("reading", "4711", True),
        ("reading", "4711", ["4711"]),
    ],
)
def test_what_is_no_value_is_not(name, said, value):
    """Made up, out of range, changed, secret or of a wrong type: as if nobody had been asked."""
    assert filled(name, said, value).verdict is Verdict.INVALID


def test_words_with_others_between_are_taken_but_confirmed():
    """A number that was put together over a hesitation is read back before it counts."""
    found = filled("reading", "four uh i mean seven", "four seven")
    assert found.verdict is Verdict.INVALID  # the simple reader knows no number words
    found = filled("reading", "4 no wait 7", "4 7")
    assert (found.value, found.sure) == ("47", True)
    found = filled("visit", "december and on the third", "december third")
    assert not found.sure


def test_the_other_answers_to_a_question_are_told():
    """Not told, or a person instead."""
    slot = site.script().slots["reading"]
    for name, verdict in ((tools.NOT_TOLD, Verdict.NONE), (tools.PERSON, Verdict.PERSON)):
        assert judge().fill(slot, [ToolCall(name)], Heard("x"), site.NOW).verdict is verdict
    assert judge().fill(slot, [], Heard("x"), site.NOW).verdict is Verdict.INVALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.sampled_from(["reading", "payout", "yes", "4321", "0900"]) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(
        ["request", "requests", "values", "value", "sure", "account", "pin", "reading"]),
        inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
CALLS = st.lists(
    st.builds(
        ToolCall,
        st.sampled_from([tools.CHOOSE, tools.SEVERAL, tools.BETWEEN, tools.FILL, "x"]),
        st.dictionaries(
            st.sampled_from(["request", "requests", "values", "value", "sure"]), JSON, max_size=4
        ),
    ),
    max_size=3,
)


@given(CALLS, st.text(max_size=30))
def test_nothing_undeclared_comes_of_any_call(calls, said):
    """Whatever JSON a model writes, what is left is declared, and nothing is raised."""
    script, held = site.script(), judge()
    found = held.triage(calls, Heard(said), site.NOW)
    for request in found.requests:
        own = tools.told(script, script.intents[request.intent])
        assert {name for name, _ in request.slots} <= set(own)
    for name in ("reading", "pin", "sure"):
        choice = held.fill(script.slots[name], calls, Heard(said), site.NOW)
        assert choice.verdict in set(Verdict)
        assert not (name == "pin" and choice.value)


@pytest.mark.parametrize("case", INJECTIONS, ids=lambda case: f"{case.language}-{case.kind}")
def test_an_obeying_model_comes_to_nothing(case):
    """The worst that a model can be talked into leaves nothing undeclared and nothing spoken."""
    held, script = judge(case.language), site.script(case.language)
    found = held.triage(case.calls, Heard(case.said), site.NOW)
    assert found.verdict in {Verdict.INVALID, Verdict.NONE, Verdict.REQUESTS, Verdict.PERSON}
    for request in found.requests:
        own = tools.told(script, script.intents[request.intent])
        assert {name for name, _ in request.slots} <= set(own)
        for name, value in request.slots:  # nothing but the caller's own words and figures
            assert name == "department" or value in case.figures or value in case.said
    answering, spoken = Answering(case.said), []
    for clause in case.clauses:
        answering, text = held.clause(answering, clause)
        spoken.append(text)
    spoken.append(held.question(answering))
    assert not [text for text in spoken if text and text not in case.harmless]


def test_the_set_is_large_and_in_both_languages():
    """At least sixty cases, of every kind, English and German."""
    assert len(INJECTIONS) >= 60
    for language in ("en", "de"):
        kinds = {case.kind for case in INJECTIONS if case.language == language}
        assert {"override", "system", "json", "spelled", "role", "verified", "disclosure", "leak",
                "link", "premium", "source", "value"} <= kinds  # fmt: skip
    rows = (Path(__file__).parent / "injections.tsv").read_text("utf-8").splitlines()
    assert len(rows) == len(INJECTIONS) + 2
