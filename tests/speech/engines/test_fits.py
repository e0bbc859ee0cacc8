"""What must fit between the parts of a model."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from appliance.speech.engines import fits
from appliance.speech.engines.interface import Graph, Tensor, read_graph
from tests.speech.engines import graphs


@pytest.fixture
def drawn(tmp_path: Path):
    def draw(engine: str, **changes: object) -> dict[str, Graph]:
        made = {}
        for role, model in graphs.MODELS[engine][0](**changes).items():
            onnx.save(model, tmp_path / f"{role}.onnx")
            made[role] = read_graph(tmp_path / f"{role}.onnx")
        return made

    return draw


def _with(graph: Graph, inputs: int = 0, outputs: int = 0, **metadata: str) -> Graph:
    spare = Tensor("spare", (1,))
    return Graph(
        graph.path, graph.inputs + (spare,) * inputs, graph.outputs + (spare,) * outputs,
        {**graph.metadata, **metadata},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "check", "role"),
    [
        ("online-transducer", fits.zipformer("encoder"), "encoder"),
        ("online-zipformer2-ctc", fits.zipformer("model"), "model"),
        ("online-paraformer", fits.paraformer, "decoder"),
        ("moonshine", fits.moonshine, "cached_decoder"),
        ("moonshine-v2", fits.merged_moonshine, "decoder"),
        ("canary", fits.canary, "decoder"),
    ],
)
def test_states_must_be_as_many_as_announced(drawn, engine: str, check, role: str) -> None:
    """A state more or fewer than announced is told, whichever side it is on."""
    good = drawn(engine)
    assert check(good) == ""
    for more in ({"inputs": 1}, {"outputs": 1}):
        assert f"'{role}.onnx'" in check({**good, role: _with(good[role], **more)})


def test_zipformer_stacks(drawn) -> None:
    """Lists of different length would be read beyond their end."""
    model = drawn("online-zipformer2-ctc")["model"]
    wrong = _with(model, cnn_module_kernels="5,5")
    assert "different number" in fits.zipformer("model")({"model": wrong})
    older = _with(model, model_type="zipformer")
    assert "asks for 8 of each" in fits.zipformer("model")({"model": older})
    assert fits.zipformer("model")({"model": _with(model, model_type="lstm")}) == ""


def test_moonshine_keys(drawn) -> None:
    """Without keys of known size, sherpa-onnx would make states of no size."""
    good = drawn("moonshine-v2")
    bare = Graph(good["decoder"].path, good["decoder"].inputs[:2], good["decoder"].outputs, {})
    assert "no inputs called key_values" in fits.merged_moonshine({**good, "decoder": bare})
    masked = _with(good["encoder"], inputs=1)
    assert "where a mask is given" in fits.merged_moonshine({**good, "encoder": masked})


def test_whisper_lists(drawn) -> None:
    """Languages and their tokens are as many; the first tokens are all there."""
    good = drawn("whisper")
    assert fits.whisper(good) == ""
    for key, value in (("all_language_codes", "en"), ("sot_sequence", "0")):
        assert fits.whisper({**good, "encoder": _with(good["encoder"], **{key: value})})


def test_statistics(drawn) -> None:
    """Means and deviations are as many as the numbers of a frame."""
    good = drawn("offline-paraformer")
    check = fits.statistics("model", "neg_mean", "inv_stddev", fits.stacked)
    assert check(good) == ""
    assert "3 means" in check({"model": _with(good["model"], neg_mean="1,2,3")})
    assert fits.stacked(good["model"]) == 560
    assert fits.plain(drawn("dolphin")["model"]) == 80


def test_normalisation(drawn) -> None:
    """A normalisation that sherpa-onnx does not know would end the process."""
    good = drawn("offline-nemo-ctc")
    assert fits.normalised("model")(good) == ""
    assert "'all_features'" in fits.normalised("model")(
        {"model": _with(good["model"], normalize_type="all_features")}
    )
    assert (
        fits.normalised("model", "NA")({"model": _with(good["model"], normalize_type="NA")}) == ""
    )


def test_the_first_misfit_is_told() -> None:
    """Of several checks the first that fails speaks."""
    assert fits.both(lambda _: "", lambda _: "one", lambda _: "two")({}) == "one"
    assert fits.both(lambda _: "")({}) == ""


@pytest.mark.parametrize(
    ("window", "shift"), [("20", "0"), ("20", "21"), ("99999", "16"), ("0", "0")]
)
def test_chunks_advance(drawn, window: str, shift: str) -> None:
    """Chunks that do not advance would be decoded for ever."""
    good = drawn("online-nemo-ctc")
    check = fits.chunked("model", "window_size", "chunk_shift")
    assert check(good) == ""
    assert "on chunks of" in check(
        {"model": _with(good["model"], window_size=window, chunk_shift=shift)}
    )


@pytest.mark.parametrize("key", ["decoder_kernel_size", "encoder_output_size"])
def test_paraformer_states_have_their_size(drawn, key: str) -> None:
    """A state of another size would be found out by the first word of the first caller."""
    good = drawn("online-paraformer")
    wrong = _with(good["encoder"], **{key: "9"})
    assert "the states of 'decoder.onnx' are not" in fits.paraformer({**good, "encoder": wrong})
