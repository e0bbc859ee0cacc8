"""How phrases are pronounced and written: phones from a dictionary, word pieces by merges.

Words that the dictionary lacks (a surname, a product) are pronounced by espeak-ng, whose IPA is
mapped onto the recogniser's phones: ARPAbet's 39, and for German nine more; where espeak-ng is
missing, by single letters.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech.words.phonemes import PhonemesError, phonemise
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SPACE: Final = "\N{LOWER ONE EIGHTH BLOCK}"
"""How sentencepiece writes the beginning of a word."""

_IPA: Final[Mapping[str, str]] = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW",
    "ɑːɹ": "AA R", "ɔːɹ": "AO R", "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R",
    "iə": "IY AH", "əl": "AH L", "n̩": "AH N", "ɑː": "AA", "ɔː": "AO", "iː": "IY", "uː": "UW",
    "ɜː": "ER", "oː": "AO", "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "g": "G", "ɡ": "G",
    "m": "M", "n": "N", "ŋ": "NG", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z",
    "ʃ": "SH", "ʒ": "ZH", "h": "HH", "l": "L", "ɹ": "R", "r": "R", "j": "Y", "w": "W", "ɾ": "T",
    "ʔ": "T", "x": "K", "ɬ": "L", "ɪ": "IH", "i": "IY", "ᵻ": "IH", "ɛ": "EH", "e": "EH", "æ": "AE",
    "a": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɚ": "ER", "ɜ": "ER", "ɑ": "AA", "ɒ": "AA",
    "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW",
}  # fmt: skip
_GERMAN_IPA: Final[Mapping[str, str]] = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "ɔø": "OY", "ɔʏ": "OY", "ɔɪ": "OY", "eɪ": "EY",
    "oʊ": "OW", "əʊ": "OW", "iː": "IY", "yː": "UE", "uː": "UW", "eː": "EY", "øː": "OE", "oː": "OW",
    "ɛː": "EH", "ɑː": "AA", "aː": "AA", "ɔː": "AO", "ɜː": "OEH", "ɪ": "IH", "i": "IY", "ʏ": "YH",
    "y": "YH", "ʊ": "UH", "u": "UW", "ɛ": "EH", "e": "EY", "æ": "EH", "œ": "OEH", "ø": "OE",
    "ə": "AH", "ɐ": "AX", "ɜ": "AX", "a": "A", "ɑ": "A", "ʌ": "A", "ɒ": "AO", "ɔ": "AO",
    "o": "OW", "ɑ̃": "A N", "ɛ̃": "EH N", "ɔ̃": "AO N", "n̩": "AH N", "l̩": "AH L", "ɾ": "RX",
    "r": "RX", "ʁ": "RX", "ɹ": "RX", "ç": "CX", "x": "KH", "p": "P", "b": "B", "t": "T", "d": "D",
    "k": "K", "g": "G", "ɡ": "G", "m": "M", "n": "N", "ŋ": "NG", "f": "F", "v": "V", "s": "S",
    "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "l": "L", "j": "Y", "w": "W", "θ": "TH", "ð": "DH",
}  # fmt: skip
"""ARPAbet and nine phones more: A (Stadt), AX (Lehrer), CX (ich), KH (ach), RX, UE, YH, OE, OEH."""


_LETTERS: Final[Mapping[str, str]] = {
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AO", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_GERMAN_LETTERS: Final[Mapping[str, str]] = {
    **_LETTERS, "a": "A", "j": "Y", "r": "RX", "u": "UH", "v": "F", "w": "V", "y": "YH",
    "z": "T S", "ä": "EH", "ö": "OEH", "ü": "YH", "ß": "S",
}  # fmt: skip

LETTER_NAMES: Final[Mapping[str, str]] = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY",
    "h": "EY CH", "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW",
    "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
_GERMAN_NAMES: Final[Mapping[str, str]] = {
    "a": "AA", "b": "B EY", "c": "T S EY", "d": "D EY", "e": "EY", "f": "EH F", "g": "G EY",
    "h": "HH AA", "i": "IY", "j": "Y AO T", "k": "K AA", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P EY", "q": "K UW", "r": "EH RX", "s": "EH S", "t": "T EY", "u": "UW",
    "v": "F AW", "w": "V EY", "x": "IH K S", "y": "YH P S IH L AO N", "z": "T S EH T", "ä": "EH",
    "ö": "OE", "ü": "UE", "ß": "EH S T S EH T",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Tongue:
    """How the recogniser's phones say a language."""

    voice: str
    """espeak-ng's."""
    ipa: Mapping[str, str]
    """Its IPA in phones."""
    letters: Mapping[str, str]
    """What a letter sounds like in a word, roughly."""
    names: Mapping[str, str]
    """What a letter is called."""


_TONGUES: Final[Mapping[str, _Tongue]] = {
    "en": _Tongue("en-us", _IPA, _LETTERS, LETTER_NAMES),
    "de": _Tongue("de", _GERMAN_IPA, _GERMAN_LETTERS, _GERMAN_NAMES),
}


def _tongue(language: str) -> _Tongue:
    # Words of a language that we have no table for are said as the English would.
    return _TONGUES.get(language, _TONGUES["en"])


@functools.cache
def _units(language: str) -> re.Pattern[str]:
    units = sorted(map(re.escape, _tongue(language).ipa), key=len, reverse=True)
    return re.compile("|".join(units))


def letter_names(language: str = "en") -> Mapping[str, str]:
    """Return the phone names by which each letter of a language is called, apart by spaces."""
    return _tongue(language).names


