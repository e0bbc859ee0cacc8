from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.understanding.classify import Classifier, best, confidences, content, merge

EXAMPLES = {
    "hours": ["what are your opening hours", "when do you open", "are you open {day}"],
    "connect": ["put me through to {destination}", "i want to speak to {destination}"],
    "": ["what is the weather like"],
}


def test_a_known_sentence_is_certain():
    """Is certain of every example, courtesies or not."""
    found = Classifier(EXAMPLES)
    for name, texts in EXAMPLES.items():
        for text in texts:
            assert best(found.classify(f"hello um {text} please")) == (name, 1.0)


def test_a_misheard_word_does_not_matter():
    """Takes unknown words for the known ones that they sound like."""
    name, confidence = best(Classifier(EXAMPLES).classify("what are your open in ours"))
    assert name == "hours"
    assert confidence > 0.5


def test_a_foreign_sentence_is_nothing():
    """Gives no class any confidence to speak of for a sentence of other words."""
    _, confidence = best(Classifier(EXAMPLES).classify("purple elephants dance wildly"))
    assert confidence < 0.2


def test_a_destination_prefers_examples_that_name_one():
    """Takes a tag in the sentence as a sign for the classes that know it."""
    found = Classifier({"person": ["i want to speak to someone"], **EXAMPLES})
    name, _ = best(found.classify("i want to speak to someone in {destination}"))
    assert name == "connect"


def test_a_rival_lowers_confidence():
    """Is less sure of the best where another is nearly as like, and keeps the order."""
    alone = confidences({"a": 0.5})["a"]
    close = confidences({"a": 0.5, "b": 0.49})
    assert close["b"] <= close["a"] < alone


def test_courtesies():
    """Leaves courtesies out unless nothing else was said."""
    assert content("good morning could you please help") == ["could", "you", "help"]
    assert content("thank you") == ["thank", "you"]


def test_merge_is_a_weighted_mean():
    """Weighs readings by their confidence."""
    assert merge([({"a": 1.0}, 3.0), ({"b": 1.0}, 1.0)]) == {"a": 0.75, "b": 0.25}
    assert merge([]) == {}
    assert best({}) == ("", 0.0)


@settings(derandomize=True, deadline=None)
@given(st.text("abcdehilnoprstuwy {}'", max_size=80))
def test_any_text(text):
    """Never raises and stays within 0 to 1."""
    found = Classifier(EXAMPLES).classify(text)
    assert all(0.0 <= confidence <= 1.0 for confidence in found.values())


def test_misheard_words_are_mended():
    """Reads several misheard words at once as the sentence that they sound like."""
    found = Classifier({"message": ["leave a message"], **EXAMPLES})
    name, confidence = best(found.classify("leaf a massage"))
    assert name == "message"
    assert confidence > 0.85
