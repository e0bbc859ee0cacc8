"""What is told of a kind of recogniser."""

import pytest

from appliance.speech.engines.families import Sound
from appliance.speech.engines.rows import FAMILIES


@pytest.mark.parametrize(
    ("sound", "name"),
    [(Sound.KALDI, "kaldi-fbank-80-16k"), (Sound.STACKED, "lfr-fbank-80-16k"),
     (Sound.WAVEFORM, "waveform-16k")],
)  # fmt: skip
def test_features_have_names(sound: Sound, name: str) -> None:
    """A manifest names features by kind, mel bins and rate."""
    assert sound.named(80, 16_000) == name


def test_roles_end_with_tokens() -> None:
    """Every engine needs its graphs and a token table."""
    assert FAMILIES["sherpa-onnx/whisper"].roles == ("encoder", "decoder", "tokens")
