"""Behaviour of `appliance.speech.engines.voices`: every family speaks through one adapter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.engines.voice_interface import VoiceError
from appliance.speech.engines.voices import FAMILIES, Synthesiser
from appliance.speech.speaking.phrasing import Takes
from appliance.speech.speaking.voice import Speaking
from tests.speech.engines import voice_graphs as graphs

IPA = "həloʊ, ju."
MADE: dict[str, Callable[[Path], Path]] = {
    "sherpa-onnx/vits-piper": lambda folder: graphs.piper(folder, speakers=3),
    "sherpa-onnx/vits-coqui": lambda folder: graphs.piper(
        folder, comment="coqui", blank_id=0, use_eos_bos=0
    ),
    "sherpa-onnx/vits-characters": lambda folder: graphs.lexicon_vits(
        folder, frontend="characters"
    ),
    "sherpa-onnx/vits-lexicon": graphs.lexicon_vits,
    "sherpa-onnx/matcha": graphs.matcha,
    "sherpa-onnx/kokoro": graphs.kokoro,
    "sherpa-onnx/kitten": graphs.kitten,
    "sherpa-onnx/supertonic": graphs.supertonic,
}
FILES = {
    "model": "model.onnx", "tokens": "tokens.txt", "voices": "voices.bin",
    "lexicon": "lexicon.txt", "vocoder": "vocoder.onnx", "duration": "duration_predictor.onnx",
    "encoder": "text_encoder.onnx", "estimator": "vector_estimator.onnx", "config": "tts.json",
    "indexer": "unicode_indexer.bin",
}  # fmt: skip


def files(engine: str, folder: Path) -> dict[str, Path]:
    found = {role: folder / FILES[role] for role in FAMILIES[engine].roles}
    if engine == "sherpa-onnx/supertonic":
        found["voices"] = folder / "voice.bin"
    return found


def load(engine: str, folder: Path, **more: object) -> Synthesiser:
    MADE[engine](folder)
    return Synthesiser(engine, files(engine, folder), graphs.RATE, **more)  # type: ignore[arg-type]


def spelled(samples: np.ndarray) -> list[float]:
    return [round(float(value) * graphs.SCALE, 2) for value in samples]


def ids(text: str) -> list[float]:
    return [float(graphs.SYMBOLS.index(c)) for c in text]


def test_every_family_has_a_voice_here() -> None:
    """No engine stands in the table untried."""
    assert set(MADE) == set(FAMILIES)


@pytest.mark.parametrize("engine", FAMILIES)
def test_every_family_speaks_to_the_telephone(engine: str, tmp_path: Path) -> None:
    """Loads, says a text through the protocol and gives audio of 8 kHz."""
    voice = Speaking(load(engine, tmp_path / "pack"))
    assert voice.rate == 8000
    assert len(voice.render("Hello, you.")) > 4


def test_piper_hears_phonemes_speed_and_speaker(tmp_path: Path) -> None:
    """Puts each code point with a pad behind it between the marks of beginning and end."""
    said = spelled(load("sherpa-onnx/vits-piper", tmp_path, speaker=2).synthesise(IPA, 2.0))
    padded = [n for c in IPA for n in (*ids(c), 0.0)]
    assert said[:-4] == [1.0, 0.0, *padded, 2.0]
    assert said[-3] == pytest.approx(0.5 * graphs.SCALE)  # length is the inverse of speed
    assert said[-1] == pytest.approx(2 * graphs.SCALE)


def test_kokoro_hears_phonemes_style_and_speed(tmp_path: Path) -> None:
    """Takes the style of the speaker."""
    said = spelled(load("sherpa-onnx/kokoro", tmp_path, speaker=2).synthesise(IPA, 1.5))
    assert said == [0.0, *ids(IPA), 0.0, 2.0, 2.0, 2.0, 2.0, 1.5 * graphs.SCALE]


def test_a_phrase_longer_than_kokoro_knows_is_said_in_parts(tmp_path: Path) -> None:
    """Says all of it, where sherpa-onnx alone would end the process."""
    said = spelled(load("sherpa-onnx/kokoro", tmp_path).synthesise(IPA * 10, 1.0))
    assert sum(value == ids("h")[0] for value in said) == 10


def test_kitten_hears_phonemes_and_style(tmp_path: Path) -> None:
    """Takes one style for a speaker."""
    said = spelled(load("sherpa-onnx/kitten", tmp_path, speaker=1).synthesise(IPA, 1.0))
    assert said[1 : 1 + len(IPA)] == ids(IPA)
    assert said[-5:] == [1.0, 1.0, 1.0, 1.0, graphs.SCALE]


@pytest.mark.parametrize("scales", [False, True])
def test_matcha_hears_phonemes_through_its_vocoder(tmp_path: Path, *, scales: bool) -> None:
    """Works with exports of either project."""
    graphs.matcha(tmp_path, scales=scales)
    engine = "sherpa-onnx/matcha"
    said = spelled(Synthesiser(engine, files(engine, tmp_path), graphs.RATE).synthesise(IPA, 2.0))
    assert said[1:-2:2] == [1.0, *ids(IPA), 2.0]  # a pad before and behind each
    assert said[-1] == pytest.approx(0.5 * graphs.SCALE)


def test_matcha_speaks_through_vocos(tmp_path: Path) -> None:
    """Loads the vocoder whose spectrum sherpa-onnx turns into samples itself."""
    graphs.matcha(tmp_path, vocos=True)
    engine = "sherpa-onnx/matcha"
    made = Synthesiser(engine, files(engine, tmp_path), graphs.RATE)
    assert len(made.synthesise(IPA, 1.0)) > len(IPA)


def test_engines_with_words_of_their_own_get_words(tmp_path: Path) -> None:
    """Gives a lexicon words, an alphabet letters."""
    lexicon = load("sherpa-onnx/vits-lexicon", tmp_path / "one")
    assert lexicon.takes is Takes.WORDS
    assert spelled(lexicon.synthesise("hello you", 1.0))[:5] == ids("həloʊ")
    letters = load("sherpa-onnx/vits-characters", tmp_path / "two")
    heard = spelled(letters.synthesise("hello", 1.0))
    assert [n for n in heard if n > 5][:5] == ids("hello")


def test_what_the_table_does_not_know_is_left_out(tmp_path: Path) -> None:
    """A strange code point costs itself only."""
    voice = load("sherpa-onnx/vits-piper", tmp_path)
    assert spelled(voice.synthesise("hχə", 1.0)) == spelled(voice.synthesise("hə", 1.0))
    assert len(voice.synthesise("χχ", 1.0)) == 0


# --- what does not fit


def refused(engine: str, folder: Path, match: str, **more: object) -> None:
    with pytest.raises(VoiceError, match=match):
        Synthesiser(engine, files(engine, folder), graphs.RATE, **more)  # type: ignore[arg-type]


def test_another_rate_is_refused(tmp_path: Path) -> None:
    """Does not let a voice squeak."""
    graphs.piper(tmp_path, rate=22_050)
    refused("sherpa-onnx/vits-piper", tmp_path, "speaks at 22050 Hz, its pack says 16000")


def test_a_speaker_who_is_not_there_is_refused(tmp_path: Path) -> None:
    """Names how many there are."""
    graphs.piper(tmp_path, speakers=3)
    refused("sherpa-onnx/vits-piper", tmp_path, "3 speakers", speaker=3)


def test_a_language_that_is_not_spoken_is_refused(tmp_path: Path) -> None:
    """Tells what Supertonic cannot say."""
    graphs.supertonic(tmp_path)
    refused("sherpa-onnx/supertonic", tmp_path, "does not speak 'sv'", language="sv")


def test_a_table_of_another_model_is_refused(tmp_path: Path) -> None:
    """Notices a table that lacks most of espeak-ng's phonemes."""
    graphs.piper(tmp_path)
    graphs.tokens(tmp_path / "tokens.txt", "_^$ abcdefghijklm")
    refused("sherpa-onnx/vits-piper", tmp_path, "does not know most", accent="en-us")


CRASH = """
import sys
from pathlib import Path
from appliance.speech.engines.voices import Synthesiser
from appliance.speech.engines.voice_interface import VoiceError
from tests.speech.engines import voice_graphs as graphs
folder = Path(sys.argv[1])
graphs.piper(folder, drop=("scales",))
try:
    Synthesiser("sherpa-onnx/vits-piper",
                {"model": folder / "model.onnx", "tokens": folder / "tokens.txt"}, graphs.RATE)
except VoiceError as error:
    print("refused:", error)
"""


def test_a_graph_that_would_crash_the_process_is_refused_in_words(tmp_path: Path) -> None:
    """A wrong number of inputs, on which sherpa-onnx dies, is an error like any other."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path)],
        cwd=root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "refused: 'model.onnx' is no graph for this engine: it takes 2 inputs" in done.stdout
