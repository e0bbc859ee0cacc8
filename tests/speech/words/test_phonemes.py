"""Behaviour of `appliance.speech.words.phonemes`; needs espeak-ng (Debian's or the wheel)."""

from __future__ import annotations

import threading

import pytest

from appliance.speech.words import phonemes
from appliance.speech.words.phonemes import PhonemesError, phonemise


def test_words_become_ipa_with_stress() -> None:
    """Plain words come back as one IPA unit each, the stress mark before the vowel."""
    assert phonemise("hello world") == "həlˈoʊ wˈɜːld"


def test_spelled_letters_are_letters() -> None:
    """What the text stage writes for letters is spoken as letters, the first one included."""
    assert phonemise("ten thirty eigh M").split()[-2:] == ["ˈeɪ", "ˈɛm"]
    assert phonemise("P I N").split()[0] == "pˈiː"


def test_nothing_is_nothing() -> None:
    """Empty words give an empty string, not an error."""
    assert phonemise("") == ""


def test_no_language_switch_marks() -> None:
    """espeak-ng's "(fr)" marks never reach a voice."""
    assert "(" not in phonemise("deja vu rendezvous schadenfreude croissant")


def test_threads_do_not_mix_their_words() -> None:
    """Many threads get the same answers as one."""
    words = [
        f"{a} {b}" for a in ("please", "hold", "thank", "you") for b in ("now", "then", "line")
    ]
    alone = [phonemise(word) for word in words]
    together: dict[int, list[str]] = {}

    def speak(number: int) -> None:
        together[number] = [phonemise(word) for word in words]

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(6)] == [alone] * 6


def test_unknown_voice_is_an_error() -> None:
    """A voice that espeak-ng lacks is named in the error."""
    with pytest.raises(PhonemesError, match="xx-none"):
        phonemise("hello", "xx-none")


def test_missing_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without library and wheel the error says which packages to install."""

    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(phonemes, "_system_library", lambda: None)
    monkeypatch.setattr(phonemes.importlib, "import_module", absent)
    phonemes._library.cache_clear()
    try:
        with pytest.raises(PhonemesError, match=r"libespeak-ng1.*espeakng-loader"):
            phonemise("hello")
    finally:
        phonemes._library.cache_clear()


def test_german_sounds_have_names() -> None:
    """espeak-ng's nameless vowel with r and its syllable digit never reach a voice."""
    # 1.51 leaves the vowel without a name, which we give it; 1.52 calls it so itself.
    assert phonemise("kurz durch", "de") in ("kˈʊɾts dˈʊɾç", "kˈʊɐts dˈʊɐç")
    assert not set("?0123456789()") & set(phonemise("aneinander Computer Team wurde", "de"))


def test_british_english_is_an_accent() -> None:
    """The voice's own name in espeak-ng is found for "en-gb"."""
    assert phonemise("water", "en-gb") == "wˈɔːtə"
