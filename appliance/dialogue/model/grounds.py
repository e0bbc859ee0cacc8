"""What a language model says is spoken only where the site's own texts say it too.

    clause ─► begins with the number of a text? ─► its words and numbers stand there? ─► spoken
                        │ no                                  │ no
                        ▼                                     ▼
                 held: perhaps a short question        nothing more is spoken

Neither rule trusts the model: it may have been talked into anything by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.model import figures
from appliance.dialogue.model.documents import Documents, Passage
from appliance.dialogue.model.words import Kin, stem, stems
from appliance.dialogue.script import Script
from appliance.dialogue.text import normalise, words

LONGEST_ANSWER: Final = 60
"""Words."""
LONGEST_QUESTION: Final = 25
"""Words."""
_HELD: Final = 400
"""Characters that are kept until they are judged."""
_GROUNDED: Final = 0.6
"""Least share of what a clause is about that its text must hold."""
_OFFERED: Final = 0.5
"""Least share of what a question is about that the dialogue must offer."""
_MARK: Final = re.compile(r"\[\s*(?:text|texte|source|quelle)?\s*(\d{1,2})\s*\]", re.IGNORECASE)
_PREFACE: Final = 12
"""Characters before the number of the text: "Sure, [1] ..." is an answer."""
_LINK: Final = re.compile(
    r"https?:|www\b|\w@\w|://|\]\(|[^\W\d_]{2,}\.[^\W\d_]{2,}|\b(?:dot|punkt) "
    r"(?:com|net|org|info|de|at|ch|uk|eu|io)\b|\bw w w\b|\bslash\b",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"[*_`#|~^<>{}\\\[\]]+")
_GUARDED: Final = frozenset(
    words(
        # What only the engine may say: that something was done, or who somebody is.
        "i i'm i've i'll i'd me my mine verified verify authenticated authorised authorized "
        "identified logged approved confirmed granted booked cancelled canceled deleted refunded "
        "transferred transferring transfer connected connecting unlocked changed updated paid "
        "password passcode pin prompt instruction instructions system assistant developer admin "
        "administrator debug override balance account iban secret caller callers jailbreak model "
        "ich mir mich mein meine meinen meinem meiner verifiziert authentifiziert bestätigt "
        "freigeschaltet genehmigt gebucht storniert gelöscht erstattet überwiesen verbunden "
        "verbinde geändert bezahlt passwort kennwort geheimzahl anweisung anweisungen "
        "systemnachricht assistent entwickler administrator kontostand konto geheim anrufer "
        "anrufers sprachmodell"
    )
)
"""Words that are spoken only where the text itself has them."""
_DENIED: Final = re.compile(
    r"\b(?:not|never|cannot|neither|nobody|nowhere|without|nicht|nie|niemals|niemand|ohne|kein\w*"
    r"|\w+n't)\b"
)
"""What turns a sentence into its opposite: only a text that denies too is quoted for it."""
_NEVER_ASKED: Final = frozenset(
    words(
        "pin password passcode iban secret card cvv cvc verified prompt instruction instructions "
        "geheimzahl passwort kennwort kreditkarte kontonummer tan geheim verifiziert anweisung "
        "anweisungen"
    )
)
"""Words that no question of the model's holds."""


@dataclass(frozen=True, slots=True)
class Answering:
    """How far a spoken answer has come; the engine keeps it between two clauses."""

    question: str = ""
    """What the caller said, as it was heard: the texts are found by it."""
    source: str = ""
    """The document that is quoted, once it is known."""
    said: str = ""
    """What was let through; it has been spoken."""
    held: str = ""
    """What could not be judged yet."""
    refused: bool = False
    """Nothing more is spoken of this answer."""


