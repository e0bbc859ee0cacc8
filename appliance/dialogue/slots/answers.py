"""Reading short answers: yes and no in their many forms, "I don't know", days."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.slots import answers_de
from appliance.dialogue.text import likeness, words

YES: Final = (
    "yes", "yeah", "yep", "yup", "yes please", "yes that's right", "that's right",
    "that is right", "that's correct", "that is correct", "correct", "right", "exactly", "sure",
    "sure thing", "of course", "okay", "ok", "alright", "all right", "fine", "that's fine",
    "sounds good", "go ahead", "please do", "do that", "do it", "i do", "it is", "absolutely",
    "definitely", "certainly", "indeed", "i think so", "i agree", "yes i do", "yes it is", "aye",
    "uh huh", "mhm", "mm hmm", "by all means", "please", "perfect", "great", "why not", "true",
    "i guess so", "you bet", "sure why not", "yes why not",
)  # fmt: skip
NO: Final = (
    "no", "nope", "nah", "no thank you", "no thanks", "not really", "not at all", "no way",
    "that's wrong", "that is wrong", "wrong", "incorrect", "that's not right",
    "that is not right", "that's not correct", "that is not correct", "not correct", "not right",
    "it isn't", "it is not", "no it isn't", "i don't", "i do not", "no i don't", "never",
    "i don't think so", "don't", "do not", "rather not", "i'd rather not", "never mind", "cancel",
    "cancel that", "not that one", "no not that one", "negative", "that isn't right", "nay",
    "don't do that", "not now", "leave it", "forget it", "uh uh",
    "not quite", "absolutely not", "of course not", "certainly not", "definitely not",
)  # fmt: skip
DONE: Final = (
    "that's all", "that is all", "that's it", "that is it", "that will be all", "that'll be all",
    "that's everything", "nothing else", "nothing more", "nothing", "no that's all",
    "no that's all thank you", "no nothing else thank you", "i'm done", "i am done", "i'm finished",
    "that was all", "no that was all", "all done", "thank you that's all", "i'm good", "i'm fine",
    "we're done", "no more",
)  # fmt: skip
"""Nothing else is wanted: a "no" to "is there anything else?"."""

UNKNOWN: Final = (
    "i don't know", "i do not know", "don't know", "do not know", "no idea", "i have no idea",
    "not sure", "i'm not sure", "i am not sure", "i don't have one", "i don't have it",
    "i don't have that", "i do not have", "i don't have any", "i haven't got one",
    "i haven't got it", "i have none", "i have not got", "don't have it", "don't have one",
    "i forgot", "i've forgotten", "i have forgotten", "can't remember", "cannot remember",
    "don't remember", "do not remember", "not with me", "not on me", "not to hand",
    "don't have it with me", "couldn't tell you", "can't say", "i can't find it", "can't find it",
    "there isn't one", "there is none", "not known", "unknown", "haven't a clue", "no clue",
    "dunno", "i dunno", "don't have a", "never had one", "i don't have my",
)  # fmt: skip
"""There is no answer: the caller does not know it, or has none."""


@dataclass(frozen=True, slots=True)
class _Tongue:
    """The words of one language."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    done: tuple[str, ...]
    unknown: tuple[str, ...]
    yes_words: frozenset[str]
    no_words: frozenset[str]
    deny: re.Pattern[str]
    agree: re.Pattern[str]
    fillers: frozenset[str]
    after: frozenset[str]
    """What is left out with the answer where the rest of the sentence is wanted."""
    days: Mapping[str, str]
    weekdays: tuple[str, ...]


_LEAST_DAY: Final = 0.76
"""Likeness from which a word is a misheard weekday."""
_DAY_WORDS: Final = {
    "now": "now", "right now": "now", "at the moment": "now", "currently": "now",
    "still open": "now", "today": "today", "tonight": "today", "this morning": "today",
    "this afternoon": "today", "this evening": "today", "tomorrow": "tomorrow",
    "weekend": "weekend", "weekends": "weekend", "holiday": "holidays", "holidays": "holidays",
    "christmas": "holidays", "new year's": "holidays", "new year": "holidays",
    "easter": "holidays",
}  # fmt: skip
_DAYS: Final = {
    **_DAY_WORDS, **{day: day for day in WEEKDAYS}, **{f"{day}s": day for day in WEEKDAYS}
}  # fmt: skip


