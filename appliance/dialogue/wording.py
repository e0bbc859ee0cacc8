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
    }
)
"""`{value}` is a slot's value, `{destination}` and `{key}` belong to the keypad menu."""

ENGLISH_HOLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"confirm_slot": frozenset({"value"}), "menu_item": frozenset({"destination", "key"})}
)
"""What each sentence may hold; the others hold nothing but facts such as `{site}`."""
