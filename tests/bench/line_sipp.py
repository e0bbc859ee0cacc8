"""SIPp, which we did not write, calls the real `call` process: in a row, and many at once.

Registrar and a scripted `speech` are in this process; what is told is SIPp's own count of calls
that succeeded and failed, and how the resident memory of the box grew after the first calls.
"""

from __future__ import annotations

import asyncio
import csv
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import memory_mib
from tests.bench.pacing import Bench, busy_seconds
from tests.call.fakes import FakeSpeech
from tests.interop.peers import SCENARIOS, free_port

HOST = "127.0.0.1"
WARM = 100
"""Calls after which memory may not grow any more, but for transactions that linger for 32 s."""
REST = 12.0
"""Seconds after which admission has forgotten that the machine was too busy for a while: calls that
it refuses with 486 count as failed here."""


def scenario(folder: Path, pause: int) -> Path:
    """The call of the interop tests with another length, in ms."""
    text = (SCENARIOS / "call.xml").read_text("utf-8")
    file = folder / f"call{pause}.xml"
    file.write_text(text.replace('milliseconds="1200"', f'milliseconds="{pause}"'), "utf-8")
    return file


async def sipp(folder: Path, target: str, calls: int, at_once: int, pause: int) -> dict[str, float]:
    """One run of SIPp; its counts."""
    port = free_port()
    statistics = folder / f"{port}.csv"
    words = ["-sf", str(scenario(folder, pause)), "-i", HOST, "-p", str(port), "-nostdin"]
    words += ["-m", str(calls), "-l", str(at_once), "-r", "50", "-rp", "1000"]
    words += ["-mi", HOST, "-mp", str(free_port() // 2 * 2), "-trace_stat", "-fd", "1"]
    words += ["-stf", str(statistics), "-timeout", "590s", target]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        "sipp", *words, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet
    )
    await process.wait()
    with statistics.open(encoding="utf-8") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    return {
        "succeeded": int(last["SuccessfulCall(C)"]),
        "failed": int(last["FailedCall(C)"]),
        "repeated": int(last["Retransmissions(C)"]),
    }


async def run(calls: int, at_once: int) -> dict[str, dict[str, float]]:
    """Calls one after the other, then many at once, to one box."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = await Bench().open()
        speech = FakeSpeech(folder / "s")
        settings = folder / "settings.toml"
        settings.write_text(
            f'[account]\nport = {bench.port}\npassword = "bench"\n[call]\ncapacity = {at_once}\n'
            f'[speech]\nsocket = "{folder}/s"\n[records]\nfile = "{folder}/r.sqlite"\n'
            '[bus]\naddress = "none"\n',
            "utf-8",
        )
        box = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "appliance", "call", "--settings", str(settings))
        )
        try:
            await bench.until(lambda: bench.registrar.bindings("100", bench.endpoint.now))
            ((_, route), *_) = bench.registrar.bindings("100", bench.endpoint.now)
            await asyncio.sleep(2.0)  # the prompts are being rendered
            target = f"{route.host}:{route.port}"
            told = {}
            half = max(1, (calls - WARM) // 2)
            for title, count, together, pause in (
                ("first calls, one by one", min(WARM, calls), 1, 60),
                ("as many as half the rest", half, 1, 60),
                ("the other half", half, 1, 60),
                ("all at once, first round", at_once, at_once, 4000),
                ("all at once, second round", at_once, at_once, 4000),
            ):
                await asyncio.sleep(REST if together > 1 else 0.0)
                used, begun = busy_seconds(box.pid), bench.endpoint.now
                counts = await sipp(folder, target, count, together, pause)
                await asyncio.sleep(1.0)
                wall = bench.endpoint.now - begun
                cpu = (busy_seconds(box.pid) - used) / wall
                own = {"cpu": cpu, "seconds": wall, "MiB": memory_mib(box.pid)}
                told[title] = counts | own | {"load": os.getloadavg()[0]}
        finally:
            if box.returncode is None:
                box.terminate()
            await box.wait()
            speech.die()
            bench.endpoint.close()
    return told


def main(calls: int, at_once: int) -> dict[str, dict[str, float]] | str:
    """The counts of each part, or why there are none."""
    if shutil.which("sipp") is None:
        return "sipp is not installed: apt install sip-tester"
    return asyncio.run(run(calls, at_once))
