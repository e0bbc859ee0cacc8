"""Where to refuse an answer: wrong answers taken against right ones asked again.

python -m tests.bench.reject [--pack FOLDER] [--write]

Every kind of question is asked of people whom no training heard, in two ways: answers that were
asked for, and speech that is no answer. A wrong answer that is taken costs as much as asking again
five times; of the callers one in five says something else. `--write` puts the chosen points into
the manifest of the pack.
"""

import argparse
import csv
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.audiofile import read_audio
from appliance.speech.features import FilterBank
from appliance.speech.recognition.recogniser import CtcRecogniser, Posteriors
from appliance.system.packs.manifest import MANIFEST, Pack, load_pack

ROOT = Path(__file__).parents[2]
WRONG = 5.0
"""What a wrong answer that is taken costs, in questions asked again."""
OTHERS = 0.2
"""Share of callers who say something else than what was asked for."""
LEAST, MOST = 0.2, 0.7
"""Beyond these a point would rest on a handful of utterances."""
SMOOTH = 0.1
"""Half the width of the window over which the cost is averaged: the sets are small."""
GRID = np.round(np.append(np.arange(0.05, 0.96, 0.05), [0.97, 0.99]), 2)
_DIGIT = {"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One utterance of an evaluation set."""

    said: str
    posteriors: Posteriors


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer that would be given without any threshold."""

    confidence: float
    right: bool
    asked: bool
    """Whether the caller answered what was asked."""


def clips(recogniser: CtcRecogniser, data: Path, name: str) -> list[Clip]:
    """Return the evaluation part of a set; transcripts as the recogniser writes them."""
    folder = data / "audio" / name
    found = []
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["split"] == "eval":
                text = re.sub(r"[^a-z' ]", " ", row["transcript"].lower().replace("-", " "))
                bank = FilterBank()
                lead = np.zeros(2400, np.float32)
                bank.accept(np.concatenate([lead, read_audio(folder / row["file"])]))
                found.append(Clip(" ".join(text.split()), recogniser.hear(bank)))
    return found


def judged(
    recogniser: CtcRecogniser, clip: Clip, expectation: Expectation, *, asked: bool
) -> Judged | None:
    """Return the best answer; None where the recogniser has none of the kind asked for."""
    reading = recogniser.read(clip.posteriors, expectation)
    if not reading.text:
        return None
    return Judged(reading.confidence, asked and reading.text == clip.said, asked)


def questions(
    sets: dict[str, list[Clip]], rng: random.Random
) -> Iterator[tuple[str, Clip, Expectation, bool]]:
    """Yield kind, clip, what is expected, and whether the clip is an answer to it."""
    words = sorted({clip.said for clip in sets["speech_commands"]})
    sentences = [clip for name in ("common_voice_eval", "vctk_bits") for clip in sets[name]]
    sentences += [c for c in sets["speechocean762"] if not set(c.said.split()) <= _DIGIT]
    listed = sorted({clip.said for clip in sentences})
    digits = Expectation(Kind.DIGITS)
    letters = Expectation(Kind.LETTERS)
    everything = [clip for name in sets for clip in sets[name]]
    for clip in everything:
        tokens = clip.said.split()
        if tokens and set(tokens) <= _DIGIT:
            yield "digits", clip, digits, True
        elif clip in sentences or clip.said in words:
            yield "digits", clip, digits, False
    for clip in sets["an4_eval"]:
        tokens = clip.said.split()
        if all(len(t) == 1 for t in tokens):
            yield "letters", clip, letters, True
    for clip in sentences:
        yield "letters", clip, letters, False
    for clip in sets["speech_commands"]:
        if clip.said != "right":  # it may be meant as agreement or not
            agreed = clip.said in ("yes", "no")
            yield "yes-no", clip, Expectation(Kind.YES_NO), agreed
        others = rng.sample([word for word in words if word != clip.said], 8)
        menu = tuple(sorted([clip.said, *others[:7]]))
        yield "choice", clip, Expectation(Kind.CHOICE, menu), True
        yield "choice", clip, Expectation(Kind.CHOICE, tuple(sorted(others))), False
    for clip in sentences:
        rest = tuple(text for text in listed if text != clip.said)
        for kind in ("choice", "free"):
            yield kind, clip, Expectation(Kind.CHOICE, tuple(listed)), True
            yield kind, clip, Expectation(Kind.CHOICE, rest), False


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold leads to, in shares of the questions of its sort."""

    threshold: float
    wrong: float
    """Answers that were asked for, taken wrongly."""
    refused: float
    """Right answers that are asked again."""
    others: float
    """Speech that is no answer, taken for one."""
    cost: float


def curve(found: list[Judged], asked: int, others: int) -> list[Point]:
    """Return a point for every threshold of the grid; the numbers of questions are given."""
    points = []
    for threshold in GRID.tolist():
        taken = [one for one in found if one.confidence >= threshold]
        wrong = sum(one.asked and not one.right for one in taken) / max(1, asked)
        right = sum(one.right for one in taken) / max(1, asked)
        known = sum(one.right for one in found) / max(1, asked)
        other = sum(not one.asked for one in taken) / max(1, others)
        # One right answer more, as sure as any: a set of five must not decide on its own.
        again = 1.0 - right - wrong + threshold / (asked + 1)
        cost = (1 - OTHERS) * (WRONG * wrong + again) + OTHERS * (WRONG * other + 1 - other)
        points.append(Point(threshold, wrong, known - right, other, cost))
    return points


def chosen(points: list[Point]) -> Point:
    """Return the point of least cost, averaged over its neighbours."""

    def smooth(point: Point) -> float:
        near = [p.cost for p in points if abs(p.threshold - point.threshold) <= SMOOTH + 1e-9]
        return sum(near) / len(near)

    return min((p for p in points if LEAST <= p.threshold <= MOST), key=smooth)


def figures(pack: Pack, data: Path, show: Callable[[str], None] = print) -> dict[str, float]:
    """Print the curves of every kind and return the chosen thresholds."""
    assert pack.stt is not None
    # Below every threshold all answers are told, each with its confidence.
    open_ = replace(pack.stt, thresholds={str(kind): -1.0 for kind in Kind})
    recogniser = CtcRecogniser(replace(pack, stt=open_))
    names = ("fsdd_digits_8k", "speech_commands", "an4_eval", "common_voice_eval", "vctk_bits",
             "speechocean762")  # fmt: skip
    sets = {name: clips(recogniser, data, name) for name in names}
    answers: dict[str, list[Judged]] = {}
    counts: dict[str, list[int]] = {}
    for kind, clip, expectation, asked in questions(sets, random.Random(3)):
        counts.setdefault(kind, [0, 0])[not asked] += 1
        answer = judged(recogniser, clip, expectation, asked=asked)
        answers.setdefault(kind, []).extend([answer] if answer else [])
    thresholds = {}
    for kind, found in answers.items():
        points = curve(found, *counts[kind])
        best = chosen(points)
        thresholds[kind] = round(best.threshold, 2)
        show(f"{kind}: {counts[kind][0]} answers, {counts[kind][1]} others")
        show("  threshold  wrong taken  right refused  others taken   cost")
        for point in points[::2]:
            mark = " <" if point is best else ""
            show(_line(point) + mark)
        if best not in points[::2]:
            show(_line(best) + " <")
    return thresholds


def _line(point: Point) -> str:
    shares = (100 * point.wrong, 100 * point.refused, 100 * point.others)
    return (
        f"  {point.threshold:9.2f}  {shares[0]:9.1f} %  {shares[1]:11.1f} %  "
        f"{shares[2]:10.1f} %  {point.cost:6.3f}"
    )


def write(folder: Path, thresholds: dict[str, float]) -> None:
    """Put the thresholds into the manifest of `folder`, as its last table."""
    path = folder / MANIFEST
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\n\[stt\.thresholds\]\n(?:[^\[\n].*\n)*", "", text)
    lines = "".join(f"{_key(kind)} = {value}\n" for kind, value in sorted(thresholds.items()))
    path.write_text(f"{text.rstrip()}\n\n[stt.thresholds]\n{lines}", encoding="utf-8")


def _key(kind: str) -> str:
    return f'"{kind}"' if "-" in kind else kind


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="tests.bench.reject", description=__doc__)
    parser.add_argument("--pack", type=Path, default=ROOT / "models/packs/en-telephone-8k")
    parser.add_argument("--write", action="store_true", help="put the points into the manifest")
    given = parser.parse_args()
    data = Path(os.environ.get("ATTENDANT_DATA", ROOT.parent / "shared" / "data"))
    thresholds = figures(load_pack(given.pack), data)
    print("chosen:", ", ".join(f"{kind} {value}" for kind, value in sorted(thresholds.items())))
    if given.write:
        write(given.pack, thresholds)


if __name__ == "__main__":
    main()
