"""Speech to text for one utterance: a CTC network with two heads, read as the dialogue expects.

    samples ─┬─► sherpa-onnx ────────────────────► text of an utterance that goes on
             └─► filter banks ─► graph ─┬─ log_probs       [S, pieces + 1]
                                        └─ phone_log_probs [S, phones + 1]  phrases, digits, …

The graph is sherpa-onnx's offline zipformer CTC interface with one output more. sherpa-onnx decodes
it while the caller speaks; what was said in the end is read from the probabilities, which
sherpa-onnx does not hand out, so that run goes through onnxruntime. A test holds both to the same
transcripts, our filter banks included. Free text is read through the pack's word graph where it
has one, else from the pieces alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import sherpa_onnx

from appliance.contracts.expectation import Kind
from appliance.speech import runtime
from appliance.speech.engines.base import TAIL
from appliance.speech.features import BINS, RATE, FilterBank, normalise
from appliance.speech.recognition import hotwords
from appliance.speech.recognition.asked import Asked
from appliance.speech.recognition.ctc import best_path
from appliance.speech.recognition.freetext import GraphText, PathText
from appliance.speech.recognition.lexicon import SPACE, Lexicon, Pieces
from appliance.speech.recognition.scoring import Head, Reader, Tools
from appliance.speech.recognition.wordgraph import Table, WordGraph
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from appliance.contracts.expectation import Expectation
    from appliance.speech.recognition.beam import Ways
    from appliance.speech.recognition.freetext import FreeText
    from appliance.speech.recognition.scoring import Reading
    from appliance.system.packs.manifest import Pack

Floats = npt.NDArray[np.float32]

_FEATURE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What the graph makes of an utterance: natural log-probabilities, one row each frame."""

    pieces: Floats
    """[S, pieces + blank]."""
    phones: Floats | None
    """[S, phones + blank]; None where the graph has no phone head."""


class CtcUtterance:
    """One turn; its filter banks grow, the graph runs anew over all of it at every look."""

    def __init__(self, recogniser: CtcRecogniser) -> None:
        self._recogniser = recogniser
        self._bank = FilterBank()

    def accept(self, samples: Floats) -> None:
        """Append samples (±1, 8 kHz)."""
        self._bank.accept(samples)

    def partial(self, silence: float) -> str:
        """Return the free text so far, lower case, by sherpa-onnx."""
        return self._recogniser.partial(self._bank.samples, TAIL - silence)

    def read(self, expectation: Expectation, silence: float) -> Reading:
        """Return the best reading under what is expected."""
        posteriors = self._recogniser.hear(self._bank, TAIL - silence)
        return self._recogniser.read(posteriors, expectation)


