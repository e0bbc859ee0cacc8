"""The table of engines: complete, and nothing in it that sherpa-onnx does not know."""

import inspect

import pytest
import sherpa_onnx

from appliance.speech.engines.rows import FAMILIES
from appliance.system.packs.manifest import ENGINES, PackKind
from tests.speech.engines import graphs


def test_the_manifest_knows_the_same_engines() -> None:
    """Engines and roles of manifests are those of the table, besides our own recogniser's."""
    listed = dict(ENGINES[PackKind.STT])
    assert listed.pop("sherpa-onnx/zipformer-ctc") == ("model", "tokens", "lexicon")
    assert listed == {engine: family.roles for engine, family in FAMILIES.items()}


def test_every_engine_is_tried() -> None:
    """No row without a tiny model that the tests load and hear with."""
    assert {f"sherpa-onnx/{engine}" for engine in graphs.MODELS} == set(FAMILIES)


@pytest.mark.parametrize("engine", sorted(FAMILIES))
def test_constructors_exist(engine: str) -> None:
    """Every keyword that a row gives is one that this sherpa-onnx takes."""
    family = FAMILIES[engine]
    kind = sherpa_onnx.OnlineRecognizer if family.streaming else sherpa_onnx.OfflineRecognizer
    known = set(inspect.signature(getattr(kind, family.constructor)).parameters)
    wanted = {*family.keywords.values(), *family.language, *(family.fixed or ()), "tokens"}
    if family.configured:
        wanted |= {"sample_rate", "feature_dim"}
    if family.hotwords:
        wanted |= {"decoding_method", "modeling_unit", "bpe_vocab", "hotwords_score"}
    assert wanted <= known
    assert set(family.keywords) == {part.role for part in family.parts}


def test_streaming_engines_tell_how_far_they_look_ahead() -> None:
    """A streaming row says how much quiet its last chunk needs."""
    from appliance.speech.engines.interface import Graph

    blank = Graph(None, (), (), {"T": "45", "window_size": "16"})  # type: ignore[arg-type]
    for family in FAMILIES.values():
        ahead = family.lookahead(dict.fromkeys(("encoder", "model"), blank))
        assert (ahead > 0.1) is family.streaming
