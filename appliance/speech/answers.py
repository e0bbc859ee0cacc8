"""The words of closed questions: agreement, digits, letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.speech.lexicon import LETTER_NAMES

YES: Final = (
    "yes", "yeah", "yep", "yup", "yes please", "yeah please", "yes that's right", "that's right",
    "that is right", "that's correct", "that is correct", "correct", "right", "sure", "okay", "ok",
    "yes it is", "yes i do", "yes i am", "of course", "exactly", "absolutely", "please do",
    "yeah sure", "yes sure", "go ahead", "all right", "alright", "yes thank you",
    "yes that's correct", "yeah that's right", "fine", "sounds good",
)  # fmt: skip
NO: Final = (
    "no", "nope", "nah", "no thank you", "no thanks", "that's wrong", "that is wrong", "wrong",
    "no that's wrong", "no that's not right", "that's not right", "not really", "no i don't",
    "no it isn't", "no it's not", "incorrect", "that's not correct", "never", "no not at all",
    "i don't think so", "no that's not correct", "no i'm not",
)  # fmt: skip
YES_NO: Final = YES + NO

_DIGITS: Final = (
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One word of a loop."""

    text: str
    symbols: int
    penalty: float = 0.0
    """Taken from the natural logarithm of its score, for what is said more rarely."""
    letter: str = ""
    """Which letter it names, where it does."""
    said: str = ""
    """How it is said, where that differs from the text."""


def digit_words() -> list[Listed]:
    """Return the digits, "oh", and the "double" and "triple" that may stand before one."""
    repeats = [Listed("double", 1, -1.0), Listed("triple", 2, -2.0)]
    return [*(Listed(word, 1) for word in _DIGITS), *repeats]


def letter_words() -> list[Listed]:
    """Return the names of the letters, and the digits of mixed codes."""
    letters = [Listed(letter, 1, letter=letter) for letter in LETTER_NAMES]
    zed = [Listed("z", 1, -1.0, said="zed")]
    # "oh" is a letter here.
    digits = [Listed(word, 1, -1.0) for word in _DIGITS if word != "oh"]
    return letters + zed + digits
