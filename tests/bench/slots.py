"""Values out of what was heard: how many come out exactly, clean and misheard, by kind.

    python -m tests.bench.slots [--count 200]

Values are drawn by chance, said the way people say them (several ways for each kind, half of them
within a sentence), and read back. "1 reading" is one text with that share of its words wrong
(noise.py), "3 readings" is a recogniser's list of three such texts. A digit that was dropped cannot
come back: what length, checksum and list allow to notice is told apart as "refused" (a problem is
named, the caller is asked again) from "wrong" (a false value was taken).

Peers, where they are installed: dateparser for dates, text2num for numbers, word2number for English
numbers; each is given the clean texts without a sentence around them, dateparser also the same days
as one writes them ("1 December 2026"), for it knows no ordinals in words.

RESTAURANTS-8K (Coope et al. 2020; shared/data/text, evaluation only): answers of real users about
times, dates and party sizes. It annotates words, not values: "found" is the share of annotated
answers out of which a value is read, "same" that the whole sentence yields the same value as the
annotated words alone.
"""

import argparse
import importlib
import json
import random
import statistics
import sys
import time
from datetime import date, timedelta

from appliance.dialogue.events import Heard
from appliance.dialogue.script import Entry
from appliance.dialogue.slots import spoken_de, spoken_en
from appliance.dialogue.text import normalise
from tests.bench.noise import TEXT, Noise
from tests.dialogue.slots.world import ALL, NOW, SCRIPTS

FRAMES = {
    "en": ("{}", "{}", "it's {}", "um {} please"),
    "de": ("{}", "{}", "das ist {}", "äh {} bitte"),
}
SAY = {"en": spoken_en, "de": spoken_de}
TENS = {"en": ("double", "oh"), "de": ("doppel", "null")}


def said_digits(rng, language, value):
    """Digits one by one, in pairs, or with doubles."""
    say = SAY[language]
    way = rng.randrange(3)
    if way == 0:
        return say.digits(value)
    if way == 1 and "0" not in value[::2]:
        return " ".join(say.number(int_of(value[i : i + 2])) for i in range(0, len(value), 2))
    parts, at = [], 0
    while at < len(value):
        if value[at : at + 2] == value[at] * 2:
            parts.append(f"{TENS[language][0]} {say.digits(value[at])}")
            at += 2
        else:
            parts.append(TENS[language][1] if value[at] == "0" else say.digits(value[at]))
            at += 1
    return " ".join(parts)


def int_of(text):
    from decimal import Decimal

    return Decimal(text)


def said_date(rng, language, day):
    say = SAY[language]
    ahead = (day - NOW.date()).days
    if 1 < ahead < 7 and rng.random() < 0.5:
        name = say.day(day, weekday=True, year=False).split()[0].strip(",")
        return f"on {name}" if language == "en" else f"am {name}"
    return say.day(day, weekday=rng.random() < 0.4, year=rng.random() < 0.4)


def said_time(rng, language, at):
    hour, minute = at
    say = SAY[language]
    if language == "de":
        if minute == 30 and rng.random() < 0.5:
            return f"halb {say.number(int_of(hour % 12 + 1))}"
        if minute == 15 and rng.random() < 0.5:
            return f"viertel nach {say.number(int_of((hour - 1) % 12 + 1))}"
        return say.at(clock(at))
    if rng.random() < 0.5:
        said = say.number(int_of((hour - 1) % 12 + 1))
        return f"{said} {say.number(int_of(minute))}" if minute else f"{said} o'clock"
    return say.at(clock(at))


def clock(at):
    from datetime import time as of_day

    return of_day(*at)


def cases(rng, language, kind, count, people):
    """Yield (slot, what is said, value)."""
    say = SAY[language]
    for _ in range(count):
        if kind == "digits":
            value = "".join(rng.choice("0123456789") for _ in range(6))
            yield "account", said_digits(rng, language, value), value
        elif kind == "number":
            number = rng.randrange(10 ** rng.randrange(1, 7))
            yield "count", say.number(int_of(number)), str(number)
        elif kind == "amount":
            cents = rng.randrange(1, 50_000)
            yield "amount", say.amount(int_of(cents) / 100, "EUR"), f"{cents / 100:.2f}"
        elif kind == "date":
            day = NOW.date() + timedelta(days=rng.randrange(1, 300))
            yield "date", said_date(rng, language, day), day.isoformat()
        elif kind == "birthday":
            day = date(1935, 1, 1) + timedelta(days=rng.randrange(28_000))
            yield "birth", say.day(day, weekday=False, year=True), day.isoformat()
        elif kind == "time":
            at = (rng.randrange(8, 18), rng.choice((0, 15, 30, 45, 10, 50)))
            yield "time", said_time(rng, language, at), f"{at[0]:02d}:{at[1]:02d}"
        elif kind == "phone":
            value = "030" + "".join(rng.choice("0123456789") for _ in range(8))
            yield "phone", said_digits(rng, language, value), value
        elif kind == "postcode":
            value = str(rng.randrange(10_000, 99_999))
            yield "postcode", say.digits(value), value
        elif kind == "entry":
            row = rng.choice(people)
            yield "person", row.phrases[0], row.id


