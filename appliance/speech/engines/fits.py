"""What must fit between the parts of a model, or between a graph and its own metadata.

Each check returns a clause that says what does not fit, empty where all does. sherpa-onnx makes a
graph's states from its metadata and feeds them by position, so a wrong count is a crash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.speech.engines.interface import Graph

_LONGEST_CHUNK: Final = 1000
"""Feature frames: ten seconds."""
STACKS: Final = (
    "encoder_dims", "attention_dims", "query_head_dims", "value_head_dims", "num_heads",
    "num_encoder_layers", "cnn_module_kernels", "left_context_len",
)  # fmt: skip


def zipformer(role: str) -> Callable[[Mapping[str, Graph]], str]:
    """Return a check that a streaming encoder has the states that its metadata describes."""

    def read(graphs: Mapping[str, Graph]) -> str:
        graph = graphs[role]
        if graph.metadata.get("model_type") == "zipformer":
            states = 7 * len(graph.wholes("num_encoder_layers"))
        elif graph.metadata.get("model_type") in ("lstm", "conformer"):
            return ""
        else:
            states = 6 * sum(graph.wholes("num_encoder_layers")) + 2
        lengths = {len(graph.wholes(key)) for key in STACKS if key in graph.metadata}
        if len(lengths) > 1:
            return f"'{graph.path.name}' describes stacks of different number in its metadata"
        return _counted(graph, states + 1)

    return read


def _counted(graph: Graph, wanted: int) -> str:
    """Return a clause where a graph's inputs or outputs are not as many as its states say."""
    found = len(graph.inputs), len(graph.outputs)
    if found == (wanted, wanted):
        return ""
    return (
        f"'{graph.path.name}' has {found[0]} inputs and {found[1]} outputs where its metadata asks"
        f" for {wanted} of each"
    )


def paraformer(graphs: Mapping[str, Graph]) -> str:
    """Check that a streaming decoder has the states that its encoder announces."""
    blocks, decoder = graphs["encoder"].whole("decoder_num_blocks"), graphs["decoder"]
    if (len(decoder.inputs), len(decoder.outputs)) == (4 + blocks, 2 + blocks):
        encoder = graphs["encoder"]
        wide, long = encoder.whole("encoder_output_size"), encoder.whole("decoder_kernel_size") - 1
        for state in decoder.inputs[4:]:
            # A decoder runs when a word is heard only: a trial with noise would not show it.
            if state.size(1) not in (None, wide) or state.size(2) not in (None, long):
                return f"the states of '{decoder.path.name}' are not {wide} times {long} numbers"
        return ""
    return f"'{decoder.path.name}' does not have {blocks} states as the encoder's metadata says"


def moonshine(graphs: Mapping[str, Graph]) -> str:
    """Check that one decoder takes the states that the other gives."""
    first, then = graphs["uncached_decoder"], graphs["cached_decoder"]
    states = len(first.outputs) - 1
    if len(then.inputs) == 3 + states and len(then.outputs) == 1 + states:
        return ""
    return (
        f"'{then.path.name}' takes {len(then.inputs) - 3} states and gives {len(then.outputs) - 1}"
        f" where '{first.path.name}' gives {states}"
    )


def merged_moonshine(graphs: Mapping[str, Graph]) -> str:
    """Check that the merged decoder has four states a layer, of known size."""
    encoder, decoder = graphs["encoder"], graphs["decoder"]
    if len(encoder.inputs) > 1 and "mask" not in encoder.inputs[1].name:
        return f"'{encoder.path.name}' takes '{encoder.inputs[1].name}' where a mask is given"
    states = [tensor for tensor in decoder.inputs if "key_values" in tensor.name]
    masked = any("encoder_attention_mask" in tensor.name for tensor in decoder.inputs)
    others = 4 if masked else 3
    if not states or len(states[0].shape) != 4 or None in (states[0].size(1), states[0].size(3)):
        return f"'{decoder.path.name}' has no inputs called key_values of fixed heads and width"
    if len(states) % 4 or len(decoder.inputs) != others + len(states):
        return f"'{decoder.path.name}' has {len(states)} states among {len(decoder.inputs)} inputs"
    if len(decoder.outputs) != 1 + len(states):
        return f"'{decoder.path.name}' gives {len(decoder.outputs) - 1} of {len(states)} states"
    return ""


