"""Behaviour of `appliance.speech.speaking.phrasing`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.speech.speaking import phrasing
from appliance.speech.speaking.phrasing import (
    FIRST_CHARACTERS,
    PHRASE_CHARACTERS,
    Phrase,
    Takes,
    phrases,
)
from appliance.speech.words.script import Segment


def test_each_sentence_is_a_phrase() -> None:
    """Sentences come one by one, short clauses of one sentence together, with their marks."""
    first, second = phrases("Hello, you. Are you there?")
    assert first.said.endswith(("uː.", "u."))
    assert "," in first.said
    assert (first.mark, second.mark) == (".", "?")


def test_long_sentences_end_phrases_at_marks() -> None:
    """A long sentence is said in parts that a voice has learnt the length of."""
    parts = list(phrases("one two three four five six, " * 8 + "seven."))
    assert len(parts) > 2
    assert max(len(part.said) for part in parts) <= PHRASE_CHARACTERS
    assert [part.mark for part in parts[:-1]] == [","] * (len(parts) - 1)


def test_the_first_phrase_ends_at_the_first_mark() -> None:
    """Nobody waits for the second clause; later clauses are joined again."""
    first, second = phrases("We are open today, from nine to five, and not on Sunday.")
    assert first.said.endswith("ˈeɪ,")
    assert second.said.count(",") == 1


def test_a_long_first_clause_is_cut_before_a_word_without_stress() -> None:
    """The beginning is short, runs on without a mark, and nothing is lost."""
    text = "I will connect you with the cardiology department right away today."
    first, second = phrases(text)
    assert len(first.said) <= FIRST_CHARACTERS
    assert (first.mark, second.mark) == ("", ".")
    assert "ˈ" in first.said.rsplit(" ", 1)[-1]
    assert "ˈ" not in second.said.split(" ", 1)[0]
    again = next(phrases(f"Yes of course. {text}"))
    assert not again.said.endswith(first.said)
    whole = list(phrases(f"Yes of course. {text}"))[1]
    assert f"{first.said} {second.said}" == whole.said


def test_words_are_cut_like_phonemes() -> None:
    """An engine with words of its own begins as soon."""
    first, *rest = phrases(
        "I will connect you with the cardiology department right away.", takes=Takes.WORDS
    )
    assert len(first.said) <= FIRST_CHARACTERS
    assert " ".join([first.said, *(part.said for part in rest)]) == (
        "I will connect you with the cardiology department right away."
    )


def test_german_is_said_in_german() -> None:
    """Numbers and letters are those of the language."""
    (phrase,) = phrases("Raum 12.", "de", takes=Takes.WORDS)
    assert phrase.said == "Raum zwölf."


def test_manners_and_pauses_part_phrases() -> None:
    """What is faster, louder or followed by a break stands alone."""
    made = list(
        phrases(
            '<speak>One two three four <prosody rate="120%" volume="+3dB">five six</prosody>'
            '<break time="1s"/>seven.</speak>'
        )
    )
    assert [(part.rate, part.volume_db, part.pause) for part in made] == [
        (1.0, 0.0, 0.0), (1.2, 3.0, 0.0), (1.0, 0.0, 1.0), (1.0, 0.0, 0.0),
    ]  # fmt: skip
    assert not made[2].said
    assert made[0].mark == ""


def test_a_break_at_the_very_beginning_is_only_a_pause() -> None:
    """Says nothing for as long as asked."""
    first, second = phrases('<speak><break time="700ms"/>Hello there.</speak>')
    assert first == Phrase("", "", pause=0.7)
    assert second.said.startswith("h")


def test_the_first_phrase_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is there before the second clause is even looked at."""
    seen: list[str] = []

    def slowly(*_args: object, **_more: object) -> Iterator[Segment]:
        for words in ("a first clause", "a second clause", "a third clause"):
            seen.append(words)
            yield Segment(words, words, ",")

    monkeypatch.setattr(phrasing, "segments", slowly)
    assert next(phrases("whatever")).said == "a first clause,"
    assert seen == ["a first clause"]


def test_nothing_to_say_is_no_phrase() -> None:
    """Gives none for marks and blanks."""
    assert list(phrases(" ... ")) == []
    assert list(phrases("")) == []
