"""`call.thinking.clauses`: what a model writes, cut so that it can be spoken while it writes on."""

import pytest

from appliance.call.thinking.clauses import Clauses


def cut(text, size=1):
    """The clauses of a text that comes in pieces of `size` characters."""
    clauses = Clauses()
    found = [c for at in range(0, len(text), size) for c in clauses.feed(text[at : at + size])]
    return [*found, *clauses.close()]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Yes. We are open.", ["Yes.", "We are open."]),
        ("You can park here, in Mill Lane.", ["You can park here,", "in Mill Lane."]),
        ("Well, you can park here.", ["Well, you can park here."]),
        ("It costs 2.50 euros; ask us!", ["It costs 2.50 euros;", "ask us!"]),
        ("Open from 9 a.m. to 5.30 p.m. each day.", ["Open from 9 a.m. to 5.30 p.m. each day."]),
        ("Am 3. Dezember um 14.30 Uhr. Ja.", ["Am 3. Dezember um 14.30 Uhr.", "Ja."]),
        ("Frau Dr. Meyer, z. B. heute.", ["Frau Dr. Meyer,", "z. B. heute."]),
        ("Call 030 44 55, 66 please.", ["Call 030 44 55, 66 please."]),
        ("one two three four five six seven eight nine ten",
         ["one two three four five six seven eight", "nine ten"]),
        ("dial for us now and every day 030 44 55 66 77 please and then wait",
         ["dial for us now and every day 030 44 55 66 77 please", "and then wait"]),
        ("(Really?) “Yes.” So", ["(Really?)", "“Yes.”", "So"]),
        ("first line\nsecond line", ["first line second line"]),
        ("", []),
        ("   ", []),
    ],
)  # fmt: skip
def test_text_is_cut_where_one_breathes(text, clauses, size):
    """Clauses end at signs or after some words, never in a number; pieces do not matter."""
    assert cut(text, size) == clauses


def test_the_first_clause_does_not_wait_for_the_second():
    """A clause is given out with the space after it, while the model writes on."""
    clauses = Clauses()
    assert clauses.feed("You can park in Mill Lane,") == []
    assert clauses.feed(" which") == ["You can park in Mill Lane,"]


def test_a_later_clause_may_be_longer():
    """After the first clause the caller is being talked to: without a sign twenty words pass."""
    first, *later = cut(" ".join(["word"] * 60))
    assert len(first.split()) == 8
    assert [len(clause.split()) for clause in later] == [20, 20, 12]


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_a_model_tells_itself_is_not_told(size):
    """Between <think> and </think> nothing is given out; before and after, all is."""
    text = "Well. <think>The user wants a secret. Is it 5 < 6?</think> You can park."
    assert cut(text, size) == ["Well.", "You can park."]
    assert cut("<think>never ends, ", size) == []
    assert cut("a <thin line.", size) == ["a <thin line."]


def test_it_says_when_it_hides():
    """Whoever waits can tell that the model has not begun to speak."""
    clauses = Clauses()
    clauses.feed("<think>so")
    assert clauses.hidden
    clauses.feed("</think>")
    assert not clauses.hidden


def test_a_word_without_end_is_dropped():
    """What has no space for pages is no language, and is not kept."""
    clauses = Clauses()
    for _ in range(100):
        assert clauses.feed("x" * 100) == []
    assert sum(map(len, clauses.close())) < 1000
