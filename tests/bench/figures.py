"""How figures are told: medians and percentiles, and the machine they were taken on."""

import os
import platform
import statistics
from pathlib import Path


def spread(values):
    """Return count, median, 95th and 99th percentile and the worst of a list of numbers."""
    if not values:
        return {"n": 0}
    held = sorted(values)

    def at(share):
        return held[min(len(held) - 1, int(share * len(held)))]

    return {
        "n": len(held),
        "median": round(statistics.median(held), 3),
        "p95": round(at(0.95), 3),
        "p99": round(at(0.99), 3),
        "worst": round(held[-1], 3),
    }


def late(arrivals):
    """Return ms by which each packet came after its place in an absolute 20 ms schedule.

    `arrivals` are (RTP sequence number, seconds) of one stream in their order; the schedule is
    laid through the earliest of them.
    """
    first, before, turns, placed = arrivals[0][0], arrivals[0][0], 0, []
    for sequence, at in arrivals:
        turns += (sequence < before - 32768) - (sequence > before + 32768)
        before = sequence
        placed.append((sequence - first + 65536 * turns, at))
    start = min(at - number * 0.02 for number, at in placed)
    return [(at - number * 0.02 - start) * 1000 for number, at in placed]


def drift(lateness):
    """Return ms gained or lost between the first and the last second, each by its median."""
    first, last = sorted(lateness[:50]), sorted(lateness[-50:])
    return last[len(last) // 2] - first[len(first) // 2]


def own_pid():
    """Return the number of this process."""
    return os.getpid()


def memory_mib(pid):
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def machine():
    """Name the machine in one line, with its load: figures under load are not figures."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}, load {load:.1f}"
