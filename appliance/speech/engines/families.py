"""What is told of a kind of recogniser: its files, its graphs, its constructor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.speech.engines.interface import Graph, Part


class Sound(Enum):
    """What a model is fed with, as sherpa-onnx computes it."""

    KALDI = "kaldi-fbank"
    NEMO = "nemo-fbank"
    """Librosa's filters, no offset taken out; Dolphin's too."""
    STACKED = "lfr-fbank"
    """Kaldi's on 16-bit samples, seven frames in one, normalised by the graph's metadata."""
    WHISPER = "whisper-mel"
    WAVEFORM = "waveform"

    def named(self, bins: int, rate: int) -> str:
        """Return the name in a manifest: `kaldi-fbank-80-16k`, `waveform-16k`."""
        middle = "" if self is Sound.WAVEFORM else f"-{bins}"
        return f"{self.value}{middle}-{rate // 1000}k"


class Blank(Enum):
    """Where the token that says nothing must stand."""

    NONE = "none"
    ANYWHERE = "anywhere"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model."""

    engine: str
    what: str
    """For sentences: "a streaming transducer"."""
    constructor: str
    """Class method of `OnlineRecognizer` or `OfflineRecognizer`."""
    parts: tuple[Part, ...]
    keywords: Mapping[str, str]
    """Role of a graph → keyword of the constructor."""
    sound: Sound
    bins: Callable[[Mapping[str, Graph]], int | None]
    """Mel bins that the graph takes; None where it does not tell."""
    columns: Callable[[Mapping[str, Graph]], int | None]
    """Different tokens that the graph can say; None where it does not tell."""
    default_bins: int = 80
    streaming: bool = False
    rates: tuple[int, ...] = (8000, 16000)
    """Hz that the model may have been trained at."""
    configured: bool = True
    """Whether the constructor takes the sample rate and the number of bins."""
    types: tuple[str, ...] = ()
    """What the first graph's `model_type` may be; empty: anything."""
    variants: Mapping[str, Part] | None = None
    """The first part by the graph's `model_type`, where that decides."""
    blank: Blank = Blank.NONE
    specials: tuple[str, ...] = ()
    """Tokens that must stand in the table."""
    all_named: bool = True
    """Whether every column must have a name."""
    lookahead: Callable[[Mapping[str, Graph]], float] = lambda _graphs: 0.0
    """Streaming: seconds after the voice that must have been heard to read its end."""
    stretch: Callable[[Mapping[str, Graph]], float] = lambda _graphs: 1.0
    """Factor on the times that sherpa-onnx reports, which takes four frames to one for granted."""
    fixed: Mapping[str, str] | None = None
    """Keywords of the constructor that are always the same."""
    language: tuple[str, ...] = ()
    """Keywords of the constructor that take the language."""
    hotwords: bool = False
    """Whether words can be made likelier for one utterance."""
    graph: bool = False
    """Whether expected words can be given as a graph (`bias`), for a recogniser of their own."""
    fits: Callable[[Mapping[str, Graph]], str] = lambda _graphs: ""
    """What does not fit between the parts, as a clause; empty where all does."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the files that a pack of this engine must have."""
        return (*(part.role for part in self.parts), "tokens")
