"""`dialogue.model.words`: words of one stem are taken for one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.model.words import Kin, stem, stems


@pytest.mark.parametrize(
    ("language", "alike"),
    [
        ("en", ["visit", "visits", "visiting", "visited", "visitor", "visitors"]),
        ("en", ["tariff", "tariffs"]),
        ("en", ["company", "companies"]),
        ("en", ["park", "parks", "parking", "parked"]),
        ("en", ["plan", "planned", "planning"]),
        ("de", ["öffnung", "öffnungen"]),
        ("de", ["rechnung", "rechnungen"]),
        ("de", ["tarif", "tarife", "tarifen", "tarifs"]),
        ("de", ["parken", "park"]),
        ("de", ["straße", "strasse", "strassen"]),
    ],
)
def test_forms_of_a_word_meet(language, alike):
    """Number, case and tense do not matter."""
    assert len({stem(word, language) for word in alike}) == 1


@pytest.mark.parametrize(
    ("language", "apart"),
    [("en", ["bus", "business", "hour", "glass", "gas"]), ("de", ["gas", "gast", "rose", "rot"])],
)
def test_different_words_do_not(language, apart):
    """What is short or only looks alike stays what it is."""
    assert len({stem(word, language) for word in apart}) == len(apart)


def test_small_words_are_left_out():
    """A sentence is what it is about; words that come twice are there twice."""
    assert stems("When can I visit the visitors of my mother?") == ("visit", "visit", "moth")
    assert stems("Wann darf ich Sie denn besuchen?", "de") == ("besuch",)


def test_kin_is_a_part_at_an_edge():
    """A long word is kin to a longer one that begins or ends with it; short ones are not."""
    words = Kin(["besuchszeit", "besuch", "tarif", "park", "parkplatz", "zeit", "uchszei", "gas"])
    assert set(words.of("besuch")) == {"besuchszeit"}
    assert set(words.of("besuchszeit")) == {"besuch"}
    assert set(words.of("nachttarif")) == {"tarif"}
    assert set(words.of("park")) == {"parkplatz"}
    assert set(words.of("parkhaus")) == {"park"}
    assert words.of("gasthaus") == words.of("g") == words.of("") == ()


@given(st.lists(st.text("ab", min_size=1, max_size=8), max_size=12), st.text("ab", max_size=8))
def test_kin_is_the_same_from_both_sides(vocabulary, word):
    """Whatever is kin to a word has that word as its kin."""
    for other in Kin(vocabulary).of(word):
        assert other != word
        assert word in Kin([word]).of(other)
        assert (
            other.startswith(word)
            or other.endswith(word)
            or word.startswith(other)
            or (word.endswith(other))
        )


@given(st.text(), st.sampled_from(["en", "de"]))
def test_any_text_has_stems(text, language):
    """Nothing that is written can break it."""
    assert all(stems(text, language)) or not stems(text, language)
