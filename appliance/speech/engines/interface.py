"""What sherpa-onnx demands of a model's files, checked before it sees them.

    files ─► read_graph (onnxruntime) ─► Graph ─┐
    tokens.txt ─► read_tokens ─► names by id ───┴─► families ─► sherpa-onnx

sherpa-onnx ends the process where a metadata entry is missing, crashes where a graph has another
number of inputs than it feeds, and answers with empty text where the features are of another
width. None of that may happen to a process that hears calls, so all of it is told from the
graphs themselves, first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.speech import runtime
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BLANKS: Final = ("<blk>", "<eps>", "<blank>")
"""Names of the CTC blank that sherpa-onnx looks for in a token table."""
_ZERO: Final = re.compile(
    r"sot|eot|blank_id|translate|transcribe|is_multilingual|no_timestamps|no_speech|lang_\w+"
    r"|normalize_samples|with(?:out)?_itn|is_giga_am|n_alignment_heads|left_context|pad_length"
    r"|sot_sequence|all_language_tokens"
)
"""Metadata that are ids or truths; all other numbers count something, and none is 0."""
_MOST: Final = 100_000
"""More than any size or id of a model; beyond it memory would be asked for in vain."""
_EXTRA: Final = re.compile(r"#\d+")
"""Disambiguation symbols that icefall leaves in its tables; no graph has columns for them."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a graph."""

    name: str
    shape: tuple[int | None, ...]
    """None for what may have any size."""

    def size(self, axis: int) -> int | None:
        """Return the size along `axis` (negative from the end); None where it is not fixed."""
        return self.shape[axis] if -len(self.shape) <= axis < len(self.shape) else None


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph file says of itself."""

    path: Path
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    metadata: Mapping[str, str]

    def whole(self, key: str) -> int:
        """Return a whole number of the metadata; 0 where it is missing or is none."""
        value = self.metadata.get(key, "").strip()
        return int(value) if value.isdecimal() else 0

    def wholes(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers of the metadata; empty where there is none."""
        parts = [part.strip() for part in self.metadata.get(key, "").split(",")]
        return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()

    def takes(self, *names: str) -> bool:
        """Whether the graph has an input of each of these names."""
        return {tensor.name for tensor in self.inputs} >= set(names)


@dataclass(frozen=True, slots=True)
class Part:
    """What one graph of a model must look like."""

    role: str
    inputs: tuple[int, int]
    """Fewest and most inputs."""
    outputs: tuple[int, int]
    """Fewest and most outputs."""
    numbers: tuple[str, ...] = ()
    """Metadata that must be whole numbers."""
    lists: tuple[str, ...] = ()
    """Metadata that must be whole numbers between commas."""
    reals: tuple[str, ...] = ()
    """Metadata that must be numbers between commas."""
    words: tuple[str, ...] = ()
    """Metadata that must not be empty."""
    perhaps: tuple[str, ...] = ()
    """Metadata that may be missing, but must be whole numbers where they are there."""


def read_graph(path: Path) -> Graph:
    """Read what a graph says of itself; its weights are let go again.

    Raises PackError where the file is no graph that can be run.
    """
    try:
        session = runtime.session(path)
    except runtime.GraphError:
        raise PackError(
            f"'{path.name}' is not a graph that can be run: it is damaged, only half there, or made"
            " for a newer version; download it again."
        ) from None
    metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
    inputs, outputs = (
        tuple(
            Tensor(node.name, tuple(n if isinstance(n, int) else None for n in node.shape or ()))
            for node in nodes
        )
        for nodes in (session.get_inputs(), session.get_outputs())
    )
    return Graph(path, inputs, outputs, metadata)


def read_tokens(path: Path) -> dict[int, str]:
    """Read a token table, `piece id` a line (a line of one number names the space).

    Raises PackError where a line is something else or an id stands twice.
    """
    found: dict[int, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"'{path.name}' cannot be read as a token table ({error}).") from None
    for at, line in enumerate(lines, 1):
        fields = line.split()
        if not fields:
            continue
        piece, number = (" ", fields[0]) if len(fields) == 1 else (fields[0], fields[-1])
        if len(fields) > 2 or not number.isdecimal():
            raise PackError(
                f"Line {at} of '{path.name}' is '{line[:40]}' instead of 'piece id': take the token"
                " table that was published with this model."
            )
        if int(number) in found:
            raise PackError(
                f"'{path.name}' gives the id {number} to two pieces: take the token table that was"
                " published with this model."
            )
        found[int(number)] = piece
    if not found:
        raise PackError(f"'{path.name}' is empty: take the token table published with this model.")
    return found


def check_part(part: Part, graph: Graph) -> None:
    """Make sure that sherpa-onnx can load and feed a graph. Raises PackError saying what differs.

    The message is a clause without a beginning: the caller names the pack.
    """
    for what, tensors, (least, most) in (
        ("input", graph.inputs, part.inputs), ("output", graph.outputs, part.outputs),
    ):  # fmt: skip
        if not least <= len(tensors) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise PackError(
                f"'{graph.path.name}' has {len(tensors)} {what}s"
                f" ({', '.join(tensor.name for tensor in tensors[:4])}) where a {part.role} of"
                f" this engine has {wanted}"
            )
    tests = (
        (part.numbers, _is_whole, "a whole number"),
        (part.lists, _are_whole, "a list of whole numbers"),
        (part.reals, _are_real, "a list of numbers"),
        (part.words, bool, "a word"),
        (part.perhaps, lambda value: not value or _is_whole(value), "a whole number"),
    )
    for keys, test, what in tests:
        for key in keys:
            value = graph.metadata.get(key, "")
            counted = what.endswith(("whole number", "whole numbers")) and value
            if not test(value) or (counted and not _in_range(key, value)):
                found = f"'{value[:20]}' as" if value else "no"
                raise PackError(
                    f"'{graph.path.name}' has {found} '{key}' in its metadata where the engine"
                    f" needs {what}: export it with sherpa-onnx's script for this kind of model"
                )


def check_tokens(
    tokens: Mapping[int, str], columns: int | None, file: str, *, all_needed: bool = True
) -> None:
    """Make sure that a token table names what a graph can say. Raises PackError (a clause).

    `columns` is the number of different tokens that the graph can say, None where it does not tell.
    Where not `all_needed`, sherpa-onnx leaves out what has no name, and a tenth of the names (the
    marks of Whisper) may be missing.
    """
    if columns is None:
        return
    named = {number for number, name in tokens.items() if not _EXTRA.fullmatch(name)}
    needed = columns if all_needed else columns * 9 // 10
    if max(named) >= columns or len(named) < needed:
        raise PackError(
            f"'{file}' names {len(named)} tokens (the highest id is {max(named)}) but the graph"
            f" knows {columns}: they do not belong together"
        )


def _is_whole(value: str) -> bool:
    return value.strip().isdecimal()


def _are_whole(value: str) -> bool:
    return all(map(_is_whole, value.split(",")))


def _in_range(key: str, value: str) -> bool:
    least = 0 if _ZERO.fullmatch(key) else 1
    return all(least <= int(part) <= _MOST for part in value.split(","))


def _are_real(value: str) -> bool:
    try:
        return bool([float(part) for part in value.split(",")])
    except ValueError:
        return False
