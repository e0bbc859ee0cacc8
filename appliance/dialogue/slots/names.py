"""Names of people, said, spelled, or said and explained: "Müller mit ü", "Schmidt mit d t"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots.alike import score
from appliance.dialogue.slots.phrases import COMMON
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.slots.spelling import spelled
from appliance.dialogue.text import words

_LEADS: Final = {
    "en": re.compile(
        r"\b(?:i am called|i'm called|(?:the )?(?:sur|last |family |first )name is|"
        r"my (?:full |last |first |family )?name is|my name's|the name is|the name's|name is|"
        r"this is|i am|i'm|it is|it's|i am called|i'm called|(?:you can )?call me|speaking is|"
        r"the last name is|the surname is|surname|that's|that is|under)\b"
    ),
    "de": re.compile(
        r"\b(?:mein (?:vor|nach|familien)?name ist|der (?:nach)?name ist|ich heiße|ich heisse|"
        r"ich bin(?: der| die)?|hier ist|hier spricht|hier|das ist|es ist|auf den namen|name ist|"
        r"auf|name)\b"
    ),
}
_STRONG: Final = re.compile(
    r"\b(?:name is|name's|i am called|call me|name ist|ich heiße|ich heisse|hier spricht|"
    r"auf den namen)$"
)
"""Leads after which a name follows even in a sentence that nobody asked for one with."""
_DROPPED: Final = frozenset(
    words(
        "um uh er erm well oh yes yeah hello hi please thanks thank you speaking here mr mrs ms "
        "miss dr doctor the a and spelled spelt spelling name last first surname that's with "
        "ja guten tag morgen abend hallo bitte danke herr frau doktor am apparat also äh ähm der "
        "die mein ich buchstabiere buchstabiert geschrieben und nachname vorname grüß gott moin"
    )
)
_TAIL: Final = {
    "en": frozenset(words("with and spelled spelt that's spelling")),
    "de": frozenset(words("mit und buchstabiert buchstabiere geschrieben")),
}
_WITH: Final = {
    "en": re.compile(r"\bwith (?:an? )?(.+)$"),
    "de": re.compile(r"\bmit (?:einem |langem |kurzem )?(.+)$"),
}
_SAID_LIKE: Final = {
    "ü": ("ue", "ui", "y", "i"), "ä": ("ae", "e"), "ö": ("oe",), "ue": ("ü",), "ae": ("ä",),
    "oe": ("ö",), "ai": ("ei", "ey", "ay"), "ei": ("ai", "ey", "ay"), "ey": ("ei", "ai", "ay"),
    "ay": ("ei", "ai", "ey"), "dt": ("tt", "d", "t"), "tt": ("dt", "t", "d"), "d": ("dt", "tt"),
    "t": ("dt", "tt", "th"), "th": ("t",), "k": ("ck", "c"), "ck": ("k",), "c": ("k",),
    "ss": ("ß", "s"), "ß": ("ss", "s"), "y": ("i", "ie"), "i": ("y", "ie"), "ie": ("i", "y"),
    "ph": ("f",), "f": ("ph", "ff", "v"), "v": ("f", "w"), "w": ("v",), "z": ("s", "tz", "c"),
    "tz": ("z",), "ff": ("f",), "ll": ("l",), "l": ("ll",), "nn": ("n",), "n": ("nn",),
    "mm": ("m",), "m": ("mm",), "rr": ("r",), "pp": ("p",), "kk": ("ck", "k"), "s": ("ss", "z"),
    "e": ("a",), "a": ("e",), "h": ("",),
}  # fmt: skip
"""What the recogniser may have written for letters that the caller then names."""
_LONGEST: Final = 4
_SMALL: Final = frozenset(words("von van de der zu zum zur den la le del di da und of"))


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a name; what was spelled is surer than what was said."""
    del slot
    tongue = "de" if context.german else "en"
    least = 2 if context.asked else 4
    runs = [r for r in spelled(said, context.language) if r.symbols >= 3 and r.sure >= least]
    explained = _explained(said, tongue, context.language)
    if explained is not None and (not runs or runs[-1].symbols < 4):
        return [explained]
    if runs:
        run = max(runs, key=lambda r: r.symbols)
        before = _plain(said[: run.first], tongue)
        name = _with_spelled(before[0], run.text)
        return [Reading(_titled(name), 0.95, "", min(before[1], run.first), run.end)]
    name_words, first, led = _plain(said, tongue)
    if not name_words:
        return []
    strong = led and _STRONG.search(" ".join(said[:first])) is not None
    plain = COMMON.isdisjoint(word for word in name_words if word not in _SMALL)
    if not (strong if not context.asked else (led and plain) or _is_only(name_words, said)):
        return []
    end = first + len(name_words)
    return [
        Reading(_titled(name_words), 0.75 if led or len(name_words) < 3 else 0.6, "", first, end)
    ]


