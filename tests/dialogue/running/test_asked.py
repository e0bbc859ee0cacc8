"""`running.asked`: which slot the caller is asked for."""

from appliance.dialogue import asked
from tests.dialogue.script_player import Conversation, desk_engine


def test_what_is_asked_for_is_known():
    """Names the slot at a question, at its confirmation and where it is to find out who calls."""
    talk = Conversation(desk_engine())
    script = desk_engine().script
    assert asked(script, talk.state) == ""
    talk.say("i want to give my meter reading")
    assert asked(script, talk.state) == "customer"
    talk.say("one two three four").say("five five one two three four")
    assert asked(script, talk.state) == "meter"
    talk = Conversation(desk_engine()).say("what is my balance")
    assert asked(script, talk.state) == "customer"
    assert asked(script, talk.say("one two three four").state) == "account"