# espeak-ng says "Bergs-traße" and "Pflegé-dienst": it is shown where the second part begins.
# Not behind prefixes, which it knows and would say as words of their own.
_SEAM: Final = re.compile(
    r"(?<=\w{3})(?<![bg]e)(?<!ver)(?<!ent)(?<!zer)(?=straße|stunde|strom|stand|stadt|statt|stück|stein|steuer|stelle"
    r"|störung|stoß|strecke|sprech|sprach|spiel)"
    r"|(?<=\w{3})(?<!fe)(?=station)|(?<=\w{3})(?<!chri)(?=stoff)"
    r"|(?<=\w{4})(?=abteilung|abrechnung|aufnahme|dienst|ermächtigung|vergabe|anlage|allee)"
    r"|(?<=patienten)(?=akte)|(?<=bitte)(?=schön)|(?<=danke)(?=schön)",
    re.IGNORECASE,
)


def divided(german: str) -> str:
    """Return German words with hyphens in compounds that espeak-ng would read in one run."""
    return _SEAM.sub("-", german)


def pronounced(word: str, language: str = "en") -> str:
    """Return the phone names of a word as espeak-ng says it, apart by spaces.

    Raises PhonemesError where espeak-ng is missing.
    """
    tongue = _tongue(language)
    ipa = phonemise(divided(word) if language == "de" else word, tongue.voice)
    return " ".join(tongue.ipa[unit] for unit in _units(language).findall(ipa))


class Lexicon:
    """Words to phone ids, the columns of a recogniser's phone head."""

    def __init__(self, file: Path, phones: Sequence[str], language: str = "en") -> None:
        """Read `word PHONE PHONE …` lines; a word may have several, best first.

        Words that the file lacks are guessed as words of `language` (ISO 639-1).

        Raises PackError where a line names a phone that the recogniser does not have.
        """
        self._language = language
        self._ids = {phone: at for at, phone in enumerate(phones)}
        self._words: dict[str, list[tuple[int, ...]]] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            word, *said = line.split()
            try:
                self._words.setdefault(word, []).append(tuple(self._ids[p] for p in said))
            except KeyError as error:
                raise PackError(
                    f"The lexicon of pack '{file.parent.name}' uses the unknown phone {error} in "
                    f"'{word}': install the pack again."
                ) from None
        # One cache per lexicon: phrases repeat from turn to turn, their unknown words too.
        self._guess = functools.lru_cache(maxsize=4096)(self._guessed)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def phones(self, names: str) -> tuple[int, ...]:
        """Return the ids of phone names apart by spaces, those that the recogniser has."""
        return tuple(self._ids[name] for name in names.split() if name in self._ids)

    def word(self, word: str) -> tuple[int, ...]:
        """Return the first pronunciation of a word; guessed where the dictionary lacks it."""
        known = self._words.get(word)
        return known[0] if known else self._guess(word)

    def variants(self, word: str) -> tuple[tuple[int, ...], ...]:
        """Return every pronunciation of a word, at least one."""
        known = self._words.get(word)
        return tuple(dict.fromkeys(known)) if known else (self._guess(word),)

    def letter(self, letter: str) -> tuple[int, ...]:
        """Return how the name of a letter is pronounced."""
        return self.phones(letter_names(self._language)[letter])

    def sentence(self, text: str) -> tuple[tuple[int, ...], ...]:
        """Return the pronunciation of each word; "a" beside a spelled letter is the letter."""
        words = text.split()
        said = []
        for at, word in enumerate(words):
            beside = words[max(0, at - 1) : at] + words[at + 1 : at + 2]
            spelled = any(len(other) == 1 and other not in "ai" for other in beside)
            last = at == len(words) - 1
            is_letter = word == "a" and (spelled or last)
            said.append(self.letter("a") if is_letter else self.word(word))
        return tuple(said)

    def _guessed(self, word: str) -> tuple[int, ...]:
        try:
            names = pronounced(word, self._language)
        except PhonemesError:
            letters = _tongue(self._language).letters
            names = " ".join(letters.get(letter, "") for letter in word.lower())
        return self.phones(names)


class Pieces:
    """Words to the recogniser's word pieces and back, as sentencepiece's BPE does it."""

    def __init__(self, tokens: Path) -> None:
        """Read `piece id` lines. Raises PackError where a line is something else."""
        self.ids: dict[str, int] = {}
        for line in tokens.read_text(encoding="utf-8").splitlines():
            piece, _, number = line.rpartition(" ")
            if not number.isdigit():
                raise PackError(
                    f"'{tokens.name}' of pack '{tokens.parent.name}' has the line '{line}' instead "
                    "of 'piece id': install the pack again."
                )
            self.ids[piece] = int(number)
        self._names = {number: piece for piece, number in self.ids.items()}
        self._encode = functools.lru_cache(maxsize=16_384)(self._word)

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the piece ids of lower-case words; letters without a piece are left out."""
        return tuple(number for word in text.split() for number in self._encode(word))

    def name(self, number: int) -> str:
        """Return the piece of an id, empty where there is none."""
        return self._names.get(number, "")

    def _word(self, word: str) -> tuple[int, ...]:
        parts = [SPACE, *word] if SPACE in self.ids else [SPACE + word[:1], *word[1:]]
        while len(parts) > 1:
            # BPE numbers its pieces in the order in which they were merged.
            ranked = [
                (self.ids.get(left + right, len(self.ids)), at)
                for at, (left, right) in enumerate(itertools.pairwise(parts))
            ]
            rank, at = min(ranked)
            if rank == len(self.ids):
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return tuple(self.ids[part] for part in parts if part in self.ids)
