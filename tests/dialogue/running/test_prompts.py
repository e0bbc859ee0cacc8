from appliance.dialogue import Engine, load
from appliance.dialogue.running import prompts
from tests.dialogue.script_player import Conversation, desk_engine, starter_engine, starter_files


def test_what_is_said_was_rendered_ahead():
    """Names every sentence of a whole conversation in advance, read-back digits aside."""
    ahead = set(starter_engine().prompts())
    talk = Conversation(starter_engine())
    lines = [
        "blue monkeys", "what are your opening hours", "are you open on sunday", "help",
        "put me through", "the lab", "x", "no", "leave a message for billing", "5551212#", "yes",
        "call me", "yes", "no",
    ]  # fmt: skip
    for line in lines:
        before = talk.state
        if line == "x":
            talk.transfer_fails()
        elif line.endswith("#"):
            talk.press(line)
            continue
        else:
            talk.say(line)
        said = [action.text for action in talk.actions if hasattr(action, "text")]
        assert set(said) <= ahead, (before, line)


def test_prompts_are_finite_and_plain():
    """Keeps within the limit, says nothing twice and leaves no slot unfilled."""
    ahead = starter_engine().prompts()
    assert 50 < len(ahead) <= prompts.MOST
    assert len(set(ahead)) == len(ahead)
    assert not [text for text in ahead if "{" in text or not text.strip()]


def test_sentences_with_a_department_are_expanded():
    """Renders a sentence ahead for each department that it can name."""
    ahead = starter_engine().prompts()
    assert "I am putting you through to the pharmacy." in ahead
    assert "Did you want to speak to patient records?" in ahead


def test_the_greeting_comes_first():
    """Puts first what every caller hears first."""
    assert starter_engine().prompts()[0] == "Welcome to Riverside Clinic. How can I help you?"


def test_spoken_and_written_values():
    """Speaks a number in groups and keeps it in digits."""
    means = starter_engine()._means
    slots = {"number": "5551212", "department": "records"}
    text = "{number} for {department} at {site}"
    assert prompts.render(means, text, slots) == (
        "five five five, one two, one two for patient records at Riverside Clinic"
    )
    assert prompts.written(means, text, slots) == "5551212 for patient records at Riverside Clinic"


def test_menu_without_keys():
    """Has no menu where no destination has a key."""
    files = starter_files()
    main = files["dialogue.yaml"].splitlines()
    files["dialogue.yaml"] = "\n".join(line for line in main if not line.startswith("    key:"))
    script = load(files)
    assert prompts.menu(script) == ""
    talk = Conversation(Engine(script)).say("put me through").say("so").say("so").say("so")
    assert "zero for the operator" in talk.spoken


def test_what_systems_write_is_spoken_as_people_say_it():
    """Speaks dates and times of variables; leaves other texts, and columns that are absent."""
    means = starter_engine()._means
    known = {"visit": {"day": "2026-12-01", "at": "15:30", "room": "12-4", "sum": 84.25}}
    assert "December" in prompts.render(means, "On {visit.day}.", known)
    assert "15:30" not in prompts.render(means, "At {visit.at}.", known)
    assert prompts.render(means, "In {visit.room}, {visit.gone}.", known) == "In 12-4,."
    assert prompts.render(means, "{visit.sum} euros", known) == "84.25 euros"


def test_nothing_secret_is_spoken_or_written():
    """Leaves a PIN out of every sentence and note, even where a script has it said."""
    means = desk_engine()._means
    assert prompts.render(means, "It is {secret}.", {"secret": "4711"}) == "It is."
    assert prompts.written(means, "It is {secret}.", {"secret": "4711"}) == "It is ."


def test_a_connector_is_given_values_and_not_words():
    """Hands on a hole alone as it is, and several in a text in their canonical form."""
    means = starter_engine()._means
    known = {"number": "5551212", "row": {"id": 7, "list": [1]}}
    assert prompts.canonical(means, "{row.id}", known) == 7
    assert prompts.canonical(means, "{row.list}", known) == [1]
    assert prompts.canonical(means, "+49{number}", known) == "+495551212"
    assert prompts.canonical(means, "{nothing}", known) is None


def test_titles():
    """Calls a slot, an intent and a process each by its own title, or its name in words."""
    script = desk_engine().script
    assert prompts.slot_title(script, "customer") == "your customer number"
    assert prompts.slot_title(script, "no_such") == "no such"
    assert prompts.title(script, "reading") == "meter reading"
    assert prompts.title(script, "look_up") == "look up"
