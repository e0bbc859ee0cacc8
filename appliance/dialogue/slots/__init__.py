"""What callers tell: values read out of what was heard, and spoken back."""

from appliance.dialogue.slots.answers import after_no, unknown, yes_no
from appliance.dialogue.slots.commands import Command, command, command_phrases
from appliance.dialogue.slots.finding import Slots
from appliance.dialogue.slots.reading import Reading

__all__ = [
    "Command",
    "Reading",
    "Slots",
    "after_no",
    "command",
    "command_phrases",
    "unknown",
    "yes_no",
]
