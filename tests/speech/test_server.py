"""The speech process as a whole: packs, socket, signals, and the real voice and recogniser."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts import speech as link
from appliance.contracts.errors import UserError
from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.audiofile import read_audio
from appliance.speech.connection import Engines
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.server import listen, load_engines, serve
from appliance.system.packs.manifest import PackError, PackKind
from tests.speech import tones
from tests.speech.test_connection import Parrot
from tests.speech.understanding.encoders import make_pack

ROOT = Path(__file__).resolve().parents[2]
WAIT = 30.0


class Peer:
    """A blocking `call` side."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(WAIT)
        self.sock.connect(str(path))

    def send(self, message: link.Message) -> None:
        self.sock.send(link.encode(message))

    def receive(self) -> link.Message | None:
        packet = self.sock.recv(70_000)
        return link.decode(packet) if packet else None

    def open(self) -> link.Message | None:
        self.send(link.Open("c"))
        return self.receive()

    def play(self, samples: np.ndarray) -> None:
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        for at in range(0, len(pcm), 320):
            self.send(link.Audio(pcm[at : at + 320]))
            time.sleep(0.001)

    def heard(self) -> link.Heard:
        while not isinstance(message := self.receive(), link.Heard):
            assert message is not None
        return message

    def spoken(self) -> np.ndarray:
        parts: list[bytes] = []
        while True:
            message = self.receive()
            assert message is not None
            if isinstance(message, link.Spoken):
                parts.append(message.pcm)
                if message.last:
                    return np.frombuffer(b"".join(parts), "<i2").astype(np.float32) / 32768


class Served:
    """A server in a thread of this process."""

    def __init__(self, path: Path, engines: Engines, capacity: int) -> None:
        self.path = path
        self.beats = 0
        self._peers: list[Peer] = []
        ready = threading.Event()
        self._ready = ready
        self._thread = threading.Thread(target=self._run, args=(engines, capacity))
        self._thread.start()
        assert ready.wait(WAIT)

    def _run(self, engines: Engines, capacity: int) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.ensure_future(
                serve(
                    self.path,
                    engines,
                    capacity=capacity,
                    on_ready=self._ready.set,
                    on_beat=self._beat,
                )
            )
            await asyncio.gather(self._task, return_exceptions=True)

        asyncio.run(main())

    def _beat(self) -> None:
        self.beats += 1

    def connect(self) -> Peer:
        self._peers.append(Peer(self.path))
        return self._peers[-1]

    def stop(self) -> None:
        for peer in self._peers:
            peer.sock.close()
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(WAIT)
        assert not self._thread.is_alive()


@pytest.fixture
def served(tmp_path: Path, tone_recogniser: CtcRecogniser) -> Iterator[Served]:
    """A server of tones for two calls."""
    engines = Engines(tones.Energetic(), tone_recogniser, Parrot(), "tones", "parrot", "en")  # type: ignore[arg-type]
    server = Served(tmp_path / "s.sock", engines, 2)
    yield server
    server.stop()
    assert not server.path.exists()


