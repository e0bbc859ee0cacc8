from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.contracts.expectation import Kind
from appliance.contracts.outcome import Outcome
from appliance.dialogue import (
    Engine,
    Heard,
    Listen,
    Moment,
    Note,
    Pressed,
    Say,
    Silent,
    Transfer,
    TransferFailed,
    Understood,
    Waiting,
    load,
)
from tests.dialogue.script_player import (
    TUESDAY,
    Conversation,
    desk_files,
    starter_engine,
    starter_files,
)

TABLE = Path(__file__).with_name("conversations.txt")


def blocks() -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith(" "):
            found[-1][1].append(line[2:])
        else:
            found.append((line, []))
    return found


BLOCKS = blocks()


def play(talk: Conversation, line: str) -> None:
    mark, _, rest = line.partition(" ")
    if mark in {">", ">~"}:
        talk.say(rest, 1.0 if mark == ">" else 0.3)
    elif mark in {"*", "*_"}:
        talk.press(rest, wait=mark == "*_")
    elif mark == "...":
        talk.silence()
    elif mark == "x":
        talk.transfer_fails()
    elif mark == "<":
        assert rest in talk.spoken, talk.actions
    elif mark == "-":
        assert rest not in talk.spoken, talk.actions
    elif mark == "note":
        name, _, value = rest.partition(": ")
        assert talk.notes, talk.actions
        assert talk.notes[-1][name] == value
    elif rest.startswith("transfer "):
        assert talk.transfer == rest.split()[1], talk.actions
    elif rest.startswith("hang-up "):
        assert talk.outcome == Outcome(rest.split()[1]), talk.actions
    else:
        assert mark == "=", line
        assert talk.listening is not None, talk.actions
        assert talk.listening.expectation.kind is Kind(rest)


