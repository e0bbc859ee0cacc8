"""WordPiece: a text as the numbers that a BERT-like encoder is fed with.

    text ─► cleaned, lower case, accents off ─► words and signs ─► longest known pieces ─► numbers

After the reference implementation of BERT (Devlin et al. 2019, `tokenization.py`): a piece that
does not begin a word is written with "##" before it; a word of which some part is unknown is [UNK].
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

from appliance.system.packs.manifest import PackError

_UNKNOWN: Final = "[UNK]"
_FIRST: Final = "[CLS]"
_LAST: Final = "[SEP]"
_LONGEST: Final = 100
"""Letters of a word; a longer one is unknown."""
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
"""Each of these characters is a word."""


class WordPiece:
    """A vocabulary; immutable."""

    def __init__(self, vocabulary: Path, *, lowercase: bool = True) -> None:
        """Read `vocab.txt`, a piece a line. Raises PackError where it is no such file."""
        try:
            lines = vocabulary.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise PackError(
                f"'{vocabulary.name}' cannot be read ({error}): install the pack again."
            ) from None
        self._numbers = {piece.strip(): number for number, piece in enumerate(lines)}
        for piece in (_UNKNOWN, _FIRST, _LAST):
            if piece not in self._numbers:
                raise PackError(
                    f"'{vocabulary.name}' lacks {piece}, it is no WordPiece vocabulary: install "
                    "another pack."
                )
        self._lowercase = lowercase

    def __len__(self) -> int:
        return len(self._numbers)

    def encode(self, text: str, most: int) -> list[int]:
        """Return the numbers of a text between those of its begin and end, at most `most`."""
        pieces = [piece for word in self.words(text) for piece in self.pieces(word)]
        kept = pieces[: max(0, most - 2)]
        return [self._numbers[piece] for piece in (_FIRST, *kept, _LAST)]

    def words(self, text: str) -> list[str]:
        """Return the words and signs of a text."""
        spaced = "".join(f" {c} " if _ideograph(c) else c for c in _clean(text))
        words: list[str] = []
        for word in spaced.split():
            plain = _unaccented(word.lower()) if self._lowercase else word
            words += _at_signs(plain)
        return words

    def pieces(self, word: str) -> list[str]:
        """Return the longest known pieces that a word is made of, or that it is unknown."""
        if len(word) > _LONGEST:
            return [_UNKNOWN]
        found: list[str] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            end = next(
                (
                    end
                    for end in range(len(word), start, -1)
                    if mark + word[start:end] in self._numbers
                ),
                0,
            )
            if not end:
                return [_UNKNOWN]
            found.append(mark + word[start:end])
            start = end
        return found


def _clean(text: str) -> str:
    """Return a text without control characters, any white space as a space."""
    kept: list[str] = []
    for c in text:
        if c.isspace():
            kept.append(" ")
        elif ord(c) not in {0, 0xFFFD} and unicodedata.category(c)[0] != "C":
            kept.append(c)
    return "".join(kept)


def _unaccented(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")


def _at_signs(word: str) -> list[str]:
    """Return a word cut at its signs, each of which is a word."""
    found: list[str] = []
    open_ = False
    for c in word:
        if _sign(c):
            found.append(c)
            open_ = False
        elif open_:
            found[-1] += c
        else:
            found.append(c)
            open_ = True
    return found


def _sign(c: str) -> bool:
    ascii_ = c.isascii() and c.isprintable() and not c.isalnum() and c != " "
    return ascii_ or unicodedata.category(c)[0] == "P"


def _ideograph(c: str) -> bool:
    return any(first <= ord(c) <= last for first, last in _IDEOGRAPHS)
