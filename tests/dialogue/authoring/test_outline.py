from datetime import date, time

import pytest

from appliance.dialogue import Engine, load
from appliance.dialogue.script import ModelUse, SlotKind
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files
from tests.dialogue.script_player import Conversation, starter_files


def with_main(old: str, new: str):
    files = starter_files()
    assert old in files["dialogue.yaml"]
    files["dialogue.yaml"] = files["dialogue.yaml"].replace(old, new, 1)
    return load(files)


def test_hours_with_a_break_and_midnight():
    """Reads several spans of a day, and 24:00 as its end."""
    script = with_main("monday: 08:00-18:00", "monday: 08:00-12:00, 14:00-24:00")
    assert script.hours.week[0] == ((time(8), time(12)), (time(14), time(0)))


def test_a_day_left_out_is_closed():
    """Takes a weekday that is not mentioned as closed."""
    assert with_main("  saturday: 09:00-13:00\n", "").hours.week[5] == ()


def test_holidays():
    """Reads holidays by date."""
    assert with_main("x ray,", "x ray,").hours.holidays[date(2026, 12, 25)] == "Christmas Day"


def test_slots():
    """Reads types and lengths."""
    slots = with_main("number: digits 6-12", "number: digits 7").slots
    assert (slots["number"].kind, slots["number"].shortest, slots["number"].longest) == (
        SlotKind.DIGITS,
        7,
        7,
    )
    assert slots["sure"].kind is SlotKind.YES_NO


def test_a_single_text_is_a_list_of_one():
    """Takes one phrase where a list is usual."""
    script = with_main("synonyms: [the lab, the blood lab]", "synonyms: the lab")
    assert script.destinations["laboratory"].synonyms == ("the lab",)


def test_an_author_changes_the_engines_sentences():
    """Says the author's words where the author changed them."""
    script = with_main("sentences:\n", "sentences:\n  anything_else: What else?\n")
    talk = Conversation(Engine(script)).say("are you open today")
    assert talk.spoken.endswith("What else?")


def test_limits():
    """Waits and asks again as often as the author wants."""
    script = with_main("reprompts: 2\n  silence: 6", "reprompts: 1\n  silence: 4")
    talk = Conversation(Engine(script))
    assert talk.listening.timeout == 4.0
    assert "press one" in talk.say("blue").say("blue").spoken


def test_german():
    """Takes a German dialogue, with German sentences of the engine's own."""
    script = load(changed("dialogue.yaml", "language: en", "language: de"))
    assert script.language == "de"
    assert script.sentences["goodbye"] == "Auf Wiederhören."
    assert script.sentences["anything_else"] == "Can I do anything else for you?"


def test_limits_and_model():
    """Reads how long a call may last, and what a language model may do."""
    script = load(guide_files())
    assert script.limits.call == 900.0
    assert script.model == ModelUse(triage=True, slots=True, answers=True)
    assert load(starter_files()).model == ModelUse()
    assert load(changed("dialogue.yaml", "call: 15 minutes", "close: 0.2")).limits.close == 0.2


def test_out_of_scope_with_rules():
    """Puts rules in their places in what belongs to no intent."""
    script = load(changed("dialogue.yaml", "- tell me a joke", "- <want> hear a joke"))
    assert "i'd like to hear a joke" in script.out_of_scope


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("language: en", "language: es", "language", "speaks en and de, not 'es'"),
        ("country: GB", "country: Britain", "country", "two letters"),
        ("currency: GBP", "currency: pounds", "currency", "three letters"),
        ("persona: You are", "persona: You are {reading}", "persona", "'{reading}' is not known"),
        ("consent: This", "consent: This {reading}", "consent", "'{reading}' is not known"),
        ("call: 15 minutes", "call: 10", "limits.call", "a minute at least"),
        ("call: 15 minutes", "call: 9 hours", "limits.call", "expected 0 to 7200 seconds"),
        ("reprompts: 2", "reprompts: 1.5", "limits.reprompts", "a whole number"),
        ("triage: yes", "triag: yes", "model.triag", "did you mean 'triage'"),
        ("- tell me a joke", "- tell me a {day}", "out_of_scope[1]", "holds no slot"),
        ("- tell me a joke", "- tell me <joke>", "out_of_scope[1]", "declare it under 'rules:'"),
        ("want: (i want", "want: (<want>", "rules.want", "holds itself"),
        ("anything_else: Can", "anything_else: '{value}' #", "sentences.anything_else", "cannot hold"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong in dialogue.yaml."""
    check_mistake("dialogue.yaml", old, new, field, reason)
