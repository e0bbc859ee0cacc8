"""Corrections: "no, 4455", "wait, the last digit is a six", "ich meinte 55, nicht 56", "mit ü".

what was understood before + what is said now ─► the repaired value, or nothing of the kind
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import dates, digits, names, numbers
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.slots.spelling import spelled
from appliance.dialogue.text import words

Read = Callable[[Sequence[str]], Reading]
"""Reads a slot's value out of words."""

SYMBOLS: Final = frozenset({SlotKind.DIGITS, SlotKind.PHONE, SlotKind.SPELLED, SlotKind.POSTCODE})
"""Kinds whose single digits or letters may be corrected."""
_MARKS: Final = {
    "en": (
        "let me start again", "let me say that again", "i said", "i mean", "i meant", "make that",
        "make it", "scratch that", "hang on", "hold on", "no wait", "no sorry", "oh sorry",
        "that's wrong", "that is wrong", "not correct", "start again", "wait", "sorry", "no",
        "nope",
        "actually", "correction", "rather", "oops", "wrong", "it's", "it is", "that's", "should be",
        "it should be",
    ),
    "de": (
        "noch mal von vorne", "nochmal von vorne", "ich sagte", "ich habe gesagt", "ich meine",
        "ich meinte", "halt stopp", "nein moment", "nein halt", "das ist falsch",
        "das stimmt nicht",
        "stimmt nicht", "moment", "warte", "warten sie", "halt", "stopp", "quatsch", "nein",
        "entschuldigung", "verzeihung", "pardon", "korrektur", "falsch", "vielmehr",
        "beziehungsweise", "nee", "doch", "sondern", "es ist", "das ist", "es heißt",
    ),
}  # fmt: skip
_HARD: Final = {
    "en": frozenset(
        ("wait", "sorry", "no", "nope", "actually", "correction", "rather", "oops", "i mean",
         "i meant", "make that", "scratch that", "no wait", "no sorry", "oh sorry", "hang on",
         "hold on", "let me start again", "let me say that again", "start again")
    ),
    "de": frozenset(
        ("moment", "warte", "warten sie", "halt", "stopp", "quatsch", "nein", "entschuldigung",
         "verzeihung", "korrektur", "vielmehr", "nee", "ich meine", "ich meinte", "halt stopp",
         "nein moment", "nein halt", "noch mal von vorne", "nochmal von vorne", "beziehungsweise")
    ),
}  # fmt: skip
"""Those that correct within one utterance; "it's" and the like only lead up to a value."""
_NOT_BUT: Final = {
    "en": (
        re.compile(r"^(?P<new>.+?),? (?:and )?not (?P<old>.+)$"),
        re.compile(r"^(?:it's |it is )?not (?P<old>.+?) (?:but|it's|it is|that's) (?P<new>.+)$"),
        re.compile(r"^(?P<new>.+) instead of (?P<old>.+)$"),
        re.compile(
            r"^(?:the )?(?P<old>.+) (?:(?:should|must) be|is actually|is really) (?P<new>.+)$"
        ),
    ),
    "de": (
        re.compile(r"^(?:es ist |das ist )?nicht (?P<old>.+?) sondern (?P<new>.+)$"),
        re.compile(r"^(?P<new>.+) (?:und )?nicht (?P<old>.+)$"),
        re.compile(r"^statt (?:der |dem |die )?(?P<old>\S+) (?:eine |ein )?(?P<new>.+)$"),
        re.compile(r"^(?P<new>.+) (?:statt|anstatt) (?:der |dem )?(?P<old>.+)$"),
    ),
}  # fmt: skip
_PLACE: Final = {
    "en": re.compile(
        r"(?:the )?(?P<place>(?:last|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|"
        r"tenth|final)(?: (?:but one|to last))?)(?: (?P<count>two|three|four|five|2|3|4|5))?"
        r"(?: (?:digits?|numbers?|ones?|letters?|figures?))? (?:is|are|was|were|should be|must be)"
        r"(?: actually| really)?(?: an?)? (?P<new>.+)$"
    ),
    "de": re.compile(
        r"(?:die |der |das |den )?(?P<place>letzte\w?|vorletzte\w?|erste\w?|zweite\w?|dritte\w?|"
        r"vierte\w?|fünfte\w?|sechste\w?|siebte\w?|achte\w?|neunte\w?|zehnte\w?)"
        r"(?: (?P<count>zwei|drei|vier|fünf|beiden|2|3|4|5))?"
        r"(?: (?:ziffern?|zahlen?|stellen?|buchstaben?|nummern?))?"
        r" (?:ist|sind|war|waren|muss|müssen|soll|lautet|lauten)(?: eine?)? (?P<new>.+)$"
    ),
}
_END: Final = {
    "en": re.compile(
        r"(?:it )?(?P<where>ends?|ending|starts?|begins?) (?:in|with|on) (?P<new>.+)$"
    ),
    "de": re.compile(
        r"(?P<where>am ende|hinten|zum schluss|endet (?:mit|auf)|am anfang|vorne|beginnt mit)"
        r" (?:ist |kommt |steht |eine |ein )*(?P<new>.+)$"
    ),
}
_STARTS: Final = frozenset(
    {"start", "starts", "begin", "begins", "am anfang", "vorne", "beginnt mit"}
)
_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5, "zwei": 2, "beiden": 2, "drei": 3,
                  "vier": 4, "fünf": 5}  # fmt: skip