def canary(graphs: Mapping[str, Graph]) -> str:
    """Check that the decoder has the states that its encoder announces."""
    layers, decoder = graphs["encoder"].whole("num_decoder_layers") or 6, graphs["decoder"]
    if len(decoder.inputs) == 3 + layers and len(decoder.outputs) == 1 + layers:
        return ""
    return (
        f"'{decoder.path.name}' does not have the {layers} states that the encoder's metadata says"
    )


def whisper(graphs: Mapping[str, Graph]) -> str:
    """Check the lists of languages and first tokens."""
    encoder = graphs["encoder"]
    tokens = encoder.wholes("all_language_tokens")
    codes = [code for code in encoder.metadata.get("all_language_codes", "").split(",") if code]
    if encoder.whole("is_multilingual") and not 0 < len(tokens) == len(codes):
        return f"'{encoder.path.name}' names {len(codes)} languages with {len(tokens)} tokens"
    if len(encoder.wholes("sot_sequence")) < (3 if encoder.whole("is_multilingual") else 1):
        return f"'{encoder.path.name}' has no full 'sot_sequence' in its metadata"
    return ""


def statistics(
    role: str, mean: str, deviation: str, times: Callable[[Graph], int]
) -> Callable[[Mapping[str, Graph]], str]:
    """Return a check that means and deviations are as many as what the graph is fed with."""

    def read(graphs: Mapping[str, Graph]) -> str:
        graph = graphs[role]
        counts = [len(graph.metadata.get(key, "").split(",")) for key in (mean, deviation)]
        wanted = times(graph)
        if counts == [wanted, wanted]:
            return ""
        return (
            f"'{graph.path.name}' has {counts[0]} means and {counts[1]} deviations in its metadata"
            f" for features of {wanted}"
        )

    return read


def both(
    *checks: Callable[[Mapping[str, Graph]], str],
) -> Callable[[Mapping[str, Graph]], str]:
    """Return a check that is passed when all of `checks` are."""
    return lambda graphs: next((said for check in checks if (said := check(graphs))), "")


def stacked(graph: Graph) -> int:
    """Return how many numbers one stacked frame has; what the statistics say where it is open."""
    size = graph.inputs[0].size(2)
    return size or len(graph.metadata.get("neg_mean", "").split(","))


def plain(graph: Graph) -> int:
    """Return how many numbers one frame has, 80 where the graph leaves it open."""
    return graph.inputs[0].size(2) or 80


def normalised(role: str, *known: str) -> Callable[[Mapping[str, Graph]], str]:
    """Return a check that features are normalised in a way that sherpa-onnx knows.

    It would end the process with the first caller otherwise.
    """

    def read(graphs: Mapping[str, Graph]) -> str:
        graph = graphs[role]
        found = graph.metadata.get("normalize_type", "")
        if found in ("", "per_feature", *known):
            return ""
        return f"'{graph.path.name}' wants its features normalised by '{found}', not per_feature"

    return read


def chunked(role: str, window: str, shift: str) -> Callable[[Mapping[str, Graph]], str]:
    """Return a check that chunks advance, and no further than they reach.

    Without it sherpa-onnx would decode the same chunk for ever.
    """

    def read(graphs: Mapping[str, Graph]) -> str:
        graph = graphs[role]
        reach, step = graph.whole(window), graph.whole(shift)
        if 0 < step <= reach <= _LONGEST_CHUNK:
            return ""
        return f"'{graph.path.name}' works on chunks of {reach} frames every {step} frames"

    return read
