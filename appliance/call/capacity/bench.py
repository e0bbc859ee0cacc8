"""`appliance bench`: more and more callers at once, until the answers come too late.

    python -m appliance speech (its own, on a private socket)
        ▲ SpeechLink per caller                    /proc/PID: processor time, memory
    Caller × n ─► Round ─► Step ─► Measured        /sys/class/thermal: temperature

The callers speak with the box's own voice, rendered through the same link. What is measured is all
that `speech` does for a call; SIP and RTP beside it take a hundredth of that.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.call.capacity.caller import Caller, Clip, clip
from appliance.call.capacity.measured import STEPS, TARGET, Measured, Step, step_of
from appliance.call.capacity.sentences import EXCHANGES
from appliance.call.link import Renderer, SpeechLink
from appliance.contracts.errors import UserError
from appliance.contracts.speech import SAMPLE_RATE, Downward, Open, Upward

ROUND: Final = 20.0
"""Seconds of one step at least …"""
ANSWERS: Final = 20
"""… and answers in it, which few callers take longer to get."""
_TURN: Final = 5.0
"""Seconds that a caller takes for a sentence, about."""
_PERIOD: Final = 0.02
_START: Final = 60.0
"""Seconds for `speech` to be ready."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_COOL: Final = 1.0
"""Seconds between two steps."""


def machine() -> str:
    """Name this machine, as far as speed goes."""
    try:
        model = Path("/proc/device-tree/model").read_text("utf-8").rstrip("\0")
    except OSError:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        model = next(named, platform.machine())
    return f"{model}, {os.cpu_count()} cores"


def temperature(folder: Path = Path("/sys/class/thermal")) -> float | None:
    """Return degrees Celsius of the hottest sensor, None where there is none."""
    found = []
    for file in folder.glob("thermal_zone*/temp"):
        with suppress(OSError, ValueError):
            found.append(int(file.read_text("utf-8")) / 1000)
    return max(found, default=None)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, s. Raises OSError where it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes. Raises OSError where it is gone."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * _PAGE


@dataclass(frozen=True, slots=True)
class Served:
    """The `speech` that is measured."""

    socket: Path
    pid: int
    language: str
    load: float
    """Seconds that it took to be ready."""
    packs: tuple[str, ...]


@asynccontextmanager
async def speech(files: Sequence[Path], language: str) -> AsyncIterator[Served]:
    """Start a `speech` process of its own with the settings of `files`.

    Raises UserError where it does not come up; its own words say why.
    """
    with tempfile.TemporaryDirectory(prefix="attendant-bench-") as folder:
        own = Path(folder) / "bench.toml"
        socket, log = Path(folder) / "speech.sock", Path(folder) / "log"
        own.write_text(f'[speech]\nsocket = "{socket}"\n[call]\ncapacity = {max(STEPS) + 2}\n')
        named = [word for file in (*files, own) for word in ("--settings", str(file))]
        began = time.monotonic()
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "appliance", "speech", *named, stderr=out, stdout=out
            )
        try:
            while not socket.exists():
                if process.returncode is not None or time.monotonic() - began > _START:
                    said = log.read_text("utf-8", "replace").strip().splitlines()
                    raise UserError(
                        f"speech did not start: {said[-1] if said else 'it said nothing'}"
                    )
                await asyncio.sleep(0.05)
            load = time.monotonic() - began
            renderer = Renderer(socket, language)
            try:
                opened = await renderer.opened(_START)
            except ConnectionError as error:
                raise UserError(f"speech cannot be measured: {error}") from None
            finally:
                renderer.close()
            yield Served(socket, process.pid, language, load, (opened.stt, opened.tts))
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def clips(served: Served) -> tuple[list[Clip], float]:
    """Return the callers' sentences, and the real-time factor of the voice that spoke them.

    Raises UserError where `speech` dies, or there are no sentences in its language.
    """
    exchanges = EXCHANGES.get(served.language)
    if exchanges is None:
        known = ", ".join(EXCHANGES)
        raise UserError(f"There are callers for {known} only, not for '{served.language}'.")
    renderer = Renderer(served.socket, served.language)
    made, took, length = [], 0.0, 0.0
    try:
        await renderer.opened(_START)
        for exchange in exchanges:
            began = time.monotonic()
            pcm = await renderer.render(exchange.said)
            took += time.monotonic() - began
            length += len(pcm) / 2 / SAMPLE_RATE
            made.append(clip(pcm, exchange.expectation, exchange.reply))
    except ConnectionError as error:
        raise UserError(f"speech cannot be measured: {error}") from None
    finally:
        renderer.close()
    return made, took / length


