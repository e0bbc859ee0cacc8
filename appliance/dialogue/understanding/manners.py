"""Words that carry no request, by language: courtesies, what joins requests, what denies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.dialogue.text import words


@dataclass(frozen=True, slots=True)
class Manners:
    """Of one language; all normalised."""

    courtesies: frozenset[str]
    """Words that say nothing about what is wanted."""
    pairs: frozenset[tuple[str, str]]
    """Two words that are one courtesy together."""
    joints: frozenset[str]
    """Words between two parts of a sentence."""
    more: frozenset[str]
    """Those behind which something else may be wanted; "but" and "because" only explain."""
    leading: frozenset[str]
    """Words that open such a part and say nothing: "first", "außerdem"."""
    denials: frozenset[str]
    """Words that take back what follows: "not an emergency"."""
    negatives: frozenset[str]
    """Answers that only deny what stands right behind them: "no emergency", but "no, ..."."""
    between: frozenset[str]
    """What may stand between a denial and what it denies."""


ENGLISH: Final = Manners(
    courtesies=frozenset(
        words(
            "hello hi hey um uh er erm ah oh well so okay ok please thanks kindly just like "
            "actually sorry sir madam"
        )
    ),
    pairs=frozenset(
        {("good", "morning"), ("good", "afternoon"), ("good", "evening"), ("thank", "you"),
         ("very", "much"), ("excuse", "me"), ("if", "possible")}
    ),
    joints=frozenset(words("and but then also because plus besides")),
    more=frozenset(words("and then also plus besides")),
    leading=frozenset(words("first firstly second secondly finally also then and too oh")),
    denials=frozenset(
        words("not isn't non never don't doesn't didn't without wasn't aren't ain't haven't hasn't")
    ),
    negatives=frozenset({"no"}),
    between=frozenset(
        words(
            "a an the any my really actually real actual an having have has had got in need want "
            "calling about for this is it as medical urgent such"
        )
    ),
)  # fmt: skip
GERMAN: Final = Manners(
    courtesies=frozenset(
        words(
            "hallo hi hey äh ähm hm ach oh naja na also so okay ok bitte danke gerne gern mal eben "
            "einfach eigentlich halt doch entschuldigung verzeihung sorry servus moin ja"
        )
    ),
    pairs=frozenset(
        {("guten", "morgen"), ("guten", "tag"), ("guten", "abend"), ("grüß", "gott"),
         ("grüß", "dich"), ("vielen", "dank"), ("danke", "schön"), ("schönen", "tag"),
         ("tut", "leid"), ("wenn's", "geht")}
    ),
    joints=frozenset(words("und aber dann außerdem weil sondern zweitens ferner zudem")),
    more=frozenset(words("und dann außerdem zweitens ferner zudem")),
    leading=frozenset(
        words(
            "erstens zweitens drittens zuerst zunächst außerdem dann noch auch und zudem ferner "
            "oh"
        )
    ),
    denials=frozenset(words("nicht kein keine keinen keinem keiner keinerlei nie ohne niemals")),
    negatives=frozenset({"nein"}),
    between=frozenset(
        words(
            "ein eine einen der die das den dem akuten akuter echter echten richtiger richtigen "
            "wirklich wirklicher medizinischer medizinischen mehr habe haben hat im am um wegen"
        )
    ),
)  # fmt: skip


def manners(language: str) -> Manners:
    """Return those of a language ("de", "de-AT"); every other is taken for English."""
    return GERMAN if language.lower().startswith("de") else ENGLISH
