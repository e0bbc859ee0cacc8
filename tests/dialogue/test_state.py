import pickle

from appliance.dialogue import Level, State
from tests.dialogue.script_player import Conversation, starter_engine


def test_a_state_can_be_kept_and_taken_up():
    """Survives being written down in the middle of a process and a digression."""
    talk = Conversation(starter_engine()).say("leave a message for billing").say("help")
    kept = pickle.loads(pickle.dumps(talk.state))  # noqa: S301 — our own bytes
    assert kept == talk.state
    talk.state = kept
    assert "Is that right?" in talk.press("5551212#").spoken


def test_nobody_is_known_at_first():
    """Begins with an unknown caller; levels are ordered."""
    assert State().level is Level.UNKNOWN < Level.IDENTIFIED < Level.VERIFIED
