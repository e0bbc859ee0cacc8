"""What a folder was found to be."""

from pathlib import Path

from appliance.speech.engines.detected import Detected
from appliance.system.packs.manifest import PackKind


def test_what_is_not_told_is_empty() -> None:
    """A model that tells nothing of itself leaves language, facts and notes empty."""
    found = Detected(PackKind.VAD, "silero", {"model": Path("a.onnx")}, 8000)
    assert (found.language, dict(found.facts), found.notes) == ("", {}, ())
