"""Number words that the recogniser wrote as others of the same sound: "for hundred and to".

A word is changed only where numbers stand around it: "for two" stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from appliance.dialogue.slots.digits import tongue
from appliance.dialogue.text import words

_PREPOSITIONS: Final = {
    "en": {"for": "four", "to": "two", "too": "two", "then": "ten"},
    "de": {"für": "vier", "wir": "vier", "nein": "neun", "so": "zwo", "macht": "acht"},
}
"""Words that are common by themselves: changed where a number stands before them, or one that needs
another number before it ("hundred") after them."""
_MISHEARD: Final = {
    "en": {
        "won": "one", "wan": "one", "tu": "two", "free": "three", "tree": "three",
        "threw": "three", "through": "three", "fore": "four", "door": "four", "fife": "five",
        "fives": "five", "hive": "five", "dive": "five", "live": "five", "sick": "six",
        "sicks": "six", "sex": "six", "fix": "six", "mix": "six", "heaven": "seven",
        "evan": "seven", "ate": "eight", "hate": "eight", "mine": "nine", "line": "nine",
        "night": "nine", "nein": "nine", "fine": "nine", "tin": "ten", "den": "ten",
        "wendy": "twenty", "twenties": "twenty", "dirty": "thirty", "thirsty": "thirty",
        "fort": "forty", "fourty": "forty", "shorty": "forty", "haiti": "eighty",
        "hundreds": "hundred", "hunter": "hundred", "wondered": "hundred", "thousands": "thousand",
        "paint": "point", "pint": "point", "points": "point", "sense": "cents", "passed": "past",
        "heard": "third", "bird": "third", "word": "third", "fist": "first", "worst": "first",
        "forth": "fourth", "quarters": "quarter", "teen": "eighteen",
    },
    "de": {
        "zweig": "zwei", "frei": "drei", "dreh": "drei", "fier": "vier", "tier": "vier",
        "bier": "vier", "vir": "vier", "fünft": "fünf", "sex": "sechs", "six": "sechs",
        "lieben": "sieben", "siegen": "sieben", "ach": "acht", "nacht": "acht", "neu": "neun",
        "einst": "eins", "nul": "null", "hunderte": "hundert", "tausende": "tausend",
        "hab": "halb", "alb": "halb", "half": "halb", "ohr": "uhr", "uhren": "uhr",
        "kommer": "komma", "kammer": "komma", "zwanzigs": "zwanzig", "dreizig": "dreißig",
    },
}  # fmt: skip
_NUMBERS: Final = {
    "en": frozenset(
        words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy "
            "eighty ninety hundred thousand million point euros euro pounds dollars cents pence "
            "past quarter half o'clock am pm january february march april may june july august "
            "september october november december"
        )
    ),
    "de": frozenset(
        words(
            "null ein eins zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn "
            "vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig fünfzig "
            "sechzig siebzig achtzig neunzig hundert tausend million komma euro cent uhr halb "
            "viertel nach vor und januar februar märz april mai juni juli august september "
            "oktober november dezember"
        )
    ),
}
_NEEDS: Final = frozenset({"hundred", "thousand", "million", "point", "hundert", "tausend"})
"""What hardly begins a number by itself."""


def restored(said: Sequence[str], language: str) -> tuple[list[str], int]:
    """Return the words with numbers in the place of what sounds like them, and how many."""
    speech = tongue(language)
    misheard, doubtful = _MISHEARD[speech], _PREPOSITIONS[speech]
    found = list(said)
    changed = 0
    for at, word in enumerate(said):
        before = found[at - 1] if at else ""
        after = said[at + 1] if at + 1 < len(said) else ""
        if word in misheard:
            if not (_counts(before, speech) or _counts(after, speech)):
                continue
            found[at] = misheard[word]
        elif word in doubtful and _may_stand(before, after, speech):
            found[at] = doubtful[word]
        else:
            continue
        changed += 1
    return found, changed


def _may_stand(before: str, after: str, speech: str) -> bool:
    """Whether a preposition's place is a number's: "twenty for", "for hundred"."""
    if after in _NEEDS:
        return True
    return _counts(before, speech) and (not after or after in {"euros", "euro", "pm", "am", "uhr"})


def _counts(word: str, speech: str) -> bool:
    return word in _NUMBERS[speech] or (speech == "de" and _ends_in_number(word, _NUMBERS["de"]))


@lru_cache(maxsize=4096)
def _ends_in_number(word: str, numbers: frozenset[str]) -> bool:
    """Whether a German compound is a number: "einundzwanzig"."""
    return len(word) > 6 and any(word.endswith(n) for n in numbers if len(n) > 3)


TABLES: Final[Mapping[str, Mapping[str, str]]] = _MISHEARD
"""What is misheard for what, by language: for tests."""