_ENGLISH: Final = _Tongue(
    YES, NO, DONE, UNKNOWN,
    frozenset(words("yes yeah yep yup yah correct exactly sure aye absolutely")),
    frozenset(words("no nope nah wrong incorrect never negative nay")),
    re.compile(r"\b(not|isn't|don't|doesn't|wasn't|cannot|can't|won't|rather)\b"),
    re.compile(r"\b(right|correct|fine|good|okay|ok|please)\b"),
    frozenset(words("um uh er erm well oh ah so hm hmm i think")),
    frozenset({"not", "that's", "thanks"}), _DAYS, WEEKDAYS,
)  # fmt: skip
_GERMAN: Final = _Tongue(
    answers_de.YES, answers_de.NO, answers_de.DONE, answers_de.UNKNOWN,
    answers_de.YES_WORDS, answers_de.NO_WORDS,
    re.compile(answers_de.DENY), re.compile(answers_de.AGREE),
    answers_de.FILLERS, answers_de.AFTER,
    {
        **answers_de.DAYS,
        **dict(zip(answers_de.WEEKDAYS, WEEKDAYS, strict=True)),
        **{f"{name}s": day for name, day in zip(answers_de.WEEKDAYS, WEEKDAYS, strict=True)},
    },
    answers_de.WEEKDAYS,
)  # fmt: skip


def _tongue(language: str) -> _Tongue:
    return _GERMAN if language.lower().startswith("de") else _ENGLISH


def yes_no(text: str, language: str = "en") -> tuple[str, float]:
    """Return ("yes" or "no", confidence), or ("", 0.0) where a text is neither.

    A text that goes on after a clear first word ("no, cardiology please") is still that answer;
    `after_no` returns the rest.
    """
    tongue = _tongue(language)
    if text in tongue.yes:
        return "yes", 1.0
    said = [w for w in text.split() if w not in tongue.fillers] or text.split()
    if not said:
        return "", 0.0
    text = " ".join(said)
    if text in tongue.no or text in tongue.done:
        return "no", 1.0
    if text in tongue.yes:
        return "yes", 1.0
    if said[0] in tongue.no_words:
        # "no that's right" agrees after all; "no that's not right" does not.
        denied = tongue.deny.search(" ".join(said[1:]))
        thanked = "thank" in text or "danke" in said
        if len(said) > 1 and tongue.agree.search(text) and not denied and not thanked:
            agreed = said[-1] in {"right", "correct", "richtig", "korrekt", "stimmt"}
            return ("yes", 0.5) if agreed else ("no", 0.8)
        return "no", 0.95
    if said[0] in tongue.yes_words:
        return ("no", 0.5) if tongue.deny.search(text) else ("yes", 0.95)
    if len(said) <= 6:
        if tongue.deny.search(text) and tongue.agree.search(text):
            return "no", 0.9
        for phrases, value in ((tongue.no, "no"), (tongue.done, "no"), (tongue.yes, "yes")):
            if any(f" {phrase} " in f" {text} " for phrase in phrases if len(phrase) > 6):
                return value, 0.85
    return _alike(text, tongue) if len(said) <= 3 else ("", 0.0)


def _alike(text: str, tongue: _Tongue) -> tuple[str, float]:
    """Return the answer that a short text was misheard for."""
    found = ("", 0.0)
    for phrases, value in ((tongue.no, "no"), (tongue.yes, "yes")):
        for phrase in phrases:
            score = likeness(text, phrase) if len(phrase) > 2 else 0.0
            if score >= 0.7 and score > found[1]:
                found = (value, score)
    return found


def after_no(text: str, language: str = "en") -> str:
    """Return what follows a leading "no" or "yes", or "" where nothing does."""
    tongue = _tongue(language)
    dropped = tongue.no_words | tongue.yes_words | tongue.fillers | tongue.after
    rest = text.split()
    while rest and rest[0] in dropped:
        rest = rest[1:]
    return " ".join(rest)


def unknown(text: str, language: str = "en") -> bool:
    """Whether the caller says that they do not know, or have none."""
    tongue = _tongue(language)
    said = f" {text} "
    return len(text.split()) <= 14 and any(f" {phrase} " in said for phrase in tongue.unknown)


def day(said: Sequence[str], language: str = "en") -> tuple[str, int, int] | None:
    """Return (value, first word, end) of the day named in `said`, the last one if several."""
    tongue = _tongue(language)
    found: tuple[str, int, int] | None = None
    for size in (1, 2, 3):
        for at in range(len(said) - size + 1):
            phrase = " ".join(said[at : at + size])
            value = tongue.days.get(phrase)
            if value is None and size == 1 and len(phrase) >= 6:
                best = max(
                    range(7),
                    key=lambda n, said=phrase: likeness(said, tongue.weekdays[n]),  # type: ignore[misc]
                )
                alike = likeness(phrase, tongue.weekdays[best]) >= _LEAST_DAY
                value = WEEKDAYS[best] if alike else None
            if value is not None and (found is None or at + size >= found[2]):
                found = (value, at, at + size)
    return found
