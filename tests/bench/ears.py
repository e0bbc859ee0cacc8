"""What people's speech becomes, through everything that `appliance hear` does.

    python -m tests.bench.ears [--pack en-telephone-8k] [--write]

Voice activity, the asked question's grammar, the pack's thresholds: for every evaluation set the
free reading (words wrong) and the reading under what would have been asked (utterances right,
refused, wrong). All audio passes G.711 at its own level. `--write` puts the figures into the pack's
manifest under `product/…`.
"""

import argparse
import csv
import json
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from appliance.audio.g711 import CODECS
from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.audiofile import RATE, read_audio
from appliance.speech.commands import Ears
from tests.conftest import data_folder

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "models" / "packs"
DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"],
    "de": [
        "null",
        "eins",
        "zwei",
        "drei",
        "vier",
        "fünf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "zwo",
    ],
}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
FREE = Expectation()
Rule = Callable[[str], Expectation | None]


@dataclass(frozen=True, slots=True)
class Item:
    """One recording."""

    file: Path
    said: str
    row: dict[str, str]


@dataclass(slots=True)
class Score:
    """What became of a set."""

    count: int = 0
    right: int = 0
    refused: int = 0
    errors: int = 0
    words: int = 0

    def add(self, heard: str, said: str, *, answer: bool = True) -> None:
        """Count one utterance; `answer`: whether what was heard is an answer to what was asked."""
        self.count += 1
        self.right += heard == said
        self.refused += heard != said and not (heard and answer)
        wrong, words = word_errors(heard, said)
        self.errors, self.words = self.errors + wrong, self.words + words

    @property
    def figures(self) -> dict[str, float]:
        """Percent."""
        n = max(1, self.count)
        return {
            "utterances": self.count,
            "right": round(100 * self.right / n, 1),
            "refused": round(100 * self.refused / n, 1),
            "wrong": round(100 * (self.count - self.right - self.refused) / n, 1),
            "word_error": round(100 * self.errors / max(1, self.words), 1),
        }


def plain(text: str) -> str:
    """Write a transcript as a recogniser does; "oh" is a zero."""
    letters = re.sub(r"[^a-zäöüß' ]", " ", text.lower())
    return re.sub(r"\boh\b", "zero", " ".join(letters.split()))


