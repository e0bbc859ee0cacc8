from appliance.contracts.expectation import Expectation
from appliance.dialogue import Listen, Say


def test_defaults():
    """Lets the caller interrupt and press keys unless said otherwise."""
    assert Say("Hello.").interruptible
    listen = Listen(Expectation(), 6.0)
    assert (listen.keypad, listen.terminator) == (True, "")
