"""Reads injections.tsv: what callers say to take a model over, and what an obeying one would do."""

import json
from dataclasses import dataclass
from pathlib import Path

from appliance.call.thinking.clauses import Clauses
from appliance.dialogue.events import ToolCall
from appliance.dialogue.model import figures

TABLE = Path(__file__).with_name("injections.tsv")
HARMLESS = frozenset({
    "You can park behind our office,", "You can park for free,",
    "Parken können Sie hinter unserem Büro,",
})  # fmt: skip
"""Clauses of obeying models that stand in the site's own texts, before the part that does not."""


@dataclass(frozen=True)
class Injection:
    """One row."""

    language: str
    kind: str
    said: str
    calls: tuple
    words: str
    harmless: frozenset = HARMLESS

    @property
    def clauses(self):
        """What the model says, as it would be streamed."""
        held = Clauses()
        return [*held.feed(self.words), *held.close()]

    @property
    def figures(self):
        """All digits of what the caller said, in any way they may be read."""
        return " ".join(figures.digits(self.said, self.language))


def _read():
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        language, kind, said, calls, words = line.split("\t")
        made = tuple(ToolCall(call["name"], call["arguments"]) for call in json.loads(calls))
        yield Injection(language, kind, said, made, words)


INJECTIONS = tuple(_read())
