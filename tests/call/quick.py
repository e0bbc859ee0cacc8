"""Real sockets in hurried time: a loop whose clock runs ahead of the wall's."""

from __future__ import annotations

import asyncio
import selectors
import time


class _Selector(selectors.DefaultSelector):
    """Waits for sockets, but for a part of the time only."""

    factor = 1.0

    def select(self, timeout=None):
        return super().select(None if timeout is None else timeout / self.factor)


class QuickLoop(asyncio.SelectorEventLoop):
    """Its `time` runs `factor` times as fast, and it waits as much less."""

    def __init__(self, factor):
        self._hurried = _Selector()
        super().__init__(self._hurried)
        self._then = self._wall = time.monotonic()
        self._hurried.factor = factor

    def time(self):
        return self._then + (time.monotonic() - self._wall) * self._hurried.factor

    def hurry(self, factor):
        """Run at another pace from now on."""
        self._then, self._wall = self.time(), time.monotonic()
        self._hurried.factor = factor


def run(scenario, *, factor=20.0, limit=600.0):
    """Run a coroutine with `factor` seconds in one, `limit` of them at most."""

    async def bounded():
        async with asyncio.timeout(limit):
            await scenario

    with asyncio.Runner(loop_factory=lambda: QuickLoop(factor)) as runner:
        runner.run(bounded())


async def sleep(seconds, *, factor=200.0, then=1.0):
    """Let much time pass quickly; then time passes `then` times as fast."""
    loop = asyncio.get_running_loop()
    loop.hurry(factor)
    await asyncio.sleep(seconds)
    loop.hurry(then)


async def until(true, seconds=120.0):
    """Wait until something holds, in the loop's seconds."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - whatever is waited for gives no sign
            await asyncio.sleep(0.02)
