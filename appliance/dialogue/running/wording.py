"""The sentences that the engine says by itself; an author may change each in `sentences:`.

What is said to callers is rendered ahead; `briefing_*` is told to whoever takes a call, `summary_*`
stands in the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from appliance.dialogue.running.wording_de import GERMAN

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "request": "Please tell me what you would like.",
        "anything_else": "Is there anything else I can do for you?",
        "still_there": "Are you still there?",
        "not_understood": "I am sorry, I did not understand that.",
        "not_understood_again": "I am sorry, I still did not understand.",
        "declined": "All right. What would you like instead?",
        "confirm_slot": "Did you say {value}?",
        "yes_or_no": "Please say yes or no.",
        "wrong_length": "I am sorry, that number does not seem to be complete.",
        "wrong_checksum": "I am sorry, there seems to be a mistake in that number.",
        "out_of_range": "I am sorry, that is not possible here.",
        "past": "I am sorry, that is in the past.",
        "incomplete": "I am sorry, something is missing there.",
        "key_unknown": "That key has no meaning here.",
        "keys_yes_no": "Press one for yes, or two for no.",
        "keys_digits": "You can type the digits on your telephone, and end with the hash key.",
        "keys_date": "You can type the date, two digits for the day and two for the month, and end "
        "with the hash key.",
        "keys_time": "You can type the time in four digits.",
        "keys_amount": "You can type the amount, with the star key before the cents, and end with "
        "the hash key.",
        "keys_person": "You can also press zero for the operator.",
        "menu_item": "For {destination}, press {key}.",
        "to_person": "I will find somebody who can help you.",
        "no_answer": "I am sorry, nobody answers there.",
        "trying": "Nobody answers there. I am trying {destination}.",
        "system_down": "I am sorry, I cannot reach our system at the moment.",
        "which": "Is it about {first}, or about {second}?",
        "agenda_first": "We begin with {first}, and then go on with {then}.",
        "agenda_next": "You also wanted {title}.",
        "agenda_offer": "Shall we go on with that?",
        "agenda_dropped": "All right, not that.",
        "ask_for": "Please tell me {name}.",
        "proof_failed": "I am sorry, that does not match what we have.",
        "not_verified": "I am sorry, I could not make sure who you are.",
        "locked": "I am sorry, for your own protection I cannot do this by telephone now.",
        "all_right": "All right.",
        "wait": "Of course, take your time.",
        "restart": "All right, let us start again.",
        "cancelled": "All right, I have stopped that.",
        "help": "You can ask about {titles}.",
        "help_question": "You can answer my question, ask me to repeat it, or say operator.",
        "cannot_change": "I am sorry, that has already been passed on, and I cannot change it.",
        "changed": "All right, I am changing {name}.",
        "broke_off": "I am sorry, I cannot tell you more about that.",
        "time_is_up": "I am sorry, I have to bring our call to an end.",
        "goodbye_silence": "I cannot hear you. Please call again. Goodbye.",
        "goodbye_failed": "I am sorry, I cannot help you today. Please call again later. Goodbye.",
        "goodbye": "Goodbye.",
        "briefing": "This is the attendant of {site}, with a call for {destination}.",
        "briefing_name": "The caller is {caller_name}.",
        "briefing_number": "Their number is {caller}.",
        "briefing_unknown": "Their number is not known.",
        "briefing_unverified": "Who they are has not been verified.",
        "briefing_identified": "They have said who they are, and it has not been verified.",
        "briefing_verified": "Who they are has been verified.",
        "briefing_locked": "Too many attempts to prove who they are have failed.",
        "briefing_diverted": "The call was first for {diverted_from}.",
        "briefing_wish": "It is about: {wish}.",
        "briefing_also": "They also want: {wish}.",
        "briefing_said": "They have told me, {name}: {value}.",
        "briefing_written": "Something has already been entered for them.",
        "briefing_system": "I could not reach our system.",
        "briefing_keys": "Stay on the line or press one to take the call, press two to refuse it.",
        "summary_said": "{name}: {value}.",
        "summary_resolved": "Resolved.",
        "summary_handed_over": "Put through to a person.",
        "summary_message": "A message was taken.",
        "summary_abandoned": "Not brought to an end.",
        "summary_failed": "Could not be resolved.",
        "summary_unverified": "Not verified.",
        "summary_identified": "Identified.",
        "summary_verified": "Verified.",
        "summary_pending": "What was entered is still being passed on.",
    }
)
"""`{value}` is a slot's value, `{destination}` and `{key}` belong to the keypad menu."""

ENGLISH_HOLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "confirm_slot": frozenset({"value"}),
        "menu_item": frozenset({"destination", "key"}),
        "trying": frozenset({"destination"}),
        "which": frozenset({"first", "second"}),
        "agenda_first": frozenset({"first", "then"}),
        "agenda_next": frozenset({"title"}),
        "ask_for": frozenset({"name"}),
        "help": frozenset({"titles"}),
        "changed": frozenset({"name"}),
        "briefing": frozenset({"site", "destination"}),
        "briefing_name": frozenset({"caller_name"}),
        "briefing_number": frozenset({"caller"}),
        "briefing_diverted": frozenset({"diverted_from"}),
        "briefing_wish": frozenset({"wish"}),
        "briefing_also": frozenset({"wish"}),
        "briefing_said": frozenset({"name", "value"}),
        "summary_said": frozenset({"name", "value"}),
    }
)
"""What each sentence may hold; the others hold nothing but facts such as `{site}`."""
NEITHER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "en": ("neither", "neither of them", "none of them", "something else"),
        "de": ("keins von beiden", "keines von beiden", "weder noch", "etwas anderes", "keins"),
    }
)
"""What callers say who want neither of two things."""
OR: Final[Mapping[str, str]] = MappingProxyType({"en": "or", "de": "oder"})
"""Between the last two of several things to be asked about."""
_SENTENCES: Final = MappingProxyType({"en": ENGLISH, "de": GERMAN})


def sentences(language: str) -> Mapping[str, str]:
    """Return the sentences of a language ("en", "de-AT"); English where there are none."""
    return _SENTENCES.get(language[:2].lower(), ENGLISH)


def holes(language: str) -> Mapping[str, frozenset[str]]:
    """Return what each sentence may hold; the same in every language."""
    del language
    return ENGLISH_HOLES
