"""Readings from text: answers, how sure they are, how far they have come."""

from __future__ import annotations

import math

import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.engines.hypothesis import Hypothesis, timed, untimed
from appliance.speech.engines.matching import ACCEPTED, Matcher, Matchers
from appliance.speech.recognition.scoring import NOTHING, SURE, Reading
from appliance.speech.turns.endpointing import Progress
from appliance.system.packs.manifest import Pack

WHOLE, OPEN, HALF, UNSURE, NONE = (
    Progress.COMPLETE, Progress.OPEN, Progress.INCOMPLETE, Progress.UNSURE, Progress.NOTHING,
)  # fmt: skip


def read(asked: str | Expectation, said: str, language: str = "en") -> Reading:
    expectation = Expectation.parse(asked) if isinstance(asked, str) else asked
    return Matcher(expectation, language).read(untimed(said, 0.3, 2.0))


@pytest.mark.parametrize(
    ("asked", "said", "meant", "progress"),
    [
        ("digits:6", "double seven one two three four", "seven seven one two three four", WHOLE),
        ("digits:6", "445", "four four five", HALF),
        ("digits:3-6", "445", "four four five", OPEN),
        ("digits:3", "44 55", "four four five five", UNSURE),
        ("digits", "my number is 12", "one two", OPEN),
        ("digits:6", "i don't know", "i don't know", UNSURE),
        ("letters:3", "b as in bravo o b", "b o b", WHOLE),
        ("letters", "whatever you say", "whatever you say", UNSURE),
        ("yes-no", "Yes.", "yes", WHOLE),
        ("yes-no", "Yes, it is, please.", "yes", WHOLE),
        ("yes-no", "nope not really", "not really", WHOLE),
        ("yes-no", "i don't know", "i don't know", OPEN),
        ("yes-no", "What?", "what", OPEN),
        ("choice:billing,technical support", "the billing department please", "billing", WHOLE),
        ("choice:billing,technical support", "tech support", "technical support", OPEN),
        ("choice:billing,technical support", "i want a pizza", "", NONE),
        ("choice:pay,pay my bill", "pay", "pay", OPEN),
        ("choice:pay,pay my bill", "pay my bill", "pay my bill", WHOLE),
        ("free:i want to pay my bill", "I want to pay my bill.", "i want to pay my bill", WHOLE),
        ("free:i want to pay my bill", "can i bring my dog", "can i bring my dog", OPEN),
        ("free:i want to pay my bill", "i want to see my bill", "i want to see my bill", OPEN),
        ("choice:i want to pay my bill", "i want to see my bill", "i want to pay my bill", WHOLE),
        ("free", "can i bring my dog", "can i bring my dog", OPEN),
        ("date", "november", "november", HALF),
        ("time", "half past three", "half past three", WHOLE),
        ("amount", "$12.50", "$12.50", WHOLE),
    ],
)
def test_readings(asked: str, said: str, meant: str, progress: Progress) -> None:
    """What was said is read as what was asked for, and as far as it has come."""
    reading = read(asked, said)
    assert (reading.text, reading.progress) == (meant, progress)


@pytest.mark.parametrize(
    ("asked", "said", "meant", "progress"),
    [
        ("yes-no", "Ja, genau.", "ja genau", WHOLE), ("yes-no", "nee", "nee", WHOLE),
        ("yes-no", "weiß ich nicht", "weiß ich nicht", OPEN),
        ("digits:4", "null acht fünfzehn", "null acht eins fünf", WHOLE),
        ("choice:rechnung,technik", "es geht um meine rechnung", "rechnung", WHOLE),
    ],
)  # fmt: skip
def test_german_readings(asked: str, said: str, meant: str, progress: Progress) -> None:
    """German answers by German words."""
    reading = read(asked, said, "de")
    assert (reading.text, reading.progress) == (meant, progress)


