"""`running.means`: what the engine works with."""

from appliance.dialogue.running.means import Means
from tests.dialogue.script_player import desk_engine, starter_engine


def test_a_process_that_only_tells_something_may_come_in_between():
    """Tells answers from what asks, writes, puts through or hangs up."""
    means = desk_engine()._means
    assert means.is_answer("times")
    for process in ("goodbye", "reading", "operator", "check", "no-such"):
        assert not means.is_answer(process)


def test_a_process_that_returns_is_no_request():
    """Knows the processes that lead back to the question."""
    means = starter_engine()._means
    assert means.is_command("help")
    assert not means.is_command("hours")
    assert not means.is_command("no-such")


def test_a_language_model_is_asked_only_where_there_is_one():
    """Has nothing to ask with unless it is told that there is a model."""
    script = desk_engine().script
    assert Means.of(script).prompter is None
    thinking = Means.of(script, thinking=True)
    assert thinking.prompter is not None
    assert thinking.judge is not None


def test_lists_of_connectors_are_read_by():
    """Reads callers by the rows that a connector has given."""
    assert Means.of(desk_engine().script, b"", {"no-such": ()}).script is desk_engine().script
