"""Text to word pieces and back, from the files of a pack; needs nothing but Python.

bpe.txt holds the merged pieces, one a line, in the order in which they were merged. To encode:
put U+2581 before every word, split into characters, and merge again and again the neighbouring
pair whose join stands highest in the list (the leftmost such pair), until none is in the list.
"""

import itertools
from pathlib import Path

SPACE = "\u2581"
UNKNOWN = "<unk>"


class Encoder:
    """Text to piece ids, by tokens.txt and bpe.txt of a pack."""

    def __init__(self, tokens: Path, merges: Path) -> None:
        """Read the files; raises ValueError where a line of `tokens` is not `piece id`."""
        lines = tokens.read_text(encoding="utf-8").splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines)
        self.ids = {piece: int(number) for piece, number in pairs}
        self.pieces = list(self.ids)
        ranked = merges.read_text(encoding="utf-8").splitlines()
        self._rank = {piece: rank for rank, piece in enumerate(ranked)}
        self._cache: dict[str, list[int]] = {}

    def encode(self, written: str) -> list[int]:
        """Return the piece ids of `written` (a-z, apostrophe, single spaces)."""
        return [number for word in written.split() for number in self._word(word)]

    def decode(self, ids: list[int]) -> str:
        """Return the text of piece ids."""
        return "".join(self.pieces[i] for i in ids).replace(SPACE, " ").strip()

    def _word(self, word: str) -> list[int]:
        if word not in self._cache:
            parts = list(SPACE + word)
            while True:
                joins = [a + b for a, b in itertools.pairwise(parts)]
                best = min(joins, key=self._order, default="")
                if best not in self._rank:
                    break
                at = joins.index(best)
                parts[at : at + 2] = [best]
            self._cache[word] = [self.ids.get(part, self.ids[UNKNOWN]) for part in parts]
        return self._cache[word]

    def _order(self, piece: str) -> int:
        return self._rank.get(piece, len(self._rank))
