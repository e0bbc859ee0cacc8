"""Reading short answers: yes and no in their many forms, days."""

from __future__ import annotations

import re
from typing import Final

from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.text import likeness, words

YES: Final = (
    "yes", "yeah", "yep", "yup", "yes please", "yes that's right", "that's right",
    "that is right", "that's correct", "that is correct", "correct", "right", "exactly", "sure",
    "sure thing", "of course", "okay", "ok", "alright", "all right", "fine", "that's fine",
    "sounds good", "go ahead", "please do", "do that", "do it", "i do", "it is", "absolutely",
    "definitely", "certainly", "indeed", "i think so", "i agree", "yes i do", "yes it is", "aye",
    "uh huh", "mhm", "mm hmm", "by all means", "please", "perfect", "great", "why not", "true",
)  # fmt: skip
NO: Final = (
    "no", "nope", "nah", "no thank you", "no thanks", "not really", "not at all", "no way",
    "that's wrong", "that is wrong", "wrong", "incorrect", "that's not right",
    "that is not right", "that's not correct", "that is not correct", "not correct", "not right",
    "it isn't", "it is not", "no it isn't", "i don't", "i do not", "no i don't", "never",
    "i don't think so", "don't", "do not", "rather not", "i'd rather not", "never mind", "cancel",
    "cancel that", "not that one", "no not that one", "negative", "that isn't right", "nay",
    "don't do that", "not now", "leave it", "forget it", "uh uh",
)  # fmt: skip
DONE: Final = (
    "that's all", "that is all", "that's it", "that is it", "that will be all", "that'll be all",
    "that's everything", "nothing else", "nothing more", "nothing", "no that's all",
    "no that's all thank you", "no nothing else thank you", "i'm done", "i am done", "i'm finished",
    "that was all", "no that was all", "all done", "thank you that's all", "i'm good", "i'm fine",
    "we're done", "no more",
)  # fmt: skip
"""Nothing else is wanted: a "no" to "is there anything else?"."""

_YES_WORDS: Final = frozenset(words("yes yeah yep yup yah correct exactly sure aye absolutely"))
_NO_WORDS: Final = frozenset(words("no nope nah wrong incorrect never negative nay"))
_DENY: Final = re.compile(r"\b(not|isn't|don't|doesn't|wasn't|cannot|can't|won't|rather)\b")
_FILLERS: Final = frozenset(words("um uh er erm well oh ah so hm hmm i think"))
_AGREE: Final = re.compile(r"\b(right|correct|fine|good|okay|ok|please)\b")

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


def yes_no(text: str) -> tuple[str, float]:
    """Return ("yes" or "no", confidence), or ("", 0.0) where a text is neither.

    A text that goes on after a clear first word ("no, cardiology please") is still that answer;
    `after_no` returns the rest.
    """
    if text in YES:
        return "yes", 1.0
    said = [w for w in text.split() if w not in _FILLERS] or text.split()
    if not said:
        return "", 0.0
    text = " ".join(said)
    if text in NO or text in DONE:
        return "no", 1.0
    if text in YES:
        return "yes", 1.0
    if said[0] in _NO_WORDS:
        # "no that's right" agrees after all; "no that's not right" does not.
        if len(said) > 1 and _AGREE.search(text) and not _DENY.search(text) and "thank" not in text:
            return ("yes", 0.5) if said[-1] in {"right", "correct"} else ("no", 0.8)
        return "no", 0.95
    if said[0] in _YES_WORDS:
        return ("no", 0.5) if _DENY.search(text) else ("yes", 0.95)
    if len(said) <= 6:
        if _DENY.search(text) and _AGREE.search(text):
            return "no", 0.9
        for phrases, value in ((NO, "no"), (DONE, "no"), (YES, "yes")):
            if any(f" {phrase} " in f" {text} " for phrase in phrases if len(phrase) > 6):
                return value, 0.85
    return _alike(text) if len(said) <= 3 else ("", 0.0)


def _alike(text: str) -> tuple[str, float]:
    """Return the answer that a short text was misheard for."""
    found = ("", 0.0)
    for phrases, value in ((NO, "no"), (YES, "yes")):
        for phrase in phrases:
            score = likeness(text, phrase) if len(phrase) > 2 else 0.0
            if score >= 0.7 and score > found[1]:
                found = (value, score)
    return found


def after_no(text: str) -> str:
    """Return what follows a leading "no" or "yes", or "" where nothing does."""
    rest = text.split()
    while rest and (rest[0] in _NO_WORDS | _YES_WORDS | _FILLERS | {"not", "that's", "thanks"}):
        rest = rest[1:]
    return " ".join(rest)


def day(said: list[str]) -> tuple[str, int, int] | None:
    """Return (value, first word, end) of the day named in `said`, the last one if several."""
    found: tuple[str, int, int] | None = None
    for size in (1, 2, 3):
        for at in range(len(said) - size + 1):
            phrase = " ".join(said[at : at + size])
            value = _DAYS.get(phrase)
            if value is None and size == 1 and len(phrase) >= 6:
                nearest = max(WEEKDAYS, key=lambda name, said=phrase: likeness(said, name))  # type: ignore[misc]
                value = nearest if likeness(phrase, nearest) >= _LEAST_DAY else None
            if value is not None and (found is None or at + size >= found[2]):
                found = (value, at, at + size)
    return found
