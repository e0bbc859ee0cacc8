"""A float graph made smaller and quicker: 8-bit weights, and what that costs.

    float graph ─► tried out ─► int8 (dynamic, or static by calibration) ─► metadata back ─► tried
                                                                              out again ─► report

Dynamic: the weights of MatMul, Gemm and Gather are 8-bit per channel, activations are measured in
each run. Static, with a folder of calibration: Conv too, activations by what was seen there. Both
graphs then run the same inputs: size, time and difference are reported, never guessed; and the word
error of a recogniser, where the folder holds recordings (`*.wav`) with what is said (`*.txt`).
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import math
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from appliance.contracts.errors import UserError
from appliance.speech import runtime
from appliance.speech.audiofile import read_audio
from appliance.speech.features import BINS, FilterBank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    Feeds = dict[str, npt.NDArray[np.generic]]

DYNAMIC: Final = ("MatMul", "Gemm", "Gather")
STATIC: Final = ("MatMul", "Gemm", "Conv")
_RUNS: Final = 15
"""Runs of each graph, turn about, whose median is told."""
_LENGTH: Final = 64
"""Of a dimension without a size, in made-up inputs."""
_CALIBRATION: Final = 200
"""Inputs that calibration takes at most."""
_LEVEL: Final = -23.0
"""dBFS at which recordings are given to a recogniser."""
_TAIL: Final = 0.3
"""Seconds of silence after a recording."""
_NOISY: Final = 1e-4
"""Difference of two runs of one graph from which it is said to draw noise."""
_QUANTISED: Final = ("QuantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger")


@dataclass(frozen=True, slots=True)
class Report:
    """What quantising gave and cost."""

    bytes_before: int
    bytes_after: int
    ms_before: float
    """Median of one run on this machine, one thread, milliseconds."""
    ms_after: float
    error: float
    """RMS of the outputs' difference relative to the RMS of the outputs."""
    operators: tuple[str, ...]
    """Kinds of operators whose weights were quantised."""
    static: bool
    """Whether activations were calibrated."""
    noise: float = 0.0
    """The same difference between two runs of the float graph: above 0 where it draws noise."""
    word_error_before: float | None = None
    """Percent, where recordings with their words were given."""
    word_error_after: float | None = None

    def lines(self) -> tuple[str, ...]:
        """Return the report in plain words, a line each."""
        before, after = self.bytes_before / 1e6, self.bytes_after / 1e6
        pace = self.ms_before / max(1e-9, self.ms_after)
        ms = f"{self.ms_before:.2f} ms -> {self.ms_after:.2f} ms"
        how = "static, calibrated" if self.static else "dynamic"
        lines = [
            f"size        {before:.2f} MB -> {after:.2f} MB ({after / max(1e-6, before):.0%})",
            f"time        {ms} a run, one thread ({pace:.2f} times as quick)",
            f"difference  {self.error:.2%} of the output (RMS)",
            f"quantised   {', '.join(self.operators)} ({how})",
        ]
        if self.noise > _NOISY:
            lines.append(
                f"beware      the float graph differs from itself by {self.noise:.2%}: it draws "
                "noise, so judge it by ear or by word error"
            )
        if self.word_error_before is not None and self.word_error_after is not None:
            lines.append(
                f"word error  {self.word_error_before:.1f} % -> {self.word_error_after:.1f} %"
            )
        return tuple(lines)


def quantise(
    source: Path,
    target: Path,
    calibration: Path | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Report:
    """Write the int8 version of the graph `source` to `target` and measure both.

    Args:
        source: a float ONNX graph.
        target: where to write; must not exist.
        calibration: a folder of `*.npz` (arrays by name of input) or, for a recogniser of 8 kHz
            with inputs x and x_lens, of `*.wav`, beside them `*.txt` with what is said.
        on_step: told of each step in plain words.

    Raises:
        UserError: the tools, a file or fitting inputs are missing, or nothing can be quantised.

    """
    tell = on_step or (lambda _words: None)
    onnx, tools = _tools()
    if not source.is_file():
        raise UserError(f"{source} is not there: name a float ONNX graph.")
    if target.exists() or not target.parent.is_dir():
        raise UserError(f"{target} exists already or its folder does not: name another.")
    before = _loaded(source)
    wanted = {node.name: node for node in before.get_inputs()}
    examples = list(_examples(calibration, wanted))[:_CALIBRATION]
    static = bool(examples)
    examples = examples or [_made_up(wanted)]
    tell("trying the float graph")
    reference = _outputs(before, examples[0], static=static)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".quantising-") as folder:
        part = Path(folder) / target.name
        tell("calibrating" if static else "quantising")
        with _quietly():
            if static:
                _static(tools, source, part, examples)
            else:
                _dynamic(tools, source, part)
        operators = _finish(onnx, source, part)
        after = _loaded(part)
        tell("measuring both")
        error = _difference(before, after, examples, reference)
        noise = _difference(before, before, examples[:1], reference)
        ms = _paces(before, after, examples[0])
        words = _word_errors(source, calibration, (before, after), wanted)
        size = part.stat().st_size
        part.replace(target)
    return Report(
        source.stat().st_size, size, *ms, error, operators, static, noise,
        *(words or (None, None)),
    )  # fmt: skip


