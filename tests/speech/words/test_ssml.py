"""Behaviour of `appliance.speech.words.ssml`."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.speech.words import ssml
from appliance.speech.words.ssml import Span, SsmlError, parse, plain


def test_plain_text_within_speak_is_one_span() -> None:
    """Nothing but text is said in the voice's own manner; declarations of namespaces pass."""
    source = (
        '<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en">'
        "Tom &amp; Ann</speak>"
    )
    assert parse(source) == (Span("Tom & Ann"),)


def test_breaks_are_pauses() -> None:
    """A break has a time or a strength."""
    text = (
        '<speak>a<break time="300ms"/>b<break time="1.5s"/><break/><break strength="none"/></speak>'
    )
    assert [span.pause for span in parse(text)] == [0, 0.3, 0, 1.5, 0.4]


def test_prosody_nests() -> None:
    """Rates multiply, loudness adds, both stay within bounds, pitch does nothing."""
    text = (
        '<speak><prosody rate="slow" volume="-3dB">a<prosody rate="+20%" volume="soft" pitch="high">'
        'b</prosody></prosody><prosody rate="900%" volume="+90dB">c</prosody>d'
        '<prosody rate="0.8" volume="silent">e</prosody></speak>'
    )
    found = [(span.text, round(span.rate, 3), span.volume_db) for span in parse(text)]
    assert found == [
        ("a", 0.75, -3), ("b", 0.9, -9), ("c", 2.0, 6.0), ("d", 1.0, 0.0), ("e", 0.8, -40.0),
    ]  # fmt: skip


def test_phonemes_and_substitutes_replace_their_text() -> None:
    """IPA comes in the form voices know, other words instead of the text."""
    text = (
        '<speak><phoneme alphabet="ipa" ph="ˈmylər">Müller</phoneme>'
        '<sub alias="World Wide Web">WWW</sub></speak>'
    )
    assert parse(text) == (Span("Müller", "mˈʊləɹ"), Span("World Wide Web"))


def test_sentences_and_paragraphs_end() -> None:
    """A sentence ends without a mark; a paragraph is followed by a pause."""
    spans = parse("<speak><p><s>a</s><s>b</s></p>c</speak>")
    assert [(span.text, span.ends, span.pause) for span in spans] == [
        ("a", True, 0), ("b", True, 0), ("", False, 0.4), ("c", False, 0),
    ]  # fmt: skip


def test_a_language_is_passed_over() -> None:
    """<lang> is no reason to be silent or to complain."""
    assert parse('<speak><lang xml:lang="fr">bonjour</lang></speak>') == (Span("bonjour"),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<speak>a<b>c</b></speak>", r"Line 1, column 9: <b> is not known; there are <speak>, <p>"),
        (
            "<speak>\n <break tim='1s'/></speak>",
            r"Line 2, column 2: <break> has no attribute 'tim'",
        ),
        ("<speak>a & b</speak>", r"Line 1, column 1\d: .*write &amp; for &"),
        ("<speak>a", "the tags do not fit together"),
        ("<speak><s>a</speak>", "the tags do not fit together"),
        ("<speak><break time='3'/></speak>", "300ms or 1.5s, not '3'"),
        ("<speak><break time='60s'/></speak>", "at most 10s"),
        ("<speak><break strength='big'/></speak>", "one of none, x-weak"),
        ("<speak><break>a</break></speak>", "holds no text"),
        ("<speak><break><s/></break></speak>", "may hold no other tag"),
        ("<speak><say-as interpret-as='x'>a</say-as></speak>", "one of digits, characters"),
        ("<speak><say-as>a</say-as></speak>", "needs interpret-as"),
        ("<speak><say-as interpret-as='date' format='x'>1</say-as></speak>", "mdy, dmy"),
        ("<speak><say-as interpret-as='digits'>1<s/></say-as></speak>", "no other tag"),
        ("<speak><prosody rate='quick'>a</prosody></speak>", "80%, \\+10% or 1.2; not 'quick'"),
        ("<speak><prosody volume='5'>a</prosody></speak>", r"\+3dB"),
        ("<speak><phoneme ph='w2'>a</phoneme></speak>", "'2' .*is no IPA"),
        ("<speak><phoneme alphabet='x-sampa' ph='a'>a</phoneme></speak>", "alphabet ipa"),
        ("<speak><sub>a</sub></speak>", "needs an alias"),
        ("<speak><speak>a</speak></speak>", "stands once"),
        ("<speak><?php x?>a</speak>", "processing instructions"),
        ("<speak>" + "<p>" * 12 + "a" + "</p>" * 12 + "</speak>", "12 levels"),
        ("<speak>" + "<s/>" * 1001 + "</speak>", "1000 tags"),
        ("<speak>" + "a" * 32_000 + "</speak>", "divide it"),
    ],
)
def test_mistakes_say_where_and_what_is_allowed(text: str, sentence: str) -> None:
    """An author reads one sentence with the place and the choice."""
    with pytest.raises(SsmlError, match=sentence):
        ssml.check(text)


@pytest.mark.parametrize(
    "text",
    [
        '<speak><!DOCTYPE x [<!ENTITY a "b">]>&a;</speak>',
        '<!DOCTYPE speak [<!ENTITY a SYSTEM "file:///etc/passwd">]><speak>&a;</speak>',
        '<!DOCTYPE speak SYSTEM "http://127.0.0.1/x.dtd"><speak>a</speak>',
        "<speak>&unknown;</speak>",
    ],
)
def test_entities_are_refused(text: str) -> None:
    """No text can make itself larger or bring another file in."""
    with pytest.raises(SsmlError):
        parse(text)


def test_only_speak_makes_a_text_marked_up() -> None:
    """A smaller-than sign in plain text is no markup, and plain text has no mistakes."""
    assert ssml.is_ssml(" \n<speak>a</speak>")
    assert not ssml.is_ssml("a < b <speak>")
    ssml.check("a < b & c")


def test_wrong_markup_leaves_its_words() -> None:
    """A caller hears the words; tags, and halves of tags, are gone."""
    said = plain(
        '<speak>Hello <foo x="1">big</foo> world<break time="1s"/>now &amp; 5 < 6 <s>go</s'
    )
    assert " ".join(said.split()) == "Hello big world, now & 5 6 go"


@settings(max_examples=300, deadline=None)
@given(st.text("<>/speak brtim='\"1&;![]-?", max_size=60))
def test_nothing_but_ssml_errors(text: str) -> None:
    """Whatever follows <speak>, it is read or refused in words, and its words can be said."""
    with contextlib.suppress(SsmlError):
        parse(f"<speak>{text}")
    # What comes from an entity (&lt;) is text, nothing else may leave an angle.
    assert "&" in text or not set("<>") & set(plain(f"<speak>{text}"))
