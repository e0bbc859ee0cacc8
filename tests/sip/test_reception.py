"""What arrives, and what it is answered with."""

from appliance.sip import reception as module
from appliance.sip.parser import parse
from tests.sip.raw import invite
from tests.sip.test_agent import Box, plain


def test_too_many_calls_are_503(monkeypatch):
    """With Retry-After; calls that stand are not touched."""
    monkeypatch.setattr(module, "MOST_CALLS", 2)
    box = Box()
    for number in range(3):
        last = parse(box.give(invite(branch=f"z9hG4bK{number}", call_id=str(number)).data)[-1].data)
    assert last.status == 503
    assert "Retry-After" in last.headers
    assert len(box.box.agent.calls()) == 2


def test_too_many_transactions_are_503_without_memory(monkeypatch):
    """A flood is answered statelessly, and is over when it is over."""
    monkeypatch.setattr(module, "MOST_TRANSACTIONS", 5)
    box = Box()
    for number in range(20):
        last = parse(
            box.give(plain("OPTIONS", branch=f"z9hG4bK{number}", call_id=str(number)))[-1].data
        )
    assert last.status == 503
    box.wire.run(40)
    assert box.box.idle()