class CtcRecogniser:
    """A recogniser pack, loaded; methods may be called from any thread."""

    def __init__(self, pack: Pack, threads: int = 1) -> None:
        """Load graph, pieces and lexicon.

        Raises PackError where they do not fit together.
        """
        facts = pack.stt
        if facts is None:
            raise PackError(f"Pack '{pack.name}' is not a recogniser: choose another.")
        self.name = pack.name
        self.language = pack.language
        self._facts = facts
        try:
            self._session = runtime.session(pack.path("model"), threads)
        except runtime.GraphError as error:
            raise PackError(f"{error}: install pack '{pack.name}' again.") from error
        inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name for node in self._session.get_outputs()}
        if inputs != {"x", "x_lens"} or not outputs >= {"log_probs", "log_probs_len"}:
            raise PackError(
                f"The graph of pack '{pack.name}' does not have the inputs x and x_lens and the "
                "output log_probs: install the pack again."
            )
        self._pieces = Pieces(pack.path("tokens"))
        self._decoder = sherpa_onnx.OfflineRecognizer.from_zipformer_ctc(
            model=str(pack.path("model")), tokens=str(pack.path("tokens")), num_threads=threads,
            sample_rate=RATE, feature_dim=BINS,
        )  # fmt: skip
        self._outputs = ["log_probs"]
        self._lexicon: Lexicon | None = None
        if facts.phones and "phone_log_probs" in outputs:
            self._outputs.append("phone_log_probs")
            self._lexicon = Lexicon(pack.path("lexicon"), facts.phones, pack.language)
        self.frame_seconds: float = facts.subsampling * _FEATURE_SECONDS
        self._check_widths(pack)
        self._graph: WordGraph | None = None
        if self._lexicon is not None and pack.has("graph"):
            table = Table.read(pack.path("words"), facts.phones)
            self._graph = WordGraph(pack.path("graph"), table, len(facts.phones))
        self._tools = self._make_tools(self._graph)
        self._reader = functools.lru_cache(maxsize=64)(self._make_reader)

    def utterance(self, expectation: Expectation | None = None) -> CtcUtterance:
        """Begin to hear a turn; what is expected matters when it is read."""
        del expectation
        return CtcUtterance(self)

    def hear(self, bank: FilterBank, tail: float = TAIL) -> Posteriors:
        """Run the graph over all samples of `bank`, followed by `tail` seconds of silence."""
        return self.run(bank.frames(self._facts.level_dbfs, round(max(0.0, tail) * RATE)))

    def run(self, features: Floats) -> Posteriors:
        """Run the graph over features [T, 40] of any length."""
        if not len(features):
            width = self._facts.blank + 1
            return Posteriors(np.zeros((0, width), np.float32), None)
        feed = {"x": features[None], "x_lens": np.array([len(features)], np.int64)}
        found = self._session.run(self._outputs, feed)
        return Posteriors(found[0][0], found[1][0] if len(found) > 1 else None)

    def pieces(self, posteriors: Posteriors) -> str:
        """Return the likeliest pieces of every frame as text, words or not, in lower case."""
        labels = best_path(posteriors.pieces, self._facts.blank)
        names = (self._pieces.name(label.label) for label in labels)
        joined = "".join(name for name in names if not name.startswith("<"))
        return " ".join(joined.replace(SPACE, " ").lower().split())

    def partial(self, samples: Floats, tail: float = TAIL) -> str:
        """Return the free text of samples (±1, 8 kHz) so far, lower case, by sherpa-onnx."""
        rest = np.zeros(round(max(0.0, tail) * RATE), np.float32)
        stream = self._decoder.create_stream()
        level = self._facts.level_dbfs
        stream.accept_waveform(RATE, np.concatenate([normalise(samples, level), rest]))
        self._decoder.decode_stream(stream)
        return str(stream.result.text).strip().lower()

    def prepare(self, expectation: Expectation) -> None:
        """Lay out the phrases of an expectation so that the first reading does not wait for it."""
        self._reader(expectation)

    def read(self, posteriors: Posteriors, expectation: Expectation) -> Reading:
        """Return the best reading under what is expected; times count from the first sample."""
        heads = [posteriors.pieces]
        if posteriors.phones is not None:
            heads.append(posteriors.phones)
        return self._reader(expectation).read(heads)

    def _make_reader(self, expectation: Expectation) -> Reader:
        return Reader(expectation, self._tools)

    def _make_tools(self, graph: WordGraph | None) -> Tools:
        def pieces(text: str) -> tuple[tuple[int, ...], ...]:
            return tuple(self._pieces.encode(word) for word in text.split())

        def ways(word: str) -> Ways:
            said = self._lexicon.variants(word) if self._lexicon else (self._pieces.encode(word),)
            return tuple(way for way in said if way)

        plain = PathText(self._pieces, self._facts.blank)

        # A graph with hot words is as large as one without.
        @functools.lru_cache(maxsize=4)
        def extended(phrases: tuple[str, ...]) -> FreeText:
            if graph is None:
                return plain
            branch = hotwords.branch(graph, phrases, ways) if phrases else None
            return GraphText(graph, self._pieces, self._facts.blank, branch)

        def free(expectation: Expectation) -> FreeText:
            likely = expectation.phrases if expectation.kind is Kind.FREE else ()
            return extended((*expectation.hotwords, *likely))

        heads = [Head(self._facts.blank, pieces)]
        if self._lexicon is not None:
            heads.append(Head(self._facts.phone_blank, self._lexicon.sentence))

        @functools.cache
        def grammar(kind: Kind) -> Asked:
            return Asked(kind, self.language, ways, heads[-1].blank)

        return Tools(
            tuple(heads),
            plain,
            free,
            grammar,
            self._lexicon,
            self.frame_seconds,
            self.language,
            self._facts.thresholds,
            words=graph is not None,
        )

    def _check_widths(self, pack: Pack) -> None:
        """Make sure that blank columns and phones are those of this graph."""
        found = self.run(np.full((8, BINS), -12.0, np.float32))
        phones = found.phones
        wide = self._facts.blank == found.pieces.shape[1] - 1 and (
            phones is None
            or self._facts.phone_blank == phones.shape[1] - 1 == len(self._facts.phones)
        )
        if not wide:
            raise PackError(
                f"The graph of pack '{pack.name}' has other columns than its manifest says: "
                "install the pack again."
            )
