"""How well a caller is heard: the ears of the player, and what they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from appliance.call.rehearsal.ears import Ears
from appliance.call.rehearsal.telephone import Telephone
from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import Heard
from appliance.dialogue import Heard as Understandable
from appliance.dialogue.rehearsing.cases import Case, Deed, Step
from appliance.dialogue.text import normalise


@dataclass(slots=True)
class Count:
    """Figures of what was said and heard."""

    sentences: int = 0
    words: int = 0
    wrong: int = 0
    """Words replaced, left out or added."""
    unheard: int = 0
    """Sentences of which nothing was heard."""
    cut: int = 0
    """Sentences that the box took for finished too early."""
    examples: list[tuple[str, str]] = field(default_factory=list)
    """What was said and heard, where they differ."""

    @property
    def word_error(self) -> float:
        """Share of the words that were wrong."""
        return self.wrong / self.words if self.words else 0.0

    def add(self, said: str, heard: tuple[Heard, ...]) -> None:
        """Count a sentence."""
        told = " ".join(one.text for one in heard if one.text)
        wanted, found = normalise(said).split(), normalise(told).split()
        self.sentences += 1
        self.words += len(wanted)
        mistakes = word_distance(wanted, found)
        self.wrong += mistakes
        self.unheard += not told
        self.cut += len(heard) > 1
        if mistakes:
            self.examples.append((said, told))


class Hearing:
    """The player's ears for one conversation: it speaks each step and hears what comes."""

    def __init__(
        self,
        ears: Ears,
        clips: Mapping[str, bytes],
        count: Count,
        chance: Random,
        *,
        loss: float = 0.05,
    ) -> None:
        """Open a line; `clips`: PCM of every sentence that is said."""
        self._ears = ears
        self._clips = clips
        self._count = count
        self._line = Telephone(chance, loss=loss)

    def __call__(self, step: Step, expected: Expectation) -> tuple[Understandable, ...]:
        """Return what the box understands of a step."""
        text = step.texts[0]
        heard = self._ears.hear(self._clips[text], self._line, expected)
        self._count.add(text, heard)
        return tuple(
            Understandable(
                one.text, one.confidence,
                tuple((other.text, other.confidence) for other in one.alternatives),
                tuple((word.text, word.confidence) for word in one.words),
                tuple((intent.text, intent.confidence) for intent in one.intents),
            )
            for one in heard
        )  # fmt: skip


def sentences(cases: tuple[Case, ...]) -> tuple[str, ...]:
    """Return everything that callers say in the cases, each once."""
    said = (
        step.texts[0]
        for case in cases
        for step in case.talk
        if step.deed is Deed.SAY and step.texts
    )
    return tuple(dict.fromkeys(said))


def word_distance(wanted: list[str], found: list[str]) -> int:
    """Return how many words must be replaced, left out or added (Levenshtein)."""
    row = list(range(len(found) + 1))
    for at, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], at
        for place, other in enumerate(found, 1):
            diagonal, row[place] = (
                row[place],
                min(diagonal + (word != other), row[place] + 1, row[place - 1] + 1),
            )
    return row[-1]
