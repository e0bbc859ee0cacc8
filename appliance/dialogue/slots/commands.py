"""What may be said at any moment about the conversation itself: "louder", "was?", "von vorne"."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.text import likeness, words


class Command(StrEnum):
    """What the caller wants of the conversation."""

    REPEAT = "repeat"
    LOUDER = "louder"
    QUIETER = "quieter"
    SLOWER = "slower"
    FASTER = "faster"
    PERSON = "person"
    RESTART = "restart"
    HELP = "help"
    WAIT = "wait"
    GOODBYE = "goodbye"
    CANCEL = "cancel"


_ENGLISH: Final = {
    Command.REPEAT: (
        "what", "pardon [me]", "sorry what", "come again", "what was that", "say (that|it) again",
        "say again", "repeat [(that|it|please)]",
        "(can|could|would) you repeat (that|it|the question)",
        "(can|could|would) you say (that|it) again",
        "i (didn't|did not) (get|catch|hear) (that|you)",
        "once more", "again please", "excuse me", "i beg your pardon", "huh", "one more time",
        "what did you say", "what was the question", "sorry i didn't (get|catch|hear) that",
    ),
    Command.LOUDER: (
        "[speak] louder", "[speak] up", "(can|could) you speak (up|louder)",
        "i (can't|cannot) hear you",
        "too quiet", "you're too quiet", "you are too quiet", "a (bit|little) louder", "turn it up",
        "i can hardly hear you",
    ),
    Command.QUIETER: (
        "quieter", "[speak] more quietly", "too loud", "you're too loud", "not so loud",
        "a (bit|little) quieter", "softer", "(can|could) you speak more quietly", "turn it down",
    ),
    Command.SLOWER: (
        "slower", "[speak] more slowly", "too fast", "not so fast", "you're too fast", "slow down",
        "a (bit|little) slower", "(can|could) you (speak|talk) (more slowly|slower)", "slowly",
        "you speak too fast", "you're talking too fast",
    ),
    Command.FASTER: (
        "faster", "[speak] more quickly", "too slow", "hurry up", "speed up", "you're too slow",
        "a (bit|little) faster", "(can|could) you (speak|talk) faster", "get on with it",
    ),
    Command.PERSON: (
        "operator", "agent", "representative", "human", "a human [being]", "a [real] person",
        "[speak|talk] to (a|an) (human|person|agent|operator|representative|real person)",
        "[i want to] (speak|talk) (to|with) (someone|somebody|a person|a human|a real person)",
        "[i want to] (speak|talk) (to|with) (an agent|an operator|a real human|a colleague)",
        "(can|could|may) i (speak|talk) (to|with) (someone|somebody|a person|a human|an agent)",
        "i (want|need) (a|an) (human|person|agent|operator|real person)", "customer service",
        "i don't want to talk to a (machine|computer|robot)",
        "put me through to (someone|somebody|a person)",
        "[get me] the operator", "[get me] somebody", "a real human",
    ),
    Command.RESTART: (
        "start (again|over)", "from the (beginning|start)", "restart", "main menu",
        "go back to the start",
        "start from the beginning", "begin again", "back to the beginning",
        "let's start (again|over)",
    ),
    Command.HELP: (
        "help [me]", "what can (i|you) (do|say)", "what are my options", "options",
        "what can you do [for me]",
        "how does this work", "i need help [with this]", "what do you (want|need) from me",
    ),
    Command.WAIT: (
        "[just] (wait|hold on|hang on) [(a|one) (moment|minute|second)] [please]",
        "[just] (a|one) (moment|minute|second|sec) [please]",
        "give me a (moment|minute|second)", "let me (look|check|see|think|find it)",
        "i'm looking [for it]",
        "i have to look [it up]", "bear with me", "i'll get it", "let me get it",
    ),
    Command.GOODBYE: (
        "[good] bye [bye]", "goodbye", "[thank you] goodbye", "thank you bye", "thanks bye",
        "see you", "hang up",
        "have a (nice|good) day", "bye for now", "cheerio", "bye now",
    ),
    Command.CANCEL: (
        "cancel [that|it]", "stop", "abort", "forget (it|that|about it)", "never mind", "leave it",
        "i've changed my mind", "i changed my mind", "stop it", "don't bother",
    ),
}  # fmt: skip
_GERMAN: Final = {
    Command.REPEAT: (
        "was", "wie bitte", "wie war das", "bitte", "hä", "noch (einmal|mal) [bitte]",
        "nochmal [bitte]",
        "wiederholen [sie das] [bitte]", "(können|könnten) sie das [bitte] wiederholen",
        "was haben sie gesagt",
        "ich habe (sie|das) nicht verstanden", "das habe ich nicht verstanden", "nicht verstanden",
        "sagen sie das (nochmal|noch einmal|noch mal)", "entschuldigung", "wie war die frage",
        "(können|könnten) sie die frage wiederholen", "bitte wiederholen", "wie meinen", "wie",
    ),
    Command.LOUDER: (
        "lauter [bitte]", "[bitte] etwas lauter", "sprechen sie [bitte] lauter",
        "ich (höre|verstehe) sie nicht",
        "ich kann sie nicht hören", "zu leise", "sie sind zu leise", "ich höre sie (kaum|schlecht)",
        "(können|könnten) sie lauter sprechen", "ein bisschen lauter", "geht es (etwas |)lauter",
    ),
    Command.QUIETER: (
        "leiser [bitte]", "[bitte] etwas leiser", "sprechen sie [bitte] leiser", "zu laut",
        "sie sind zu laut",
        "nicht so laut", "(können|könnten) sie leiser sprechen", "ein bisschen leiser",
    ),
    Command.SLOWER: (
        "langsamer [bitte]", "[bitte] etwas langsamer", "sprechen sie [bitte] langsamer",
        "zu schnell",
        "nicht so schnell", "sie (sprechen|reden) zu schnell", "langsam [bitte]",
        "ein bisschen langsamer",
        "(können|könnten) sie [bitte] langsamer sprechen",
    ),
    Command.FASTER: (
        "schneller [bitte]", "[bitte] etwas schneller", "sprechen sie [bitte] schneller",
        "zu langsam",
        "(können|könnten) sie schneller sprechen", "sie sprechen zu langsam",
        "ein bisschen schneller",
    ),
    Command.PERSON: (
        "mitarbeiter", "[einen] menschen", "mensch", "einen [echten] menschen", "[eine] zentrale",
        "vermittlung",
        "[ich (möchte|will)] [mit] (jemandem|jemanden|einem mitarbeiter) sprechen",
        "[ich (möchte|will)] mit (einem menschen|einer person|einem echten menschen) sprechen",
        "(kann|könnte) ich [bitte] mit (jemandem|einem mitarbeiter|einem menschen) sprechen",
        "[ich (möchte|will)] [einen] mitarbeiter [sprechen]", "kundendienst",
        "ich (will|möchte) einen menschen",
        "verbinden sie mich [bitte] mit (jemandem|einem mitarbeiter|einem menschen|der zentrale)",
        "ich (will|möchte) nicht mit (einer maschine|einem computer|einem roboter) sprechen",
        "operator",
        "einen echten menschen", "eine echte person", "geben sie mir einen menschen",
    ),
    Command.RESTART: (
        "von (vorne|vorn|anfang an)", "[noch einmal] von (vorne|vorn)", "nochmal von (vorne|vorn)",
        "neu anfangen",
        "zurück [zum (anfang|hauptmenü|start)]", "hauptmenü",
        "fangen wir [noch einmal] von vorne an",
        "alles von vorne", "neustart", "neu starten",
    ),
    Command.HELP: (
        "hilfe", "was kann ich [hier] (tun|sagen|machen)",
        "welche möglichkeiten (habe ich|gibt es)",
        "was können sie [für mich tun]", "wie funktioniert das", "ich brauche hilfe",
        "helfen sie mir",
    ),
    Command.WAIT: (
        "moment [bitte]", "(einen|ein) (moment|augenblick) [bitte]", "[kleinen] moment [bitte]",
        "augenblick [bitte]",
        "warten sie [bitte] [(mal|einen moment|kurz)]", "sekunde [bitte]",
        "eine (sekunde|minute) [bitte]",
        "ich (schaue|gucke|sehe) [mal] [kurz] nach",
        "ich muss [erst] [mal] (nachsehen|nachschauen|suchen)", "bleiben sie dran",
        "ich hole (sie|es|ihn|die karte)", "warte [mal]", "kurz warten", "momentchen",
        "lassen sie mich nachsehen",
    ),
    Command.GOODBYE: (
        "[auf] wiederhören", "[auf] wiedersehen", "tschüss", "tschüs", "ciao", "tschau",
        "danke tschüss",
        "vielen dank [und] auf wiederhören", "schönen tag [noch]", "einen schönen tag [noch]",
        "ade", "servus", "auflegen",
        "bis dann", "bis bald", "danke [und] auf wiederhören",
    ),
    Command.CANCEL: (
        "abbrechen", "abbruch", "brechen sie ab", "stopp", "stop", "vergessen sie (es|das)",
        "lassen sie es",
        "ich habe es mir anders überlegt", "doch nicht", "hat sich erledigt", "lassen wir das",
        "egal",
    ),
}  # fmt: skip
_POLITE: Final = frozenset(
    words(
        "please now just sorry okay ok oh um uh well so hey hello thanks bitte jetzt mal doch also "
        "äh ähm entschuldigung hallo danke nein no"
    )
)
_FRAME: Final = frozenset(
    words(
        "you you're are that that's was is it's it speak talk talking speaking a bit little could "
        "can would sie sprechen reden sind das war ist etwas ein bisschen wenig können könnten"
    )
)
"""Words that may stand around "louder" or "too fast"."""
_FRAMED: Final = frozenset({Command.LOUDER, Command.QUIETER, Command.SLOWER, Command.FASTER})
_LONGEST: Final = 14


@lru_cache(maxsize=2)
def _table(german: bool) -> dict[str, Command]:
    table = _GERMAN if german else _ENGLISH
    return {
        " ".join(phrase.split()): command
        for command, samples in table.items()
        for template in samples
        for phrase in templates.expand(template)
        if phrase.strip()
    }


def command(text: str, language: str = "en") -> tuple[Command | None, float]:
    """Return the command that a normalised text is, and how sure; (None, 0.0) where it is none.

    Only a text that is nothing else is a command: "operator" is one, "my phone operator is slow" is
    none.
    """
    said = text.split()
    if not said or len(said) > _LONGEST:
        return None, 0.0
    table = _table(language.lower().startswith("de"))
    if text in table:
        return table[text], 1.0
    bare = [word for word in said if word not in _POLITE]
    if bare and (found := table.get(" ".join(bare))):
        return found, 0.95
    core = [word for word in bare if word not in _FRAME]
    if core and (found := table.get(" ".join(core))) in _FRAMED:
        return found, 0.85
    if len(text) < 6:
        return None, 0.0
    best = max(table, key=lambda phrase: _alike(text, phrase))
    like = _alike(text, best)
    return (table[best], like * 0.9) if like >= 0.82 else (None, 0.0)


def _alike(text: str, phrase: str) -> float:
    if len(phrase) < 6 or abs(len(phrase) - len(text)) > 3:
        return 0.0
    return likeness(text, phrase)


def command_phrases(language: str = "en") -> tuple[str, ...]:
    """Return what is said for commands, each once: for the recogniser's expectation."""
    return tuple(_table(language.lower().startswith("de")))