_LEFT_OUT: Final = frozenset(words("bitte please sein heißen lauten and then und dann äh um uh"))


def split(said: Sequence[str], language: str) -> list[list[str]]:
    """Return the stretches of an utterance between corrections of oneself: "030, wait, 4455"."""
    marks = sorted(_HARD[digits.tongue(language)], key=lambda m: -len(m.split()))
    found: list[list[str]] = [[]]
    at = 0
    while at < len(said):
        size = next(
            (n for m in marks if list(said[at : at + (n := len(m.split()))]) == m.split()), 0
        )
        if size:
            found.append([])
            at += size
        else:
            found[-1].append(said[at])
            at += 1
    return [part for part in found if part]


def amend(
    slot: Slot, before: str, said: Sequence[str], context: Context, read: Read
) -> Reading | None:
    """Return the value that a correction makes of `before`, None where nothing is corrected."""
    tongue = digits.tongue(context.language)
    rest, marked = _unmarked(list(said), tongue)
    if not rest:
        return None
    parts = split(rest, context.language)
    if len(parts) > 1:
        rest = parts[-1]
    text = " ".join(rest)
    if slot.kind in SYMBOLS or slot.kind is SlotKind.NUMBER:
        found = _by_place(slot, before, text, context) or _exchanged(slot, before, text, context)
        if found:
            return _judged(slot, found, read)
    for pattern in _NOT_BUT[tongue]:
        match = pattern.search(text)
        if match:
            new = read(match["new"].split())
            if new.value and not new.problem:
                return new
    if slot.kind is SlotKind.NAME:
        changed = _renamed(before, rest, context)
        if changed:
            return changed
    if slot.kind is SlotKind.TIME and (half := _other_half(before, rest, tongue)):
        return half
    new = read(rest)
    if slot.kind is SlotKind.DATE and (not new.value or new.problem):
        moved = dates.moved(before, rest, context)
        if moved:
            return read([moved])
    if slot.kind in SYMBOLS and before:
        return _continued(slot, before, new, marked, rest, context, read)
    return new if new.value and (marked or new.confidence >= 0.5) else None


def _unmarked(said: list[str], tongue: str) -> tuple[list[str], bool]:
    """Return what is said without the words that announce a correction, and if there were any."""
    marks = sorted(_MARKS[tongue], key=lambda m: -len(m.split()))
    marked = False
    while said:
        if said[0] in _LEFT_OUT:
            said = said[1:]
            continue
        mark = next((m for m in marks if said[: len(m.split())] == m.split()), None)
        if mark is None:
            break
        marked = True
        said = said[len(mark.split()) :]
    return said, marked


def _symbols(slot: Slot, text: str, context: Context) -> str:
    said = [word for word in text.split() if word not in _LEFT_OUT]
    while said and said[0] in {"a", "an", "eine", "ein", "einer"} and len(said) > 1:
        said = said[1:]
    if slot.kind in {SlotKind.SPELLED, SlotKind.POSTCODE}:
        runs = spelled(said, context.language, figures=True)
        return "".join(run.text for run in runs).upper()
    runs_of = digits.stretches(said, context.language, loose=True)
    return "".join(run.digits for run in runs_of)


def _by_place(slot: Slot, before: str, text: str, context: Context) -> str:
    """Change the digits at a named place: "the last two are five five"."""
    tongue = digits.tongue(context.language)
    plain = before.replace(" ", "")
    match = _END[tongue].search(text)
    if match:
        new = _symbols(slot, match["new"], context)
        if not new or len(new) >= len(plain):
            return ""
        if match["where"] in _STARTS:
            return new + plain[len(new) :]
        return plain[: -len(new)] + new
    match = _PLACE[tongue].search(text)
    if not match:
        return ""
    new = _symbols(slot, match["new"], context)
    count = _COUNTS.get(match["count"] or "", int(match["count"] or 1)
                        if (match["count"] or "1").isdecimal() else 1)  # fmt: skip
    at = _place(match["place"], len(plain), count, context.language)
    if not new or not 0 <= at <= len(plain) - count:
        return ""
    return plain[:at] + new + plain[at + count :]


