"""Behaviour of `appliance.speech.words.script`; needs espeak-ng."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.speech.words import script
from appliance.speech.words.phonemes import phonemise
from appliance.speech.words.pronunciation import Pronunciations
from appliance.speech.words.script import Segment, segments
from appliance.speech.words.ssml import SsmlError

NAMES = Pronunciations.parse(
    """
    "3M" = "three em"
    [en]
    "Nguyen" = "wɪn"
    "acme" = "ˈakmeɪ"
    [de]
    "Washington" = "en:"
    """
)


def test_plain_text_becomes_one_segment_for_each_clause() -> None:
    """Words, sound and mark of each clause come in order, in the voice's own manner."""
    assert list(segments("Hello, room 204. Bye!")) == [
        Segment("Hello", phonemise("Hello"), ","),
        Segment("room two zero four", phonemise("room two zero four"), "."),
        Segment("Bye", phonemise("Bye"), "!"),
    ]


def test_german_is_said_in_german() -> None:
    """The language decides rules and accent; an accent may be told."""
    assert next(segments("um 8 Uhr", "de")).ipa == phonemise("um acht Uhr", "de")
    assert next(segments("water", accent="en-gb")).ipa == phonemise("water", "en-gb")


def test_names_are_said_as_the_site_says_them() -> None:
    """An entry holds in a sentence, with 's, in an address and in capitals, and is read as written."""
    first, second = segments("Mr. Nguyen's mail is NGUYEN@acme.com. 3M calls.", "en", NAMES)
    assert first.words == "mister Nguyen's mail is Nguyen at acme dot com"
    assert " wɪnz " in first.ipa
    assert " wɪn " in first.ipa
    assert "ˈakmeɪ" in first.ipa
    assert second.ipa == f"{phonemise('three em')} {phonemise('calls')}"
    assert "vˈɑːʃɪŋtən" in next(segments("Hallo Washington", "de", NAMES)).ipa


def test_german_names_in_english_text_are_said_in_german() -> None:
    """Letters that only German has are reason enough, with the sounds of the English voice."""
    (only,) = segments("Ask for Jörg Müller.")
    assert only.words == "Ask for Jörg Müller"
    assert only.ipa.endswith("jˈɜːɹk mˈʊlɚ")
    assert next(segments("naïve café")).ipa == phonemise("naive cafe")


def test_an_abbreviation_before_a_name_is_still_one() -> None:
    """A "St. Nguyen" is a saint, not the end of a sentence."""
    assert [part.words for part in segments("At St. Nguyen school", "en", NAMES)] == [
        "At Saint Nguyen school"
    ]


def test_a_change_of_manner_does_not_end_the_clause() -> None:
    """Within a clause a change of rate has no mark; a mark behind the tag belongs to the clause."""
    text = "<speak>I said <prosody rate='slow'>four</prosody>, then go.</speak>"
    assert [(part.words, part.mark, part.rate) for part in segments(text)] == [
        ("I said", "", 1.0), ("four", ",", 0.75), ("then go", ".", 1.0),
    ]  # fmt: skip


def test_breaks_belong_to_what_they_follow() -> None:
    """A pause stands on the segment before it, or alone at the beginning."""
    text = "<speak><break time='1s'/>Hello <break time='300ms'/><break time='200ms'/>you</speak>"
    assert [(part.words, part.mark, round(part.pause, 3)) for part in segments(text)] == [
        ("", "", 1.0), ("Hello", ",", 0.3), ("", "", 0.2), ("you", ".", 0.0),
    ]  # fmt: skip


def test_inline_tags_do_not_cut_a_clause() -> None:
    """Phonemes, substitutes and say-as are parts of their clause."""
    text = (
        "<speak>Dr. <phoneme ph='ˈlaɪ'>Leigh</phoneme> in <say-as interpret-as='digits'>204</say-as>"
        " of <sub alias='the house'>TH</sub>.</speak>"
    )
    (only,) = segments(text)
    assert only.words == "doctor Leigh in two zero four of the house"
    assert " lˈaɪ " in only.ipa


def test_sentences_of_markup_end() -> None:
    """<s> without a mark falls like a sentence; a paragraph is followed by a pause."""
    text = "<speak><p><s>one</s><s>two</s></p>three</speak>"
    assert [(part.words, part.mark, part.pause) for part in segments(text)] == [
        ("one", ".", 0), ("two", ".", 0.4), ("three", ".", 0),
    ]  # fmt: skip


def test_wrong_markup_is_said_without_its_tags() -> None:
    """A caller never hears silence because of a tag; an author may ask for the error."""
    text = "<speak>Please <bold>hold</bold> the line"
    assert [part.words for part in segments(text)] == ["Please hold the line"]
    with pytest.raises(SsmlError):
        list(segments(text, strict=True))


def test_the_first_segment_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long answer only the first clause is phonemised, and only its beginning is prepared."""
    said: list[str] = []
    prepared: list[str] = []
    clauses = script.clauses

    def phonemised(words: str, accent: str) -> str:
        said.append(words)
        return words

    def divided(text: str, language: str) -> object:
        prepared.append(text)
        return clauses(text, language)

    monkeypatch.setattr(script, "phonemise", phonemised)
    monkeypatch.setattr(script, "clauses", divided)
    text = "Our office opens tomorrow. Dr. Lee is there. " * 100
    whole = segments(text)
    assert next(whole).words == "Our office opens tomorrow"
    assert len(said) == 1
    assert sum(map(len, prepared)) < 400
    rest = list(whole)
    assert len(rest) == 199
    assert "".join(prepared) == text


def test_long_text_is_not_cut_at_an_abbreviation() -> None:
    """What only looks like the end of a sentence does not divide a long text."""
    text = "Sie zahlen im Monat einschl. Strom und der jährl. Miete viel. " * 10
    assert {part.words for part in segments(text, "de")} == {
        "Sie zahlen im Monat einschließlich Strom und der jährlich Miete viel"
    }


def test_an_authors_strange_word_is_no_name() -> None:
    """What only looks like a made-up word stays a word."""
    assert next(segments("qxqbz and Nguyen", "en", NAMES)).words.startswith("qxqbz and")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120) | st.text("<speak>/br ti='1s\"&;a.,Nguyen", max_size=60))
def test_any_text_can_be_said(text: str) -> None:
    """Whatever is written, segments are whole and within bounds, and none raises."""
    for part in segments(text, "en", NAMES):
        assert bool(part.ipa) or part.pause or not part.mark
        assert part.mark in {"", ",", ";", ":", ".", "!", "?"}
        assert 0.5 <= part.rate <= 2
        assert -40 <= part.volume_db <= 6
