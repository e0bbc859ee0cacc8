"""Digits, letters, numbers, days and times in freely written words."""

from __future__ import annotations

import pytest

from appliance.contracts.expectation import Kind
from appliance.speech.engines.hypothesis import plain
from appliance.speech.engines.spoken import Judge, Speller
from appliance.speech.turns.endpointing import Progress


@pytest.mark.parametrize(
    ("said", "digits", "strange"),
    [
        ("my number is one two three", "123", 0),
        ("double seven one triple four", "771444", 0),
        ("4455 6", "44556", 0),
        ("it's 12-34", "1234", 0),
        ("twenty three forty five sixty", "234560", 0),
        ("eighteen ten twenty oh five", "18102005", 0),
        ("four hundred one", "4001", 0),
        ("oh five oh for one to", "050412", 0),
        ("one two tree for five sex", "123456", 0),
        ("please call me for lunch", "", 2),
        ("fife sebben nine", "579", 0),
        ("three bananas", "3", 1),
        ("to", "", 0),
    ],
)
def test_english_digits(said: str, digits: str, strange: int) -> None:
    """Digits as people say them and as models write them, words that only sound like them too."""
    speller = Speller("en")
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    found = speller.digits(plain(said).split())
    assert "".join(str(words.index(symbol.text)) for symbol in found.symbols) == digits
    assert found.strange == strange


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("null acht fünfzehn", "0815"),
        ("dreiundzwanzig fünfundvierzig", "2345"),
        ("zwo zwo doppel vier", "2244"),
        ("meine nummer ist 0171 23", "017123"),
        ("zwanzig drei", "203"),
    ],
)
def test_german_digits(said: str, digits: str) -> None:
    """German numbers are pairs of digits: tens come after their units."""
    words = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
    found = Speller("de").digits(said.split())
    assert "".join(str(words.index(symbol.text)) for symbol in found.symbols) == digits


def test_a_misheard_digit_is_less_sure() -> None:
    """What only sounds like a digit counts less than the digit."""
    sure = [symbol.sure for symbol in Speller("en").digits(["one", "for", "two"]).symbols]
    assert sure[1] < sure[0] == sure[2] == 1.0


@pytest.mark.parametrize(
    ("said", "letters"),
    [
        ("s m i t h", "s m i t h"),
        ("B as in bravo, O, B", "b o b"),
        ("b for boy u g", "b u g"),
        ("b bravo c", "b c"),
        ("alpha bravo charlie", "a b c"),
        ("see a tea", "c a t"),
        ("the letter b", "b"),
        ("double l o", "l l o"),
        ("my name is Smith, S M I T H", "s m i t h"),
        ("ABC 12", "a b c one two"),
        ("a4b", "a four b"),
        ("a b four", "a b four"),
    ],
)
def test_english_letters(said: str, letters: str) -> None:
    """Letters by name, by spelling alphabet, with an explanation, in capitals, mixed with digits."""
    from appliance.speech.engines.hypothesis import untimed

    heard = untimed(said, 0.0, 1.0)
    found = Speller("en").letters([word.text for word in heard.words], heard.written)
    assert " ".join(symbol.text for symbol in found.symbols) == letters


@pytest.mark.parametrize(
    ("said", "letters"),
    [("b wie berta a u", "b a u"), ("anton berta", "a b"), ("ypsilon zett ka", "y z k")],
)
def test_german_letters(said: str, letters: str) -> None:
    """The German alphabet, alone and after its letter."""
    found = Speller("de").letters(said.split())
    assert " ".join(symbol.text for symbol in found.symbols) == letters


def test_symbols_know_their_word() -> None:
    """Each symbol tells in which word it was heard, for its time."""
    found = Speller("en").digits(["one", "22", "three"])
    assert [symbol.word for symbol in found.symbols] == [0, 1, 1, 2]


NONE, WHOLE, OPEN, HALF, UNSURE = (
    Progress.NOTHING,
    Progress.COMPLETE,
    Progress.OPEN,
    Progress.INCOMPLETE,
    Progress.UNSURE,
)


@pytest.mark.parametrize(
    ("kind", "language", "said", "progress"),
    [
        (Kind.DATE, "en", "november twenty second", WHOLE), (Kind.DATE, "en", "november", HALF),
        (Kind.DATE, "en", "tomorrow", WHOLE), (Kind.DATE, "en", "the fifth", OPEN),
        (Kind.DATE, "en", "22/11", WHOLE), (Kind.DATE, "en", "hello", UNSURE),
        (Kind.DATE, "en", "friday and", HALF), (Kind.DATE, "de", "zweiundzwanzigster november", WHOLE),
        (Kind.DATE, "de", "der dritte", OPEN), (Kind.DATE, "de", "morgen", WHOLE),
        (Kind.TIME, "en", "half past three", WHOLE), (Kind.TIME, "en", "half past", HALF),
        (Kind.TIME, "en", "three", OPEN), (Kind.TIME, "en", "three thirty", WHOLE),
        (Kind.TIME, "en", "15:30", WHOLE), (Kind.TIME, "en", "noon", WHOLE),
        (Kind.TIME, "en", "three pm", WHOLE), (Kind.TIME, "en", "whenever", UNSURE),
        (Kind.TIME, "en", "ten to", HALF), (Kind.TIME, "de", "halb vier", WHOLE),
        (Kind.TIME, "de", "um drei", OPEN), (Kind.TIME, "de", "viertel nach", HALF),
        (Kind.TIME, "de", "vierzehn uhr dreißig", WHOLE),
        (Kind.NUMBER, "en", "one hundred and", HALF), (Kind.NUMBER, "en", "one hundred twelve", OPEN),
        (Kind.NUMBER, "en", "many", UNSURE), (Kind.NUMBER, "de", "zweihundertfünfundzwanzig", OPEN),
        (Kind.NUMBER, "de", "hundeleine", UNSURE), (Kind.NUMBER, "de", "und", HALF),
        (Kind.AMOUNT, "en", "twelve dollars", WHOLE), (Kind.AMOUNT, "en", "$12.50", WHOLE),
        (Kind.AMOUNT, "en", "twelve", OPEN), (Kind.AMOUNT, "en", "some money", UNSURE),
        (Kind.FREE, "en", "whatever", OPEN), (Kind.FREE, "en", "", NONE),
    ],
)  # fmt: skip
def test_how_whole_an_answer_is(kind: Kind, language: str, said: str, progress: Progress) -> None:
    """Half a date waits, a whole one does not, and what is none is told."""
    assert Judge(language).progress(kind, plain(said).split()) is progress
