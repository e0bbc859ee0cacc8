"""`call.link`: the client of the link to `speech`, on real sockets."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from appliance.call.link import QUEUE, Renderer, SpeechLink
from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import (
    Audio,
    Downward,
    Expect,
    Message,
    Open,
    Opened,
    Refused,
    Say,
    Spoken,
    Stop,
)
from tests.call.fakes import FakeSpeech
from tests.house.wire import tone

FRAME = bytes(320)


@pytest.fixture
def path() -> Iterator[Path]:
    """A short path for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "s"


async def until(true: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 5
    while not true():
        assert loop.time() < deadline
        await asyncio.sleep(0.001)


class End:
    """One link and what came of it."""

    def __init__(self, path: Path) -> None:
        self.got: list[Downward] = []
        self.lost: list[str] = []
        self.link = SpeechLink(path, Open("c1"), receive=self.got.append, lost=self.lost.append)


def served(path: Path, scenario: Callable[[FakeSpeech], Awaitable[None]]) -> None:
    async def run() -> None:
        speech = FakeSpeech(path)
        try:
            await scenario(speech)
        finally:
            speech.die()

    asyncio.run(run())


def test_messages_go_both_ways(path: Path) -> None:
    """Opens, is opened, sends in order, receives."""

    async def scenario(speech: FakeSpeech) -> None:
        end = End(path)
        end.link.send(Audio(FRAME))
        end.link.send(Say(1, "hello"))
        await until(lambda: len(end.got) == 2)
        assert end.got[0] == Opened("ears 1", "voice 1")
        assert end.got[1] == Spoken(1, tone(0.2), last=True)
        assert speech.received == [Open("c1"), Audio(FRAME), Say(1, "hello")]
        end.link.close()
        end.link.close()
        assert not end.lost

    served(path, scenario)


def test_nobody_there_is_told_later_not_in_the_constructor(path: Path) -> None:
    """Calls `lost` once, from the loop."""

    async def run() -> None:
        end = End(path)
        assert not end.lost
        end.link.send(Audio(FRAME))
        await until(lambda: bool(end.lost))
        assert len(end.lost) == 1
        assert str(path) in end.lost[0]

    asyncio.run(run())


def test_a_death_is_told_once(path: Path) -> None:
    """Notices the end of the peer and sends nothing more."""

    async def scenario(speech: FakeSpeech) -> None:
        end = End(path)
        await until(lambda: bool(end.got))
        speech.die()
        await until(lambda: bool(end.lost))
        end.link.send(Audio(FRAME))
        await asyncio.sleep(0.01)
        assert len(end.lost) == 1

    served(path, scenario)


def test_a_peer_that_speaks_gibberish_is_lost(path: Path) -> None:
    """Ends the connection over a packet that is no message."""

    async def scenario(speech: FakeSpeech) -> None:
        end = End(path)
        await until(lambda: bool(end.got))
        speech.connections["c1"].send(b"\xfegarbage")
        await until(lambda: bool(end.lost))
        assert "unknown message type" in end.lost[0]

    served(path, scenario)


def test_a_slow_peer_loses_the_oldest_audio_and_no_command(path: Path) -> None:
    """Queues a second of audio at most, drops and counts the oldest, keeps every other message."""

    async def scenario(speech: FakeSpeech) -> None:
        end = End(path)
        await until(lambda: bool(end.got))
        loop = asyncio.get_running_loop()
        reader = speech.connections["c1"]
        handle = loop._selector.get_key(reader).data[0]._callback  # type: ignore[attr-defined]
        loop.remove_reader(reader)
        for number in range(3000):
            end.link.send(Audio(number.to_bytes(2, "little") * 160))
        end.link.send(Stop(7))
        assert end.link.dropped > 1000
        assert end.link._waiting == QUEUE
        loop.add_reader(reader, handle)
        await until(lambda: Stop(7) in speech.received)
        numbers = [
            int.from_bytes(m.pcm[:2], "little") for m in speech.received if isinstance(m, Audio)
        ]
        assert numbers == sorted(numbers)
        assert numbers[-1] == 2999
        assert len(numbers) == 3000 - end.link.dropped
        end.link.close()

    served(path, scenario)


def test_an_expectation_with_too_many_phrases_is_shortened(path: Path) -> None:
    """Keeps the foremost phrases that fit into a packet."""

    async def scenario(speech: FakeSpeech) -> None:
        end = End(path)
        phrases = tuple(f"put me through to department {n}" for n in range(5000))
        end.link.send(Expect(Expectation(phrases=phrases)))
        await until(lambda: len(speech.received) == 2)
        message: Message = speech.received[1]
        assert isinstance(message, Expect)
        got = message.expectation.phrases
        assert 500 < len(got) < 5000
        assert got == phrases[: len(got)]
        end.link.close()

    served(path, scenario)


def test_prompts_are_rendered(path: Path) -> None:
    """Returns the voice's name and the whole audio of a sentence."""

    async def scenario(speech: FakeSpeech) -> None:
        renderer = Renderer(path, "en")
        assert (await renderer.opened(5)).tts == "voice 1"
        assert await renderer.render("hello") == tone(0.2)
        assert await renderer.render("again") == tone(0.2)
        speech.die()
        assert await asyncio.wait_for(renderer.gone(), 5)
        with pytest.raises(ConnectionError):
            await renderer.render("too late")
        renderer.close()

    served(path, scenario)


def test_a_refusal_is_told_in_words(path: Path) -> None:
    """Raises ConnectionError with the reason."""

    async def run() -> None:
        speech = FakeSpeech(path, opening=Refused("full house"))
        renderer = Renderer(path, "en")
        with pytest.raises(ConnectionError, match="full house"):
            await renderer.opened(5)
        renderer.close()
        speech.die()

    asyncio.run(run())


def test_a_peer_that_says_nothing_is_not_waited_for(path: Path) -> None:
    """Raises ConnectionError after the given time."""

    async def run() -> None:
        speech = FakeSpeech(path)
        speech.send = lambda call, message: None  # type: ignore[method-assign]
        renderer = Renderer(path, "en")
        with pytest.raises(ConnectionError, match="does not answer"):
            await renderer.opened(0.05)
        renderer.close()
        speech.die()

    asyncio.run(run())