def test_confidence_says_how_well_it_fits() -> None:
    """What is said exactly is surer than what is misheard, and that than what is refused."""
    asked = "choice:billing,technical support,opening hours"
    sure, less, none = (read(asked, said) for said in ("billing", "tech support", "pizza"))
    assert sure.confidence > SURE > less.confidence > ACCEPTED
    assert none.confidence == 0.0
    assert all(0.0 <= other.confidence < ACCEPTED for other in none.alternatives)


def test_rivals_take_confidence() -> None:
    """Two names that sound alike are both told, and neither is sure."""
    alone = read("choice:hans schmidt,eva wolf", "hans schmid", "de")
    both = read("choice:hans schmidt,hans schmitt", "hans schmid", "de")
    assert both.confidence < alone.confidence
    assert [other.text for other in both.alternatives] == ["hans schmitt"]
    assert both.alternatives[0].confidence > ACCEPTED


def test_agreement_does_not_compete_with_itself() -> None:
    """Many ways to say yes do not make a yes less sure; the other answer is what competes."""
    reading = read("yes-no", "yeah that's right")
    assert reading.confidence > 0.85
    assert all("yes" not in other.text for other in reading.alternatives)


def test_doubtful_words_make_doubtful_answers() -> None:
    """The model's own doubt about its words goes into the answer's confidence."""
    matcher = Matcher(Expectation(Kind.YES_NO), "en")
    readings = []
    for probability in (0.99, 0.4):
        heard = timed([" yes"], [0.5], [math.log(probability)])
        assert heard is not None
        readings.append(matcher.read(heard))
    assert readings[0].confidence > readings[1].confidence + 0.2
    digits = Matcher(Expectation(Kind.DIGITS), "en")
    heard = timed([" one", " two"], [0.5, 0.9], [math.log(0.3), math.log(0.3)])
    assert heard is not None
    refused = digits.read(heard)
    assert (refused.text, refused.progress) == ("one two", UNSURE)
    assert refused.alternatives[0].text == "one two"


def test_thresholds_of_a_pack() -> None:
    """A pack that was measured says from where on an answer counts."""
    heard = untimed("tech support", 0, 1)
    asked = Expectation(Kind.CHOICE, ("billing", "technical support"))
    assert Matcher(asked, "en", {"choice": 0.5}).read(heard).text == "technical support"
    refused = Matcher(asked, "en", {"choice": 0.9}).read(heard)
    assert refused.text == ""
    assert refused.alternatives[0].text == "technical support"


def test_words_keep_their_times() -> None:
    """Digits have the times of the words that they were heard in."""
    heard = timed([" one", " 22"], [0.5, 1.0], [])
    assert heard is not None
    words = Matcher(Expectation(Kind.DIGITS), "en").read(heard).words
    assert [word.text for word in words] == ["one", "two", "two"]
    assert words[1].start == words[2].start == heard.words[1].start


@pytest.mark.parametrize("kind", [Kind.FREE, Kind.DIGITS, Kind.YES_NO, Kind.DATE])
def test_nothing(kind: Kind) -> None:
    """Silence is nothing, whatever was asked."""
    assert Matcher(Expectation(kind), "en").read(Hypothesis()) == NOTHING


def test_who_is_not_asked_is_not_read() -> None:
    """While nobody is asked, words are not read."""
    assert read("free", "yes").text == "yes"
    assert read(Expectation(Kind.NOTHING), "yes") == NOTHING


def test_free_words_are_never_sure_enough_to_end_a_turn() -> None:
    """Free speech stays open, and unsure where the model is."""
    matcher = Matcher(Expectation(), "en")
    sure, doubtful = timed([" so"], [0.1], [-0.01]), timed([" so"], [0.1], [-2.0])
    assert sure is not None
    assert doubtful is not None
    assert [matcher.read(heard).progress for heard in (sure, doubtful)] == [OPEN, UNSURE]


def test_a_pack_keeps_its_matchers(tone_pack: Pack) -> None:
    """The same question is laid out once."""
    matchers = Matchers(tone_pack)
    assert matchers(Expectation(Kind.YES_NO)) is matchers(Expectation(Kind.YES_NO))
    assert matchers(Expectation(Kind.DIGITS)) is not matchers(Expectation(Kind.YES_NO))
