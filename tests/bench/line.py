"""The figures of the telephone line; run: python -m tests.bench.line [--quick] [--only pace …].

Times of requests are of the processor, lateness is what the kernel stamped, latencies are of the
wall. A machine that others use at the same time shows it in p99 and worst: see its load above the
tables. What PJSIP publishes of itself (`pjsip-perf`: stateful requests and calls a second on one
core) has its counterpart in the first table.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from tests.bench import line_core, line_pace, line_sipp
from tests.bench.figures import machine

PARTS = ("requests", "ringing", "pace", "flood", "audio", "memory", "sipp")


def table(title: str, columns: tuple[str, ...], rows: Mapping[str, Mapping[str, float]]) -> None:
    """Print rows of figures under their columns."""
    wide = max(len(name) for name in (*rows, title)) + 2
    print(f"{title:{wide}}" + "".join(f"{column:>12}" for column in columns))
    for name, figures in rows.items():
        cells = [figures.get(column) for column in columns]
        told = [
            "" if cell is None else f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.2f}"
            for cell in cells
        ]
        print(f"{name:{wide}}" + "".join(f"{cell:>12}" for cell in told))
    print(flush=True)


def requests(quick: bool) -> None:
    """Parse, route, respond."""
    figures = line_core.requests(3 if quick else 15)
    names = {
        "OPTIONS": "OPTIONS -> 200",
        "INVITE": "INVITE -> 100, 180",
        "REGISTER": "REGISTER -> 401",
    }
    rows = {names[method]: values for method, values in figures.items()}
    table("stateful requests/s, one core", ("best", "median", "worst", "n"), rows)


def ringing(quick: bool) -> None:
    """INVITE to 180 through sockets."""
    rows = {"INVITE -> 180 over UDP": line_pace.ringing(100 if quick else 1000)}
    table("ms, one at a time", ("median", "p95", "p99", "worst", "n"), rows)


LATENESS = ("median", "p95", "p99", "worst", "drift", "core %", "skipped", "load", "n")


def pace(quick: bool) -> None:
    """Lateness of what is sent, by number of calls, plain and encrypted."""
    rows = {}
    for srtp in (False, True):
        for calls in (1, 10, 50, 100):
            figures = line_pace.lateness(calls, 3 if quick else 15, srtp=srtp)
            rows[f"{calls} calls, G.711{' + SRTP' * srtp}"] = percent(figures)
    table("send lateness, ms", LATENESS, rows)


def flood(quick: bool) -> None:
    """The same while strangers flood."""
    rows = {}
    for rate in (0, 300, 1000, 3000):
        figures = line_pace.lateness(10, 3 if quick else 10, flood=rate)
        rows[f"10 calls, {rate} stray datagrams/s"] = percent(figures)
    table("send lateness, ms", LATENESS, rows)


def percent(figures: dict[str, float]) -> dict[str, float]:
    """With the share of a core in per cent."""
    return figures | {"core %": 100 * figures["cpu"]}


def audio(quick: bool) -> None:
    """Which frames come through as they were sent."""
    rows = {}
    for codec in ("PCMU", "PCMA"):
        figures = line_core.exactness(codec, 20 if quick else 240)
        rows[codec] = {
            name: value if name == "frames" else 100 * value for name, value in figures.items()
        }
    columns = ("exact", "concealed", "silent", "altered", "frames")
    table("5 % loss, 60 ms jitter: % of frames", columns, rows)


def memory(quick: bool) -> None:
    """What is left behind by calls, agent against agent."""
    figures = line_core.memory(200 if quick else 1000)
    rows = {
        f"calls {how}": {what: figures[f"{how}, {what}"] for what in ("traced", "resident")}
        for how in ("in a row", "at once")
    }
    table("growth after the first 100, KiB", ("traced", "resident"), rows)


def sipp(quick: bool) -> None:
    """SIPp against the real process."""
    told = line_sipp.main(120 if quick else 1000, 20 if quick else 100)
    if isinstance(told, str):
        print(f"SIPp: left out: {told}\n", flush=True)
        return
    columns = ("succeeded", "failed", "repeated", "core %", "MiB", "seconds", "load")
    table("SIPp calls the box", columns, {name: percent(row) for name, row in told.items()})


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="a few seconds each: no figures")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    wanted = options.parse_args()
    print(f"machine: {machine()}; {len(os.sched_getaffinity(0))} cores for us\n", flush=True)
    for part in wanted.only:
        globals()[part](wanted.quick)


if __name__ == "__main__":
    main()
