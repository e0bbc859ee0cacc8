"""Behaviour of `appliance.speech.words.ipa`."""

from __future__ import annotations

import pytest

from appliance.speech.words import ipa


@pytest.mark.parametrize(
    ("written", "taught"),
    [
        ("/ˈmʏlɐ/", "mˈʏlɐ"),
        ("[ʃtraː.sə]", "ʃtraːsə"),
        ("ət.ˈtɛn.dənt", "əttˈɛndənt"),
        ("ˈhɛ ˌlo", "hˈɛ lˌo"),
        ("good", "ɡood"),
        ("t͡ʃɛk", "tʃɛk"),
        ("ɡaʁˈsɔ̃", "ɡaʁsˈɔ\u0303"),
        ("mɪç", "mɪç"),
        ("ˈaɪ", "ˈaɪ"),
    ],
)
def test_a_persons_ipa_becomes_what_voices_were_taught(written: str, taught: str) -> None:
    """Stress stands before the vowel; slashes, dots and ties are gone; g is IPA's."""
    assert ipa.parse(written) == taught


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("'wɔtə", "U+0027.*stress mark"),
        ("wɔ:tə", "U\\+003A.*length"),
        ("wɔ2", "2"),
        ("//", "no IPA"),
    ],
)
def test_what_is_no_ipa_is_named(wrong: str, named: str) -> None:
    """An author learns which character is wrong, and what was probably meant."""
    with pytest.raises(ValueError, match=named.replace("U+0027", "U\\+0027")):
        ipa.parse(wrong)


def test_ipa_is_told_from_spelling() -> None:
    """Only what no spelling has makes a text IPA: umlauts and accents of names do not."""
    assert ipa.is_ipa("ˈwɪn")
    assert ipa.is_ipa("əlɛks")
    assert not any(map(ipa.is_ipa, ("win", "Jörg", "Muñoz", "François", "Søren", "Łukasz")))


def test_foreign_sounds_become_the_voices_own() -> None:
    """No sound of another language is left over for a voice to skip."""
    assert ipa.adapted("mˈylɜ", "en") == "mˈʊlɚ"
    assert ipa.adapted("wˈɔːtə ðˈɛɹ", "de") == "vˈɔːtə zˈɛɾ"
    assert ipa.adapted("mˈylɜ", "fr") == "mˈylɜ"


def test_own_sounds_stay() -> None:
    """American ɾ in English IPA is no r, and diphthongs stay whole."""
    assert ipa.adapted("wˈɔːɾɚ ˈaɪ", "en", foreign=False) == "wˈɔːɾɚ ˈaɪ"


def test_possessives_sound_like_their_name() -> None:
    """The s is voiced, voiceless or a syllable after the sound before it."""
    assert [ipa.possessive(name) for name in ("wˈɪn", "dʒˈæk", "dʒˈɔːɹdʒ")] == [
        "wˈɪnz", "dʒˈæks", "dʒˈɔːɹdʒᵻz",
    ]  # fmt: skip
