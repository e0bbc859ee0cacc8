"""IPA as people write it, in the form that our voices were taught.

    a person's IPA -> checked -> stress before the vowel -> sounds that the voice has

Voices learn espeak-ng's habits: the stress mark stands right before the vowel (``mˈylɜ``, where a
dictionary writes ``ˈmʏlɐ``), ``ɡ`` is the IPA letter, no dots between syllables, no ties.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LETTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗəɘɚɛɜɝɞɟɡɢɣɤɥɦɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔ"
    "ʕʘʙʝʟβθχᵻɧɠʛ"
)
_MARKS: Final = frozenset("ˈˌːˑʰʲʷˠ\u0303\u0329\u0325\u032f\u0306\u031a\u032a")
_DROPPED: Final = frozenset(".\u0361\u035c\u203f")
_VOWELS: Final = "aeiouyæøœɐɑɒɔəɘɚɛɜɝɞɤɨɪɯɵɶʉʊʌʏᵻ"
_ONLY_IPA: Final = (_LETTERS | frozenset("ˈˌː")) - frozenset("abcdefghijklmnopqrstuvwxyzæçøœðħ")

# Keys may be several letters long; the longest that fits is taken.
_NEAREST: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "pf": "f", "ɔø": "ɔɪ", "ɔʏ": "ɔɪ", "yː": "uː", "y": "ʊ", "ʏ": "ʊ", "øː": "ɜː", "ø": "ɜː",
        "œ": "ɜː", "ç": "ʃ", "x": "k", "χ": "k", "ʁ": "ɹ", "ʀ": "ɹ", "r": "ɹ", "ɾ": "ɹ",
        "eː": "eɪ", "oː": "oʊ", "ɛː": "ɛ", "aː": "ɑː", "a": "ɑː", "aɪ": "aɪ", "aʊ": "aʊ",
        "ɜː": "ɜː", "ɜ": "ɚ", "\u0303": "n", "ɲ": "nj", "ʎ": "lj", "ɣ": "ɡ", "β": "b",
    },
    "de": {
        "oʊ": "oː", "əʊ": "oː", "eɪ": "eː", "ɛɪ": "eː", "ɔɪ": "ɔø", "ɜː": "œ", "ɚ": "ɜ", "æ": "ɛ",
        "ʌ": "a", "ɒ": "ɔ", "ɑː": "ɑː", "ɑ": "a", "ɹ": "ɾ", "ʁ": "ɾ", "ʀ": "ɾ", "w": "v",
        "θ": "s", "ð": "z", "ᵻ": "ɪ", "ʔ": "t", "\u0329": "", "ʏ": "y", "χ": "x", "ɲ": "nj",
        "ʎ": "lj", "ɣ": "ɡ", "β": "b",
    },
}  # fmt: skip
"""Of each language: what its voices say for sounds that they were never taught."""
_OWN: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({"a", "ɾ", "ɜ", "eː", "ɛː", "oː"}),
    "de": frozenset({"ɑ", "ɜː"}),
}
"""Sounds that mean something else in IPA written for the language itself ("wɔːɾɚ")."""


def is_ipa(text: str) -> bool:
    """Whether `text` can only be IPA: it holds a letter or mark that no spelling has."""
    return any(c in _ONLY_IPA for c in unicodedata.normalize("NFD", text))


def parse(text: str) -> str:
    """Read a person's IPA, with or without slashes or brackets, in our voices' form.

    Raises ValueError naming the first character that is no IPA, or that there is nothing.
    """
    bare = unicodedata.normalize("NFD", text.strip().strip("/[]")).replace("c\u0327", "ç")
    kept = []
    for c in bare:
        if c in _LETTERS or c in _MARKS or c.isspace():
            kept.append("ɡ" if c == "g" else " " if c.isspace() else c)
        elif c not in _DROPPED:
            hint = " (the stress mark is ˈ)" if c in "'’`" else " (length is ː)" if c == ":" else ""
            raise ValueError(f"'{c}' (U+{ord(c):04X}) is no IPA{hint}")
    said = " ".join("".join(kept).split())
    if not said:
        raise ValueError("there is no IPA in it")
    return re.sub(rf"([ˈˌ])([^\s{_VOWELS}ˈˌ]+)(?=[{_VOWELS}])", r"\2\1", said)


def adapted(ipa: str, language: str, *, foreign: bool = True) -> str:
    """Say `ipa` with the sounds of `language`'s voices; unknown languages keep it.

    A voice skips what it was never taught: "Müller" said by an English voice would lose its vowel.

    Args:
        ipa: in our voices' form.
        language: whose voice speaks.
        foreign: whether the IPA comes from another language, where ``ɾ`` is an r and ``a`` no part
            of a diphthong.

    """
    table = _NEAREST.get(language)
    if table is None:
        return ipa
    own = frozenset[str]() if foreign else _OWN[language]
    return _pattern(language).sub(lambda m: m[0] if m[0] in own else table[m[0]], ipa)


@functools.cache
def _pattern(language: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _NEAREST[language]), key=len, reverse=True)))


def possessive(ipa: str) -> str:
    """Add the sound of English "'s" to a name."""
    last = ipa.rstrip("ːˑ")[-1:]
    if last in "szʃʒ":
        return ipa + "ᵻz"
    return ipa + ("s" if last in "ptkfθ" else "z")
