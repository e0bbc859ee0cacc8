"""A back-off language model of up to three words, mixed from several texts and pruned.

Each text gets an interpolated Witten-Bell model (Witten and Bell 1991, method C); the models are
mixed linearly over the n-grams that any of them has seen; n-grams whose loss hardly changes the
distribution are left out (Stolcke 1998, "Entropy-based pruning of backoff language models").
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

START, END = "<s>", "</s>"
BEGINNINGS = 0.15
"""Share of sentence beginnings among words."""
History = tuple[str, ...]
"""Up to two words that came before."""


class Text:
    """Counts of one text and the probabilities that follow from them."""

    def __init__(self, sentences: Iterable[str], base: Mapping[str, float]) -> None:
        """Count; `base` gives the probability of every word of the vocabulary, END too."""
        self.base = base
        counts: dict[History, Counter[str]] = defaultdict(Counter)
        for sentence in sentences:
            known = (word if word in base else "" for word in sentence.split())
            words = [START, *known, END]
            for at in range(1, len(words)):
                if not words[at]:
                    continue
                for size in range(3):
                    before = tuple(words[max(0, at - size) : at])
                    if len(before) == size and all(before):
                        counts[before][words[at]] += 1
        self.counts = dict(counts)
        self._totals = {before: sum(seen.values()) for before, seen in counts.items()}

    def probability(self, history: History, word: str) -> float:
        """Return P(word | history)."""
        lower = self.probability(history[1:], word) if history else self.base.get(word, 0.0)
        seen = self.counts.get(history)
        if seen is None:
            return lower
        kinds = len(seen)
        return (seen[word] + kinds * lower) / (self._totals[history] + kinds)


@dataclass(slots=True)
class Model:
    """Natural logarithms: what follows a history, and what stepping back from it costs."""

    follows: dict[History, dict[str, float]]
    back: dict[History, float] = field(default_factory=dict)

    def score(self, history: History, word: str) -> float:
        """Return log P(word | history)."""
        cost = 0.0
        while history:
            follows = self.follows.get(history)
            if follows is not None:
                if word in follows:
                    return cost + follows[word]
                cost += self.back[history]
            history = history[1:]
        return cost + self.follows[()][word]

    def sentence(self, text: str) -> float:
        """Return log P of a sentence of known words, its end included."""
        words = [START, *text.split(), END]
        return sum(
            self.score(tuple(words[max(0, at - 2) : at]), words[at]) for at in range(1, len(words))
        )

    def size(self) -> list[int]:
        """Return the number of n-grams of each order."""
        sizes = Counter(len(history) for history, follows in self.follows.items() for _ in follows)
        return [sizes[order] for order in range(3)]


def mixed(
    texts: Sequence[tuple[Text, float]], order: int = 3, least: Sequence[int] = (1, 1, 2)
) -> Model:
    """Mix models with their weights; n-grams seen fewer than `least` times count as unseen."""
    seen: dict[History, Counter[str]] = defaultdict(Counter)
    for text, _ in texts:
        for history, counts in text.counts.items():
            if len(history) < order:
                seen[history].update(counts)
    model = Model({})
    for history, counts in sorted(seen.items(), key=lambda item: len(item[0])):
        kept = [word for word, count in counts.items() if count >= least[len(history)]]
        if not history:
            kept = list({*kept, *texts[0][0].base})
        if kept:
            model.follows[history] = {
                word: math.log(sum(w * text.probability(history, word) for text, w in texts))
                for word in kept
            }
    _rest(model)
    return model


def pruned(model: Model, threshold: float) -> Model:
    """Leave out n-grams whose loss raises the model's entropy by less than `threshold` each."""
    follows = {history: dict(words) for history, words in model.follows.items()}
    for order in (2, 1):
        smaller = Model(follows, model.back)
        for history in [h for h in follows if len(h) == order]:
            weight, back = _chance(smaller, history), model.back[history]
            kept = {
                word: log
                for word, log in follows[history].items()
                if (order == 1 and (*history, word) in follows)
                or weight * math.exp(log) * (log - back - model.score(history[1:], word))
                >= threshold
            }
            if kept or history == (START,):
                follows[history] = kept
            else:
                del follows[history]
    smaller = Model(follows)
    _rest(smaller)
    return smaller


def _chance(model: Model, history: History) -> float:
    """Return how often a history occurs among words."""
    first = BEGINNINGS if history[0] == START else math.exp(model.follows[()][history[0]])
    return first * (math.exp(model.score(history[:1], history[1])) if history[1:] else 1.0)


def _rest(model: Model) -> None:
    """Set what stepping back costs, so that every history's words sum to one."""
    model.back = {}
    for history in sorted(model.follows, key=len):
        if not history:
            continue
        follows = model.follows[history]
        here = sum(math.exp(log) for log in follows.values())
        lower = sum(math.exp(model.score(history[1:], word)) for word in follows)
        model.back[history] = math.log(max(1e-6, 1.0 - here) / max(1e-6, 1.0 - lower))
