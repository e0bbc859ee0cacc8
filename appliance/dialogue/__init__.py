"""The pure dialogue engine: what a caller wants, and what is done about it.

    files (texts) -> load -> Script -> Engine: begin, step -> State, actions

No clock, no chance, no input or output: one `Engine` serves every call, a conversation is its
`State`.
"""

from appliance.dialogue.actions import (
    ATTEMPT,
    BUILT_IN,
    LOCK,
    Action,
    Await,
    Document,
    Gone,
    HangUp,
    Invoke,
    Listen,
    Message,
    Note,
    Say,
    Think,
    Tool,
    Transfer,
    Understood,
)
from appliance.dialogue.authoring.load import load
from appliance.dialogue.authoring.mistakes import DialogueError, Mistake
from appliance.dialogue.connectors import Backend, BackendKind, Connector, Level
from appliance.dialogue.events import (
    CallerLeft,
    Event,
    Heard,
    Moment,
    Pressed,
    Result,
    Silent,
    Status,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    ToolCall,
    TransferFailed,
)
from appliance.dialogue.running.asked import asked
from appliance.dialogue.running.engine import Engine
from appliance.dialogue.running.journal import INTERRUPTED, dump, interrupted, restore
from appliance.dialogue.script import CALL_FACTS, Script, TransferMode
from appliance.dialogue.state import State, Waiting
from appliance.dialogue.values import Json

__all__ = [
    "ATTEMPT",
    "BUILT_IN",
    "CALL_FACTS",
    "INTERRUPTED",
    "LOCK",
    "Action",
    "Await",
    "Backend",
    "BackendKind",
    "CallerLeft",
    "Connector",
    "DialogueError",
    "Document",
    "Engine",
    "Event",
    "Gone",
    "HangUp",
    "Heard",
    "Invoke",
    "Json",
    "Level",
    "Listen",
    "Message",
    "Mistake",
    "Moment",
    "Note",
    "Pressed",
    "Result",
    "Say",
    "Script",
    "Silent",
    "State",
    "Status",
    "Think",
    "Thought",
    "ThoughtFailed",
    "ThoughtOver",
    "Tool",
    "ToolCall",
    "Transfer",
    "TransferFailed",
    "TransferMode",
    "Understood",
    "Waiting",
    "asked",
    "dump",
    "interrupted",
    "load",
    "restore",
]  # fmt: skip
