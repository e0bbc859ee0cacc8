"""The commands, with the box's processes played."""

import asyncio
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from appliance import sip
from appliance.audio import pcm
from appliance.audio.wav import read_wav, write_wav
from appliance.contracts.errors import UserError
from appliance.exchange import caller, commands, desk
from appliance.exchange.desk import Options
from tests.exchange.fakebox import SPEECH, FakeBox

UNDERSTOOD = [("hours", {}), ("connect", {"department": "radiology"})]
STEPS = (
    caller.Listen(quiet=0.3),
    caller.Say("When?", intent="hours"),
    caller.AwaitAnswer(),
    caller.Pause(0.3),
    caller.Say("Radiology", intent="connect", slots=(("department", "radiology"),)),
    caller.AwaitTransfer("201", within=5.0),
    caller.Pause(0.2),
)


class FakeVoice:
    def __init__(self, *_: object) -> None:
        self.rendered: list[str] = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def connect(self) -> None:
        return

    def close(self) -> None:
        return

    async def render(self, text: str) -> bytes:
        self.rendered.append(text)
        return SPEECH * 3


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    fake = FakeBox(UNDERSTOOD)
    monkeypatch.setattr(desk, "Child", fake.child)
    monkeypatch.setattr(desk, "Voice", FakeVoice)
    monkeypatch.setattr(desk.shutil, "which", lambda _: None)
    monkeypatch.setattr(caller, "DEMONSTRATION", STEPS)
    return fake


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def text(made: Console) -> str:
    assert isinstance(made.file, io.StringIO)
    return made.file.getvalue()


def test_demonstration_that_is_understood_succeeds(box: FakeBox, tmp_path: Path) -> None:
    """The conversation is shown with its times, both sides are recorded, the status is 0."""
    out = console()
    options = Options(state=tmp_path, port=0, timeline=tmp_path / "line.json")
    assert asyncio.run(commands.demo(options, out)) == 0
    shown = text(out)
    for part in (
        "Welcome.",
        "When?",
        "“words”",
        "confidence 0.90",
        "hours",
        ("department: radiology"),
        "ms after the end of speech",
        "being interrupted",
        "put through",
    ):
        assert part in shown, shown
    (file,) = (tmp_path / "recordings").iterdir()
    assert str(file) in shown
    wav = read_wav(file.read_bytes())
    assert wav.channels == 2
    line = json.loads((tmp_path / "line.json").read_text())
    assert {span["who"] for span in line["spans"]} == {"caller", "box"}


def test_what_the_person_is_told_is_shown_and_kept(box: FakeBox, tmp_path: Path) -> None:
    """A hand-over with a briefing shows its words; the person's call is a recording of its own."""
    box.attended = True
    out = console()
    assert asyncio.run(commands.demo(Options(state=tmp_path, port=0), out)) == 0
    assert "hears first: Somebody calls." in text(out)
    (file,) = (tmp_path / "recordings").glob("*-briefing.wav")
    assert str(file) in text(out)
    wav = read_wav(file.read_bytes())
    left, right = (pcm.unpack(wav.pcm)[side::2] for side in (0, 1))
    assert max(left) > 1000  # the box
    assert max(right) > 1000  # the person, who says hello


def test_demonstration_that_is_misunderstood_fails(box: FakeBox, tmp_path: Path) -> None:
    """Another intent than the expected one is a failure that is told."""
    box.plan = [("message", {}), *UNDERSTOOD[1:]]
    out = console()
    assert asyncio.run(commands.demo(Options(state=tmp_path, port=0), out)) == 1
    assert "'When?' was not understood as 'hours'" in text(out)


def test_users_recording_is_spoken(box: FakeBox, tmp_path: Path) -> None:
    """A WAV file given by the user takes the place of the first sentence."""
    (tmp_path / "mine.wav").write_bytes(write_wav(SPEECH * 2))
    options = Options(state=tmp_path / "s", port=0, clips=(tmp_path / "mine.wav",))
    assert asyncio.run(commands.demo(options, console())) == 0
    bad = Options(state=tmp_path / "s", port=0, clips=(tmp_path / "none.wav",))
    with pytest.raises(UserError, match=r"none\.wav"):
        asyncio.run(commands.demo(bad, console()))


def test_run_speaks_typed_sentences_until_it_is_ended(
    box: FakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the demonstration a typed sentence is a call of its own; the account is printed."""
    monkeypatch.setattr(
        caller, "sentence", lambda t: (caller.Say(t), caller.AwaitAnswer(), caller.Pause(0.1))
    )
    reading, writing = os.pipe()
    monkeypatch.setattr("sys.stdin", Terminal(reading))
    out = console()

    async def scene() -> None:
        task = asyncio.ensure_future(commands.run(Options(state=tmp_path, port=0), out))
        while "Ctrl-C" not in text(out) and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        box.plan = [("hours", {})]
        os.write(writing, b"\nWhere are")
        os.write(writing, b" you?\n")
        before = text(out).count("call over")
        while text(out).count("call over") == before and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 60))
    os.close(reading)
    os.close(writing)
    shown = text(out)
    assert "register 301 with password" in shown
    assert "Where are you?" in shown
    assert set(box.stopped) == {"speech", "call"}


class Terminal:
    """The reading end of a pipe that says it is a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return True


def test_exchange_prints_a_line_for_machines_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line of `exchange` holds its address; passwords of a file are not repeated."""
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('"100" = "secretword"\n"201" = "otherword"\n')

    async def scene() -> None:
        options = Options(port=0, accounts=accounts)
        out = console()
        task = asyncio.ensure_future(commands.exchange(options, out))
        while "201" not in text(out) and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert "word" not in text(out).replace("password", "")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 30))
    assert capsys.readouterr().out.startswith("exchange sip:127.0.0.1:")


def test_exchange_tells_every_way_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for machines for each transport, and the certificate that telephones are to trust."""
    wanted = commands.listening(
        tcp_port=0, tls_port=0, certificate=None, key=None, srtp="required", refer=False
    )
    assert wanted.srtp is sip.Srtp.REQUIRED
    assert not wanted.refer

    async def scene() -> None:
        out = console()
        options = Options(port=0, phones=False, listening=replace(wanted, folder=tmp_path))
        task = asyncio.ensure_future(commands.exchange(options, out))
        while "SHA-256" not in text(out) and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert str(tmp_path / "127.0.0.1.pem") in text(out)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 30))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("exchange sip:127.0.0.1:")
    assert [line.rpartition(";")[2] for line in lines[1:]] == ["transport=tcp", "transport=tls"]


def test_policy_that_is_none_is_told() -> None:
    """A wrong word for the encryption is a sentence with the right ones."""
    with pytest.raises(UserError, match="off, offered or required"):
        commands.listening(
            tcp_port=None, tls_port=None, certificate=None, key=None, srtp="yes", refer=True
        )


def test_signal_ends_the_work_without_failure() -> None:
    """Ctrl-C and SIGTERM end the work, its clean-up included, with status 0."""
    cleaned = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), 15)
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)
        return 1

    assert commands._until_signal(work()) == 0
    assert cleaned == [True]
