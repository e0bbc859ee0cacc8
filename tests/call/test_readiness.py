"""`call.readiness`: prompts rendered once, deaths of `speech` noticed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.call import readiness
from appliance.call.prompts import PromptCache
from appliance.call.readiness import Readiness
from appliance.contracts.speech import Open, Refused
from appliance.contracts.status import SpeechState
from tests.call.fakes import FakeSpeech

TEXTS = ("one", "two", "three")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path, and quick retries."""
    monkeypatch.setattr(readiness, "_RETRY", (0.01, 0.01))
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


async def until(true: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 5
    while not true():
        assert loop.time() < deadline
        await asyncio.sleep(0.001)


class Watch:
    """A readiness at work."""

    def __init__(self, folder: Path) -> None:
        self.cache = PromptCache(folder / "prompts")
        self.states: list[SpeechState] = []
        self.progress: list[tuple[int, int]] = []
        self.readiness = Readiness(
            folder / "s", "en", self.cache, TEXTS, self.states.append,
            lambda done, total: self.progress.append((done, total)),
        )  # fmt: skip
        self.task = asyncio.ensure_future(self.readiness.run())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def test_what_is_missing_is_rendered_once(folder: Path) -> None:
    """Renders every prompt the first time, nothing the second time."""

    async def run() -> None:
        for times in (1, 2):
            speech = FakeSpeech(folder / "s")
            watch = Watch(folder)
            stale = folder / "prompts" / f"{'0' * 64}-00000000.pcm"
            stale.write_bytes(b"")
            await until(lambda: watch.states == [SpeechState.READY])  # noqa: B023
            assert not stale.exists()
            assert speech.said == (list(TEXTS) if times == 1 else [])
            assert watch.cache.lookup("two")
            await watch.end()
            speech.die()
        assert not watch.progress

    asyncio.run(run())


def test_a_death_is_told_and_a_return_too(folder: Path) -> None:
    """Says ready, dead, ready."""

    async def run() -> None:
        speech = FakeSpeech(folder / "s")
        watch = Watch(folder)
        await until(lambda: bool(watch.states))
        speech.die()
        await until(lambda: len(watch.states) == 2)
        again = FakeSpeech(folder / "s")
        await until(lambda: len(watch.states) == 3)
        assert watch.states == [SpeechState.READY, SpeechState.DEAD, SpeechState.READY]
        await watch.end()
        again.die()

    asyncio.run(run())


def test_a_speech_that_never_comes_is_dead_after_some_attempts(folder: Path) -> None:
    """Does not stay "starting" for ever."""

    async def run() -> None:
        watch = Watch(folder)
        await until(lambda: watch.states == [SpeechState.DEAD])
        await watch.end()

    asyncio.run(run())


def test_a_refusal_is_no_readiness(folder: Path) -> None:
    """Does not count a speech that serves another language as ready."""

    async def run() -> None:
        speech = FakeSpeech(folder / "s", opening=Refused("the packs speak 'de' only"))
        watch = Watch(folder)
        await until(lambda: bool(watch.states))
        assert watch.states == [SpeechState.DEAD]
        await watch.end()
        speech.die()

    asyncio.run(run())


def test_what_is_published_is_rendered_at_once(folder: Path) -> None:
    """Renders the sentences of another dialogue, and deletes those that nobody says any more."""

    async def run() -> None:
        speech = FakeSpeech(folder / "s")
        watch = Watch(folder)
        await until(lambda: watch.states == [SpeechState.READY])
        watch.readiness.renew(("two", "four"))
        await until(lambda: watch.cache.lookup("four") is not None)
        await until(lambda: len(list((folder / "prompts").glob("*.pcm"))) == 2)
        assert watch.cache.lookup("two") is not None
        assert watch.cache.lookup("one") is None
        assert watch.states == [SpeechState.READY]
        await watch.end()
        speech.die()

    asyncio.run(run())


def test_another_language_is_asked_for_at_the_next_connection(folder: Path) -> None:
    """Opens the link in the language of the dialogue that was published last."""

    async def run() -> None:
        speech = FakeSpeech(folder / "s")
        watch = Watch(folder)
        await until(lambda: watch.states == [SpeechState.READY])
        watch.readiness.renew(("zwei",), "de")
        await until(lambda: watch.cache.lookup("zwei") is not None)
        speech.die()
        again = FakeSpeech(folder / "s")
        await until(lambda: any(isinstance(one, Open) for one in again.received))
        assert [one.language for one in again.received if isinstance(one, Open)] == ["de"]
        await watch.end()
        again.die()

    asyncio.run(run())
