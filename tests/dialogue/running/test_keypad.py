import pytest

from appliance.dialogue import Pressed
from tests.dialogue.script_player import Conversation, starter_engine


@pytest.fixture
def talk():
    return Conversation(starter_engine())


def test_a_key_that_may_go_on_waits_briefly(talk):
    """Waits for more only where a longer number begins with the key, and not for long."""
    talk.press("2")
    assert talk.listening.timeout < 6.0
    assert not talk.spoken
    assert talk.state.keys == "2"


def test_a_key_that_cannot_go_on_acts_at_once(talk):
    """Does not wait where no number begins with the key."""
    assert talk.press("1").spoken.startswith("Yes, we are open now")


def test_speech_replaces_keys(talk):
    """Forgets half a number when the caller speaks instead."""
    talk.press("20").say("billing")
    assert talk.transfer == "207"
    assert talk.state.keys == ""


def test_hash_ends_a_number_early(talk):
    """Takes what was typed at the hash key."""
    assert "Which department" in talk.press("2#").spoken


def test_the_longest_number_ends_itself(talk):
    """Does not wait for more digits than a number can have."""
    talk.say("leave a message for billing").press("123456789012")
    assert "Is that right?" in talk.spoken


def test_zero_is_a_digit_in_a_number(talk):
    """Takes zero as a digit where a number is typed."""
    talk.say("leave a message for billing").press("0")
    assert not talk.transfer
    assert talk.listening.timeout > 2.5


def test_star_repeats_a_number_question(talk):
    """Repeats the question and forgets the digits so far."""
    talk.say("leave a message for billing").press("55*")
    assert talk.spoken == "On which number can we call you back?"
    assert talk.press("123456#").spoken.startswith("I have one two three, four five six.")


def test_keys_that_do_not_exist(talk):
    """Ignores what is no key of a telephone."""
    for key in ("A", "", "12"):
        talk.feed(Pressed(key))
        assert talk.listening is not None
        assert not talk.spoken


def test_hash_alone(talk):
    """Says that a hash key by itself means nothing."""
    assert "no meaning" in talk.press("#").spoken


def test_zero_at_a_department_and_at_a_confirmation(talk):
    """Reaches the operator by zero at every question that is no number."""
    assert talk.say("put me through").press("0").transfer == "200"
    talk.transfer_fails().say("no").say("some business in radiology", 0.3)
    assert talk.press("0").transfer == "200"
