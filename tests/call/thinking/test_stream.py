"""`call.thinking.stream`: server-sent events, and the chunks of a completion put together."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.call.thinking.stream import DONE, MOST, Completion, Events, StreamError
from appliance.dialogue import ToolCall


def chunk(delta, finish=None):
    """One chunk's JSON."""
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def called(at, name=None, arguments=None):
    """A chunk that begins a call or goes on with it."""
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": at, "function": function}]})


@given(st.lists(st.integers(1, 9), max_size=80))
def test_events_come_whole_however_they_are_cut(sizes):
    """The data of an event is its lines joined; comments, other fields and line ends do not count."""
    data = "data: a\n\n: ping\ndata:b\r\ndata: c\r\n\r\nevent: x\nid: 1\n\ndata: ü\r\rdata: z\n".encode()
    events, found, at = Events(), [], 0
    for size in [*sizes, len(data)]:
        found += events.feed(data[at : at + size])
        at += size
    assert found == ["a", "b\nc", "ü"]


def test_events_without_end_are_refused():
    """A flood is no answer: neither one long line nor ever more of them are kept."""
    with pytest.raises(StreamError, match="more than any answer"):
        Events().feed(b"data: " + b"x" * 300_000)
    events = Events()
    with pytest.raises(StreamError, match="more than any answer"):
        for _ in range(MOST):
            events.feed(b": ping\n" * 100)


def test_a_text_is_put_together():
    """Content is returned as it comes; the model's last chunk ends it, a count after it is fine."""
    answer = Completion()
    assert [answer.take(chunk(d)) for d in ({"role": "assistant", "content": ""},)] == [""]
    assert not answer.begun
    assert answer.take(chunk({"content": "Yes"})) == "Yes"
    assert answer.begun
    assert not answer.finished
    answer.take(chunk({}, "stop"))
    assert answer.finished
    assert answer.take('{"choices": [], "usage": {}}') == ""
    assert answer.calls() == ()


def test_done_ends_it():
    """The closing event is enough, where a server names no reason."""
    answer = Completion()
    assert answer.take(DONE) == ""
    assert answer.finished


def test_calls_are_put_together():
    """Names come once, arguments in pieces, several calls side by side by their numbers."""
    answer = Completion()
    for event in (
        called(0, "choose", ""),
        called(1, "fill", '{"v": '),
        called(0, None, '{"r": "x", '),
        called(1, None, "1}"),
        called(0, "", '"s": true}'),
    ):
        assert answer.take(event) == ""
    assert answer.begun
    assert answer.calls() == (
        ToolCall("choose", {"r": "x", "s": True}),
        ToolCall("fill", {"v": 1}),
    )


def test_calls_without_numbers_or_texts_are_understood():
    """Servers differ: a call may come whole, named by an id, with arguments as an object or none."""
    answer = Completion()
    answer.take(
        chunk({"tool_calls": [{"id": "a", "function": {"name": "x", "arguments": {"b": 1}}}]})
    )
    answer.take(chunk({"tool_calls": [{"id": "c", "function": {"name": "y"}}]}))
    assert answer.calls() == (ToolCall("x", {"b": 1}), ToolCall("y", {}))


def test_an_answer_in_one_piece_is_understood():
    """A server that does not stream writes a message where others write a delta."""
    answer = Completion()
    event = json.dumps({"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]})
    assert answer.take(event) == "Yes."
    assert answer.finished


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("{{{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('["choices"]', "no answer"),
        ("{}", "no answer"),
        ('{"choices": {}}', "no answer"),
        ('{"choices": ["x"]}', "no answer"),
        (chunk({"refusal": "no"}), "refuses"),
        (chunk({}, "content_filter"), "refuses"),
        (chunk({"tool_calls": ["x"]}), "nobody understands"),
        (chunk({"tool_calls": [{"index": [], "function": {}}]}), "more tools"),
        (chunk({"content": "x" * 5000}), "more than any answer"),
        (called(0, "x", "y" * 9000), "more than any answer"),
    ],
)
def test_what_is_no_answer_is_named(event, words):
    """Everything that is not a completion raises StreamError with a reason."""
    with pytest.raises(StreamError, match=words):
        Completion().take(event)


@pytest.mark.parametrize("arguments", ['{"a": ', "[1]", '"x"', '{"v": NaN}', '{"v": Infinity}'])
def test_arguments_that_are_no_object_are_named(arguments):
    """Half an object, a list or what JSON cannot say is no call."""
    answer = Completion()
    answer.take(called(0, "x", arguments))
    with pytest.raises(StreamError, match=r"no JSON|no answer"):
        answer.calls()


def test_too_many_calls_are_refused():
    """Nobody calls nine tools at once."""
    answer = Completion()
    with pytest.raises(StreamError, match="more tools"):
        for at in range(9):
            answer.take(called(at, "x"))


def test_an_error_is_told_by_its_code_only():
    """A server's own sentence may hold what the caller said: it goes into no log."""
    told = {"error": {"message": "bad <caller>my pin is 1234</caller>", "code": "oom"}}
    with pytest.raises(StreamError) as caught:
        Completion().take(json.dumps(told))
    assert str(caught.value) == "it reports an error: oom"
    with pytest.raises(StreamError, match=r"^it reports an error$"):
        Completion().take('{"error": "my pin is 1234", "code": null}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["choices", "delta", "tool_calls", "function", "index", "id", "name",
                         "arguments", "content", "error", "message", "finish_reason"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON, max_size=4))
def test_nothing_but_its_own_error_is_raised(events):
    """Whatever a server writes, it is an answer or a StreamError."""
    answer = Completion()
    try:
        for event in events:
            answer.take(json.dumps({"choices": [{"delta": event}]}))
            answer.take(json.dumps(event))
        answer.calls()
    except StreamError:
        pass
