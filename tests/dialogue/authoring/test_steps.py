from datetime import datetime

import pytest

from appliance.dialogue import Engine, load
from appliance.dialogue.script import CallOp, EndOp, JumpOp, RunOp, SayOp, UnlessOp
from tests.dialogue.authoring.guide import guide_files, mistakes
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
    assert talk.spoken.startswith("For Saturday.")


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
    assert talk.say("saturday").spoken == "You said Saturday?"
    assert talk.say("no sunday").spoken == "You said Sunday?"
    assert talk.say("right").spoken.startswith("No, on Sunday we are closed.")


def compiled(steps: str):
    """The operations of a process of the guide's dialogue."""
    files = {**guide_files(), "processes/goodbye.yaml": f"steps:\n{steps}"}
    return load(files).processes["goodbye"].ops


def test_blocks_beside_a_call():
    """Lays the blocks of a call behind it, each coming back to the next step."""
    ops = compiled(
        "- call: new_ticket\n  with: {phone: a, text: b}\n"
        "  failed:\n  - say: Failed.\n  pending:\n  - say: Kept.\n- say: After.\n"
    )
    assert [type(op) for op in ops] == [CallOp, JumpOp, SayOp, JumpOp, SayOp, JumpOp, SayOp, EndOp]
    assert (ops[0].nothing, ops[0].failed, ops[0].pending) == (-1, 2, 4)
    assert [ops[at].target for at in (1, 3, 5)] == [6, 6, 6]


def test_a_call_without_blocks():
    """Adds nothing behind a call that goes on in any case."""
    ops = compiled("- call: new_ticket\n  with: {phone: a, text: b}\n- say: After.\n")
    assert [type(op) for op in ops] == [CallOp, SayOp, EndOp]


def test_ends():
    """Tells a request that failed from one that is resolved, and the end of the call from both."""
    ends = [
        compiled(f"- end: {word}\n")[0] for word in ("resolved", "failed", "hang-up")
    ]  # fmt: skip
    assert [(end.hang_up, end.resolution) for end in ends] == [
        (False, "resolved"), (False, "failed"), (True, "resolved"),
    ]  # fmt: skip


def test_do_comes_back():
    """Goes on with a process, or does it and comes back."""
    assert compiled("- do: message\n- process: message\n")[:2] == (
        RunOp("message", returns=True),
        RunOp("message"),
    )


def test_switch_by_anything():
    """Takes the way of a column's value, whatever quotes stand in it."""
    ops = compiled(
        "- switch: customer.name\n  cases:\n    Anna:\n    - say: A.\n    it's:\n    - say: B.\n"
    )
    now = datetime.fromisoformat("2026-11-24 10:00")
    conditions = [op.condition for op in ops if isinstance(op, UnlessOp)]
    for name, holds in (("anna", [True, False]), ("it's", [False, True]), ("x", [False, False])):
        assert [c.holds({"customer": {"name": name}}, now) for c in conditions] == holds


@pytest.mark.parametrize(
    ("steps", "field", "reason"),
    [
        ("- sya: x\n", "steps[0]", "did you mean 'say'"),
        ("- xyz: x\n", "steps[0]", "a step is one of say, ask, set"),
        ("- say: x\n  ask: sure\n", "steps[0]", "a step does one thing, this does say and ask"),
        ("- say: x\n  colour: red\n", "steps[0].colour", "'colour' is not known here"),
        ("- say: x\n  label: Here\n", "steps[0].label", "cannot be used"),
        ("- switch: meter\n  cases:\n    gaz:\n    - say: x\n", "steps[0].cases.gaz", "did you mean 'gas'"),
        ("- switch: sure\n  cases:\n    maybe:\n    - say: x\n", "steps[0].cases.maybe", "never 'maybe'"),
        ("- switch: pin\n  cases:\n    1:\n    - say: x\n", "steps[0].switch", "'pin' is secret"),
        ("- switch: meter\n", "steps[0].cases", "is missing"),
        ("- if: open\n", "steps[0].then", "is missing"),
        ("- if: meter == 'gaz'\n  then:\n  - say: x\n", "steps[0].if", "did you mean 'gas'"),
        ("- do: messge\n", "steps[0].do", "did you mean 'message'"),
        ("- end: broken\n", "steps[0].end", "write resolved or failed or hang-up"),
        ("- goto: x\n", "steps[0].goto", "no step with 'label: x'"),
        ("- call: new_ticket\n  label: x\n  with: {phone: a, text: b}\n- goto: x\n", "steps[0]", "in a circle"),
        ("- say: a\n  label: x\n- do: goodbye2\n- goto: x\n", "steps[0]", "in a circle"),
        ("- process: message\n- say: x\n", "steps[1]", "never reached"),
    ],
)  # fmt: skip
def test_mistakes(steps, field, reason):
    """Names what is wrong with a step."""
    files = {
        **guide_files(),
        "processes/goodbye.yaml": f"steps:\n{steps}",
        "processes/goodbye2.yaml": "steps:\n- say: Two.\n",
    }
    found = mistakes(files)
    assert any(m.field == field and reason in m.reason for m in found), "\n".join(map(str, found))


def test_a_circle_through_a_process_that_asks():
    """Takes steps in a circle in which another process asks the caller."""
    compiled("- do: message\n  label: again\n- if: sure\n  then:\n  - goto: again\n")