def _tools() -> tuple[Any, Any]:
    """Return the packages that only those have who make models."""
    try:
        return importlib.import_module("onnx"), runtime.quantisation()
    except ImportError:
        raise UserError(
            "Quantising needs the Python package 'onnx', which the box itself does not have: "
            "install it on a desk (pip install onnx) and quantise there."
        ) from None


def _loaded(file: Path) -> Any:
    try:
        return runtime.session(file)
    except runtime.GraphError as error:
        raise UserError(f"{error}: name a float ONNX graph.") from None


def _outputs(session: Any, feeds: Feeds, *, static: bool) -> list[npt.NDArray[np.generic]]:
    try:
        return runtime.run(session, feeds)
    except runtime.GraphError as error:
        raise UserError(
            f"The graph cannot be tried ({error}): "
            + (
                "correct the calibration files."
                if static
                else "give inputs that fit it as .npz files with --calibration."
            )
        ) from None


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep the tools' advice to developers from the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _dynamic(tools: Any, source: Path, part: Path) -> None:
    tools.quantize_dynamic(
        str(source), str(part), op_types_to_quantize=list(DYNAMIC), per_channel=True,
        weight_type=tools.QuantType.QInt8, extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip


def _static(tools: Any, source: Path, part: Path, examples: Sequence[Feeds]) -> None:
    prepared = part.with_name("prepared.onnx")
    importlib.import_module("onnxruntime.quantization.shape_inference").quant_pre_process(
        str(source), str(prepared), skip_symbolic_shape=True
    )
    tools.quantize_static(
        str(prepared), str(part), _Reader(examples), quant_format=tools.QuantFormat.QDQ,
        op_types_to_quantize=list(STATIC), per_channel=True, weight_type=tools.QuantType.QInt8,
        activation_type=tools.QuantType.QUInt8,
    )  # fmt: skip


class _Reader:
    """Hands calibration one example after the other."""

    def __init__(self, examples: Sequence[Feeds]) -> None:
        self._examples = list(examples)
        self.rewind()

    def rewind(self) -> None:
        """Begin again."""
        self._left = iter(self._examples)

    def get_next(self) -> Feeds | None:
        """Return the next example, None at the end."""
        return next(self._left, None)


def _finish(onnx: Any, source: Path, part: Path) -> tuple[str, ...]:
    """Put the metadata back; return the kinds of operators that were quantised."""
    old, new = onnx.load(str(source)), onnx.load(str(part))
    if any(node.op_type in _QUANTISED for node in old.graph.node):
        raise UserError(f"{source} is quantised already: name the float graph it was made of.")
    constants = {weight.name for weight in old.graph.initializer}
    constants |= {node.output[0] for node in old.graph.node if node.op_type == "Constant"}
    weighted = {
        node.op_type for node in old.graph.node if any(name in constants for name in node.input)
    }
    if not any(node.op_type in _QUANTISED for node in new.graph.node) and not any(
        node.op_type == "DequantizeLinear" for node in new.graph.node
    ):
        raise UserError(
            f"{source} has no weights that can be quantised ({', '.join(DYNAMIC)}): leave it as "
            "it is."
        )
    del new.metadata_props[:]
    for entry in old.metadata_props:
        added = new.metadata_props.add()
        added.key, added.value = entry.key, entry.value
    onnx.save(new, str(part))
    kinds = STATIC if any(n.op_type == "QuantizeLinear" for n in new.graph.node) else DYNAMIC
    return tuple(kind for kind in kinds if kind in weighted)


def _difference(
    before: Any, after: Any, examples: Sequence[Feeds], first: Sequence[npt.NDArray[np.generic]]
) -> float:
    """Return the RMS of the difference over that of the outputs; common parts where one is longer.

    Integers (lengths) are left out.
    """
    wrong = power = 0.0
    for number, feeds in enumerate(examples[:20]):
        one = first if number == 0 else runtime.run(before, feeds)
        for old, new in zip(one, runtime.run(after, feeds), strict=True):
            if old.dtype.kind == "f" and old.ndim == new.ndim:
                cut = tuple(slice(0, min(a, b)) for a, b in zip(old.shape, new.shape, strict=True))
                exact = np.asarray(old[cut], np.float64)
                wrong += float(np.square(exact - np.asarray(new[cut], np.float64)).sum())
                power += float(np.square(exact).sum())
    return math.sqrt(wrong / power) if power else math.sqrt(wrong)


def _paces(before: Any, after: Any, feeds: Feeds) -> tuple[float, float]:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(_RUNS):
        for session, times in zip((before, after), taken, strict=True):
            began = time.perf_counter()
            runtime.run(session, feeds)
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[0]), statistics.median(taken[1])


