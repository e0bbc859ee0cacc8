import numpy as np
import pytest

from appliance.dialogue.understanding.linear import NONE
from appliance.speech.understanding.encoder import Encoder
from appliance.speech.understanding.heads import Heads, Intents, train_heads
from appliance.system.packs.manifest import PackError
from tests.dialogue.understanding.scripts import script
from tests.speech.understanding.encoders import make_pack


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return Encoder(make_pack(tmp_path_factory.mktemp("packs")))


@pytest.fixture(scope="module")
def trained(encoder):
    return train_heads(script(), encoder)


@pytest.fixture
def intents(encoder, trained, tmp_path):
    file = tmp_path / "encoder.bin"
    file.write_bytes(trained)
    return Intents(encoder, lambda: file)


def test_learns_intents(intents):
    """Tells the intents of sentences that are no examples, in vectors of their words."""
    for text, intent in (
        ("please my house moved", "moving"),
        ("the meter reading please", "meter"),
        ("about the hours when you are open", "hours"),
    ):
        found = intents.of(text)
        assert found[0][0] == intent
        assert found[0][1] > 0.3
        assert 0.0 < sum(sure for _, sure in found) <= 1.001


def test_knows_all_intents_and_none(trained):
    """Knows every intent of the dialogue and "none of them"."""
    heads = Heads.parse(trained)
    assert set(heads.classes) == {*script().intents, NONE}
    assert heads.encoder == "tiny 1"
    vectors = np.eye(3, 48, dtype=np.float32)
    assert heads.confidences(vectors).sum(axis=1) == pytest.approx(1.0)


def test_round_trip(trained):
    """Reads what it wrote."""
    heads = Heads.parse(trained)
    vectors = np.eye(3, 48, dtype=np.float32)
    again = Heads.parse(heads.bytes())
    assert again.confidences(vectors) == pytest.approx(heads.confidences(vectors))


def test_published_anew(intents, tmp_path, encoder):
    """Reads the file again when another one is published, and tells nothing without one."""
    file = tmp_path / "encoder.bin"
    assert intents.of("i moved")
    german = tmp_path / "new.bin"
    german.write_bytes(train_heads(script("de"), encoder))
    german.replace(file)
    assert intents.of("i moved")
    file.unlink()
    assert intents.of("i moved") == ()
    assert intents.of("") == ()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04"])
def test_a_damaged_file(intents, tmp_path, content):
    """Tells nothing where the file cannot be used; the words are understood without."""
    (tmp_path / "encoder.bin").write_bytes(content)
    assert intents.of("i moved") == ()
    with pytest.raises(PackError, match="publish again"):
        Heads.parse(content)


def test_another_encoder(trained, tmp_path):
    """Tells nothing where the dialogue was published with another encoder."""
    file = tmp_path / "encoder.bin"
    file.write_bytes(trained)
    other = Encoder(make_pack(tmp_path, "another"))
    assert Intents(other, lambda: file).of("i moved") == ()


def test_no_time(encoder):
    """Learns without fitting how much it counts where no time is left."""
    assert Heads.parse(train_heads(script(), encoder, seconds=0.0)).classes
