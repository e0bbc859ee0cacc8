"""What the command line does with sound files, texts and packs."""

from __future__ import annotations

import io
import json
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.contracts.errors import UserError
from appliance.speech import commands
from appliance.speech.audiofile import read_audio
from appliance.speech.commands import hear, say
from appliance.speech.features import level_dbfs
from tests.speech import tones


@pytest.fixture(scope="session")
def folder(packs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packs with the tone language and the real voice activity detector."""
    made = tmp_path_factory.mktemp("installed")
    tones.make_pack(made)
    shutil.copytree(packs_folder / "silero-vad", made / "silero-vad")
    return made


@pytest.fixture
def toned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tones are no human speech: let loudness decide what is voice."""
    monkeypatch.setattr(commands, "Detector", lambda _: tones.Energetic())


def _write(file: Path, samples: np.ndarray, rate: int = 8000) -> Path:
    soundfile.write(file, samples, rate)
    return file


def _hear(folder: Path, files: list[Path], expect: str = "free") -> tuple[int, list[dict]]:
    out = io.StringIO()
    status = hear(
        files, out, expect=expect, as_json=True, packs=folder, stt="tones", vad="silero-vad"
    )
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.usefixtures("toned")
def test_json(folder: Path, tmp_path: Path) -> None:
    """Each file gives one JSON object: file, text, confidence, words with times."""
    sound = np.concatenate([tones.silence(0.4), tones.speak("are you open"), tones.silence(0.4)])
    files = [_write(tmp_path / "a.wav", sound), _write(tmp_path / "b.flac", tones.speak("no"))]
    status, (first, second) = _hear(folder, files)
    assert status == 0
    assert (first["file"], first["text"]) == (str(files[0]), "are you open")
    assert 0 < first["confidence"] <= 1
    assert [word["text"] for word in first["words"]] == ["are", "you", "open"]
    assert first["words"][0]["start"] == pytest.approx(0.4, abs=0.1)
    assert first["words"][2]["end"] <= len(sound) / 8000
    assert second["text"] == "no"


@pytest.mark.usefixtures("toned")
@pytest.mark.parametrize(
    ("expect", "said", "text"),
    [
        ("digits", "one two six", "one two six"),
        ("digits:3", "one two six", "one two six"),
        ("yes-no", "yes please", "yes please"),
        ("choice:bill,operator", "operator", "operator"),
        ("choice:bill,operator", "seven seven", ""),
        ("letters", "zero", "zero"),
    ],
)
def test_expectations(folder: Path, tmp_path: Path, expect: str, said: str, text: str) -> None:
    """What is expected is what is heard."""
    file = _write(tmp_path / "a.wav", tones.speak(said))
    _, (heard,) = _hear(folder, [file], expect)
    assert heard["text"] == text


@pytest.mark.usefixtures("toned")
def test_any_rate(folder: Path, tmp_path: Path) -> None:
    """A file of another rate and with two channels is heard as well."""
    file = tmp_path / "a.wav"
    slow = tones.speak("hours")
    wide = np.interp(np.arange(len(slow) * 6) / 6, np.arange(len(slow)), slow)
    soundfile.write(file, np.stack([wide, wide], axis=1), 48_000)
    assert _hear(folder, [file])[1][0]["text"] == "hours"


@pytest.mark.usefixtures("toned")
def test_pauses(folder: Path, tmp_path: Path) -> None:
    """Sentences apart are heard one by one, a number said in groups as one."""
    said = [tones.speak("one two"), tones.silence(1.0), tones.speak("six nine")]
    file = _write(tmp_path / "a.wav", np.concatenate(said))
    assert _hear(folder, [file], "digits:4")[1][0]["text"] == "one two six nine"
    heard = _hear(folder, [file])[1][0]
    assert heard["text"] == "one two six nine"
    starts = [word["start"] for word in heard["words"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum", "short"])
def test_nothing_said(folder: Path, tmp_path: Path, kind: str) -> None:
    """Silence and noise give an empty text and no confidence."""
    rng = np.random.default_rng(0)
    sound = {
        "silence": tones.silence(2.0),
        "hiss": (rng.standard_normal(16_000) * 0.05).astype(np.float32),
        "hum": (0.3 * np.sin(np.arange(16_000) * 2 * np.pi * 50 / 8000)).astype(np.float32),
        "short": tones.silence(0.01),
    }[kind]
    for expect in ("free", "digits", "yes-no", "choice:bill,hours"):
        _, (heard,) = _hear(folder, [_write(tmp_path / "a.wav", sound)], expect)
        assert (heard["text"], heard["confidence"], heard["words"]) == ("", 0.0, [])


@pytest.mark.usefixtures("toned")
def test_one_bad_file(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is told, the others are heard, and the status says so."""
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"nothing")
    good = _write(tmp_path / "good.wav", tones.speak("no"))
    status, heard = _hear(folder, [bad, good, tmp_path / "missing.wav"])
    assert status == 1
    assert [item["text"] for item in heard] == ["no"]
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "bad.wav is not a sound file" in told[0]
    assert "missing.wav does not exist" in told[1]


@pytest.mark.usefixtures("toned")
def test_plain(folder: Path, tmp_path: Path) -> None:
    """Without --json a line for a person."""
    out = io.StringIO()
    file = _write(tmp_path / "a.wav", tones.speak("no"))
    hear([file], out, expect="free", as_json=False, packs=folder, stt="tones", vad="silero-vad")
    assert out.getvalue().startswith(f"{file}: no (")


@pytest.mark.parametrize(
    ("expect", "files", "stt", "said"),
    [
        ("music", ["x"], "tones", "is not an expectation"),
        ("digits:x", ["x"], "tones", "is not a length"),
        ("free", [], "tones", "name at least one sound file"),
        ("free", ["x"], "other", "'other' is not in"),
    ],
)
def test_mistakes(folder: Path, expect: str, files: list[str], stt: str, said: str) -> None:
    """A mistake of the user is one sentence that says what to do."""
    with pytest.raises(UserError, match=said) as raised:
        hear([Path(f) for f in files], io.StringIO(), expect=expect, as_json=True, packs=folder,
             stt=stt, vad="silero-vad")  # fmt: skip
    assert "\n" not in str(raised.value)


@pytest.fixture
def voice(packs_folder: Path) -> Path:
    if not (packs_folder / "en-rms-16k" / "manifest.toml").is_file():
        pytest.skip("the pack en-rms-16k is not in models/packs")
    return packs_folder


def test_say(voice: Path, tmp_path: Path) -> None:
    """A text becomes a WAV file at the voice's rate, of the length that is told."""
    file = tmp_path / "out.wav"
    seconds = say("We are open until six.", file, packs=voice, tts="en-rms-16k")
    with wave.open(str(file)) as written:
        assert (written.getframerate(), written.getnchannels()) == (16_000, 1)
        assert written.getnframes() / 16_000 == pytest.approx(seconds)
    assert 0.8 < seconds < 4
    faster = say("We are open until six.", file, packs=voice, tts="en-rms-16k", speed=1.5)
    assert faster < 0.85 * seconds


@pytest.mark.parametrize(
    ("text", "name", "speed", "said"),
    [
        ("  ", "x.wav", 1.0, "give a text"),
        ("...", "x.wav", 1.0, "nothing that can be said"),
        ("<speak>hello <b>you</b></speak>", "x.wav", 1.0, "<b>"),
        ("hello", "x.mp3", 1.0, "no WAV file"),
        ("hello", "x.wav", 9.0, "out of range"),
        ("hello", "nowhere/x.wav", 1.0, "cannot be written"),
    ],
)
def test_say_mistakes(
    voice: Path, tmp_path: Path, text: str, name: str, speed: float, said: str
) -> None:
    """What cannot be said or written is refused in a sentence."""
    with pytest.raises(UserError, match=said):
        say(text, tmp_path / name, packs=voice, tts="en-rms-16k", speed=speed)


def test_say_follows_the_site(voice: Path, tmp_path: Path) -> None:
    """Loudness, names of the site and markup are heard as on the telephone."""
    names = tmp_path / "names.toml"
    names.write_text('Xyzzy = "wˈʌn tˈuː θɹˈiː fˈoːɹ fˈaɪv sˈɪks"\n')
    files = [tmp_path / f"{name}.wav" for name in "abc"]
    with_names, without = (
        say("Xyzzy.", files[0], packs=voice, tts="en-rms-16k", pronunciation=known)
        for known in (names, None)
    )
    assert with_names > without + 0.5

    def level(loudness: float) -> float:
        say("Hello there.", files[1], packs=voice, tts="en-rms-16k", loudness=loudness)
        return level_dbfs(read_audio(files[1]))

    assert level(6.0) - level(0.0) == pytest.approx(6.0, abs=0.7)
    text = '<speak>One.<break time="2s"/>Two.</speak>'
    assert say(text, files[2], packs=voice, tts="en-rms-16k") > 3.0


def test_people(packs_folder: Path, evaluation: Callable[[str], list[tuple[Path, str]]]) -> None:
    """Strangers' digits in files, very short ones too, are heard."""
    if not (packs_folder / "en-telephone-8k" / "manifest.toml").is_file():
        pytest.skip("the pack en-telephone-8k is not in models/packs")
    rows = evaluation("fsdd_digits_8k")[::4]
    out = io.StringIO()
    hear([file for file, _ in rows], out, expect="digits", as_json=True, packs=packs_folder,
         stt="en-telephone-8k", vad="silero-vad")  # fmt: skip
    texts = [json.loads(line)["text"] for line in out.getvalue().splitlines()]
    right = sum(text == said for text, (_, said) in zip(texts, rows, strict=True))
    assert right / len(rows) > 0.9


@pytest.mark.usefixtures("toned")
def test_a_clip_that_begins_with_its_first_word_is_heard_whole(
    folder: Path, tmp_path: Path
) -> None:
    """Quiet is put before such a clip, and times still count from its first sample."""
    file = _write(tmp_path / "cut.wav", tones.speak("are you open"))
    _, (heard,) = _hear(folder, [file])
    assert heard["text"] == "are you open"
    assert 0 <= heard["words"][0]["start"] < 0.1


def test_a_clip_begins_in_quiet_and_softly() -> None:
    """No clip begins with a click, which the recogniser would take for a consonant."""
    led = commands._led_in(np.ones(800, np.float32))
    assert not led[: 8000 // 10].any()
    assert np.abs(np.diff(led)).max() < 0.05
    assert led[-1] == 1.0
    assert not commands._led_in(np.zeros(0, np.float32)).any()
