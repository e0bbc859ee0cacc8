from datetime import date, time

from appliance.dialogue import Engine, load
from appliance.dialogue.script import SlotKind
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
