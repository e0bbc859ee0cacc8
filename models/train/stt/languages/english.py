"""English: what callers say, as they say it, and how it is written."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from models.train.stt.languages.base import Language, Lists, Pronunciations, Slot, facts
from models.train.stt.lexicon import PHONES, added_words, names, pronounce, read_cmudict
from models.train.stt.tables import column, table

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
_COLUMNS = {
    "banking77/train.tsv": 1,
    "clinc150/train.tsv": 1,
    "snips/train.tsv": 1,
    "nlupp/banking.tsv": 1,
    "nlupp/hotels.tsv": 1,
    "home_assistant_intents/en.tsv": 1,
    "vctk_text/sentences.txt": 0,
    "ljspeech_text/sentences.txt": 0,
}
"""Text sets, and the column in which their sentences stand."""


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


def _address(lists: Lists, rng: random.Random) -> str:
    street, kind = rng.choice(lists["STREET"]), rng.choice(lists["STREET_KIND"])
    return f"{number(rng.randint(1, 250), rng)} {street} {kind}"


def _spelled(lists: Lists, rng: random.Random) -> str:
    if rng.random() < 0.7:
        return spell(rng.choice(lists["FIRST"] + lists["LAST"]), rng)
    return spell("".join(rng.choices(_LETTER, k=rng.randint(2, 7))), rng)


def _letter_as(lists: Lists, rng: random.Random) -> str:
    word = rng.choice(lists["NATO"] + lists["FIRST"] + lists["CITY"])
    return f"{word[0] if rng.random() < 0.8 else rng.choice(_LETTER)} as in {word}"


def _number(rng: random.Random) -> str:
    bounds = rng.choice([(0, 20), (0, 99), (100, 999), (1000, 9999)])
    return number(rng.randint(*bounds), rng)


def slots(lists: Lists) -> dict[str, Slot]:
    """Return the generators of the slots that are no lists."""
    return {
        "TIME": clock,
        "DATE": date,
        "MONEY": money,
        "DIGITS1": lambda rng: rng.choice([*DIGIT, "oh"]),
        "DIGITS": lambda rng: digits(rng.randint(2, 8), rng),
        "PHONE": lambda rng: digits(rng.randint(7, 11), rng),
        "EXT": lambda rng: digits(rng.choice([2, 3, 3, 4]), rng),
        "COUNT": lambda rng: number(rng.randint(1, 12), rng),
        "NUMBER": _number,
        "ADDRESS": lambda rng: _address(lists, rng),
        "SPELL": lambda rng: _spelled(lists, rng),
        "NATO1": lambda rng: ", ".join(rng.choices(lists["NATO"], k=rng.randint(1, 5))),
        "LETTER_AS": lambda rng: _letter_as(lists, rng),
        "MIXED": lambda rng: " ".join(
            rng.choice(_LETTER) if rng.random() < 0.4 else rng.choice(DIGIT)
            for _ in range(rng.randint(3, 7))
        ),
    }


def sentences(text_dir: Path) -> Iterator[str]:
    """Yield the sentences of the public text sets in `text_dir`."""
    for name, at in _COLUMNS.items():
        yield from column(text_dir / name, at)
    booking = table(text_dir / "restaurant8k" / "all.tsv")
    yield from (row[1] for row in booking if row[0] == "train")


def _lexicon(data: Path, work: Path) -> Pronunciations:
    return read_cmudict(data / "text" / "cmudict" / "cmudict.dict")


def _common(data: Path) -> list[str]:
    lists = ("first_names_female", "first_names_male", "last_names")
    files = (data / "text" / "faker_lists" / f"en_US.person.{name}.txt" for name in lists)
    return [*added_words(), *_LETTER, *(normalise(name) for file in files for name in names(file))]


ENGLISH = Language(
    code="en",
    phones=tuple(PHONES),
    letters=_LETTER,
    normalise=normalise,
    spoken=spoken_letters,
    slots=slots,
    sentences=sentences,
    lexicon=_lexicon,
    common=_common,
    pronounce=pronounce,
    adopt=lambda phones: (phones, ""),
    facts=facts("en"),
)
