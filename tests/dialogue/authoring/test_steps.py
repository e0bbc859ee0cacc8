import pytest

from appliance.dialogue import Engine, load
from tests.dialogue.script_player import Conversation, starter_files


def play(steps: str, main: str = "") -> Conversation:
    """A call that has just asked for the opening hours, whose process is `steps`."""
    files = starter_files()
    files["processes/hours.yaml"] = "steps:\n" + steps
    files["dialogue.yaml"] = files["dialogue.yaml"].replace("slots:\n", f"slots:\n{main}", 1)
    return Conversation(Engine(load(files))).say("what are your opening hours")


def test_if_else():
    """Takes the branch whose condition holds, and what follows either."""
    steps = """
  - if: open
    then:
      - say: Open.
    else:
      - say: Shut.
  - say: After.
"""
    assert play(steps).spoken.startswith("Open. After.")


@pytest.mark.parametrize(
    ("said", "answer"), [("radiology", "Rays."), ("billing", "Money."), ("reception", "Other.")]
)
def test_switch(said, answer):
    """Takes the case of a slot's value, else the rest."""
    steps = """
  - ask: department
    prompt: Which?
  - switch: department
    cases:
      radiology:
        - say: Rays.
      billing:
        - say: Money.
    else:
      - say: Other.
  - say: After.
"""
    assert play(steps).say(said).spoken.startswith(f"{answer} After.")


def test_a_jump_back_asks_again():
    """Forgets the answers that a jump back passes over, so that they are asked again."""
    steps = """
  - ask: number
    label: again
    prompt: Which number?
  - ask: sure
    prompt: Keep {number}?
  - if: sure == no
    then:
      - goto: again
  - say: Kept {number}.
"""
    talk = play(steps).press("123456#")
    assert "one two three, four five six?" in talk.spoken
    assert talk.say("no").spoken == "Which number?"
    assert talk.press("654321#").say("yes").spoken.startswith("Kept six five four")


def test_a_slot_that_is_known_is_not_asked():
    """Skips a question whose answer the caller gave already."""
    steps = """
  - ask: day
    prompt: Which day?
  - say: For {day}.
"""
    assert play(steps).spoken == "Which day?"
    files = starter_files()
    files["processes/hours.yaml"] = "steps:" + steps
    talk = Conversation(Engine(load(files))).say("are you open on saturday")
    assert talk.spoken.startswith("For saturday.")


def test_a_failed_transfer_without_steps_of_its_own():
    """Apologises and asks for more where the author wrote nothing for a failed transfer."""
    talk = play("  - transfer: billing\n    say: Billing it is.\n")
    assert talk.transfer == "207"
    talk.transfer_fails()
    assert "nobody answers" in talk.spoken
    assert "anything else" in talk.spoken


def test_a_transfer_to_a_slot_that_is_not_known():
    """Goes on as if nobody had answered where the destination was never named."""
    talk = play('  - transfer: "{department}"\n    say: Now.\n')
    assert "nobody answers" in talk.spoken


def test_a_question_that_confirms_a_day():
    """Confirms a value with the author's question and speaks it."""
    talk = play(
        "  - ask: day\n    prompt: Which day?\n    confirm: You said {day}?\n  - hours: day\n"
    )
    assert talk.say("saturday").spoken == "You said saturday?"
    assert talk.say("no sunday").spoken == "You said sunday?"
    assert talk.say("right").spoken.startswith("No, on Sunday we are closed.")
