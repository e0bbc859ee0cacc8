"""`call.rehearsal.hearing`: the player's ears, and what they count."""

from __future__ import annotations

from random import Random

import pytest

from appliance import dialogue
from appliance.call.rehearsal.hearing import Count, Hearing, sentences, word_distance
from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import Alternative, Heard, Word
from appliance.dialogue.rehearsing.cases import Case, Deed, Step


class FakeEars:
    def __init__(self, *heard: Heard) -> None:
        self.heard = heard
        self.asked: list[tuple[bytes, Expectation]] = []

    def hear(self, pcm: bytes, _line: object, expected: Expectation) -> tuple[Heard, ...]:
        self.asked.append((pcm, expected))
        return self.heard


def test_what_is_heard_is_handed_on_with_all_its_doubts() -> None:
    """Keeps alternatives, word confidences and the encoder's intents."""
    heard = Heard(
        "yes", 0.8, 0.0, 1.0, 1.2, (Word("yes", 0.0, 0.3, 0.7),), (Alternative("yet", 0.1),),
        intents=(Alternative("hours", 0.4),),
    )  # fmt: skip
    ears, count = FakeEars(heard), Count()
    hearing = Hearing(ears, {"Yes!": b"pcm"}, count, Random(1))
    found = hearing(Step(Deed.SAY, ("Yes!",)), Expectation())
    assert found == (
        dialogue.Heard("yes", 0.8, (("yet", 0.1),), (("yes", 0.7),), (("hours", 0.4),)),
    )
    assert ears.asked == [(b"pcm", Expectation())]
    assert (count.sentences, count.words, count.wrong) == (1, 1, 0)


def test_wrong_words_are_counted() -> None:
    """Counts words, sentences that were not heard at all, and those that were cut."""
    count = Count()
    assert count.word_error == 0.0
    count.add("my reading is four", (Heard("my reeding is four", 0.5, 0, 1, 1),))
    count.add("yes", ())
    count.add("four seven", (Heard("four", 1, 0, 1, 1), Heard("seven", 1, 1, 2, 2)))
    assert (count.sentences, count.words, count.wrong) == (3, 7, 2)
    assert (count.unheard, count.cut) == (1, 1)
    assert count.word_error == pytest.approx(2 / 7)
    assert count.examples == [("my reading is four", "my reeding is four"), ("yes", "")]


@pytest.mark.parametrize(
    ("wanted", "found", "distance"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "b c", 1),
        ("", "a b", 2),
        ("a", "", 1),
    ],
)
def test_the_distance_of_words(wanted: str, found: str, distance: int) -> None:
    """Replaces, leaves out and adds."""
    assert word_distance(wanted.split(), found.split()) == distance


def test_every_sentence_is_spoken_once() -> None:
    """Takes the best reading of each step in which the caller speaks."""
    talk = (Step(Deed.SAY, ("a", "b")), Step(Deed.PRESS, ("1",)), Step(), Step(Deed.SAY, ("c",)))
    assert sentences((Case("x", talk), Case("y", talk))) == ("a", "c")