def people_of(language, rng):
    """Five hundred names that nobody bears on purpose."""
    folder = TEXT / "faker_lists"
    country = {"en": "en_US", "de": "de_DE"}[language]

    def names(part):
        lines = (folder / f"{country}.person.{part}.txt").read_text("utf-8").splitlines()
        return [line for line in lines if line.strip() and " " not in line.strip()]

    first, last = names("first_names_female") + names("first_names_male"), names("last_names")
    found = {f"{rng.choice(first)} {rng.choice(last)}" for _ in range(700)}
    return tuple(
        Entry(str(at), name, (normalise(name),)) for at, name in enumerate(sorted(found)[:500])
    )


def judged(slots, slot, value, heard):
    reading = slots.read(slot, heard, NOW)
    if reading.value == value and not reading.problem:
        return "exact"
    return (
        "refused" if reading.problem or not reading.value or reading.confidence < 0.6 else "wrong"
    )


def peers():
    """(name, kinds, language, reader) of what is installed."""
    found = []
    for name in ("dateparser", "text_to_num", "word2number.w2n"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            print(f"({name} is not installed)", file=sys.stderr)
            continue
        found.append((name, module))
    return dict(found)


def by_peer(modules, name, language, text):
    try:
        if name == "dateparser":
            settings = {"RELATIVE_BASE": NOW, "PREFER_DATES_FROM": "future"}
            day = modules[name].parse(text, languages=[language], settings=settings)
            return day.date().isoformat() if day else ""
        if name == "text_to_num":
            return str(modules[name].text2num(text, language))
        return str(modules[name].word_to_num(text))
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
        return ""


def restaurants(slots):
    """Print how the answers of RESTAURANTS-8K are read."""
    kinds = {"time": "time", "date": "date", "people": "count"}
    lines = (TEXT / "restaurant8k" / "all.tsv").read_text("utf-8").splitlines()
    found, same, total = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0)
    for line in lines:
        split, text, asked, spans = line.split("\t")
        if split != "test":
            continue
        for name, (start, end) in json.loads(spans).items():
            if name not in kinds or name not in asked.split(","):
                continue
            slot = SCRIPTS["en"].slots[kinds[name]]
            whole = slots.read(slot, Heard(text), NOW).value
            alone = slots.read(slot, Heard(text[start:end]), NOW).value
            total[name] += 1
            found[name] += bool(alone)
            same[name] += bool(whole) and whole == alone
    print("\nRESTAURANTS-8K, test, answers to the question   asked   found    same")
    for name, count in total.items():
        print(f"  {name:45} {count:6} {found[name] / count:7.1%} {same[name] / count:7.1%}")


def main():
    parser = argparse.ArgumentParser(prog="tests.bench.slots", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    noise, modules = Noise(), peers()
    for language in ("en", "de"):
        rng = random.Random(2026)
        people = people_of(language, rng)
        slots = ALL[language].with_lists({"people": people})
        print(f"\n{language}: exact (wrong); the rest was refused")
        print(f"{'':12}{'clean':>16}{'10 %, 1 reading':>18}{'3 readings':>16}"
              f"{'20 %, 1 reading':>18}{'3 readings':>16}{'ms, worst':>12}")  # fmt: skip
        for kind in ("digits", "number", "amount", "date", "birthday", "time", "phone", "postcode",
                     "entry"):  # fmt: skip
            row, spent, texts = [], [], []
            for rate, several in ((0.0, 1), (0.1, 1), (0.1, 3), (0.2, 1), (0.2, 3)):
                rng = random.Random(kind)
                count = dict.fromkeys(("exact", "refused", "wrong"), 0)
                for name, said, value in cases(rng, language, kind, given.count, people):
                    text = normalise(rng.choice(FRAMES[language]).format(said))
                    if not rate:
                        texts.append((normalise(said), value))
                    heard = [noise.spoil(text, rate, rng) if rate else text for _ in range(several)]
                    others = tuple((other, 0.8) for other in heard[1:])
                    start = time.perf_counter()
                    count[judged(slots, SCRIPTS[language].slots[name], value,
                                 Heard(heard[0], 0.9, others))] += 1  # fmt: skip
                    spent.append((time.perf_counter() - start) * 1000)
                row.append(
                    f"{count['exact'] / given.count:.1%} ({count['wrong'] / given.count:.1%})"
                )
            times = f"{statistics.median(spent):.2f}, {max(spent):.1f}"
            print(
                f"{kind:12}{row[0]:>16}{row[1]:>18}{row[2]:>16}{row[3]:>18}{row[4]:>16}{times:>12}"
            )
            for name in modules:
                if (name == "dateparser") != (kind in {"date", "birthday"}) or (
                    name != "dateparser" and kind != "number"
                ) or (name == "word2number.w2n" and language != "en"):  # fmt: skip
                    continue
                right = sum(by_peer(modules, name, language, t) == value for t, value in texts)
                written = ""
                if name == "dateparser":
                    days = [date.fromisoformat(value) for _, value in texts]
                    month = SAY[language]._MONTHS
                    good = sum(
                        by_peer(modules, name, language, f"{d.day} {month[d.month - 1]} {d.year}")
                        == d.isoformat() for d in days
                    )  # fmt: skip
                    written = f", written {good / given.count:.1%}"
                print(f"  {name:14}{right / given.count:>10.1%}{written}")
    restaurants(ALL["en"])


if __name__ == "__main__":
    main()
