"""The protocols behind which every model stands.

    samples 8 kHz ─► Utterance.accept ─┬─► partial()          text so far
                                       └─► read(expectation)  what was said, given what was asked

A recogniser belongs to all calls, an utterance to one turn of one call. All methods may be called
from any thread, those of one utterance from one thread at a time. Engines that take another
sample rate convert inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.contracts.expectation import Expectation
    from appliance.speech.recognition.scoring import Reading

Floats = npt.NDArray[np.float32]
Int16s = npt.NDArray[np.int16]

RATE: Final = 8000
"""Hz of everything that crosses these protocols."""
HEAD: Final = 0.3
"""Seconds before the voice that belong to an utterance."""
TAIL: Final = 0.3
"""Seconds of quiet that a model should have heard after the voice before it is read."""


class Utterance(Protocol):
    """One turn of a caller while it is being heard."""

    def accept(self, samples: Floats) -> None:
        """Append samples (±1, 8 kHz, any number); the first come from up to HEAD s before."""

    def partial(self, silence: float) -> str:
        """Return the free text so far, lower case, empty for none.

        `silence`: seconds of quiet that the samples already end with; the engine adds what is
        missing to TAIL without touching what comes next.
        """

    def read(self, expectation: Expectation, silence: float) -> Reading:
        """Return the best reading under what is expected; may be called again after more samples.

        Times of its words count from the first sample accepted.
        """


class Recogniser(Protocol):
    """A recogniser pack, loaded."""

    name: str
    language: str

    def utterance(self, expectation: Expectation | None = None) -> Utterance:
        """Begin to hear a turn; knowing what is expected may spare hearing it twice."""

    def prepare(self, expectation: Expectation) -> None:
        """Lay out what an expectation needs, so that the first reading does not wait for it."""


class Speaker(Protocol):
    """A voice pack, loaded."""

    @property
    def rate(self) -> int:
        """Hz of the audio that `say` gives."""

    @property
    def identity(self) -> str:
        """Who speaks and how, opaque: what is equal sounds the same, so it keys cached prompts."""

    def say(self, text: str, on_audio: Callable[[Int16s], bool], speed: float = 1.0) -> bool:
        """Call `on_audio` with samples, phrase by phrase, until it returns False.

        `text` is plain or begins with `<speak`. Return whether everything was said. Raises
        PhonemesError where espeak-ng is missing.
        """


class Denoiser(Protocol):
    """The noise of one call, being taken out."""

    delay: int
    """Samples by which what comes out is later than what went in."""

    def process(self, samples: Floats) -> Floats:
        """Take samples (±1, 8 kHz), return as many, `delay` samples later."""
