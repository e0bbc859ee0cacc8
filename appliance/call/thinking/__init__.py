"""The language model of the site, as the telephone asks it.

    dialogue.Think ─► Thinker ─► HTTP, streamed ─► dialogue.Thought … ThoughtOver | ThoughtFailed

OpenAI-compatible chat completions: llama.cpp's server, Ollama, vLLM, on the box or on the site's
network. Nothing is decided here; `dialogue.model` judges what comes.
"""

from appliance.call.thinking.probing import Probe, examine, probe
from appliance.call.thinking.thinker import Thinker

__all__ = ["Probe", "Thinker", "examine", "probe"]
