"""German: what callers say, as they say it, and how it is written.

Written: lower case with ä ö ü ß, no hyphens. Numbers below a hundred are one word
("vierundzwanzig"), hundreds and thousands words of their own ("zweihundert vierundzwanzig").
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from appliance.speech.recognition.lexicon import divided, pronounced
from models.train.stt.languages.base import Language, Lists, Pronunciations, Slot, facts
from models.train.stt.lexicon import PHONES, names
from models.train.stt.tables import column

GERMAN_PHONES = (*PHONES, *"A AX CX KH OE OEH RX UE YH".split())
"""The English inventory, then the phones that only German has."""

DIGIT = "null eins zwei drei vier fünf sechs sieben acht neun".split()
_TEEN = "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()
_TEN = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_LOW_ORDINAL = "erst zweit dritt viert fünft sechst siebt acht neunt".split()
_MONTH = (
    "januar februar märz april mai juni juli august september oktober november dezember".split()
)
_DAY = "montag dienstag mittwoch donnerstag freitag samstag sonntag".split()
_LETTER = "abcdefghijklmnopqrstuvwxyz"
_ALL_LETTERS = _LETTER + "äöüß"
_HEARD = {"AE": "EH", "DH": "D", "ER": "AX", "R": "RX", "TH": "F", "W": "V"}
"""English phones that German lacks, and what comes near them."""
_SPELLED = {
    "A": "a", "AA": "a", "AH": "e", "AO": "o", "AW": "au", "AX": "er", "AY": "ei", "CH": "tsch",
    "CX": "ch", "EH": "e", "EY": "e", "HH": "h", "IH": "i", "IY": "ie", "JH": "dsch", "KH": "ch",
    "NG": "ng", "OE": "ö", "OEH": "ö", "OW": "o", "OY": "eu", "RX": "r", "SH": "sch", "UE": "ü",
    "UH": "u", "UW": "u", "V": "w", "Y": "j", "YH": "ü", "Z": "s", "ZH": "sch",
}  # fmt: skip
"""Letters of phones; the others are their own names."""
_LEXICON = "lexicon.txt"
_LEXICON_WORDS = 50000


def normalise(text: str) -> str:
    """Return `text` in written form: lower case letters with ä ö ü ß, single spaces."""
    text = unicodedata.normalize("NFC", text).lower()
    text = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]", "", text)
    plain = []
    for letter in text:
        base = unicodedata.normalize("NFD", letter)[0]
        kept = letter if letter in _ALL_LETTERS else base
        plain.append(kept if kept in _ALL_LETTERS else " ")
    return " ".join("".join(plain).split())


def below_hundred(n: int) -> str:
    """Return the word of `n` (0 to 99)."""
    if n < 10:
        return DIGIT[n]
    if n < 20:
        return _TEEN[n - 10]
    unit = ("ein" if n % 10 == 1 else DIGIT[n % 10]) + "und" if n % 10 else ""
    return unit + _TEN[n // 10 - 2]


def number(n: int, rng: random.Random) -> str:
    """Return the words of `n` (0 to 999,999), with or without "ein" before hundreds at random."""
    if n < 100:
        return below_hundred(n)
    size, name = (100, "hundert") if n < 1000 else (1000, "tausend")
    count = n // size
    if count == 1:
        head = rng.choice(["", "ein"]) + name
    elif count < 100:
        head = below_hundred(count) + name
    else:
        head = f"{number(count, rng)} {name}"
    return head if n % size == 0 else f"{head} {number(n % size, rng)}"


def ordinal(n: int, ending: str) -> str:
    """Return the rank `n` (1 to 31) with its case `ending`, such as "en"."""
    if n < 10:
        return _LOW_ORDINAL[n - 1] + ending
    return below_hundred(n) + ("t" if n < 20 else "st") + ending


def year(n: int, rng: random.Random) -> str:
    """Return a year as people say it."""
    if 1100 <= n < 2000:
        rest = n % 100
        return f"{below_hundred(n // 100)}hundert" + (f" {below_hundred(rest)}" if rest else "")
    return number(n, rng)


def digits(length: int, rng: random.Random) -> str:
    """Return `length` spoken digits with "zwo" and pauses between groups, or pairs, at random."""
    if length > 3 and rng.random() < 0.18:
        pairs = [below_hundred(rng.randrange(10, 100)) for _ in range(length // 2)]
        first = [rng.choice(["null", DIGIT[rng.randrange(1, 10)]])] if length % 2 else []
        return ", ".join(first + pairs)
    zwo = rng.random() < 0.35
    words = [rng.choice(DIGIT) for _ in range(length)]
    words = ["zwo" if zwo and word == "zwei" else word for word in words]
    group = rng.choice([0, 1, 2, 3, 4])
    return " ".join(
        word + ("," if group and i % group == group - 1 else "") for i, word in enumerate(words)
    ).strip(",")


def clock(rng: random.Random) -> str:
    """Return a time of day as people say it."""
    hour, kind = rng.randint(1, 12), rng.random()
    if kind < 0.3:
        hour = rng.randint(0, 23)
        said = "ein" if hour == 1 else below_hundred(hour)
        return f"{said} uhr" + rng.choice(["", "", " früh", " morgens", " nachmittags", " abends"])
    if kind < 0.6:
        minute = rng.choice([5, 10, 15, 15, 20, 25, 30, 30, 30, 35, 40, 45, 45, 50, 55])
        hour = rng.randint(0, 23)
        return f"{'ein' if hour == 1 else below_hundred(hour)} uhr {below_hundred(minute)}"
    if kind < 0.9:
        past = (
            "halb,halb,viertel nach,viertel vor,zehn nach,zwanzig vor,fünf vor,zehn vor,"
            "zwanzig nach,fünf nach,viertel,dreiviertel,kurz nach,fünf vor halb,fünf nach halb"
        )
        return f"{rng.choice(past.split(','))} {below_hundred(hour)}"
    return rng.choice(["mittags", "zwölf uhr mittags", "mitternacht", below_hundred(hour)])


def date(rng: random.Random) -> str:
    """Return a day as people say it, most often after "am"."""
    kind, day = rng.random(), rng.choice(_DAY)
    n, month = rng.randint(1, 31), rng.choice(_MONTH)
    if kind < 0.2:
        return f"am {day}"
    if kind < 0.45:
        return f"{rng.choice(['am', 'am', 'den', 'zum'])} {ordinal(n, 'en')} {month}"
    if kind < 0.55:
        return f"{rng.choice(['am', 'der'])} {ordinal(n, 'en')} {ordinal(rng.randint(1, 12), 'en')}"
    if kind < 0.65:
        return f"{day} den {ordinal(n, 'en')} {month}"
    if kind < 0.85:
        near = (
            "heute,morgen,übermorgen,nächste woche,heute nachmittag,morgen früh,morgen vormittag,"
            f"nächsten {day},diesen {day},{day} vormittag,{day} nachmittag,nächsten monat,"
            f"in zwei wochen,kommenden {day},am {day} abend,gestern,ende {month},anfang {month}"
        )
        return rng.choice(near.split(","))
    return f"am {ordinal(n, 'en')} {month} {year(_some_year(rng), rng)}"


def birthday(rng: random.Random) -> str:
    """Return a date of birth."""
    n, month = rng.randint(1, 31), rng.randint(1, 12)
    named = rng.choice([_MONTH[month - 1], ordinal(month, "er"), ordinal(month, "en")])
    ending = "en" if named.endswith("en") and rng.random() < 0.5 else "er"
    return f"{ordinal(n, ending)} {named} {year(_some_year(rng), rng)}"


def _some_year(rng: random.Random) -> int:
    return rng.choice([rng.randint(1925, 1999), rng.randint(1950, 1999), rng.randint(2000, 2027)])


def money(rng: random.Random) -> str:
    """Return an amount of money."""
    amount = number(rng.choice([rng.randint(2, 99), rng.randint(100, 2500)]), rng) + " euro"
    if rng.random() < 0.4:
        cents = below_hundred(rng.randint(5, 99))
        return amount + rng.choice([f" {cents}", f" und {cents} cent"])
    return amount


def spell(word: str, rng: random.Random) -> str:
    """Return the letters of `word`, with pauses and "doppel" at random."""
    letters = [{"ß": "eszett"}.get(x, x) for x in word if x in _ALL_LETTERS]
    if rng.random() < 0.3:
        umlauts = {"ä": "a umlaut", "ö": "o umlaut", "ü": "u umlaut"}
        letters = [umlauts.get(letter, letter) for letter in letters]
    said: list[str] = []
    doubled = rng.random() < 0.5
    for letter in letters:
        if doubled and said and said[-1] == letter:
            said[-1] = f"doppel {letter}"
        else:
            said.append(letter)
    return rng.choice([", ", " ", ", "]).join(said)


def spoken(text: str) -> str:
    """Return `text` as espeak-ng's German voice is told."""
    return divided(text)