class _Wired:
    """A caller on a link of its own."""

    def __init__(self, served: Served, caller: Caller, number: int) -> None:
        self.caller = caller
        self.trouble = ""
        self._loop = asyncio.get_running_loop()
        opening = Open(f"bench-{number}", served.language)
        self.link = SpeechLink(served.socket, opening, receive=self._receive, lost=self._lost)

    def tick(self) -> None:
        self._send(self.caller.tick(self._loop.time()))

    def _receive(self, message: Downward) -> None:
        self._send(self.caller.receive(message, self._loop.time()))

    def _send(self, messages: Sequence[Upward]) -> None:
        for message in messages:
            self.link.send(message)

    def _lost(self, why: str) -> None:
        self.trouble = why


async def measure_step(served: Served, said: Sequence[Clip], calls: int, seconds: float) -> Step:
    """Have `calls` callers talk for `seconds`. Raises UserError where `speech` dies of it."""
    loop = asyncio.get_running_loop()
    chance = random.Random(calls)
    now = loop.time()
    wired = []
    for number in range(calls):
        turned = number % len(said)
        pauses = [chance.uniform(0.3, 1.5) for _ in range(7)]
        # They do not all begin at once, as callers do not.
        pauses[0] += chance.uniform(0.0, _TURN)
        caller = Caller([*said[turned:], *said[:turned]], pauses, now)
        wired.append(_Wired(served, caller, number))
    used, began, due = processor_seconds(served.pid), now, now
    try:
        while loop.time() - began < seconds:
            for each in wired:
                each.tick()
            due = max(due + _PERIOD, loop.time() - 0.2)
            await asyncio.sleep(max(0.0, due - loop.time()))
        trouble = next((each.trouble for each in wired if each.trouble), "")
        if trouble:
            raise UserError(f"speech failed with {calls} calls at once: {trouble}")
        callers = [each.caller for each in wired]
        return step_of(
            calls,
            [wait for caller in callers for wait in caller.answers],
            sum(caller.missed for caller in callers),
            cores=round((processor_seconds(served.pid) - used) / (loop.time() - began), 3),
            dropped=sum(each.link.dropped for each in wired),
            memory=resident(served.pid),
            temperature=temperature(),
        )
    except OSError:
        raise UserError(f"speech died with {calls} calls at once") from None
    finally:
        for each in wired:
            each.link.close()


async def run(
    files: Sequence[Path],
    language: str,
    *,
    on_step: Callable[[Step], None],
    steps: Sequence[int] = STEPS,
    target: float = TARGET,
    seconds: float = ROUND,
    answers: int = ANSWERS,
) -> Measured:
    """Measure this box with the settings of `files`, until a step fails or all are done.

    `on_step` hears each step, which lasts `seconds` or until there may be `answers` answers. Raises
    UserError where `speech` cannot be started, or dies.
    """
    async with speech(files, language) as served:
        said, voice = await clips(served)
        # Alone first, and not counted: the first turn of a process pays for what it loads.
        alone = await measure_step(served, said, 1, seconds)
        found: list[Step] = []
        for calls in steps:
            lasting = max(seconds, answers * _TURN / calls)
            step = await measure_step(served, said, calls, lasting)
            found.append(step)
            on_step(step)
            if not step.good(target):
                break
            await asyncio.sleep(_COOL)
        return Measured(
            machine=machine(), day=dt.datetime.now(dt.UTC).date().isoformat(), packs=served.packs,
            target=target, load=round(served.load, 2), voice=round(voice, 4),
            hearing=alone.cores, steps=tuple(found),
        )  # fmt: skip
