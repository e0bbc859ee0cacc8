"""What callers want: intents by the trained model, beside its peers, clean and misheard.

    python -m tests.bench.understanding [--quick]

Public sets of ../shared/data/text (never committed): Banking77 (all, and ten examples a class, the
mean of three draws), CLINC150 (150 classes and what belongs to none), SNIPS (7 classes), NLU++
(several intents a sentence; ten folds, micro F1; and learnt from one fold in ten). Each clean and
with one and two words in ten misheard (`noise`). Peers, trained on the same sentences: scikit-learn
TF-IDF of words and pairs, with a linear SVM and with logistic regression, "none" as one more class.

Then values: of the slots of NLU++ and SNIPS that the box has kinds for, how many are read when said
alone, and found again in their sentence.

right: all sentences that got their class, "none of them" included; in scope, none: shares of those
that have a class, and that have none; off: expected calibration error, ten bins; s: training; ms:
one sentence, median and 99th percentile: of one core's time, so that a busy machine changes little.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from appliance import dialogue
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import Slots
from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.classify import best, content
from appliance.dialogue.understanding.examples import Example
from appliance.dialogue.understanding.features import features
from appliance.dialogue.understanding.linear import NONE, Linear
from appliance.speech.understanding.solver import rows, solve
from appliance.speech.understanding.training import fit
from appliance.system.dialogues import folder
from tests.bench.figures import spread
from tests.bench.noise import TEXT, Noise

RATES = (0.0, 0.1, 0.2)


def table(path, columns=2):
    """Return the rows of a set."""
    lines = (TEXT / path).read_text("utf-8").splitlines()
    return [tuple(line.split("\t")[:columns]) for line in lines]


def labelled(path):
    """Return (class, sentence), out of scope as ""."""
    return [(NONE if label == "oos" else label, text) for label, text in table(path)]


def some_of_each(pairs, count, seed):
    """Return `count` examples of each class."""
    by_class = defaultdict(list)
    for label, text in pairs:
        by_class[label].append(text)
    rng = random.Random(seed)
    return [
        (label, text)
        for label in sorted(by_class)
        for text in rng.sample(by_class[label], min(count, len(by_class[label])))
    ]


class Ours:
    """The model that is trained on publish and read by the dialogue."""

    name = "attendant"

    def __init__(self, pairs):
        examples = defaultdict(list)
        for group, (label, text) in enumerate(pairs):
            examples[label].append(Example(normalise(text), group))
        self.data = fit(examples)
        self.model = Linear.parse(self.data)
        self.strangers = any(label == NONE for label, _ in pairs)

    def label(self, text):
        """Return class and confidence."""
        found = self.model.classify(content(normalise(text)))
        if not self.strangers:
            # A set in which nothing is out of scope: the question is only which class it is.
            found.pop(NONE, None)
        return best(found)


class Peer:
    """A usual baseline."""

    def __init__(self, name, head, pairs):
        self.name = name
        self.words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        self.head = head
        self.head.fit(self.words.fit_transform([t for _, t in pairs]), [x for x, _ in pairs])

    def label(self, text):
        """Return class and confidence (a peer's margins are no confidences)."""
        return self.head.predict(self.words.transform([text]))[0], None


def peers():
    """Yield what makes each classifier out of labelled sentences."""
    yield Ours
    yield lambda pairs: Peer("tf-idf + SVM", LinearSVC(), pairs)
    yield lambda pairs: Peer("tf-idf + logistic", LogisticRegression(C=10, max_iter=200), pairs)


def calibration_error(found):
    """Return the expected calibration error of (confidence, right)."""
    bins = defaultdict(list)
    for confidence, right in found:
        bins[min(9, int(confidence * 10))].append((confidence, right))
    return sum(abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins.values()) / len(found)


def judge(model, pairs, texts):
    """Return shares of right answers, calibration error and times."""
    right, known, strange, sure, times = [], [], [], [], []
    for (label, _), text in zip(pairs, texts, strict=True):
        began = time.thread_time()
        found, confidence = model.label(text)
        times.append((time.thread_time() - began) * 1000)
        right.append(found == label)
        (known if label else strange).append(found == label)
        if confidence is not None:
            sure.append((confidence, found == label))
    return {
        "right": np.mean(right),
        "known": np.mean(known),
        "none": np.mean(strange) if strange else None,
        "off": calibration_error(sure) if sure else None,
        "ms": spread(times),
    }


def intents(title, trainings, pairs, noise):
    """Print one set: `trainings` are draws of the same, whose mean is told."""
    print(f"\n{title}: {len(trainings[0])} sentences to learn from, {len(pairs)} to judge by")
    print("                      words wrong   right  in scope  none   off     s   ms (p99)")
    spoiled = {rate: noise.spoiled([t for _, t in pairs], rate) for rate in RATES[1:]}
    spoiled[0.0] = [t for _, t in pairs]
    for make in peers():
        found = defaultdict(list)
        for training in trainings:
            began = time.thread_time()
            model = make(training)
            took = time.thread_time() - began
            for rate in RATES:
                found[rate].append(judge(model, pairs, spoiled[rate]))
        for rate in RATES:
            mean = {
                key: np.mean([one[key] for one in found[rate]])
                for key in ("right", "known", "none", "off")
                if found[rate][0][key] is not None
            }
            ms = found[rate][0]["ms"]
            none = f"{100 * mean['none']:5.1f}" if "none" in mean else "    -"
            off = f"{mean['off']:.3f}" if "off" in mean else "    -"
            print(
                f"{model.name if not rate else '':22}{rate:9.0%}    {100 * mean['right']:5.1f}"
                f"     {100 * mean['known']:5.1f} {none} {off} {took:5.1f}"
                f"  {ms['median']:.2f} ({ms['p99']:.2f})",
                flush=True,
            )


def micro_f1(found, wanted):
    """Return the micro-averaged F1 of two boolean tables."""
    both = np.logical_and(found, wanted).sum()
    return 2 * both / max(1, found.sum() + wanted.sum())


def ours_of_many(texts, wanted, judged):
    """Return which intents hold, by our features and solver (product code, several per row)."""
    counted = [features(normalise(text).split()) for text in texts]
    seen = Counter(key for counts in counted for key in counts)
    columns = {key: at for at, key in enumerate(seen)}
    inverse = np.array([np.log((1 + len(texts)) / (1 + n)) + 1 for n in seen.values()], np.float32)
    weights = solve(
        rows(counted, columns, inverse),
        np.where(wanted, 1, -1).astype(np.float32),
        np.ones(len(texts), np.float32),
        width=len(columns),
        passes=8,
        until=time.thread_time() + 30,
    )
    counted = [features(normalise(text).split()) for text in judged]
    return rows(counted, columns, inverse).margins(weights) > -0.1


def peer_of_many(texts, wanted, judged):
    """Return which intents hold, by TF-IDF and linear SVMs."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    head = OneVsRestClassifier(LinearSVC())
    head.fit(words.fit_transform(texts), wanted)
    return head.predict(words.transform(judged)).astype(bool)


def several(domain, noise):
    """Print NLU++: several intents a sentence."""
    table_ = [(row[0], row[1]) for row in table(f"nlupp/{domain}.tsv", 3)]
    names = sorted({name for labels, _ in table_ for name in labels.split(",") if name})
    wanted = np.array([[name in labels.split(",") for name in names] for labels, _ in table_])
    texts = [text for _, text in table_]
    order = np.random.default_rng(7).permutation(len(texts)) % 10
    print(f"\nNLU++ {domain}: {len(texts)} sentences, {len(names)} intents, micro F1 by ten folds")
    print("                      words wrong   learnt from nine folds   from one")
    spoiled = {rate: noise.spoiled(texts, rate) if rate else texts for rate in RATES}
    for name, method in (("attendant", ours_of_many), ("tf-idf + SVM", peer_of_many)):
        scores = defaultdict(list)
        for fold in range(10):
            for much in (True, False):
                learnt = np.flatnonzero((order != fold) if much else (order == fold))
                rest = np.flatnonzero((order == fold) if much else (order == (fold + 1) % 10))
                used = wanted[learnt].any(axis=0)
                judged = [spoiled[rate][at] for rate in RATES for at in rest]
                found = np.zeros((len(judged), len(names)), bool)
                found[:, used] = method(
                    [texts[at] for at in learnt], wanted[learnt][:, used], judged
                )
                for rate, part in zip(RATES, np.split(found, len(RATES)), strict=True):
                    scores[rate, much].append(micro_f1(part, wanted[rest]))
        for rate in RATES:
            print(
                f"{name if not rate else '':22}{rate:9.0%}"
                f"{100 * np.mean(scores[rate, True]):18.1f}"
                f"{100 * np.mean(scores[rate, False]):20.1f}",
                flush=True,
            )


_KINDS = {
    "time": SlotKind.TIME, "time_from": SlotKind.TIME, "time_to": SlotKind.TIME,
    "date": SlotKind.DATE, "date_from": SlotKind.DATE, "date_to": SlotKind.DATE,
    "number": SlotKind.NUMBER, "people": SlotKind.NUMBER, "rooms": SlotKind.NUMBER,
    "adults": SlotKind.NUMBER, "kids": SlotKind.NUMBER, "amount_of_money": SlotKind.AMOUNT,
    "party_size_number": SlotKind.NUMBER, "rating_value": SlotKind.NUMBER,
    "best_rating": SlotKind.NUMBER,
}  # fmt: skip
"""Slots of NLU++ and SNIPS whose values the box has a kind for; names of songs it has not."""
_MARKED = re.compile(r"\[(\w+) : ([^\]]*)\]")


def told():
    """Yield (sentence, slot, what was said for it) of NLU++ and SNIPS."""
    for domain in ("banking", "hotels"):
        for _, text, slots in table(f"nlupp/{domain}.tsv", 3):
            for name, value in json.loads(slots or "{}").items():
                if isinstance(value, str):
                    yield text, name, value
    for _, text, marked in table("snips/validate.tsv", 3):
        for name, value in _MARKED.findall(marked):
            yield text, name, value


def values(noise):
    """Print how many values are found in a sentence that are read when said alone."""
    known = folder.load(Path(dialogue.__file__).parent / "starter")
    slots, now = Slots(known), datetime.fromisoformat("2026-11-24 10:00")
    rows = [row for row in told() if row[1] in _KINDS]
    spoiled = {rate: noise.spoiled([text for text, _, _ in rows], rate) for rate in RATES[1:]}
    spoiled[0.0] = [text for text, _, _ in rows]
    count, alone, found = Counter(), Counter(), Counter()
    for at, (_, name, value) in enumerate(rows):
        kind = _KINDS[name]
        slot = Slot("x", kind)
        count[kind] += 1
        read = slots.read(slot, dialogue.Heard(value), now).value
        alone[kind] += bool(read)
        for rate in RATES:
            text = normalise(spoiled[rate][at])
            hits = [reading.value for _, reading in slots.find((slot,), text, now)]
            found[kind, rate] += bool(read) and read in hits
    print("\nValues in sentences of NLU++ and SNIPS, by kind, percent")
    print(
        "            values   read alone   the same found in the sentence, 0 / 10 / 20 % misheard"
    )
    for kind, total in count.items():
        shares = " / ".join(f"{100 * found[kind, rate] / total:.1f}" for rate in RATES)
        print(f"{kind.value:12}{total:6}{100 * alone[kind] / total:12.1f}   {shares}")


def main():
    """Print all sets; `--quick`: Banking77 and CLINC150 only."""
    parser = argparse.ArgumentParser(prog="tests.bench.understanding")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    if not TEXT.is_dir():
        print(f"{TEXT} is not here: nothing to judge by")
        sys.exit(0)
    noise = Noise()
    banking, judged = labelled("banking77/train.tsv"), labelled("banking77/test.tsv")
    intents("Banking77", [banking], judged, noise)
    clinc = labelled("clinc150/train.tsv") + labelled("clinc150/oos_train.tsv")
    clinc_judged = labelled("clinc150/test.tsv") + labelled("clinc150/oos_test.tsv")
    intents("CLINC150", [clinc], clinc_judged, noise)
    if given.quick:
        return
    draws = [some_of_each(banking, 10, seed) for seed in range(3)]
    intents("Banking77, ten examples a class", draws, judged, noise)
    intents("SNIPS", [labelled("snips/train.tsv")], labelled("snips/validate.tsv"), noise)
    for domain in ("banking", "hotels"):
        several(domain, noise)
    values(noise)


if __name__ == "__main__":
    main()
