"""Words that give an answer away, by language: what carries it, what sounds like it, what it is.

For recognisers that give text only; those that give probabilities are read in `scoring`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language."""

    carriers: frozenset[str]
    """What people say around an answer; nothing is lost where it is left out."""
    digits: tuple[str, ...]
    """The ten digits, zero first."""
    digit_sounds: Mapping[str, int]
    """Other words that a digit is said or heard as."""
    teens: Mapping[str, int]
    """Numbers of one word from ten on, tens included."""
    tens_first: bool
    """Whether "twenty" stands before "three" as a word of its own."""
    repeats: Mapping[str, int]
    """Words before a digit or letter that repeat it → how often it comes in all."""
    letter_sounds: Mapping[str, str]
    """Words that the name of a letter is heard as."""
    spelling: Mapping[str, str]
    """Words of a spelling alphabet → letter."""
    like: frozenset[str]
    """What stands between a letter and the word that explains it ("b as in bravo")."""
    months: frozenset[str]
    days: frozenset[str]
    """Weekdays and days relative to today: each is a date by itself."""
    ordinals: frozenset[str]
    parts_of_day: frozenset[str]
    """What makes a time whole: "pm", "o'clock", "noon"."""
    whole_times: frozenset[str]
    """Times of one word: "noon"."""
    before_hour: frozenset[str]
    """What an hour must follow: "past", "to"."""
    scales: frozenset[str]
    """Number words that no digit is: "hundred"."""
    units: frozenset[str]
    """What is counted in an amount: currencies and units."""
    joins: frozenset[str]
    """Words after which more must come: "and"."""
    neither: tuple[str, ...]
    """What is said to a yes-or-no question without answering it."""
    accent: str
    """The espeak-ng voice that says this language."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NATO: Final = {
    word: word[0]
    for word in (
        "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliet", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo",
        "sierra", "tango", "uniform", "victor", "whiskey", "whisky", "xray", "yankee", "zulu",
        "apple", "boy", "cat", "dog", "edward", "frank", "george", "henry", "ida", "john", "king",
        "lincoln", "mary", "nancy", "ocean", "paul", "queen", "robert", "sugar", "tom", "union",
        "young", "zebra",
    )
}  # fmt: skip

_ENGLISH: Final = Vocabulary(
    carriers=_set(
        "um uh er erm ah hm hmm mm well so okay ok please thanks thank you the a an my i it it's is"
        " that's i'm i'd i'll like to want need would could can speak talk with for of number code"
        " and it'll be just let me see say hello hi sir think think's extension postcode zip name"
        " spelled spelt called there's this that at on in from about connect put through get"
    ),
    digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    digit_sounds={
        "oh": 0, "o": 0, "nought": 0, "naught": 0, "nil": 0, "null": 0, "ow": 0, "owe": 0,
        "won": 1, "want": 1, "to": 2, "too": 2, "tree": 3, "free": 3, "for": 4, "fore": 4,
        "fife": 5, "sex": 6, "sics": 6, "sicks": 6, "ate": 8, "aight": 8, "niner": 9, "nein": 9,
    },
    teens={
        "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
        "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
        "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
        "ninety": 90,
    },
    tens_first=True,
    repeats={"double": 2, "triple": 3, "treble": 3},
    letter_sounds={
        "ay": "a", "eh": "a", "bee": "b", "be": "b", "see": "c", "sea": "c", "cee": "c", "dee": "d",
        "the": "d", "he": "e", "ee": "e", "ef": "f", "eff": "f", "gee": "g", "aitch": "h",
        "haitch": "h", "age": "h", "eye": "i", "aye": "i", "jay": "j", "kay": "k", "okay": "k",
        "el": "l", "ell": "l", "elle": "l", "em": "m", "am": "m", "en": "n", "an": "n", "oh": "o",
        "owe": "o", "pea": "p", "pee": "p", "cue": "q", "queue": "q", "are": "r", "our": "r",
        "ar": "r", "ass": "s", "es": "s", "tea": "t", "tee": "t", "you": "u", "ewe": "u", "yu": "u",
        "vee": "v", "we": "v", "ex": "x", "why": "y", "wye": "y", "zee": "z", "zed": "z",
    },
    spelling=_NATO,
    like=_set("as in like for"),
    months=_set(
        "january february march april may june july august september october november december"
    ),
    days=_set(
        "monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight yesterday"
        " christmas easter"
    ),
    ordinals=_set(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
        " thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        " thirtieth"
    ),
    parts_of_day=_set("am pm a.m p.m o'clock morning afternoon evening night noon midnight sharp"),
    whole_times=_set("noon midnight midday now lunchtime"),
    before_hour=_set("past to quarter half after before at"),
    scales=_set("hundred thousand million billion a dozen half"),
    units=_set(
        "dollar dollars cent cents pound pounds pence penny euro euros percent kilo kilos kilogram"
        " kilograms gram grams litre litres liter liters mile miles metre metres meter meters hour"
        " hours minute minutes day days week weeks month months year years bucks quid piece pieces"
    ),
    joins=_set("and point"),
    neither=(
        "i don't know", "don't know", "i'm not sure", "not sure", "maybe", "perhaps", "what",
        "pardon", "sorry", "excuse me", "what did you say", "say that again", "can you repeat that",
        "it depends", "i have a question", "one moment", "wait", "hold on", "hello",
    ),
    accent="en-us",
)  # fmt: skip

_DIN: Final = {
    word: letter
    for letter, words in {
        "a": "anton aachen", "b": "berta berlin", "c": "cäsar chemnitz", "d": "dora düsseldorf",
        "e": "emil essen", "f": "friedrich frankfurt", "g": "gustav goslar",
        "h": "heinrich hamburg", "i": "ida ingelheim", "j": "julius jena",
        "k": "kaufmann konrad köln", "l": "ludwig leipzig", "m": "martha münchen",
        "n": "nordpol nürnberg", "o": "otto offenbach", "p": "paula potsdam",
        "q": "quelle quickborn", "r": "richard rostock", "s": "samuel siegfried salzwedel",
        "t": "theodor tübingen", "u": "ulrich unna", "v": "viktor völklingen",
        "w": "wilhelm wuppertal", "x": "xanthippe xanten", "y": "ypsilon",
        "z": "zacharias zeppelin zwickau", "ä": "ärger", "ö": "ökonom", "ü": "übermut",
        "ß": "eszett",
    }.items()
    for word in words.split()
}  # fmt: skip
_DIGITS_DE: Final = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
)  # fmt: skip
_TENS_DE: Final = {
    "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60,
    "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_TEENS_DE: Final = {
    "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15,
    "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19, **_TENS_DE,
    **{
        f"{'ein' if unit == 1 else _DIGITS_DE[unit]}und{ten}": value + unit
        for ten, value in _TENS_DE.items()
        for unit in range(1, 10)
    },
}  # fmt: skip
_ORDINALS_DE: Final = (
    "erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt",
    "elft", "zwölft", "dreizehnt", "vierzehnt", "fünfzehnt", "sechzehnt", "siebzehnt", "achtzehnt",
    "neunzehnt", *(f"{word}st" for word, value in _TEENS_DE.items() if value >= 20),
)  # fmt: skip

_GERMAN: Final = Vocabulary(
    carriers=_set(
        "äh ähm hm hmm mm also so na ja okay ok bitte danke gern gerne der die das den dem ein eine"
        " einen mein meine meinen ich es ist wäre möchte will würde hätte mit zu zum zur nach für"
        " von und nummer code heißt heiße name wie sprechen verbinden verbunden werden mal einmal"
        " hallo tag guten herr frau an auf am um im in ab da dann genau postleitzahl kundennummer"
    ),
    digits=_DIGITS_DE,
    digit_sounds={
        "ein": 1, "eine": 1, "zwo": 2, "drai": 3, "trei": 3, "fier": 4, "für": 4, "sex": 6,
        "sechse": 6, "nein": 9, "neune": 9, "nulle": 0, "o": 0,
    },
    teens=_TEENS_DE,
    tens_first=False,
    repeats={"doppel": 2, "zweimal": 2, "dreimal": 3},
    letter_sounds={
        "ah": "a", "be": "b", "bee": "b", "zeh": "c", "ce": "c", "de": "d", "eh": "e", "eff": "f",
        "ef": "f", "ge": "g", "geh": "g", "ha": "h", "ie": "i", "jot": "j", "jott": "j", "ka": "k",
        "el": "l", "ell": "l", "em": "m", "emm": "m", "en": "n", "enn": "n", "oh": "o", "pe": "p",
        "peh": "p", "ku": "q", "kuh": "q", "er": "r", "err": "r", "es": "s", "ess": "s", "te": "t",
        "tee": "t", "uh": "u", "vau": "v", "fau": "v", "we": "w", "weh": "w", "ix": "x", "iks": "x",
        "ypsilon": "y", "zett": "z", "zet": "z", "eszett": "ß",
    },
    spelling=_DIN,
    like=_set("wie von"),
    months=_set(
        "januar jänner februar märz april mai juni juno juli august september oktober november"
        " dezember"
    ),
    days=_set(
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute morgen"
        " übermorgen gestern weihnachten ostern silvester"
    ),
    ordinals=frozenset(f"{stem}e{end}" for stem in _ORDINALS_DE for end in ("", "n", "r", "s")),
    parts_of_day=_set(
        "uhr früh morgens vormittags mittags nachmittags abends nachts mitternacht mittag"
    ),
    whole_times=_set("mittag mitternacht mittags jetzt"),
    before_hour=_set("nach vor viertel halb dreiviertel um gegen kurz"),
    scales=_set("hundert tausend million millionen milliarde milliarden dutzend halb"),
    units=_set(
        "euro cent mark franken rappen prozent kilo kilogramm gramm liter kilometer meter stunde"
        " stunden minute minuten tag tage tagen woche wochen monat monate jahr jahre stück"
    ),
    joins=_set("und komma"),
    neither=(
        "weiß nicht", "ich weiß nicht", "das weiß ich nicht", "weiß ich nicht", "keine ahnung",
        "nicht sicher", "ich bin nicht sicher", "vielleicht", "kommt darauf an", "was", "wie bitte",
        "entschuldigung", "noch einmal bitte", "können sie das wiederholen", "moment", "warten sie",
        "ich habe eine frage", "hallo",
    ),
    accent="de",
)  # fmt: skip

_VOCABULARIES: Final[Mapping[str, Vocabulary]] = {"en": _ENGLISH, "de": _GERMAN}


def vocabulary(language: str) -> Vocabulary:
    """Return the words of a language; English where it has none of its own."""
    return _VOCABULARIES.get(language.split("-", maxsplit=1)[0], _ENGLISH)
