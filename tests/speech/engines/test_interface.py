"""What a graph and a token table say of themselves."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from appliance.speech.engines.interface import (
    Graph,
    Part,
    Tensor,
    check_part,
    check_tokens,
    read_graph,
    read_tokens,
)
from appliance.system.packs.manifest import PackError
from tests.speech.engines import graphs


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    onnx.save(graphs.online_nemo_ctc()["model"], tmp_path / "model.onnx")
    return read_graph(tmp_path / "model.onnx")


def test_a_graph_is_read(graph: Graph) -> None:
    """Inputs, outputs, sizes and metadata are those of the file."""
    assert graph.takes("audio_signal", "length")
    assert not graph.takes("x")
    assert graph.inputs[0].shape == (None, 80, None)
    assert (graph.outputs[0].size(-1), graph.outputs[0].size(1)) == (len(graphs.NEMO), None)
    assert graph.inputs[0].size(7) is None
    assert graph.whole("window_size") == 16
    assert graph.metadata["normalize_type"] == "NA"


def test_metadata_that_is_no_number() -> None:
    """What is missing or is no number counts as nothing."""
    graph = Graph(Path("a.onnx"), (), (), {"a": "12", "b": "-1", "c": "x", "d": "1, 2", "e": "1,x"})
    assert [graph.whole(key) for key in "abcz"] == [12, 0, 0, 0]
    assert [graph.wholes(key) for key in "adez"] == [(12,), (1, 2), (), ()]


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x09" * 50])
def test_no_graph(tmp_path: Path, content: bytes) -> None:
    """A file that is no graph is told as such."""
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(PackError, match=r"'model.onnx' is not a graph"):
        read_graph(tmp_path / "model.onnx")


def test_tokens(tmp_path: Path) -> None:
    """A table is read as sherpa-onnx reads it; a lone number names the space."""
    (tmp_path / "tokens.txt").write_text("<blk> 0\n▁a 1\n\n 2\nß 3\n", encoding="utf-8")
    assert read_tokens(tmp_path / "tokens.txt") == {0: "<blk>", 1: "▁a", 2: " ", 3: "ß"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a b c 1\n", "Line 1"), ("a 0\nb x\n", "Line 2"), ("a 1\nb 1\n", "to two pieces"), ("", "empty")],
)  # fmt: skip
def test_no_token_table(tmp_path: Path, text: str, reason: str) -> None:
    """What is no token table is refused with the line that is wrong."""
    (tmp_path / "tokens.txt").write_text(text)
    with pytest.raises(PackError, match=reason):
        read_tokens(tmp_path / "tokens.txt")


def test_tokens_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are no text are no table."""
    (tmp_path / "tokens.txt").write_bytes(b"\xff\xfe 0\n")
    with pytest.raises(PackError, match="cannot be read"):
        read_tokens(tmp_path / "tokens.txt")


def _graph(inputs: int, outputs: int, **metadata: str) -> Graph:
    tensors = [
        tuple(Tensor(f"{s}{n}", (None,)) for n in range(k))
        for s, k in (("i", inputs), ("o", outputs))
    ]
    return Graph(Path("a.onnx"), tensors[0], tensors[1], metadata)


PART = Part("model", (2, 3), (1, 1), ("n",), ("l",), ("r",), ("w",), ("p",))
GOOD = {"n": "4", "l": "1,2", "r": "-0.5,1e-3", "w": "word"}


def test_a_part_that_fits() -> None:
    """A graph of the right interface passes."""
    check_part(PART, _graph(3, 1, **GOOD))


@pytest.mark.parametrize(
    ("inputs", "outputs", "told"),
    [(1, 1, "1 inputs"), (4, 1, "4 inputs"), (2, 0, "0 outputs"), (2, 2, "2 outputs")],
)
def test_a_part_with_other_ends(inputs: int, outputs: int, told: str) -> None:
    """A graph with more or fewer inputs or outputs is refused: fed, it would crash."""
    with pytest.raises(PackError, match=told):
        check_part(PART, _graph(inputs, outputs, **GOOD))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n", ""),
        ("n", "-4"),
        ("n", "4.5"),
        ("l", "1,,2"),
        ("l", ""),
        ("r", "1,x"),
        ("r", ""),
        ("w", ""),
        ("p", "-1"),
        ("n", "0"),
        ("l", "1,0"),
        ("n", "9999999"),
    ],
)
def test_a_part_with_other_metadata(key: str, value: str) -> None:
    """Metadata that sherpa-onnx would end the process over is refused, with its name."""
    with pytest.raises(PackError, match=f"'{key}' in its metadata"):
        check_part(PART, _graph(2, 1, **GOOD | {key: value}))


def test_tokens_as_many_as_columns() -> None:
    """A table has a name for each column and no more, marks of icefall apart."""
    tokens = {0: "<blk>", 1: "a", 2: "b", 3: "#0"}
    check_tokens(tokens, 3, "tokens.txt")
    check_tokens(tokens, None, "tokens.txt")
    for columns in (2, 4):
        with pytest.raises(PackError, match=f"knows {columns}"):
            check_tokens(tokens, columns, "tokens.txt")


def test_tokens_that_may_be_fewer() -> None:
    """Where sherpa-onnx leaves out what has no name, a tenth may be missing, not more."""
    check_tokens(dict.fromkeys(range(9), "a"), 10, "tokens.txt", all_needed=False)
    for named in (8, 11):
        with pytest.raises(PackError, match="do not belong together"):
            check_tokens(dict.fromkeys(range(named), "a"), 10, "tokens.txt", all_needed=False)
