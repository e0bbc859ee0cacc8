"""Cuts what a model writes into clauses, so that the first can be spoken while it writes on.

    "[1] You can park in Mill Lane, which is" | " open until 10.30 p.m. every day."
      ─► "[1] You can park in Mill Lane,"   ─► "which is open until 10.30 p.m. every day."

A clause ends at a sign that closes one; without any, before the word after `_FIRST` words (the
first clause, which the caller waits for) or `_LATER`. Numbers, dates and abbreviations stay whole.
"""

from __future__ import annotations

import re
from typing import Final

from appliance.dialogue.text import words

_FIRST: Final = 8
"""Words after which the first clause is cut without a sign."""
_LATER: Final = 20
"""Words after which any other is."""
_COMMA: Final = 3
"""Least words of a clause that a comma ends."""
_LONGEST: Final = 600
"""Characters of one word; what has no space for so long is no language."""
_SPACED: Final = re.compile(r"\S+(?=\s)")
_ENDS: Final = re.compile(r"[.!?…:;]+[\"'”’)\]]*")
_ABBREVIATED: Final = frozenset(
    words(
        "dr. mr. mrs. ms. prof. st. no. nr. e.g. i.e. a.m. p.m. vs. approx. tel. ext. jr. sr. co. "
        "inc. ltd. z. b. z.b. u.a. u. a. d.h. d. h. bzw. ca. str. usw. evtl. inkl. exkl. fr. hr. "
        "ggf. max. min. o.ä. jan. feb. mar. apr. jun. jul. aug. sept. oct. okt. nov. dec. dez."
    )
)
_ORDINAL: Final = re.compile(r"\(?\d{1,4}\.")
"""In German "3." is the third."""
_HIDDEN: Final = ("<think>", "</think>")
"""Between them a model talks to itself."""


class Clauses:
    """Takes text in pieces and gives it back in clauses."""

    def __init__(self) -> None:
        """Nothing has been written yet."""
        self._raw = ""
        self._text = ""
        self._words: list[str] = []
        self._spoken = False
        self._hidden = False

    @property
    def hidden(self) -> bool:
        """Whether what comes is not for the caller: the model talks to itself."""
        return self._hidden

    def feed(self, text: str) -> list[str]:
        """Take the next piece; return the clauses that are complete."""
        self._raw += text
        self._uncover()
        return self._drain()

    def close(self) -> list[str]:
        """Return what is left: the model has finished."""
        self._text += " " if self._hidden else f"{self._raw} "
        self._raw = ""
        found = self._drain()
        if self._words:
            found.append(self._cut(len(self._words)))
        return found

    def _uncover(self) -> None:
        """Take what is for the caller out of what has come; a mark may come in pieces."""
        while True:
            mark = _HIDDEN[self._hidden]
            at = self._raw.find(mark)
            whole = at >= 0
            if not whole:
                at = len(self._raw) - _begun(self._raw, mark)
            if not self._hidden:
                self._text += self._raw[:at] + " " * whole
            self._raw = self._raw[at + len(mark) * whole :]
            if not whole:
                return
            self._hidden = not self._hidden

    def _drain(self) -> list[str]:
        found: list[str] = []
        at = 0
        for word in _SPACED.finditer(self._text):
            self._words.append(word[0])
            at = word.end()
            size = self._size()
            if size:
                found.append(self._cut(size))
        self._text = self._text[at:] if len(self._text) - at <= _LONGEST else ""
        return found

    def _size(self) -> int:
        """Return how many of the waiting words make a clause, 0 where they make none yet."""
        words = self._words
        last = words[-1]
        if last.lower() not in _ABBREVIATED and not _ORDINAL.fullmatch(last):
            if _ENDS.search(last[-3:]) and last[-1] not in "0123456789":
                return len(words)
            if last.endswith(",") and len(words) >= _COMMA and not _figures(last):
                return len(words)
        most = _LATER if self._spoken else _FIRST
        # The word that has just come is looked at, not cut off: a number may go on with it.
        if len(words) > most and not _figures(last) and not _figures(words[-2]):
            return len(words) - 1
        return 0

    def _cut(self, size: int) -> str:
        clause, self._words = " ".join(self._words[:size]), self._words[size:]
        self._spoken = True
        return clause


def _figures(word: str) -> bool:
    return any(letter.isdecimal() for letter in word) or word.lower() in _ABBREVIATED


def _begun(text: str, mark: str) -> int:
    """Return how many characters of a mark a text ends with."""
    return next((n for n in range(len(mark) - 1, 0, -1) if text.endswith(mark[:n])), 0)