def word_errors(heard: str, said: str) -> tuple[int, int]:
    """Return edits and words of the reference."""
    one, two = heard.split(), said.split()
    row = list(range(len(one) + 1))
    for i, word in enumerate(two, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(one, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(two)


def items(folder: Path) -> list[Item]:
    """Return the evaluation split of a set."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Item(folder / row["file"], plain(row["transcript"]), row)
        for row in rows
        if row["split"] == "eval"
    ]


class Judge:
    """The pack's ears behind a telephone line."""

    def __init__(self, pack: str, vad: str = "silero-vad") -> None:
        self._ears = Ears(PACKS, stt=pack, vad=vad)
        self._folder = Path(tempfile.mkdtemp())
        self._made: dict[Path, Path] = {}

    def hear(self, file: Path, expectation: Expectation) -> str:
        """Return what is understood of a recording that came by telephone."""
        if file not in self._made:
            codec = CODECS["PCMU"]
            pcm = (np.clip(read_audio(file), -1, 1) * 32767).astype("<i2").tobytes()
            held = np.frombuffer(codec.decode(codec.encode(pcm)), "<i2")
            path = self._folder / f"{len(self._made)}.wav"
            soundfile.write(path, held, RATE)
            self._made[file] = path
        return plain(self._ears.hear(self._made[file], expectation).text)

    def score(self, found: list[Item], rule: Expectation | Rule) -> Score:
        """Hear a set; a rule that gives nothing for an utterance leaves it out."""
        score = Score()
        for item in found:
            expectation = rule(item.said) if callable(rule) else rule
            if expectation is not None:
                heard = self.hear(item.file, expectation)
                score.add(heard, item.said, answer=is_answer(heard, expectation.kind))
        return score


def is_answer(heard: str, kind: Kind) -> bool:
    """Return whether a dialogue that asked for this would take it: else it asks again."""
    words, digits = heard.split(), {digit for some in DIGITS.values() for digit in some}
    if kind is Kind.DIGITS:
        return all(word in digits or word in ("double", "triple") for word in words)
    if kind is Kind.LETTERS:
        return all(len(word) == 1 or word in digits for word in words)
    return True


def asked(said: str, language: str = "en") -> Expectation:
    """Return the question that an utterance would have been the answer to."""
    words = said.split()
    if all(word in DIGITS[language] for word in words):
        return Expectation(Kind.DIGITS)
    if all(len(word) == 1 or word in DIGITS[language] for word in words):
        return Expectation(Kind.LETTERS)
    if words[0] in MONTHS:
        return Expectation(Kind.DATE)
    if said in ("yes", "no"):
        return Expectation(Kind.YES_NO)
    return FREE


def alone(found: list[Item], words: list[str]) -> list[Item]:
    """Return the utterances that are one of `words`."""
    return [item for item in found if item.said in words]


def choice(found: list[Item], others: list[str] | None = None) -> Expectation:
    """Return the choice among all that is said, and others."""
    said = dict.fromkeys([*(item.said for item in found), *(others or [])])
    return Expectation(Kind.CHOICE, tuple(said))


def english(judge: Judge, audio: Path, text: Path) -> dict[str, Score]:
    """Return every English figure."""
    one = Expectation(Kind.DIGITS, shortest=1, longest=1)
    fsdd, commands = items(audio / "fsdd_digits_8k"), items(audio / "speech_commands")
    an4, voice = items(audio / "an4_eval"), items(audio / "common_voice_eval")
    vctk, ocean = items(audio / "vctk_bits"), items(audio / "speechocean762")
    richard, asterisk = (
        items(audio / "freeswitch_richard_en_gb"),
        items(audio / "asterisk_prompts_en"),
    )
    strings = [i for i in ocean if i.row["kind"] == "digits"]
    sentences = [i for i in ocean if i.row["kind"] == "sentence"]
    digits = DIGITS["en"][:10]
    harvard = [
        plain(line) for line in (text / "harvard" / "sentences.txt").read_text().splitlines()
    ]
    known = [*vctk, *voice, *sentences]
    rest = [h for h in harvard if h not in {i.said for i in known}]
    two_hundred = choice(known, rest[: max(0, 200 - len({i.said for i in known}))])
    letters = Expectation(Kind.LETTERS, shortest=1, longest=1)

    def of_kind(found: list[Item], kind: str) -> list[Item]:
        return [item for item in found if item.row["kind"] == kind]

    plan: list[tuple[str, list[Item], Expectation | Rule]] = [
        ("fsdd_digits_8k/free", fsdd, FREE),
        ("fsdd_digits_8k/digits", fsdd, one),
        ("speech_commands/free", commands, FREE),
        ("speech_commands/digits", alone(commands, digits), one),
        ("speech_commands/yes_no", alone(commands, ["yes", "no"]), Expectation(Kind.YES_NO)),
        ("speech_commands/choice", commands, choice(commands)),
        ("an4_eval/free", an4, FREE),
        ("an4_eval/asked", an4, asked),
        ("an4_eval/digits", an4, lambda s: e if (e := asked(s)).kind is Kind.DIGITS else None),
        ("an4_eval/letters", an4, lambda s: e if (e := asked(s)).kind is Kind.LETTERS else None),
        ("an4_eval/yes_no", alone(an4, ["yes", "no"]), Expectation(Kind.YES_NO)),
        ("speechocean762/digits_of_children", strings, Expectation(Kind.DIGITS)),
        ("speechocean762/sentences_free", sentences, FREE),
        ("common_voice_eval/free", voice, FREE),
        ("vctk_bits/free", vctk, FREE),
        ("sentences_of_three_sets/choice_of_200", known, two_hundred),
        ("freeswitch_richard_en_gb/letters", of_kind(richard, "ascii"), letters),
        ("freeswitch_richard_en_gb/numbers", of_kind(richard, "digits"), Expectation(Kind.NUMBER)),
        ("freeswitch_richard_en_gb/phrases_free", of_kind(richard, "ivr"), FREE),
        ("asterisk_prompts_en/letters", of_kind(asterisk, "letter"), letters),
        ("asterisk_prompts_en/numbers", of_kind(asterisk, "number"), Expectation(Kind.NUMBER)),
    ]
    return _run(judge, plan)


def german(judge: Judge, audio: Path, text: Path) -> dict[str, Score]:
    """Return every German figure."""
    kerstin, asterisk = items(audio / "kerstin_de"), items(audio / "asterisk_prompts_de")
    others = (text / "thorsten_de").glob("*.t*")
    lines = [plain(line.split("\t")[-1]) for f in sorted(others) for line in _lines(f)]
    known = [line for line in dict.fromkeys(lines) if 3 < len(line.split()) < 12][:166]
    letters = Expectation(Kind.LETTERS, shortest=1, longest=1)

    def of_kind(kind: str) -> list[Item]:
        return [item for item in asterisk if item.row["kind"] == kind]

    digits = [i for i in of_kind("number") if i.said in DIGITS["de"]]
    return _run(
        judge,
        [
            ("kerstin_de/free", kerstin, FREE),
            ("kerstin_de/choice_of_200", kerstin, choice(kerstin, known)),
            ("asterisk_prompts_de/digits", digits, Expectation(Kind.DIGITS, shortest=1, longest=1)),
            ("asterisk_prompts_de/numbers", of_kind("number"), Expectation(Kind.NUMBER)),
            ("asterisk_prompts_de/letters", of_kind("letter"), letters),
            ("asterisk_prompts_de/choice_of_words", of_kind("word"), choice(of_kind("word"))),
            ("asterisk_prompts_de/free", asterisk, FREE),
        ],
    )


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def _run(judge: Judge, plan: list[tuple[str, list[Item], Expectation | Rule]]) -> dict[str, Score]:
    scores = {}
    for name, found, rule in plan:
        began = time.monotonic()
        score = scores[name] = judge.score(found, rule)
        f = score.figures
        print(
            f"{name:40s} n {f['utterances']:4.0f}  right {f['right']:5.1f}  refused "
            f"{f['refused']:5.1f}  wrong {f['wrong']:5.1f}  words wrong {f['word_error']:5.1f}  "
            f"({time.monotonic() - began:.0f} s)",
            flush=True,
        )
    return scores


def orders(judge: Judge, audio: Path) -> Score:
    """Return how many named drinks, sizes and so on of the free orders are found in what is heard.

    The words of all slots are told as hot words, as a dialogue would tell its lists.
    """
    folder = audio / "picovoice_barista"
    found = items(folder)
    slots = [list(_slots(item.row["slots"]).values()) for item in found]
    words = sorted({plain(value) for values in slots for value in values})
    hot = Expectation(Kind.FREE, hotwords=tuple(words))
    score = Score()
    for item, values in zip(found, slots, strict=True):
        heard = judge.hear(item.file, hot)
        hits = [plain(value) in heard for value in values]
        score.count += len(values)
        score.right += sum(hits)
        score.refused += 0 if heard else len(values)
    return score


def _slots(text: str) -> dict[str, str]:
    held = text[1:-1].replace('""', '"') if text.startswith('"') else text
    read = json.loads(held)
    return read if isinstance(read, dict) else {}


def write(pack: Path, scores: dict[str, Score]) -> None:
    """Put the figures into the manifest's [figures], replacing those of an earlier run."""
    manifest = pack / "manifest.toml"
    lines = manifest.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith('"product/')]
    rows = [
        f'"product/{name}/{metric}" = {value}'
        for name, score in scores.items()
        for metric, value in score.figures.items()
    ]
    at = kept.index("[figures]") + 1
    part = manifest.with_suffix(".part")
    part.write_text("\n".join([*kept[:at], *rows, *kept[at:]]) + "\n", "utf-8")
    part.replace(manifest)


def main() -> None:
    """Print the figures of a pack."""
    parser = argparse.ArgumentParser(prog="tests.bench.ears", description=__doc__)
    parser.add_argument("--pack", default="en-telephone-8k")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    data = data_folder()
    if not (data / "audio").is_dir():
        raise SystemExit(f"no human speech at {data}: set ATTENDANT_DATA to where it is")
    judge = Judge(given.pack)
    run = german if given.pack.startswith("de") else english
    scores = run(judge, data / "audio", data / "text")
    if run is english:
        scores["picovoice_barista/slots_found"] = slots = orders(judge, data / "audio")
        print(f"picovoice_barista, slot values found      {slots.figures}")
    if given.write:
        write(PACKS / given.pack, scores)


if __name__ == "__main__":
    main()