def _is_only(name: Sequence[str], said: Sequence[str]) -> bool:
    """Whether nothing but a name was said, and no sentence that may hold anything."""
    others = [word for word in said if word not in _DROPPED | set(name)]
    return not others and (len(name) == 1 or COMMON.isdisjoint(w for w in name if w not in _SMALL))


def _plain(said: Sequence[str], tongue: str) -> tuple[list[str], int, bool]:
    """Return the words of a name without what leads up to it, where it begins, if it was led to."""
    text = " ".join(said)
    leads = [
        lead
        for lead in _LEADS[tongue].finditer(text)
        if any(word not in _DROPPED for word in text[lead.end() :].split())
    ]
    first = len(text[: leads[-1].end()].split()) if leads else 0
    found: list[str] = []
    begins = first
    for at in range(first, len(said)):
        if said[at] in _DROPPED or not said[at].replace("'", "").isalpha():
            if found and said[at] not in _SMALL:
                break
            if not found:
                begins = at + 1
                continue
        found.append(said[at])
    while found and found[-1] in _SMALL | _TAIL[tongue]:
        found.pop()
    return found[:_LONGEST], begins, bool(leads) and bool(found)


def _with_spelled(before: list[str], letters: str) -> list[str]:
    """Put the spelled word in the place of the said one that it resembles, else after a first."""
    parts = letters.replace(" ", "\n").split("\n")
    if len(parts) > 1 or not before:
        return parts
    likes = [score(word, letters) for word in before]
    best = max(range(len(before)), key=lambda at: likes[at])
    if likes[best] >= 0.5:
        return [*before[:best], letters, *before[best + 1 :]]
    return [*before[: _LONGEST - 1], letters] if len(before) == 1 else [letters]


def _explained(said: Sequence[str], tongue: str, language: str) -> Reading | None:
    """Read "meier mit a i": the letters replace what sounds like them in the name before."""
    text = " ".join(said)
    found = _WITH[tongue].search(text)
    if found is None:
        return None
    before, first, _ = _plain(text[: found.start()].split(), tongue)
    runs = spelled(found[1].split(), language)
    rest = found[1].split()
    if not before or not runs or (runs[0].first, runs[0].end) != (0, len(rest)):
        return None
    if not runs[0].sure and any(len(word) > 1 for word in rest):  # "with you"
        return None
    letters = runs[0].text
    return Reading(
        _titled([*before[:-1], _changed(before[-1], letters)]), 0.9, "", first, len(said)
    )


def _changed(name: str, letters: str) -> str:
    if letters in name:
        return name
    if len(letters) > 3:
        return letters
    for heard in sorted(_SAID_LIKE.get(letters, ()), key=len, reverse=True):
        at = name.rfind(heard) if heard else -1
        if at > 0 or (at == 0 and len(heard) == len(letters)):
            return name[:at] + letters + name[at + len(heard) :]
    plain = {"ü": "u", "ö": "o", "ä": "a"}.get(letters, letters[:1])
    at = name.find(plain)
    if at >= 0:
        return name[:at] + letters + name[at + len(plain) :]
    return name


def _titled(name: Sequence[str]) -> str:
    return " ".join(
        word if word in _SMALL and at else "-".join(p[:1].upper() + p[1:] for p in word.split("-"))
        for at, word in enumerate(name)
    )