@pytest.fixture(scope="module")
def real(packs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the committed packs."""
    for name in ("en-telephone-8k", "en-rms-16k"):
        if not (packs_folder / name / "manifest.toml").is_file():
            pytest.skip(f"the pack {name} is not in models/packs")
    engines = load_engines(packs_folder, stt="en-telephone-8k", tts="en-rms-16k", vad="silero-vad")
    server = Served(tmp_path_factory.mktemp("real") / "s.sock", engines, 10)
    yield server
    server.stop()


def test_serves(served: Served) -> None:
    """A call is opened, heard and answered over the socket; the watchdog is told."""
    peer = served.connect()
    assert peer.open() == link.Opened("tones", "parrot")
    peer.play(np.concatenate([tones.silence(0.3), tones.speak("yes"), tones.silence(1.0)]))
    assert peer.heard().text == "yes"
    peer.send(link.Say(1, "one"))
    assert len(peer.spoken()) == 8000
    assert served.beats >= 1


def test_capacity(served: Served) -> None:
    """Calls beyond the limit are refused in words; an ended one makes room."""
    first, second, third = served.connect(), served.connect(), served.connect()
    assert isinstance(first.open(), link.Opened)
    assert isinstance(second.open(), link.Opened)
    assert isinstance(third.open(), link.Refused)
    first.sock.close()
    for _ in range(100):
        again = served.connect()
        if isinstance(again.open(), link.Opened):
            break
        time.sleep(0.02)
    else:
        pytest.fail("the ended call made no room")


def test_socket_is_private(served: Served) -> None:
    """Only user and group may connect."""
    assert stat.S_IMODE(served.path.stat().st_mode) & 0o007 == 0


def test_in_use(served: Served) -> None:
    """A second server on the same socket is told so, and the first one goes on."""
    with pytest.raises(UserError, match="Another speech process serves"):
        listen(served.path)
    assert isinstance(served.connect().open(), link.Opened)


def test_left_behind(tmp_path: Path) -> None:
    """The socket file of a process that died is replaced."""
    path = tmp_path / "s.sock"
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    dead.bind(str(path))
    dead.close()
    assert path.exists()
    listen(path).close()


def test_unusable_paths(tmp_path: Path) -> None:
    """A path that cannot be a socket is refused in words; files are not harmed."""
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(UserError, match="is a file and no socket"):
        listen(file)
    assert file.read_text() == "precious"
    with pytest.raises(UserError, match="cannot be"):
        listen(file / "s.sock")
    with pytest.raises(UserError, match="cannot be made"):
        listen(tmp_path / ("x" * 200))


def test_missing_packs(packs_folder: Path) -> None:
    """A pack that is missing is named, with the setting that chooses it."""
    with pytest.raises(PackError, match=r"'nothing' is not in .*speech\.stt"):
        load_engines(packs_folder, stt="nothing", tts="nothing", vad="silero-vad")


def test_damaged_pack(packs_folder: Path, tmp_path: Path) -> None:
    """A damaged pack keeps the process from starting, in one sentence."""
    copy = tmp_path / "silero-vad"
    shutil.copytree(packs_folder / "silero-vad", copy)
    (copy / "silero_vad.onnx").write_bytes(b"x")
    with pytest.raises(PackError, match="bytes instead of"):
        load_engines(tmp_path, stt="silero-vad", tts="x", vad="x")


def test_a_damaged_pack_leaves_its_place_to_the_one_before(
    packs_folder: Path, tmp_path: Path
) -> None:
    """A box whose new voice is damaged speaks with the old one: callers are not turned away."""
    copy = tmp_path / "en-slt-16k"
    shutil.copytree(packs_folder / "en-rms-16k", copy)
    before = {PackKind.TTS: "en-rms-16k"}
    engines = load_engines(
        (tmp_path, packs_folder), stt="en-telephone-8k", tts=copy.name, vad="silero-vad",
        instead=before,
    )  # fmt: skip
    assert engines.tts.startswith("en-rms-16k@")


def test_what_judges_pauses_must_know_the_language(packs_folder: Path, tmp_path: Path) -> None:
    """A model of another language is left out; that of the recogniser's language is used."""
    names = {"stt": "en-telephone-8k", "tts": "en-rms-16k", "vad": "silero-vad"}
    assert load_engines(packs_folder, **names, turn="turns-en").turns is not None
    assert load_engines(packs_folder, **names, turn="turns-de").turns is None
    assert load_engines(packs_folder, **names).turns is None


def test_an_encoder_is_loaded_where_it_is_named(packs_folder: Path, tmp_path: Path) -> None:
    """A pack of kind `encoder` is used where the settings name one and a dialogue can teach it."""
    make_pack(tmp_path, "tiny")
    names = {"stt": "en-telephone-8k", "tts": "en-rms-16k", "vad": "silero-vad"}
    folders = (tmp_path, packs_folder)
    learnt = tmp_path / "encoder.bin"
    engines = load_engines(folders, **names, encoder="tiny", learnt=lambda: learnt)
    assert engines.intents is not None
    assert engines.intents.of("when are you open") == ()
    assert load_engines(folders, **names, encoder="tiny").intents is None
    assert load_engines(folders, **names).intents is None


def test_who_is_connected_is_told_which_voice_speaks_and_how(real: Served) -> None:
    """The name in `Opened` changes with whatever changes the sound of a prompt."""
    opened = real.connect().open()
    assert isinstance(opened, link.Opened)
    assert re.fullmatch(r"en-rms-16k@[\d.]+\+[0-9a-f]{12}", opened.tts)


def test_real_voice_is_heard(real: Served) -> None:
    """What the committed voice says, the committed recogniser understands as the likely phrase."""
    phrases = ("what are your opening hours", "cardiology please", "i want to leave a message")
    peer = real.connect()
    peer.open()
    for number, phrase in enumerate(phrases):
        peer.send(link.Say(number, phrase))
        sound = peer.spoken()
        assert 0.5 < len(sound) / 8000 < 6
        peer.send(link.Expect(Expectation(Kind.FREE, phrases)))
        peer.play(np.concatenate([tones.silence(0.5), sound, tones.silence(1.5)]))
        heard = peer.heard()
        assert heard.text == phrase
        assert 0 < heard.confidence <= 1
        # Played much faster than it was said, so that patience itself is not to be seen here.
        assert heard.decided > heard.end


def test_real_people(real: Served, evaluation: object) -> None:
    """A stranger's digits come back as digits."""
    rows = evaluation("fsdd_digits_8k")[1::24]  # type: ignore[operator]
    peer = real.connect()
    peer.open()
    peer.send(link.Expect(Expectation(Kind.DIGITS, shortest=1, longest=1)))
    right = 0
    for file, said in rows:
        peer.play(np.concatenate([tones.silence(0.6), read_audio(file), tones.silence(1.2)]))
        right += peer.heard().text == said
    assert right >= len(rows) - 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal(tmp_path: Path, number: signal.Signals) -> None:
    """The process ends cleanly on SIGTERM and SIGINT: status 0, no socket left, calls closed."""
    path = tmp_path / "s.sock"
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from appliance.speech.connection import Engines\n"
        "from appliance.speech.server import serve\n"
        "engines = Engines(None, None, None, 'a', 'b', 'en')\n"
        "asyncio.run(serve(Path(sys.argv[1]), engines,"
        " on_ready=lambda: print('ready', file=sys.stderr, flush=True)))\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert started.stderr is not None
        assert started.stderr.readline() == "ready\n"
    finally:
        started.send_signal(number)
        status = started.wait(WAIT)
        assert started.stderr is not None
        rest = started.stderr.read()
        started.stderr.close()
    assert (status, "Traceback" in rest) == (0, False)
    assert not path.exists()
