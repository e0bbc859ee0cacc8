"""The pure dialogue engine: what a caller wants, and what is done about it.

    files (texts) -> load -> Script -> Engine: begin, step -> State, actions

No clock, no chance, no input or output: one `Engine` serves every call, a conversation is its
`State`.
"""

from appliance.dialogue.actions import Action, HangUp, Listen, Note, Say, Transfer, Understood
from appliance.dialogue.authoring.load import load
from appliance.dialogue.authoring.mistakes import DialogueError, Mistake
from appliance.dialogue.events import Event, Heard, Moment, Pressed, Silent, TransferFailed
from appliance.dialogue.running.engine import Engine
from appliance.dialogue.script import CALL_FACTS, Script
from appliance.dialogue.state import Level, State, Waiting

__all__ = [
    "CALL_FACTS",
    "Action",
    "DialogueError",
    "Engine",
    "Event",
    "HangUp",
    "Heard",
    "Level",
    "Listen",
    "Mistake",
    "Moment",
    "Note",
    "Pressed",
    "Say",
    "Script",
    "Silent",
    "State",
    "Transfer",
    "TransferFailed",
    "Understood",
    "Waiting",
    "load",
]