def _spelled(lists: Lists, rng: random.Random) -> str:
    if rng.random() < 0.7:
        return spell(rng.choice(lists["FIRST"] + lists["LAST"]), rng)
    return spell("".join(rng.choices(_LETTER + "äöü", k=rng.randint(2, 7))), rng)


def _letter_as(lists: Lists, rng: random.Random) -> str:
    word = rng.choice(lists["DIN"] * 3 + lists["CITY"] + lists["FIRST"])
    letter = word[0] if rng.random() < 0.85 else rng.choice(_ALL_LETTERS[:-1])
    return f"{letter} wie {word}"


def _number(rng: random.Random) -> str:
    bounds = rng.choice([(0, 20), (0, 99), (20, 99), (100, 999), (1000, 9999), (1000, 99999)])
    return number(rng.randint(*bounds), rng)


def _house(rng: random.Random) -> str:
    return number(rng.randint(1, 250), rng) + rng.choice(["", "", "", " a", " b"])


def slots(lists: Lists) -> dict[str, Slot]:
    """Return the generators of the slots that are no lists."""
    return {
        "TIME": clock,
        "DATE": date,
        "BIRTHDAY": birthday,
        "MONEY": money,
        "DIGITS1": lambda rng: rng.choice([*DIGIT, "zwo"]),
        "DIGITS": lambda rng: digits(rng.randint(2, 8), rng),
        "PHONE": lambda rng: digits(rng.randint(6, 12), rng),
        "POSTCODE": lambda rng: digits(5, rng),
        "EXT": lambda rng: digits(rng.choice([2, 3, 3, 4]), rng),
        "COUNT": lambda rng: below_hundred(rng.randint(2, 12)),
        "NUMBER": _number,
        "HOUSE": _house,
        "SPELL": lambda rng: _spelled(lists, rng),
        "DIN1": lambda rng: ", ".join(rng.choices(lists["DIN"], k=rng.randint(1, 5))),
        "LETTER": lambda rng: rng.choice([*_LETTER, *"äöü", "eszett"]),
        "LETTER_AS": lambda rng: _letter_as(lists, rng),
        "MIXED": lambda rng: " ".join(
            rng.choice(_LETTER) if rng.random() < 0.4 else rng.choice(DIGIT)
            for _ in range(rng.randint(3, 7))
        ),
    }


