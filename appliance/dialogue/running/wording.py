"""The sentences that the engine says by itself; an author may change each in `sentences:`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
        "key_unknown": "That key has no meaning here.",
        "keys_yes_no": "Press one for yes, or two for no.",
        "keys_digits": "You can type the digits on your telephone, and end with the hash key.",
        "keys_person": "You can also press zero for the operator.",
        "menu_item": "For {destination}, press {key}.",
        "to_person": "I will find somebody who can help you.",
        "no_answer": "I am sorry, nobody answers there.",
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
        "briefing_diverted": "The call was first for {diverted_from}.",
        "briefing_wish": "It is about: {wish}.",
        "briefing_said": "They have told me, {name}: {value}.",
        "briefing_keys": "Stay on the line or press one to take the call, press two to refuse it.",
    }
)
"""`{value}` is a slot's value, `{destination}` and `{key}` belong to the keypad menu.

The sentences of the briefing are told to a person before a caller is put through (briefing.py).
"""

ENGLISH_HOLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "confirm_slot": frozenset({"value"}),
        "menu_item": frozenset({"destination", "key"}),
        "briefing": frozenset({"site", "destination"}),
        "briefing_name": frozenset({"caller_name"}),
        "briefing_number": frozenset({"caller"}),
        "briefing_diverted": frozenset({"diverted_from"}),
        "briefing_wish": frozenset({"wish"}),
        "briefing_said": frozenset({"name", "value"}),
    }
)
"""What each sentence may hold; the others hold nothing but facts such as `{site}`."""
