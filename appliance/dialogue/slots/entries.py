"""Rows of a list that callers name: people by first and last name, title or department; wards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from appliance.dialogue.script import Entry
from appliance.dialogue.slots.phrases import COMMON, Match, Phrases
from appliance.dialogue.slots.reading import Reading
from appliance.dialogue.text import normalise, words
from appliance.dialogue.values import Json

TITLES: Final = frozenset(
    words("mr mrs ms miss mister missus dr doctor doktor prof professor frau herr herrn dame sir "
          "schwester pfleger nurse sister doctors")
)  # fmt: skip
_CUES: Final = frozenset(words("to with mit zu zum zur an bei namens"))
"""What may stand before a last name alone in a free sentence."""
_NEARLY: Final = 0.85
"""Likeness to the name from which it counts in a free sentence."""
_BEFORE: Final = frozenset(
    words("speak with ask called named is for sprechen namens heißt colleague kollege kollegen "
          "frau call reach get want wanted extension department abteilung uh um äh ähm")
)  # fmt: skip
_UNSURE: Final = 0.55
"""Confidence where several rows fit equally well, or only a part of a name does: the caller is
asked."""
_CLOSE: Final = 0.04
"""Rows whose scores differ by less fit equally well."""
_FIRST_ALONE: Final = 0.72
"""Weight of a first name alone."""
_PART: Final = 0.85
"""Weight of a last name alone: less than of a whole name that was misheard a little."""
_ONLY_ONE: Final = 0.92
"""Confidence where only one row has the last name that was said."""


class Entries:
    """The rows of one list, indexed by what callers may say for them."""

    def __init__(self, entries: Iterable[Entry], *, parts: bool = True) -> None:
        """Index the rows by their phrases; `parts`: and by first and last names alone."""
        self._entries = {entry.id: entry for entry in entries}
        self._phrases = Phrases(
            (entry.id, phrase, weight)
            for entry in self._entries.values()
            for phrase, weight in _aliases(entry, parts=parts)
        )
        self._words = {
            entry.id: frozenset(
                word
                for value in entry.fields.values()
                for word in normalise(value).split()
                if word not in COMMON
            )
            for entry in self._entries.values()
        }

    def read(self, said: Sequence[str], *, asked: bool = True) -> list[Reading]:
        """Return the rows that may be meant, the best first; several alike are not sure.

        Unasked, in a free sentence, a name has to be nearly whole, or introduced as one.
        """
        plain = [word for word in said if word not in TITLES]
        places = [at for at, word in enumerate(said) if word not in TITLES]
        found = self._phrases.find(plain)
        if not asked:
            found = [m for m in found if _introduced(m, said, places)]
        if not found:
            return []
        best = found[0]
        same = [
            m for m in found
            if m.score >= best.score - _CLOSE and (m.first, m.end) == (best.first, best.end)
        ]  # fmt: skip
        told = self._told_apart(same, plain)
        if told is not None:
            found = [told, *(m for m in found if m.id != told.id)]
            same = [told]
        sure = found[0].score
        if len(same) > 1:
            sure = min(sure, _UNSURE)
        elif _PART - _CLOSE <= sure <= _PART:
            sure = _UNSURE if self._other_name_before(plain, found[0]) else _ONLY_ONE
        unsure = {m.id for m in same}
        return [
            Reading(
                m.id, sure if m.id in unsure else min(m.score, sure - 0.01), "", places[m.first],
                places[m.end - 1] + 1,
            )
            for m in sorted(found, key=lambda m: m.id not in unsure)
        ]  # fmt: skip

    def _other_name_before(self, said: Sequence[str], match: Match) -> bool:
        """Whether the word before a last name may be a first name that no row has."""
        before = said[match.first - 1] if match.first else ""
        return len(before) > 2 and before not in COMMON | self._words[match.id] | _BEFORE

    def _told_apart(self, same: list[Match], said: Sequence[str]) -> Match | None:
        """Return the one row among several of the same name whose department was said as well."""
        if len(same) < 2:
            return None
        first, end = same[0].first, same[0].end
        others = set(said[:first]) | set(said[end:])
        counts = sorted(((len(self._words[m.id] & others), m) for m in same), key=lambda c: -c[0])
        return counts[0][1] if counts[0][0] > counts[1][0] else None

    def columns(self, value: str) -> Mapping[str, Json] | None:
        """Return the row of an id with `id` and `name`, None where there is none."""
        entry = self._entries.get(value)
        return None if entry is None else {**entry.fields, "id": entry.id, "name": entry.name}

    def with_field(self, column: str, value: str) -> str:
        """Return the id of the row that holds a value in a column, "" for none."""
        rows = (e.id for e in self._entries.values() if e.fields.get(column) == value)
        return next(rows, "")

    def name(self, value: str) -> str:
        """Return how a row is spoken back, its id where it is unknown."""
        entry = self._entries.get(value)
        return entry.name if entry else value

    def names(self) -> tuple[str, ...]:
        """Return what may be said for the rows, each once."""
        said = (
            p for entry in self._entries.values() for p in (normalise(entry.name), *entry.phrases)
        )
        return tuple(dict.fromkeys(phrase for phrase in said if phrase))


def _introduced(match: Match, said: Sequence[str], places: Sequence[int]) -> bool:
    """Whether a match may be trusted in a sentence that nobody asked for a name with."""
    like = match.score / match.weight
    if match.weight > _PART:
        return like >= _NEARLY
    alone = match.end - match.first == len(places)
    if match.weight < _PART or like < _NEARLY:
        return alone and like >= _NEARLY
    at = places[match.first]
    before = said[at - 1] if at else ""
    return alone or before in TITLES or (before in _CUES and like == 1.0)


def _aliases(entry: Entry, *, parts: bool) -> Iterator[tuple[str, float]]:
    for raw in dict.fromkeys((entry.name, *entry.phrases)):
        phrase = [word for word in normalise(raw).split() if word not in TITLES]
        if not phrase:
            continue
        yield " ".join(phrase), 1.0
        bare = [word for word in phrase if word not in {"the", "der", "die", "das"}]
        if bare and bare != phrase:
            yield " ".join(bare), 1.0
        if not parts:
            continue
        if len(phrase) == 2:
            first, last = phrase
            yield f"{last} {first}", 0.98
            yield last, _PART
            yield first, _FIRST_ALONE
        elif len(phrase) == 3 and not set(phrase) & COMMON:
            yield phrase[-1], _PART
