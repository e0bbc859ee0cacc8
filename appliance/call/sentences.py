"""What `call` itself says, where the dialogue cannot: rendered ahead with the other prompts."""

from __future__ import annotations

from typing import Final

from appliance.contracts.expectation import Kind

APOLOGY: Final = (
    "I am sorry, I cannot hear you well at the moment. I am putting you through to a colleague."
)
"""Something behind the voice has failed; a transfer to a person follows."""
UNREACHABLE: Final = (
    "I am sorry, I cannot reach anybody at the moment. Please call again a little later. Goodbye."
)
"""The rescue has failed too."""
ONE_MOMENT: Final = "One moment, please."
"""An answer takes longer to be rendered than a caller likes to wait."""
TIME_IS_UP: Final = "I am sorry, I have to end this call now. Please call again. Goodbye."
"""The longest call is reached."""
ALL: Final = (APOLOGY, UNREACHABLE, ONE_MOMENT, TIME_IS_UP)

_BACK_CHANNEL: Final = frozenset({
    "ah", "aha", "hm", "hmm", "huh", "mhm", "mm", "mm hm", "mm hmm", "mmm", "oh", "oh okay", "ok",
    "okay", "right", "uh", "uh huh", "uhhuh", "um", "yeah", "yep", "alright", "i see",
})  # fmt: skip
"""Listeners' noises: they say "I am listening", not "stop"."""
_UNSURE: Final = 0.25
_SHORT: Final = 0.7


def is_back_channel(text: str, confidence: float, seconds: float, expected: Kind) -> bool:
    """Return whether an utterance spoken into a prompt leaves the prompt going.

    Nothing understood, a listener's noise, or something so short and unsure that it was a cough.
    Where yes or no is asked, "okay" is an answer.
    """
    words = " ".join(text.lower().replace("-", " ").strip(" .,!?").split())
    if not words or (confidence < _UNSURE and seconds < _SHORT):
        return True
    return expected is not Kind.YES_NO and words in _BACK_CHANNEL
