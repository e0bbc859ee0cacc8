"""`call.thinking.client`: one question to a language model, asked once and given up in time."""

import asyncio
import json
import ssl

import httpx
import pytest

from appliance.call.thinking.client import GAP, ModelError, ask, body, headers, trust
from appliance.dialogue import Think, Thought, ThoughtOver, ToolCall
from appliance.settings import ModelSettings
from tests.call.thinking.wire import DONE, MODEL, THINK, call, client, event, run, text

FOREVER = 10_000
FIRST = MODEL.first_word


def told(*script, model=MODEL, **more):
    """What is told, the error's words ("" for none), and the seconds that it took."""
    found = []

    async def asking():
        begun = asyncio.get_running_loop().time()
        async with client(*script, **more) as held:
            try:
                await ask(held, model, THINK, found.append)
            except ModelError as error:
                return str(error), asyncio.get_running_loop().time() - begun
        return "", asyncio.get_running_loop().time() - begun

    words, seconds = run(asking())
    return found, words, seconds


def test_clauses_come_as_they_are_written_and_then_the_calls():
    """Thoughts in their order, then one end with the tools; nothing twice."""
    found, words, _ = told(
        text("You can park"), text(" here, in Mill"), text(" Lane."),
        call("choose", {"request": "x"}), event({}, "stop"), DONE,
    )  # fmt: skip
    assert found == [
        Thought("t1", "You can park here,"),
        Thought("t1", "in Mill Lane."),
        ThoughtOver("t1", (ToolCall("choose", {"request": "x"}),)),
    ]
    assert words == ""


def test_the_first_clause_is_told_before_the_second_is_written():
    """It does not wait for the rest of the answer."""
    when = []

    async def asking():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with client(text("Yes, you can,"), text(" but"), 2, text(" not now."), DONE) as held:
            await ask(held, MODEL, THINK, lambda _: when.append(loop.time() - begun))

    run(asking())
    assert when[0] < 1 < when[1]


def test_the_question_is_put_as_the_protocol_has_it():
    """Messages, tools, limits and key; the address is as far as /v1."""
    seen = []
    told(DONE, seen=seen)
    (request,) = seen
    assert str(request.url) == "http://model.example/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer word"
    asked = json.loads(request.content)
    assert asked == body(MODEL, THINK)
    assert asked["messages"][1] == {"role": "user", "content": "hello"}
    assert asked["tools"][0]["function"]["name"] == "choose"
    assert (asked["stream"], asked["max_tokens"], asked["model"]) == (True, 77, "small")
    assert (asked["tool_choice"], asked["temperature"]) == ("auto", 0.0)


def test_what_is_not_set_is_not_sent():
    """No name, no key, no tools: the server has its own defaults."""
    plain = ModelSettings(url="http://model.example/v1/")
    asked = body(plain, Think("t", ()))
    assert not {"model", "tools", "tool_choice"} & set(asked)
    assert "Authorization" not in headers(plain)


def test_a_server_that_does_not_stream_is_understood():
    """A whole answer in one piece of JSON is an answer too."""
    message = {"content": "Yes.", "tool_calls": [{"function": {"name": "choose"}}]}
    whole = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})
    found, words, _ = told(whole.encode(), headers={"content-type": "application/json"})
    assert found == [Thought("t1", "Yes."), ThoughtOver("t1", (ToolCall("choose"),))]
    assert words == ""


@pytest.mark.parametrize(
    ("script", "words", "seconds"),
    [
        ([FOREVER], "it said nothing within 1.5 s", FIRST),
        ([*[event({"role": "assistant"}), 0.1] * 100, FOREVER], "it said nothing within", FIRST),
        ([*[b": ping\n\n", 0.1] * 100, FOREVER], "it said nothing within", FIRST),
        ([text("<think>so "), *[text("on "), 0.1] * 500], "it said nothing within", FIRST),
        ([text("Yes, so"), FOREVER], "it stopped in the middle for 3 s", GAP),
        ([*[text("Yes, "), 0.5] * 500], "it was not done after 12 s", MODEL.patience),
        ([1, call("choose", {}), FOREVER], "it stopped in the middle", 1 + GAP),
    ],
)
def test_it_is_given_up_in_time(script, words, seconds):
    """No token, no further token, no end: each has its limit, and empty chunks are no tokens."""
    found, said, took = told(*script)
    assert words in said
    assert took == pytest.approx(seconds, abs=0.3)
    assert not [one for one in found if isinstance(one, ThoughtOver)]


@pytest.mark.parametrize(
    ("script", "more", "words"),
    [
        ([b"{}"], {"status": 500}, "it cannot answer (status 500)"),
        ([b"{}"], {"status": 400}, "it may want its name, or know no tools (status 400)"),
        ([b"{}"], {"status": 401}, "it wants another key (status 401)"),
        ([b"{}"], {"status": 302, "headers": {"location": "/x"}}, "(status 302)"),
        ([b"<html>"], {"headers": {"content-type": "text/html"}}, "no language model"),
        ([b"x"], {"headers": {}}, "no language model"),
        ([b"data: {{{\n\n"], {}, "no JSON"),
        ([text("Yes, so")], {}, "it ended in the middle"),
        ([call("choose", [1]), DONE], {}, "no answer"),
        ([event({"refusal": "no"}), DONE], {}, "it refuses"),
        ([httpx.ConnectError("refused")], {}, "it cannot be reached"),
        ([httpx.ReadError("lost")], {}, "it cannot be asked (ReadError)"),
        ([text("Yes, so"), httpx.ReadError("lost")], {}, "it was lost in the middle"),
        ([b"x" * 600_000] * 3, {"headers": {"content-type": "application/json"}}, "more than any"),
    ],
)
def test_what_is_no_answer_is_named(script, more, words):
    """Whatever a server does, the box has a reason in words and goes on by itself."""
    found, said, _ = told(*script, **more)
    assert words in said
    assert not [one for one in found if isinstance(one, ThoughtOver)]


def test_no_model_and_no_address_are_named():
    """Settings that lead nowhere are told like a server that is away."""
    assert told(DONE, model=ModelSettings())[1] == "there is none"
    assert told(DONE, model=ModelSettings(url="http://[::1"))[1] == "its address is none"
    odd = ModelSettings(url="http://model.example/v1", key="wörd€")
    assert "it cannot be asked" in told(DONE, model=odd)[1]


def test_nothing_is_asked_twice():
    """The caller waits: there is no second attempt."""
    seen = []
    told(b"{}", status=503, seen=seen)
    assert len(seen) == 1


def test_certificates_are_looked_at_where_there_are_any():
    """HTTPS is believed by the machine's own authorities; plain HTTP needs none."""
    held = trust("HTTPS://model.example/v1")
    assert isinstance(held, ssl.SSLContext)
    assert held.verify_mode is ssl.CERT_REQUIRED
    assert trust("http://model.example/v1") is False
