"""What was said, given what was expected, on frames made to measure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.features import filter_banks, normalise
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.recognition.scoring import SURE, Reading
from appliance.speech.turns.endpointing import Progress
from appliance.system.packs.manifest import Pack
from tests.speech import graphs, tones

DIGITS = Expectation(Kind.DIGITS)


def _read(recogniser: CtcRecogniser, said: str, expectation: Expectation) -> Reading:
    sound = np.concatenate([tones.silence(0.3), tones.speak(said), tones.silence(0.3)])
    return recogniser.read(recogniser.run(filter_banks(normalise(sound, -23.0))), expectation)


def test_free(tone_recogniser: CtcRecogniser) -> None:
    """Without expectation the text is what was said, with times of each word."""
    reading = _read(tone_recogniser, "are you open", Expectation())
    assert reading.text == "are you open"
    assert reading.confidence > SURE
    assert [word.text for word in reading.words] == ["are", "you", "open"]
    starts = [word.start for word in reading.words]
    assert starts == pytest.approx([0.3, 0.3 + 4 * 0.12, 0.3 + 8 * 0.12], abs=0.1)
    for before, after in zip(reading.words, reading.words[1:], strict=False):
        assert before.start < before.end <= after.start


def test_free_with_phrases(tone_recogniser: CtcRecogniser) -> None:
    """A likely phrase that is close to what was heard is taken for it, and ends the turn."""
    expectation = Expectation(Kind.FREE, ("the open hours", "are you open", "operator"))
    reading = _read(tone_recogniser, "thi open hors", expectation)
    assert reading.text == "the open hours"
    assert reading.progress is Progress.COMPLETE
    assert [word.text for word in reading.words] == ["the", "open", "hours"]


def test_free_beside_the_phrases(tone_recogniser: CtcRecogniser) -> None:
    """What is like none of the phrases stays as it was heard, and may go on."""
    expectation = Expectation(Kind.FREE, ("the open hours", "operator"))
    reading = _read(tone_recogniser, "bill six", expectation)
    assert reading.text == "bill six"
    assert reading.progress is Progress.OPEN


def test_short_phrases_do_not_win(tone_recogniser: CtcRecogniser) -> None:
    """A long sentence is not taken for a short phrase that is part of it."""
    expectation = Expectation(Kind.FREE, ("open", "no", "are you open please"))
    assert _read(tone_recogniser, "are you open please", expectation).text == "are you open please"
    expectation = Expectation(Kind.FREE, ("open", "no"))
    assert _read(tone_recogniser, "are you open please", expectation).text == "are you open please"


def test_choice(tone_recogniser: CtcRecogniser) -> None:
    """The best choice wins, polite words are no obstacle."""
    expectation = Expectation(Kind.CHOICE, ("bill", "operator", "hours"))
    for said in ("bill", "bil", "bill please"):
        reading = _read(tone_recogniser, said, expectation)
        assert reading.text == "bill"
        assert reading.progress is Progress.COMPLETE


def test_a_polite_request_is_a_known_one(tone_recogniser: CtcRecogniser) -> None:
    """A likely sentence with a "please" after it ends the turn as the sentence itself does."""
    reading = _read(
        tone_recogniser, "are you open please", Expectation(Kind.FREE, ("are you open",))
    )
    assert (reading.text, reading.progress) == ("are you open", Progress.COMPLETE)


def test_choice_of_none(tone_recogniser: CtcRecogniser) -> None:
    """What is no choice at all is nothing; the nearest ones are alternatives."""
    expectation = Expectation(Kind.CHOICE, ("bill", "operator"))
    reading = _read(tone_recogniser, "seven zero seven", expectation)
    assert (reading.text, reading.confidence, reading.progress) == ("", 0.0, Progress.NOTHING)


def test_rivals(tone_recogniser: CtcRecogniser) -> None:
    """Between two phrases that fit alike the confidence falls and the other is offered."""
    expectation = Expectation(Kind.CHOICE, ("open the bill", "open the five"))
    reading = _read(tone_recogniser, "open the", expectation)
    sure = _read(tone_recogniser, "open the bill", expectation)
    assert reading.text in expectation.phrases
    assert {reading.text, *(a.text for a in reading.alternatives)} == set(expectation.phrases)
    assert reading.confidence < sure.confidence


@pytest.mark.parametrize("said", ["yes", "no", "yes please", "right"])
def test_yes_no(tone_recogniser: CtcRecogniser, said: str) -> None:
    """Natural forms of agreement and refusal come back as said, and are complete."""
    reading = _read(tone_recogniser, said, Expectation(Kind.YES_NO))
    assert (reading.text, reading.progress) == (said, Progress.COMPLETE)


def test_yes_no_or_a_command(tone_recogniser: CtcRecogniser) -> None:
    """A phrase that the dialogue also expects is heard beside yes and no."""
    reading = _read(tone_recogniser, "operator", Expectation(Kind.YES_NO, ("operator",)))
    assert reading.text == "operator"
    assert reading.confidence > SURE


@pytest.mark.parametrize(
    "said",
    [
        "seven",
        "one two three four",
        "nine nine nine",
        "oh zero oh",
        "double five two",
        "six oh eight",
    ],
)
def test_digits(tone_recogniser: CtcRecogniser, said: str) -> None:
    """Digit strings are read as spoken, repeats and "oh" included."""
    reading = _read(tone_recogniser, said, DIGITS)
    assert reading.text == said
    assert reading.progress is Progress.OPEN
    assert [word.text for word in reading.words] == said.split()


@pytest.mark.parametrize(
    ("said", "shortest", "longest", "progress"),
    [
        ("one two three", 3, 3, Progress.COMPLETE),
        ("one two three", 2, 4, Progress.OPEN),
        ("one two three", 2, 3, Progress.COMPLETE),
        ("one two three", 6, 6, Progress.INCOMPLETE),
        ("double five two", 3, 3, Progress.COMPLETE),
        ("one two three", 0, 0, Progress.OPEN),
    ],
)
def test_digits_of_known_length(
    tone_recogniser: CtcRecogniser, said: str, shortest: int, longest: int, progress: Progress
) -> None:
    """How far a number has come is judged by its length, doubles counted."""
    expectation = Expectation(Kind.DIGITS, shortest=shortest, longest=longest)
    reading = _read(tone_recogniser, said, expectation)
    assert (reading.text, reading.progress) == (said, progress)


def test_digits_too_many(tone_recogniser: CtcRecogniser) -> None:
    """A number that is clearly longer than asked for is not cut to fit."""
    reading = _read(tone_recogniser, "one two three", Expectation(Kind.DIGITS, (), 2, 2))
    assert reading.text == "one two three"
    assert reading.progress is not Progress.COMPLETE


def test_no_digits(tone_recogniser: CtcRecogniser) -> None:
    """Speech that holds no digits is not bent into some."""
    reading = _read(tone_recogniser, "bill hours please", DIGITS)
    assert reading.text == "bill hours please"
    assert reading.progress is not Progress.COMPLETE


def test_digits_or_a_command(tone_recogniser: CtcRecogniser) -> None:
    """A command among expected digits is heard as the command."""
    expectation = Expectation(Kind.DIGITS, ("operator",), 4, 4)
    assert _read(tone_recogniser, "operator", expectation).text == "operator"
    assert _read(tone_recogniser, "one two six nine", expectation).text == "one two six nine"


@pytest.mark.parametrize(
    "expectation",
    [Expectation(), Expectation(Kind.FREE, ("open", "no")), DIGITS, Expectation(Kind.LETTERS),
     Expectation(Kind.YES_NO), Expectation(Kind.CHOICE, ("bill",))],
)  # fmt: skip
def test_silence(tone_recogniser: CtcRecogniser, expectation: Expectation) -> None:
    """Silence reads as nothing under every expectation."""
    reading = _read(tone_recogniser, "", expectation)
    assert (reading.text, reading.confidence, reading.progress) == ("", 0.0, Progress.NOTHING)
    nothing = tone_recogniser.read(tone_recogniser.run(np.zeros((0, 40), np.float32)), expectation)
    assert nothing.text == ""


@pytest.fixture(scope="module")
def graph_recogniser(tone_pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> CtcRecogniser:
    """The tone recogniser with a word graph."""
    return CtcRecogniser(graphs.make_pack(tone_pack, tmp_path_factory.mktemp("graph")))


def test_free_by_graph(graph_recogniser: CtcRecogniser) -> None:
    """With a word graph free text is words, each with its time and how sure it is."""
    reading = _read(graph_recogniser, "are yoo open", Expectation())
    assert reading.text == "are you open"
    starts = [word.start for word in reading.words]
    assert starts == pytest.approx([0.4, 0.3 + 5 * 0.12, 0.3 + 9 * 0.12], abs=0.15)
    confidences = [word.confidence for word in reading.words]
    assert min(confidences) == confidences[1] > 0
    assert reading.confidence == pytest.approx(sum(confidences) / 3, abs=0.01)


@pytest.mark.parametrize(
    "said", ["doctor meyer", "the doctor meyer bill", "are you doctor meyer please"]
)
def test_hot_words(graph_recogniser: CtcRecogniser, said: str) -> None:
    """A name that only the question brings is read within a sentence."""
    names = ("doctor meyer", "doctor maier")
    assert _read(graph_recogniser, said, Expectation(hotwords=names)).text == said
    assert _read(graph_recogniser, said, Expectation()).text != said


def test_likely_sentences_are_read_in_others(graph_recogniser: CtcRecogniser) -> None:
    """A likely sentence is heard within a longer one, with words that the graph lacks."""
    expectation = Expectation(Kind.FREE, ("quite so",))
    said = "the bill please quite so right"
    assert _read(graph_recogniser, said, expectation).text == said


def test_nearly_a_likely_sentence(graph_recogniser: CtcRecogniser) -> None:
    """What is surely something else than the likely sentence it resembles is not taken for it."""
    expectation = Expectation(Kind.FREE, ("four nine six seven",))
    for said in ("four five six seven", "four nine six seven"):
        reading = _read(graph_recogniser, said, expectation)
        assert reading.text == said
        assert "four nine six seven" in (reading.text, *(a.text for a in reading.alternatives))


@pytest.mark.parametrize(
    ("kind", "said", "progress"),
    [
        (Kind.NUMBER, "seven", Progress.OPEN),
        (Kind.NUMBER, "two point", Progress.INCOMPLETE),
        (Kind.DATE, "next friday", Progress.OPEN),
        (Kind.DATE, "the twenty", Progress.INCOMPLETE),
        (Kind.TIME, "half past", Progress.INCOMPLETE),
        (Kind.TIME, "noon", Progress.COMPLETE),
        (Kind.AMOUNT, "ten dollars", Progress.OPEN),
        (Kind.AMOUNT, "ten percent", Progress.COMPLETE),
    ],
)
def test_grammars(
    graph_recogniser: CtcRecogniser, kind: Kind, said: str, progress: Progress
) -> None:
    """Numbers, dates, times and amounts are read by their grammar, and how far they have come."""
    reading = _read(graph_recogniser, said, Expectation(kind))
    assert (reading.text, reading.progress) == (said, progress)
    assert reading.confidence > SURE


def test_no_date(graph_recogniser: CtcRecogniser) -> None:
    """What is no date is not bent into one; a phrase beside it is heard."""
    expectation = Expectation(Kind.DATE, ("operator",))
    assert _read(graph_recogniser, "are you open", expectation).text == "are you open"
    assert _read(graph_recogniser, "operator", expectation).text == "operator"


def test_thresholds_are_the_packs(tone_pack: Pack) -> None:
    """The confidence from which an answer is taken comes from the pack, by kind of question."""
    facts = tone_pack.stt
    assert facts is not None
    expectation = Expectation(Kind.CHOICE, ("bill", "hours"))
    texts = {}
    for least in (0.01, 1.01):
        strict = replace(tone_pack, stt=replace(facts, thresholds={"choice": least}))
        recogniser = CtcRecogniser(strict)
        texts[least] = _read(recogniser, "bil", expectation).text
        assert _read(recogniser, "one two", DIGITS).text == "one two"
    assert texts == {0.01: "bill", 1.01: ""}