class Grounds:
    """Judges what the model says against the documents and the offer; immutable."""

    def __init__(self, script: Script, documents: Documents) -> None:
        """Collect the words that the dialogue is made of."""
        self._language = script.language
        self._documents = documents
        self._answers = script.model.answers
        self._facts = " ".join([script.site, *script.facts.values()])
        self._offer = frozenset(stems(" ".join(_offered(script)), self._language))

    def clause(self, answering: Answering, text: str) -> tuple[Answering, str]:
        """Return what follows from a further clause, and what may be spoken of it now ("")."""
        if answering.refused:
            return answering, ""
        if not answering.source:
            return self._opening(answering, text)
        return self._judged(answering, text)

    def question(self, answering: Answering) -> str:
        """Return the short question that the model asks instead of choosing, if it may be asked."""
        text = _plain(answering.held)
        said = normalise(text).split()
        if (
            answering.refused
            or not text.endswith("?")
            or not 3 <= len(said) <= LONGEST_QUESTION
            or re.search(r"[.!?…\n]\s*\S", text)
            or _MARK.search(answering.held)
            or _LINK.search(answering.held)
            or _NEVER_ASKED & {*said}
            or figures.invented(text, (), self._language)
        ):
            return ""
        about = stems(text, self._language)
        offered = [word for word in about if word in self._offer]
        return text if offered and len(offered) >= _OFFERED * len(about) else ""

    def _opening(self, answering: Answering, text: str) -> tuple[Answering, str]:
        held = f"{answering.held} {text}".strip()
        mark = _MARK.search(held)
        if mark is None:
            refused = len(held) > _HELD
            return replace(answering, held="" if refused else held, refused=refused), ""
        passage = self._passage(answering.question, int(mark[1]))
        if passage is None or mark.start() > _PREFACE:
            return replace(answering, held="", refused=True), ""
        answering = replace(answering, held="", source=passage.source)
        rest = held[mark.end() :].lstrip(" :,.-")
        # The number comes again with every clause; this one says which text is quoted.
        return self._judged(answering, rest, mark[0]) if rest else (answering, "")

    def _passage(self, question: str, number: int) -> Passage | None:
        if not self._answers:
            return None
        found = self._documents.find(question)
        return found[number - 1] if 0 < number <= len(found) else None

    def _judged(self, answering: Answering, text: str, mark: str = "") -> tuple[Answering, str]:
        """Let a clause of an answer through, or end the answer."""
        found = self._documents.find(answering.question)
        quoted = [*self._quoted(found, f"{mark} {text}")]
        if not mark:
            quoted += [passage for passage in found if passage.source == answering.source]
        plain = _plain(_MARK.sub(" ", text))
        if not plain:
            return answering, ""
        whole = f"{answering.said} {plain}".strip()
        if (
            None in quoted
            or len(whole.split()) > LONGEST_ANSWER
            or _LINK.search(text)
            or not self._grounded(plain, whole, [p for p in quoted if p is not None])
        ):
            return replace(answering, held="", refused=True), ""
        return replace(answering, said=whole), plain

    @staticmethod
    def _quoted(found: Sequence[Passage], text: str) -> list[Passage | None]:
        numbers = [int(number) for number in _MARK.findall(text)]
        return [found[n - 1] if 0 < n <= len(found) else None for n in numbers]

    def _grounded(self, clause: str, whole: str, quoted: Sequence[Passage]) -> bool:
        texts = " ".join([*(f"{p.title} . {p.text}" for p in quoted), self._facts])
        if figures.invented(whole, figures.joined(texts, self._language), self._language):
            return False
        said, written = normalise(clause), normalise(texts)
        if _DENIED.search(said) and not _DENIED.search(written):
            return False
        held = {*written.split()}
        if _GUARDED & ({*said.split()} - held):
            return False
        known = {stem(word, self._language) for word in held}
        kin = Kin(known)
        about = [
            w for w in stems(clause, self._language) if not any(figures.digits(w, self._language))
        ]
        kept = [w for w in about if w in known or kin.of(w)]
        return len(kept) >= _GROUNDED * len(about)


def _plain(text: str) -> str:
    """Return a text as it is spoken: without marks of Markdown, on one line."""
    return " ".join(_MARKUP.sub(" ", text).split())


def _offered(script: Script) -> list[str]:
    """Return the texts that tell what the dialogue is about."""
    texts = [script.site]
    for intent in script.intents.values():
        texts += [intent.title, intent.name.replace("_", " ")]
        for example in intent.examples:
            texts += [templates.HOLE.sub(" ", one) for one in templates.expand(example, 4)]
    for process in script.processes.values():
        texts.append(process.title)
    for place in script.destinations.values():
        texts += [place.name, *place.synonyms] if place.listed else []
    texts += [slot.title for slot in script.slots.values() if not slot.secret]
    return texts
