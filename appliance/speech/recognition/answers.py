"""The words of closed questions: agreement, digits, letters, in the languages of the packs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech.recognition.lexicon import letter_names

if TYPE_CHECKING:
    from collections.abc import Mapping

YES: Final = (
    "yes", "yeah", "yep", "yup", "yes please", "yeah please", "yes that's right", "that's right",
    "that is right", "that's correct", "that is correct", "correct", "right", "sure", "okay", "ok",
    "yes it is", "yes i do", "yes i am", "of course", "exactly", "absolutely", "please do",
    "yeah sure", "yes sure", "go ahead", "all right", "alright", "yes thank you",
    "yes that's correct", "yeah that's right", "fine", "sounds good",
)  # fmt: skip
NO: Final = (
    "no", "nope", "nah", "no thank you", "no thanks", "that's wrong", "that is wrong", "wrong",
    "no that's wrong", "no that's not right", "that's not right", "not really", "no i don't",
    "no it isn't", "no it's not", "incorrect", "that's not correct", "never", "no not at all",
    "i don't think so", "no that's not correct", "no i'm not",
)  # fmt: skip
YES_NO: Final = YES + NO

_JA: Final = (
    "ja", "jawohl", "jo", "jep", "ja bitte", "ja gern", "ja gerne", "ja genau", "ja richtig",
    "ja stimmt", "ja das stimmt", "ja das ist richtig", "ja klar", "ja natürlich", "ja sicher",
    "ja korrekt", "ja danke", "ja okay", "ja gut", "ja passt", "genau", "richtig", "stimmt",
    "das stimmt", "das ist richtig", "das ist korrekt", "korrekt", "natürlich",
    "selbstverständlich", "sicher", "klar", "gern", "gerne", "okay", "in ordnung",
    "einverstanden", "alles klar", "passt", "das passt", "genau so",
)  # fmt: skip
_NEIN: Final = (
    "nein", "nee", "nö", "ne", "nein danke", "nein das stimmt nicht", "nein stimmt nicht",
    "nein das ist falsch", "nein das ist nicht richtig", "das stimmt nicht", "stimmt nicht",
    "das ist falsch", "das ist nicht richtig", "nicht richtig", "falsch", "nein gar nicht",
    "nein lieber nicht", "lieber nicht", "eher nicht", "nicht wirklich", "auf keinen fall",
    "niemals", "ich glaube nicht", "ich denke nicht", "überhaupt nicht",
)  # fmt: skip
_YES_NO: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "en": (YES, NO),
    "de": (_JA, _NEIN),
}

_DIGITS: Final = (
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip
_ZIFFERN: Final = (
    "null", "eins", "zwei", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
)  # fmt: skip
_TEENS: Final = (
    "zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_TENS: Final = (
    "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)  # fmt: skip
_PAIR: Final = -1.0
"""What a pair costs, natural logarithm: digit by digit is more usual."""
_UNITS: Final = (
    "", "einund", "zweiund", "dreiund", "vierund", "fünfund", "sechsund", "siebenund", "achtund",
    "neunund",
)  # fmt: skip

# DIN 5009, the names of 1996 and before (people still say them), then the cities of 2022.
_SPELLING: Final[Mapping[str, tuple[str, ...]]] = {
    "a": ("anton", "aachen"), "b": ("berta", "berlin"), "c": ("cäsar", "chemnitz"),
    "d": ("dora", "düsseldorf"), "e": ("emil", "essen"), "f": ("friedrich", "frankfurt"),
    "g": ("gustav", "goslar"), "h": ("heinrich", "hamburg"), "i": ("ida", "ingelheim"),
    "j": ("julius", "jena"), "k": ("kaufmann", "konrad", "köln"), "l": ("ludwig", "leipzig"),
    "m": ("martha", "münchen"), "n": ("nordpol", "nürnberg"), "o": ("otto", "offenbach"),
    "p": ("paula", "potsdam"), "q": ("quelle", "quickborn"), "r": ("richard", "rostock"),
    "s": ("samuel", "siegfried", "salzwedel"), "t": ("theodor", "tübingen"),
    "u": ("ulrich", "unna"), "v": ("viktor", "völklingen"), "w": ("wilhelm", "wuppertal"),
    "x": ("xanthippe", "xanten"), "z": ("zacharias", "zeppelin", "zwickau"), "ä": ("ärger",),
    "ö": ("ökonom",), "ü": ("übermut",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One word of a loop."""

    text: str
    symbols: int
    penalty: float = 0.0
    """Taken from the natural logarithm of its score, for what is said more rarely."""
    letter: str = ""
    """Which letter it names, where it does."""
    said: str = ""
    """How it is said, where that differs from the text."""


def yes_no(language: str = "en") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the forms of agreement and those of refusal, the plainest first.

    A language without words of its own has the English ones.
    """
    return _YES_NO.get(language, _YES_NO["en"])


def digit_words(language: str = "en") -> list[Listed]:
    """Return the digits, other names of theirs, and what may stand before one ("double").

    German: also the numbers from ten to 99, for many give a telephone number in pairs.
    """
    if language != "de":
        repeats = [Listed("double", 1, -1.0), Listed("triple", 2, -2.0)]
        return [*(Listed(word, 1) for word in _DIGITS), *repeats]
    pairs = [*_TEENS, *(unit + ten for ten in _TENS for unit in _UNITS)]
    return [
        *(Listed(word, 1) for word in _ZIFFERN),
        *(Listed(word, 2, _PAIR) for word in pairs),
        Listed("doppel", 1, -2.0),
    ]


def letter_words(language: str = "en") -> list[Listed]:
    """Return the names of the letters, and the digits of mixed codes.

    German: also spelling words, alone ("Anton") and after their letter ("A wie Anton"), umlauts
    by their parts ("a Umlaut"), and "doppel" before a letter.
    """
    letters = [Listed(letter, 1, letter=letter) for letter in letter_names(language)]
    if language != "de":
        zed = [Listed("z", 1, -1.0, said="zed")]
        # "oh" is a letter here.
        digits = [Listed(word, 1, -1.0) for word in _DIGITS if word != "oh"]
        return letters + zed + digits
    ways = {"ä": "a umlaut", "ö": "o umlaut", "ü": "u umlaut", "ß": "scharfes s"}
    others = [Listed(letter, 1, -1.0, said=said) for letter, said in ways.items()]
    for letter, words in _SPELLING.items():
        others += [Listed(letter, 1, -1.0, said=word) for word in words]
        others += [Listed(letter, 1, said=f"{letter} wie {word}") for word in words]
    digits = [Listed(word, 1, -1.0) for word in _ZIFFERN]
    return [*letters, *others, *digits, Listed("doppel", 1, -1.0)]
