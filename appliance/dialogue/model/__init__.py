"""The pure side of a language model: what it is asked, and what of its answer may be done.

    utterance ─► Prompter ─► Think ─ ─ (call/thinking) ─ ─► Thought, ThoughtOver ─► Judge ─► Choice
                    ▲                                                                 ▲
                    └─────────────── Documents: texts of the site ────────────────────┘

The model chooses among what the author has declared and reads what the caller has told; it can do
nothing else. All of it works as if there were no model where it is absent, slow or talked over.
"""

from appliance.dialogue.model.documents import Documents, Passage
from appliance.dialogue.model.grounds import Answering
from appliance.dialogue.model.judge import Choice, Judge, Verdict
from appliance.dialogue.model.prompter import Prompt, Prompter

__all__ = [
    "Answering", "Choice", "Documents", "Judge", "Passage", "Prompt", "Prompter", "Verdict",
]  # fmt: skip