@pytest.mark.parametrize(("promise", "lines"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_conversation(promise, lines):
    """Does what the first line of the block promises."""
    at = TUESDAY
    if lines[0].startswith("at "):
        at = datetime.fromisoformat(lines[0][3:])
        lines = lines[1:]
    talk = Conversation(starter_engine(), at)
    for line in lines:
        play(talk, line)


SENTENCES = [
    "", "yes", "no", "operator", "repeat that", "goodbye", "help", "radiology", "the lab please",
    "what are your opening hours", "are you open on sunday", "leave a message", "blue monkeys",
    "put me through", "five five five one two one two", "five", "ambulance", "no the pharmacy",
    "yes leave a message for billing", "that's all thank you", "\N{SNOWMAN} 7 ''' - ",
]  # fmt: skip
EVENTS = st.one_of(
    st.builds(
        Heard,
        st.one_of(st.sampled_from(SENTENCES), st.text(max_size=30)),
        st.floats(0, 1),
        st.lists(st.tuples(st.sampled_from(SENTENCES), st.floats(0, 1)), max_size=2).map(tuple),
    ),
    st.builds(Pressed, st.sampled_from([*"0123456789*#", "A", ""])),
    st.just(Silent()),
    st.builds(TransferFailed, st.just("486")),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(EVENTS, max_size=14),
    st.sampled_from([TUESDAY, datetime.fromisoformat("2026-11-22 23:59")]),
)
def test_any_events_never_leave_the_caller(events, at):
    """Never raises and always ends in exactly one of Listen, Transfer, HangUp, whatever happens."""
    talk = Conversation(starter_engine(), at)
    for event in events:
        over = talk.state.waiting is Waiting.OVER
        talk.feed(event)
        if isinstance(event, Heard | Pressed):
            assert talk.understood is not None
        assert sum(isinstance(action, Understood) for action in talk.actions) <= 1
        if over:
            assert talk.outcome is not None, "a call that is over stays over"
        elif talk.outcome is not None:
            assert talk.spoken, "a goodbye is said before hanging up"
        assert all(action.text.strip() for action in talk.actions if isinstance(action, Say))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(EVENTS, max_size=8))
def test_state_is_a_value(events):
    """Returns the same for the same state, event and moment: nothing is kept elsewhere."""
    first, second = (Conversation(starter_engine()) for _ in range(2))
    for event in events:
        first.feed(event)
    for event in events:
        second.feed(event)
    assert (first.state, first.actions) == (second.state, second.actions)
    assert hash(first.state) == hash(second.state)


def test_trace_comes_first():
    """Puts what was understood first, with intent, confidence and slots."""
    talk = Conversation(starter_engine()).say("put me through to radiology", 0.9)
    assert talk.understood is not None
    assert talk.understood.intent == "connect"
    assert talk.understood.slots == (("department", "radiology"),)
    assert 0.6 <= talk.understood.confidence <= 1.0


def test_alternatives_are_combined():
    """Lets readings that agree outvote a single one that is hardly more likely."""
    talk = Conversation(starter_engine())
    talk.say("blue billion", 0.3, ("radiology please", 0.3), ("radiology", 0.28))
    assert talk.transfer == "201" or "radiology" in talk.spoken


def test_low_recogniser_confidence_is_asked_about():
    """Asks back where the recogniser itself was not sure at all."""
    talk = Conversation(starter_engine()).say("put me through to radiology", 0.05)
    assert talk.spoken == "Did you want to speak to radiology?"


def test_transfer_under_way_is_not_disturbed():
    """Waits quietly while a transfer rings, and takes a silent end of it as failed."""
    talk = Conversation(starter_engine()).say("radiology")
    talk.say("hello")
    assert talk.listening is not None
    assert talk.listening.expectation.kind is Kind.NOTHING
    assert not talk.spoken
    assert "nobody answers" in talk.silence().spoken


def test_an_emergency_is_said_uninterruptibly():
    """Does not let the emergency sentence be talked over."""
    talk = Conversation(starter_engine()).say("call an ambulance")
    said = [action for action in talk.actions if isinstance(action, Say)]
    assert said
    assert not any(action.interruptible for action in said)
    assert isinstance(talk.actions[-1], Transfer)


def test_note_holds_what_was_said():
    """Keeps the caller's own words and digits, by field."""
    talk = Conversation(starter_engine()).say("leave a message for billing")
    talk.press("0301234567#").say("yes").say("It's urgent!").say("yes")
    note = next(action for action in talk.actions if isinstance(action, Note))
    assert note == Note(
        "message", (("department", "billing"), ("number", "0301234567"), ("text", "It's urgent!"))
    )


def test_number_question_expects_its_digits():
    """Tells the speech side how long a number is and which key ends it."""
    talk = Conversation(starter_engine()).say("leave a message for billing")
    assert talk.listening == Listen(talk.listening.expectation, 6.0, True, "#")
    assert (talk.listening.expectation.shortest, talk.listening.expectation.longest) == (6, 12)


def test_a_number_that_was_heard_badly_is_not_called_incomplete():
    """Tells a caller that digits are missing only where digits are missing."""
    for number, confidence, told in (
        ("five five five zero one two three", 0.05, False),
        ("five five", 0.95, True),
    ):
        talk = Conversation(starter_engine())
        talk.say("i would like to leave a message").say("radiology")
        rivals = () if told else (("nine nine nine zero one two three", 0.05),)
        talk.say(number, confidence, *rivals)
        assert "Is that right" not in talk.spoken
        assert ("complete" in talk.spoken) is told


FACTS = (("caller", "0301234"), ("caller_name", "Anna"), ("x_customer", "gold"))


def with_greeting(greeting: str, process: str = "") -> Engine:
    files = starter_files()
    old = "greeting: Welcome to {site}. How can I help you?"
    assert old in files["dialogue.yaml"]
    files["dialogue.yaml"] = files["dialogue.yaml"].replace(old, f"greeting: {greeting}")
    if process:
        files["processes/help.yaml"] = process
    return Engine(load(files))


def test_what_the_line_tells_can_be_spoken_from_the_first_sentence_on():
    """Speaks facts of the call, numbers digit by digit; what is not known is empty."""
    engine = with_greeting("Hello {caller_name} on {caller}, {diversion_reason}welcome.")
    now = Moment(0.0, TUESDAY)
    _, actions = engine.begin(now, FACTS)
    assert actions[0] == Say("Hello Anna on zero three zero, one two, three four, welcome.")
    _, actions = engine.begin(now)
    assert actions[0] == Say("Hello on, welcome.")


def test_what_the_line_tells_decides_what_is_done():
    """Compares facts in conditions, those of configured headers too, as long as the call lasts."""
    engine = with_greeting(
        "Hello.",
        "steps:\n"
        "  - if: x_customer == 'gold'\n"
        "    then:\n"
        "      - say: Welcome back, {caller_name}.\n"
        "    else:\n"
        "      - say: Welcome.\n"
        "  - resume: question\n",
    )
    for facts, said in ((FACTS, "Welcome back, Anna."), ((), "Welcome.")):
        state, _ = engine.begin(Moment(0.0, TUESDAY), facts)
        for _ in range(2):
            state, actions = engine.step(state, Heard("help"), Moment(3.0, TUESDAY))
            assert said in [action.text for action in actions if isinstance(action, Say)]


def test_what_the_line_tells_is_not_shown_with_the_state():
    """Keeps numbers and names out of what a log might hold of a state."""
    state, _ = starter_engine().begin(Moment(0.0, TUESDAY), FACTS)
    assert "0301234" not in repr(state)


def test_nothing_that_depends_on_a_caller_is_rendered_ahead():
    """Leaves sentences with facts of a call, and briefings, to the moment they are said."""
    prompts = with_greeting("Hello {caller_name}.").prompts()
    assert not [text for text in prompts if "Hello" in text or "{" in text or "verified" in text]


def german() -> Conversation:
    files = desk_files()
    files["dialogue.yaml"] = files["dialogue.yaml"].replace("language: en", "language: de")
    files["intents/reading.yaml"] = (
        "process: reading\n"
        "title: Ihr Zählerstand\n"
        "confirm: Geht es um Ihren Zählerstand?\n"
        "examples:\n"
        "  - ich möchte [meinen] zählerstand durchgeben\n"
        "  - zählerstand [durchgeben]\n"
    )
    return Conversation(Engine(load(files)))


def test_german_is_spoken_and_understood():
    """Takes numbers, commands, corrections, yes and no in German, and answers in German."""
    talk = german().say("ich möchte meinen zählerstand durchgeben")
    assert talk.say("lauter bitte").actions[1].gain == 6.0
    talk.say("eins zwei drei vier").say("nein moment die customer ist vier drei zwo eins")
    assert talk.say("blaue affen").spoken.startswith("Das habe ich leider nicht verstanden.")
    talk.say("fünf fünf eins zwo drei vier")
    assert "fünf fünf eins, zwei drei vier" in talk.spoken
    assert talk.press("2").spoken == "What does the meter show?"  # the author's own words
    talk.say("fünf fünf eins zwei drei fünf").say("ja genau")
    assert talk.invoked.arguments == (("meter", "551235"),)
    talk.result("unavailable")
    assert "Ich erreiche unser System" in talk.spoken
    assert "Es geht um: Ihr Zählerstand." in talk.handed.briefing
    assert "Wer anruft, ist nicht geprüft." in talk.handed.briefing
    talk.leaves(handed_over=True)
    assert talk.documents[-1].summary.endswith("An einen Menschen übergeben.")
