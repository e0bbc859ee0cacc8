"""A dialogue's examples as they are learnt from: expanded, with tags for what slots hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.script import Script
from appliance.dialogue.understanding import entities
from appliance.dialogue.understanding.linear import NONE

_MOST: Final = 24
"""Sentences of one template that are trained on, spread over all that it stands for."""


@dataclass(frozen=True, slots=True)
class Example:
    """A normalised sentence."""

    text: str
    group: int = 0
    """Its template: sentences of one are either learnt from or judged with, never divided."""
    weight: float = 1.0
    """What it counts: a template that stands for many sentences does not outvote the others."""
    said: str = ""
    """The same as a caller may say it, with names and numbers in place of tags."""


def of_script(script: Script) -> Mapping[str, Sequence[Example]]:
    """Return the examples of each intent, and under "" what belongs to none."""
    found: dict[str, list[Example]] = {}
    group = 0
    for name, listed in (
        *((intent.name, intent.examples) for intent in script.intents.values()),
        (NONE, script.out_of_scope),
    ):
        found[name] = []
        for template in listed:
            group += 1
            every = expanded(script, template)
            some = every[:: max(1, -(-len(every) // _MOST))]
            weight = len(some) ** -0.5 if some else 1.0
            found[name] += [
                Example(text, group, weight, entities.spoken(script, text, group + at))
                for at, text in enumerate(some)
            ]
    return found


def expanded(script: Script, template: str) -> list[str]:
    """Return the sentences of a template, normalised, slots as tags."""
    found = (
        text for way in templates.expand(template) for text in entities.tagged(script, way) if text
    )
    return list(dict.fromkeys(found))
