import json

import pytest

from appliance.speech.engines.detect import detect
from appliance.speech.packing import About, build
from appliance.system.packs.manifest import PackError, PackKind
from tests.speech.understanding.encoders import make_folder


def test_as_published(tmp_path):
    """Knows an encoder by its graph and vocabulary, and how it is fed by its notes."""
    folder = make_folder(tmp_path / "mini")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    )
    found = detect(folder)
    assert (found.kind, found.engine) == (PackKind.ENCODER, "onnx/wordpiece")
    assert found.facts == {"lowercase": False, "pooling": "cls"}
    assert {role: path.name for role, path in found.roles.items()} == {
        "model": "model.onnx",
        "vocabulary": "vocab.txt",
    }


def test_becomes_a_pack(tmp_path):
    """Makes a pack of the folder that is loaded once on the way."""
    source = make_folder(tmp_path / "mini")
    built = build(source, tmp_path / "packs", About(language="en", licence="MIT"))
    assert built.pack.kind is PackKind.ENCODER
    assert built.pack.encoder is not None
    assert built.pack.encoder.pooling == "mean"


def test_without_a_vocabulary(tmp_path):
    """Says what is missing."""
    folder = make_folder(tmp_path / "mini")
    (folder / "vocab.txt").unlink()
    with pytest.raises(PackError, match=r"without vocab\.txt"):
        detect(folder)


def test_damaged_notes(tmp_path):
    """Does without notes that cannot be read."""
    folder = make_folder(tmp_path / "mini")
    (folder / "tokenizer_config.json").write_text("[1")
    assert detect(folder).facts == {}