# --- inputs


def _examples(folder: Path | None, wanted: Mapping[str, Any]) -> Iterator[Feeds]:
    """Yield the inputs that a calibration folder holds. Raises UserError where it has none."""
    if folder is None:
        return
    stored, sounds = sorted(folder.glob("*.npz")), sorted(folder.glob("*.wav"))
    if not stored and not sounds:
        raise UserError(
            f"{folder} holds neither .npz nor .wav files: name another for calibration."
        )
    for file in stored:
        try:
            with np.load(file) as arrays:
                yield {name: arrays[name] for name in wanted}
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"{file} does not hold the graph's inputs {', '.join(wanted)} ({error})."
            ) from None
    if sounds and not _hears(wanted):
        raise UserError(
            "Recordings calibrate only recognisers of 8 kHz with the inputs x and x_lens: give "
            f".npz files with {', '.join(wanted)}."
        )
    yield from (_features(file) for file in sounds)


def _hears(wanted: Mapping[str, Any]) -> bool:
    return set(wanted) == {"x", "x_lens"} and wanted["x"].shape[-1] == BINS


def _features(file: Path) -> Feeds:
    bank = FilterBank()
    bank.accept(read_audio(file))
    frames = bank.frames(_LEVEL, round(_TAIL * 8000))
    return {"x": frames[None], "x_lens": np.array([len(frames)], np.int64)}


def _made_up(wanted: Mapping[str, Any]) -> Feeds:
    """Return inputs that a graph may take: tokens that every table has, noise, full lengths."""
    chance = np.random.default_rng(1)
    feeds: Feeds = {}
    for name, node in wanted.items():
        shape = [
            size if isinstance(size, int) else 1 if place == 0 else _LENGTH
            for place, size in enumerate(node.shape)
        ]
        if "int" in node.type:
            kind = np.int32 if "int32" in node.type else np.int64
            tokens = chance.integers(1, 4, shape) if len(shape) > 1 else np.full(shape, _LENGTH)
            feeds[name] = tokens.astype(kind)
        else:
            noise = chance.standard_normal(shape) if len(shape) > 1 else np.full(shape, 0.667)
            feeds[name] = noise.astype(np.float16 if "float16" in node.type else np.float32)
    return feeds


# --- words


def _word_errors(
    source: Path, folder: Path | None, sessions: Sequence[Any], wanted: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Return the word error in percent of both graphs; None where there is nothing to judge by."""
    tokens = source.parent / "tokens.txt"
    if folder is None or not _hears(wanted) or not tokens.is_file():
        return None
    said = [(file, file.with_suffix(".txt")) for file in sorted(folder.glob("*.wav"))]
    said = [(sound, text) for sound, text in said if text.is_file()]
    if not said:
        return None
    pieces = [line.rsplit(" ", 1)[0] for line in tokens.read_text("utf-8").splitlines() if line]
    errors: list[float] = []
    for session in sessions:
        wrong = count = 0
        for sound, text in said:
            reference = re.findall(r"[\w']+", text.read_text("utf-8").lower())
            log_probs = np.asarray(runtime.run(session, _features(sound))[0], np.float32)
            wrong += edits(reference, _spelled(log_probs[0], pieces))
            count += len(reference)
        errors.append(100 * wrong / max(1, count))
    return errors[0], errors[1]


def _spelled(log_probs: npt.NDArray[np.float32], pieces: Sequence[str]) -> list[str]:
    """Return the words of the best path (CTC: repetitions and blanks fall away)."""
    best = log_probs.argmax(-1)
    kept = [int(n) for at, n in enumerate(best) if at == 0 or n != best[at - 1]]
    text = "".join(pieces[n] for n in kept if n < len(pieces) and pieces[n] != "<blk>")
    return text.replace("\u2581", " ").lower().split()


def edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words must be put in, left out or changed to make one of the other."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(reference, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(heard, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (word != other)),
            )
    return row[-1]