def _place(named: str, length: int, count: int, language: str) -> int:
    if named.startswith(("vorletzt",)) or named.endswith(("but one", "to last")):
        return length - 1 - count
    if named.startswith(("last", "final", "letzt")):
        return length - count
    ordinal = numbers.ordinal(named.split(), 0, language)
    return int(ordinal.value) - 1 if ordinal else -1


def _exchanged(slot: Slot, before: str, text: str, context: Context) -> str:
    """Change what stands once in the value: "the four should be a five", "55 not 56"."""
    plain = before.replace(" ", "")
    for pattern in _NOT_BUT[digits.tongue(context.language)]:
        match = pattern.search(text)
        if not match:
            continue
        old, new = (_symbols(slot, match[name], context) for name in ("old", "new"))
        if old and new and len(new) < len(plain) and plain.count(old) == 1:
            return plain.replace(old, new)
        if old and new and len(new) < len(plain) and plain.endswith(old):
            return plain[: -len(old)] + new
    return ""


def _judged(slot: Slot, value: str, read: Read) -> Reading:
    """Return a composed value with the problem it may have."""
    found = read([value.lower()]) if slot.kind is not SlotKind.SPELLED else read(
        list(value.lower()))  # fmt: skip
    if found.value.replace(" ", "") == value:
        return replace(found, confidence=min(0.9, found.confidence or 0.9))
    if slot.kind is SlotKind.POSTCODE:  # its shape is all that is known of it
        return Reading(value, 0.85, "wrong_length")
    return Reading(value, 0.85, digits.problem(slot, value))


def _continued(
    slot: Slot, before: str, new: Reading, marked: bool, rest: Sequence[str], context: Context,
    read: Read,
) -> Reading | None:  # fmt: skip
    """Take a new value as a whole, as the rest of one that was not complete, or as its end."""
    if not new.value:
        return None
    if not new.problem:
        return new
    part = _symbols(slot, " ".join(rest), context)
    plain = before.replace(" ", "")
    if part:
        longer = _judged(slot, plain + part, read)
        if not longer.problem:
            return longer
        if marked and len(part) < len(plain):
            ending = _judged(slot, plain[: -len(part)] + part, read)
            if not ending.problem:
                return replace(ending, confidence=0.7)
    return new if marked or len(new.value) >= 3 else None


def _renamed(before: str, rest: Sequence[str], context: Context) -> Reading | None:
    """Change how a name is written: "with a k", "mit ü"; a spelled last name keeps the first."""
    said = [*before.lower().split(), *rest]
    if rest[0] in {"with", "mit", "spelled", "spelt", "buchstabiert"}:
        found = names.read(said, Slot("", SlotKind.NAME), context)
        return found[0] if found else None
    runs = [run for run in spelled(rest, context.language) if run.symbols >= 3]
    if runs:
        found = names.read(said, Slot("", SlotKind.NAME), context)
        return found[0] if found else None
    return None


def _other_half(before: str, rest: Sequence[str], tongue: str) -> Reading | None:
    """Change the half of the day: "pm", "nachmittags"."""
    if len(rest) > 4 or ":" not in before:
        return None
    late = {"en": {"pm", "afternoon", "evening", "tonight", "p"},
            "de": {"nachmittags", "abends", "nachmittag", "abend"}}[tongue]  # fmt: skip
    early = {"en": {"am", "morning", "a"}, "de": {"morgens", "vormittags", "früh"}}[tongue]
    hour, minute = int(before[:2]), before[2:]
    if not late.isdisjoint(rest) and not any(word.isdecimal() for word in rest):
        return Reading(f"{hour % 12 + 12:02d}{minute}", 0.9, "", 0, len(rest)) if len(rest) <= (
            4) and not _has_number(rest, tongue) else None  # fmt: skip
    if not early.isdisjoint(rest) and not _has_number(rest, tongue):
        return Reading(f"{hour % 12:02d}{minute}", 0.9, "", 0, len(rest))
    return None


def _has_number(rest: Sequence[str], tongue: str) -> bool:
    return any(numbers.cardinal(rest, at, tongue) for at in range(len(rest)))