def sentences(text_dir: Path) -> Iterator[str]:
    """Yield the sentences of the public text sets in `text_dir`."""
    yield from column(text_dir / "home_assistant_intents" / "de.tsv", 1)
    # One sentence a line, with punctuation and perhaps a second sentence.
    for line in column(text_dir / "thorsten_de" / "sentences.txt", 0):
        yield from re.split(r"(?<=[.!?])\s+", line)


def _common(data: Path) -> list[str]:
    people = ("person.first_names_female", "person.first_names_male", "person.last_names")
    places = ("address.cities", "address.states")
    files = (data / "text" / "faker_lists" / f"de_DE.{name}.txt" for name in (*people, *places))
    found = [word for file in files for name in names(file) for word in normalise(name).split()]
    numbers = [below_hundred(n) for n in range(100)]
    scales = ["hundert", "tausend", *(n + "hundert" for n in ["ein", *DIGIT[2:]])]
    scales += [n + "tausend" for n in ["ein", *numbers[2:]]]
    ranks = [ordinal(n, ending) for n in range(1, 32) for ending in ("e", "en", "er")]
    hundreds = [below_hundred(n) + "hundert" for n in range(11, 20)]
    return [*found, *numbers, "zwo", *scales, *hundreds, *ranks, *_ALL_LETTERS[:-1], "eszett"]


def _vocabulary(data: Path) -> set[str]:
    """Return the words that can occur in texts, and the frequent ones."""
    path = data / "text" / "frequency_words" / "de_50k.txt"
    rows = path.read_text(encoding="utf-8").splitlines()[:_LEXICON_WORDS]
    found = set(_common(data))
    found.update(word for row in rows if (word := row.split()[0]) == normalise(word))
    for text in sentences(data / "text"):
        found.update(normalise(text).split())
    return found


def _lexicon(data: Path, work: Path) -> Pronunciations:
    """Return espeak-ng's pronunciations, written to `work` at first; domain words come in lazily."""
    path = work / _LEXICON
    if not path.exists():
        spoken_words = ((word, pronounced(word, "de")) for word in sorted(_vocabulary(data)))
        lines = (f"{word} {said}\n" for word, said in spoken_words if said)
        path.write_text("".join(lines), encoding="utf-8")
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return _Guessing({word: said for word, *said in rows})


class _Guessing(dict[str, list[str]]):
    """Pronunciations that know every word: espeak-ng says what the file lacks."""

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or bool(self[str(word)])

    def __missing__(self, word: str) -> list[str]:
        self[word] = pronounced(word, "de").split()
        return self[word]


def pronounce(written: str, lexicon: Pronunciations) -> list[int] | None:
    """Return the phone ids of a written sentence, None where a word is unknown."""
    ids: list[int] = []
    for word in written.split():
        if word not in lexicon:
            return None
        ids += [GERMAN_PHONES.index(phone) for phone in lexicon[word]]
    return ids


def adopt(english: list[str]) -> tuple[list[str], str]:
    """Return an English word in German phones, and spelled as a German would write it.

    So people's speech, of which there is none in German, teaches both heads what voices are like.
    """
    phones = [_HEARD.get(phone, phone) for phone in english]
    return phones, "".join(_SPELLED.get(phone, phone.lower()) for phone in phones)


GERMAN = Language(
    code="de",
    phones=GERMAN_PHONES,
    letters=_ALL_LETTERS,
    normalise=normalise,
    spoken=spoken,
    slots=slots,
    sentences=sentences,
    lexicon=_lexicon,
    common=_common,
    pronounce=pronounce,
    adopt=adopt,
    facts=facts("de"),
)
