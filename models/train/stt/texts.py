"""Random sentences that callers might say, in the form the recogniser writes them.

A written form is lower case, `a-z`, apostrophe and single spaces. A spoken form is what a
synthesiser is given: commas between digit groups and letters, "ay" for the letter a.
"""

import csv
import json
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DIGIT = "zero one two three four five six seven eight nine".split()
_TEEN = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TEN = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NINTHS = "first second third fourth fifth sixth seventh eighth ninth".split()
_ORDINAL = [
    *_NINTHS,
    *"tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth".split(),
    *"seventeenth eighteenth nineteenth twentieth".split(),
    *("twenty " + word for word in _NINTHS),
    "thirtieth",
    "thirty first",
]
_MONTH = (
    "january february march april may june july august september october november december".split()
)
_DAY = "monday tuesday wednesday thursday friday saturday sunday".split()
_LETTER = "abcdefghijklmnopqrstuvwxyz"
_MAX_WORDS = 16


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to be spoken."""

    written: str
    """What the recogniser should write."""
    spoken: str
    """What a synthesiser is told to say."""


def normalise(text: str) -> str:
    """Return `text` in written form: lower case letters, apostrophes, single spaces."""
    text = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    text = re.sub(r"[^a-z' ]", " ", text.replace("-", " "))
    words = (word.strip("'") if word != "o'" else word for word in text.split())
    return " ".join(word for word in words if word)


def number(n: int, rng: random.Random) -> str:
    """Return the words of `n` (0 to 999,999), with or without "and" at random."""
    if n < 10:
        return DIGIT[n]
    if n < 20:
        return _TEEN[n - 10]
    if n < 100:
        return _TEN[n // 10 - 2] + (" " + DIGIT[n % 10] if n % 10 else "")
    size, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    words = f"{number(n // size, rng)} {name}"
    if n % size == 0:
        return words
    joint = " and " if n % size < 100 and rng.random() < 0.5 else " "
    return words + joint + number(n % size, rng)


def digits(length: int, rng: random.Random) -> str:
    """Return `length` spoken digits with "oh", "double" and pauses between groups at random."""
    words: list[str] = []
    for _ in range(length):
        digit = rng.randrange(10)
        words.append("oh" if digit == 0 and rng.random() < 0.35 else DIGIT[digit])
    if length > 3 and rng.random() < 0.12:
        at = rng.randrange(length - 1)
        words[at : at + 2] = ["double", words[at]]
    group = rng.choice([0, 1, 2, 3, 4])
    return " ".join(
        word + ("," if group and i % group == group - 1 and word != "double" else "")
        for i, word in enumerate(words)
    ).strip(",")


def clock(rng: random.Random) -> str:
    """Return a time of day as people say it."""
    hour, kind = rng.randint(1, 12), rng.random()
    if kind < 0.2:
        return number(hour, rng) + rng.choice(["", " o'clock", " a m", " p m"])
    if kind < 0.55:
        minute = rng.choice([5, 10, 15, 15, 20, 25, 30, 30, 35, 40, 45, 45, 50, 55])
        text = f"{number(hour, rng)} {'oh ' if minute < 10 else ''}{number(minute, rng)}"
        part = rng.choice(["a m", "p m", "in the morning", "in the afternoon", "in the evening"])
        return f"{text} {part}" if rng.random() < 0.35 else text
    if kind < 0.8:
        past = "half past,quarter past,quarter to,ten past,twenty to,five to,ten to,twenty past"
        return f"{rng.choice(past.split(','))} {number(hour, rng)}"
    return rng.choice(["noon", "midday", "midnight"]) if kind < 0.9 else number(hour, rng)


def date(rng: random.Random) -> str:
    """Return a day as people say it."""
    kind, order, month, day = (
        rng.random(),
        rng.choice(_ORDINAL),
        rng.choice(_MONTH),
        rng.choice(_DAY),
    )
    if kind < 0.25:
        return day
    if kind < 0.45:
        return f"the {order} of {month}"
    if kind < 0.6:
        return f"{month} {order}"
    if kind < 0.7:
        return f"{day} the {order}"
    if kind < 0.8:
        return f"{day} {month} the {order}"
    if kind < 0.92:
        near = (
            "today,tomorrow,next week,the day after tomorrow,this afternoon,tomorrow morning,"
            f"next {day},this {day},{day} morning,{day} afternoon,next month,in two weeks"
        )
        return rng.choice(near.split(","))
    year = rng.choice(
        [
            f"nineteen {number(rng.randint(20, 99), rng)}",
            f"two thousand {number(rng.randint(1, 26), rng)}",
            f"twenty {number(rng.randint(10, 30), rng)}",
        ]
    )
    return f"{month} {order} {year}"


def money(rng: random.Random) -> str:
    """Return an amount of money."""
    unit = rng.choice(["dollars", "dollars", "euros", "pounds"])
    amount = f"{number(rng.choice([rng.randint(2, 99), rng.randint(100, 2000)]), rng)} {unit}"
    if unit != "euros" and rng.random() < 0.4:
        cents = number(rng.randint(1, 99), rng)
        return f"{amount} {cents}" if rng.random() < 0.5 else f"{amount} and {cents} cents"
    return amount


def spell(word: str, rng: random.Random) -> str:
    """Return the letters of `word`, with pauses at random."""
    return rng.choice([", ", " ", ", "]).join(letter for letter in word if letter in _LETTER)


def spoken_letters(text: str) -> str:
    """Return `text` with the letter a (beside another letter or a number) written "ay"."""
    single = rf"(?:[b-z]|{'|'.join(DIGIT)}|oh)(?![\w'])"
    text = re.sub(rf"(?<![\w'])a(?=,|$| {single}|,? a(?![\w']))", "ay", text)
    return re.sub(r"(?<=(?<![\w'])[b-hj-z] )a(?![\w'])", "ay", text)


class Domain:
    """The sentences of domain.toml."""

    def __init__(self, path: Path) -> None:
        """Read `path`; raises KeyError later for a slot that has neither list nor generator."""
        content = tomllib.loads(path.read_text())
        self.lists: dict[str, list[str]] = {
            name: [item.strip() for item in text.replace("\n", " ").split(",")]
            for name, text in content["lists"].items()
        }
        self._groups = [(t["lines"].strip().split("\n"), t["weight"]) for t in content["templates"]]
        self._weights = [weight for _, weight in self._groups]
        self._slots: dict[str, Callable[[random.Random], str]] = {
            "TIME": clock,
            "DATE": date,
            "MONEY": money,
            "DIGITS1": lambda rng: rng.choice([*DIGIT, "oh"]),
            "DIGITS": lambda rng: digits(rng.randint(2, 8), rng),
            "PHONE": lambda rng: digits(rng.randint(7, 11), rng),
            "EXT": lambda rng: digits(rng.choice([2, 3, 3, 4]), rng),
            "COUNT": lambda rng: number(rng.randint(1, 12), rng),
            "NUMBER": self._number,
            "ADDRESS": self._address,
            "SPELL": self._spell,
            "NATO1": lambda rng: ", ".join(rng.choices(self.lists["NATO"], k=rng.randint(1, 5))),
            "LETTER_AS": self._letter_as,
            "MIXED": lambda rng: " ".join(
                rng.choice(_LETTER) if rng.random() < 0.4 else rng.choice(DIGIT)
                for _ in range(rng.randint(3, 7))
            ),
        }

    def sentence(self, rng: random.Random) -> str:
        """Return one sentence (spoken punctuation, not yet written form)."""
        lines = rng.choices(self._groups, weights=self._weights)[0][0]
        return re.sub(r"\{(\w+)\}", lambda found: self._fill(found[1], rng), rng.choice(lines))

    def words(self) -> set[str]:
        """Return every word that lists and templates contain."""
        texts = [item for items in self.lists.values() for item in items]
        texts += [re.sub(r"\{\w+\}s?", " ", line) for lines, _ in self._groups for line in lines]
        return {word for text in texts for word in normalise(text).split()}

    def _fill(self, slot: str, rng: random.Random) -> str:
        if slot in self.lists:
            return rng.choice(self.lists[slot])
        return self._slots[slot](rng)

    def _number(self, rng: random.Random) -> str:
        bounds = rng.choice([(0, 20), (0, 99), (100, 999), (1000, 9999)])
        return number(rng.randint(*bounds), rng)

    def _address(self, rng: random.Random) -> str:
        street, kind = rng.choice(self.lists["STREET"]), rng.choice(self.lists["STREET_KIND"])
        return f"{number(rng.randint(1, 250), rng)} {street} {kind}"

    def _spell(self, rng: random.Random) -> str:
        if rng.random() < 0.7:
            return spell(rng.choice(self.lists["FIRST"] + self.lists["LAST"]), rng)
        return spell("".join(rng.choices(_LETTER, k=rng.randint(2, 7))), rng)

    def _letter_as(self, rng: random.Random) -> str:
        names = self.lists["NATO"] + self.lists["FIRST"] + self.lists["CITY"]
        word = rng.choice(names)
        return f"{word[0] if rng.random() < 0.8 else rng.choice(_LETTER)} as in {word}"


def _cut(text: str) -> Iterator[str]:
    """Yield written pieces of `text` of 1 to 16 words, cut at punctuation where it is long."""
    if re.search(r"\d", text):
        return
    pieces = [text] if len(text.split()) <= _MAX_WORDS else re.split(r"[,;:.!?]", text)
    for piece in pieces:
        written = normalise(piece)
        if 1 <= len(written.split()) <= _MAX_WORDS and len(written) > 1:
            yield written


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def eval_transcripts(audio: Path) -> set[str]:
    """Return the written transcripts of four or more words that belong to any eval set."""
    found: set[str] = set()
    for manifest in sorted(audio.glob("*/manifest.tsv")):
        header, *rows = _rows(manifest)
        split, transcript = header.index("split"), header.index("transcript")
        texts = (normalise(row[transcript]) for row in rows if row[split] == "eval")
        found.update(text for text in texts if len(text.split()) >= 4)
    return found


def corpus_sentences(text_dir: Path, forbidden: set[str]) -> list[str]:
    """Return sentences of public text sets, each once, none of which is in `forbidden`."""
    columns = {
        "banking77/train.tsv": 1,
        "clinc150/train.tsv": 1,
        "snips/train.tsv": 1,
        "nlupp/banking.tsv": 1,
        "nlupp/hotels.tsv": 1,
        "home_assistant_intents/en.tsv": 1,
        "vctk_text/sentences.txt": 0,
        "ljspeech_text/sentences.txt": 0,
    }
    texts = [row[at] for name, at in columns.items() for row in _rows(text_dir / name)]
    booking = _rows(text_dir / "restaurant8k" / "all.tsv")
    texts += [row[1] for row in booking if row[0] == "train"]
    pieces = {piece for text in texts for piece in _cut(text)}
    return sorted(pieces - forbidden)


def frequent_words(text_dir: Path, lexicon: dict[str, list[str]], count: int) -> list[str]:
    """Return the `count` most frequent English words that `lexicon` can pronounce."""
    rows = (text_dir / "frequency_words" / "en_50k.txt").read_text().splitlines()
    words = (row.split()[0] for row in rows)
    short = set("a i is it in on of to at by we he me my no up so us do go if or an as be".split())
    known = (w for w in words if w in lexicon and (len(w) > 2 or w in short))
    return [word for word, _ in zip(known, range(count), strict=False)]


class Source:
    """An endless source of sentences: the switchboard, public texts, loose words."""

    def __init__(self, domain: Domain, corpus: list[str], words: list[str]) -> None:
        """Mix 62 % of `domain`, 30 % of `corpus` and 8 % of strings of `words`."""
        self.domain, self._corpus, self._words = domain, corpus, words

    def draw(self, rng: random.Random) -> Sentence:
        """Return the next sentence."""
        kind = rng.random()
        if kind < 0.62:
            text = self.domain.sentence(rng)
        elif kind < 0.92:
            text = rng.choice(self._corpus)
        else:
            text = " ".join(
                self._words[int(len(self._words) * rng.random() ** 2)]
                for _ in range(rng.randint(2, 8))
            )
        return Sentence(normalise(text), spoken_letters(text))


def prepare(data: Path, work: Path, lexicon: dict[str, list[str]]) -> None:
    """Write texts.json to `work`: the sentences and words that `load` reads."""
    forbidden = eval_transcripts(data / "audio")
    content = {
        "corpus": corpus_sentences(data / "text", forbidden),
        "words": frequent_words(data / "text", lexicon, 6000),
    }
    (work / "texts.json").write_text(json.dumps(content))


def load(work: Path) -> Source:
    """Return the source of sentences prepared in `work`."""
    content = json.loads((work / "texts.json").read_text())
    domain = Domain(Path(__file__).with_name("domain.toml"))
    return Source(domain, content["corpus"], content["words"])
