"""Voice activity by Silero's network: a probability of speech for every 32 ms.

The network is recurrent and tiny (0.2 ms a window on one x86 core). One session serves all calls;
what belongs to a call (recurrent state, 4 ms of context) is a `Track`. Silero VAD 6, MIT licence,
https://github.com/snakers4/silero-vad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.speech import runtime
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float32]

WINDOW: Final = 256
"""Samples of one window at 8 kHz: 32 ms."""
_CONTEXT: Final = 32
_RATE: Final = np.array(8000, np.int64)
_STATE: Final = (2, 1, 128)


class Track:
    """The network's memory of one call."""

    __slots__ = ("context", "state")

    def __init__(self) -> None:
        self.context: Floats = np.zeros(_CONTEXT, np.float32)
        self.state: Floats = np.zeros(_STATE, np.float32)

    def reset(self) -> None:
        """Forget what was heard, as after a gap in the audio."""
        self.__init__()  # type: ignore[misc]


class Detector:
    """The shared network; methods may be called from any thread."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Load the graph. Raises PackError where the file is no Silero network for 8 kHz."""
        try:
            self._session = runtime.session(model, threads)
        except runtime.GraphError as error:
            raise PackError(f"{error}: install the voice activity pack again.") from error
        found = {node.name for node in self._session.get_inputs()}
        if found != {"input", "state", "sr"}:
            raise PackError(
                f"'{model.name}' is not a Silero network that takes 8 kHz (it wants "
                f"{', '.join(sorted(found))}): install the voice activity pack again."
            )

    def probability(self, track: Track, window: Floats) -> float:
        """Return how likely the next 256 samples (±1, 8 kHz) of a call hold speech, 0 to 1."""
        return float(self.probabilities([track], [window])[0])

    def probabilities(self, tracks: Sequence[Track], windows: Sequence[Floats]) -> Floats:
        """Advance several calls by one window each in one run; return their probabilities [N]."""
        inputs = np.stack(
            [np.concatenate([t.context, w]) for t, w in zip(tracks, windows, strict=True)]
        )
        states = np.concatenate([track.state for track in tracks], axis=1)
        feed = {"input": inputs, "state": states, "sr": _RATE}
        found, after = self._session.run(None, feed)
        for at, (track, window) in enumerate(zip(tracks, windows, strict=True)):
            track.context = window[-_CONTEXT:]
            track.state = after[:, at : at + 1]
        return np.asarray(found[:, 0], np.float32)
