"""Words by their stems: "visiting hours" and "when may I visit" meet; English and German."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from appliance.dialogue.text import normalise, words

SMALL: Final = frozenset(
    words(
        "a about above after again all also am an and any anybody anyone are as at back be because "
        "been before being below between both but by came can cannot come could did do does doing "
        "don't down during each either else ever every few for from further get gets getting give "
        "given gives go goes going got had has have having he hello her here hers him his how "
        "however i i'd i'll i'm i've if in into is isn't it it's its just kindly know let like "
        "made make many may maybe me might more most much must my need needs no nor not now of off "
        "oh okay on once only or other our ours out over own perhaps please quite rather really "
        "same shall she should so some somebody someone something such sure take takes tell than "
        "thank thanks that that's the their them then there there's these they they're thing "
        "things this those through to too um under until up upon us very want was wasn't we we're "
        "well were what what's when where which while who whom whose why will with without won't "
        "would yes yet you you'd you'll you're your yours "
        "aber alle allem allen aller alles als also am an ander andere anderen auch auf aus außer "
        "bei beim bin bis bist bitte da dabei dadurch dafür damit dann daran darauf daraus darf "
        "darum das dass dein deine dem den denn der des deshalb dessen die dies diese diesem "
        "diesen dieser dieses doch dort du durch dürfen ein eine einem einen einer eines er es "
        "etwa etwas euch euer für ganz gar gegen geht gern gerne gewesen gibt habe haben halt hat "
        "hatte hätte hätten hallo her hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer "
        "ihres im immer in ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine keinen "
        "können könnte könnten lassen machen mal man mehr mein meine meinem meinen meiner mich mir "
        "mit möchte müssen muss nach nein nicht nichts noch nur ob oder ohne sehr sein seine "
        "seinem seinen seiner seit selbst sich sie sind so soll sollen sollte sondern sonst über "
        "um und uns unser unsere unserem unseren unserer unter vom von vor wann war waren was weg "
        "weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will "
        "wir wird wo woher wohin wollen wurde würde würden zu zum zur zwischen"
    )
)
"""Words that say how a sentence goes and not what it is about."""
_ENGLISH: Final = (
    ("ies", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ers", ""), ("eds", ""),
    ("ed", ""), ("es", ""), ("er", ""), ("ors", ""), ("or", ""), ("ly", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_GERMAN: Final = (
    ("erinnen", ""), ("innen", ""), ("ungen", ""), ("ung", ""), ("ern", ""), ("em", ""),
    ("en", ""), ("er", ""), ("es", ""), ("n", ""), ("e", ""), ("s", ""),
)  # fmt: skip
_FOLDED: Final = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
_SHORTEST: Final = 4
"""Letters of a stem; a shorter word is left as it is."""
PART: Final = 4
"""Letters from which the beginning of a longer word counts as that word's kin."""
_END: Final = 5
"""Letters from which its end does."""


@lru_cache(maxsize=8192)
def stem(word: str, language: str = "en") -> str:
    """Return a normalised word without its ending; words of one stem are taken for one another.

    Light on purpose: one ending, taken off where enough is left; then a doubled consonant is made
    single ("running", "run").
    """
    german = language.startswith("de")
    word = word.removesuffix("'s").replace("'", "").translate(_FOLDED)
    for ending, instead in _GERMAN if german else _ENGLISH:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST:
            if ending == "s" and word.endswith("ss"):
                break
            word = word[: len(word) - len(ending)] + instead
            break
    doubled = len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in "bdfglmnprt"
    return word[:-1] if doubled else word


def stems(text: str, language: str = "en") -> tuple[str, ...]:
    """Return the stems of the words that a text is about, in their order, repeated ones too."""
    return tuple(stem(word, language) for word in normalise(text).split() if word not in SMALL)


class Kin:
    """Words by what they begin and end with; immutable."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Sort the words forwards and backwards."""
        self._forwards = sorted(set(vocabulary))
        self._words = frozenset(self._forwards)
        self._backwards = sorted(word[::-1] for word in self._words)

    def of(self, word: str) -> tuple[str, ...]:
        """Return the words that begin or end with `word`, or it with them; not the word itself."""
        found: dict[str, None] = {}
        for size in range(PART, len(word)):
            found[word[:size]] = None
            if size >= _END:
                found[word[-size:]] = None
        inner = [part for part in found if part in self._words]
        longer = [*_beginning(self._forwards, word)] if len(word) >= PART else []
        if len(word) >= _END:
            longer += [other[::-1] for other in _beginning(self._backwards, word[::-1])]
        return tuple(dict.fromkeys([*inner, *(other for other in longer if other != word)]))


def _beginning(ordered: list[str], start: str) -> list[str]:
    """Return the words of a sorted list that begin with `start`."""
    return ordered[bisect_left(ordered, start) : bisect_left(ordered, start + "\U0010ffff")]
