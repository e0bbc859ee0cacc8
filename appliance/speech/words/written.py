"""Recognised words as people write them: "four four five five" is 4455 (inverse normalisation).

    words -> at each place the first rule that knows what stands there -> figures
                                       none knows -> the word itself

Careful by design: where figures could be wrong, the words stay ("one of the doctors", "five
fifty"). The rules stand in `written_en` and `written_de`; other languages stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.speech.words import written_de, written_en

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.speech.words.runs import Found

_RULES: Final[Mapping[str, tuple[Callable[[Sequence[str], int], Found], ...]]] = {
    "en": written_en.RULES,
    "de": written_de.RULES,
}


def written(text: str, language: str = "en") -> str:
    """Write recognised words with figures; what is unclear stays as it is.

    Numbers, ranks, dates, times, money, telephone numbers, spelled letters. Marks are kept, and
    nothing reaches across them.
    """
    rules = _RULES.get(language)
    if rules is None:
        return text
    parts = re.split(r"([,;:!?]+|\.+(?=\s|$))", text)
    return "".join(
        part if at % 2 else _stretch(part, rules) for at, part in enumerate(parts)
    ).strip()


def _stretch(text: str, rules: tuple[Callable[[Sequence[str], int], Found], ...]) -> str:
    given = text.split()
    words = [word.lower() for word in given]
    made: list[str] = []
    at = 0
    while at < len(words):
        found = next((found for rule in rules if (found := rule(words, at))), None)
        made.append(found[0] if found else given[at])
        at = found[1] if found else at + 1
    lead = " " if text[:1].isspace() and text.strip() else ""
    return lead + " ".join(made) + (" " if text[-1:].isspace() and lead else "")
