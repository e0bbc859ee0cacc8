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
