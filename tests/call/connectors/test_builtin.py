"""`call.connectors.builtin`: the box's own answers, and what it says when it cannot count."""

from appliance.call.connectors.builtin import Builtin
from appliance.dialogue import ATTEMPT, LOCK, Status


def test_attempts_are_counted_beside_the_outbox(tmp_path):
    """Keeps counts and their key in the folder it is given, over a restart."""
    for locked in (False, True):
        made = Builtin(tmp_path, 60.0)
        arguments = {"identity": 4455, "passed": "no", "tries": 2, "lock": 60}
        assert made.ask(ATTEMPT, arguments).value == {"locked": locked}
        made.close()
    again = Builtin(tmp_path, 60.0)
    assert again.ask(LOCK, {"identity": "4455"}).value == {"locked": True}
    assert again.ask("attendant.other", {}).status is Status.REFUSED
    again.close()


def test_what_cannot_be_counted_is_never_free(tmp_path, caplog):
    """Answers UNAVAILABLE where the file cannot be made or used, and logs no identity."""
    (tmp_path / "attempts.sqlite").mkdir()
    made = Builtin(tmp_path, 60.0)
    assert made.ask(LOCK, {"identity": "4455"}).status is Status.UNAVAILABLE
    made.close()
    fine = Builtin(tmp_path / "other", 60.0)
    fine.close()
    assert fine.ask(ATTEMPT, {"identity": "4455"}).status is Status.UNAVAILABLE
    assert "4455" not in caplog.text
