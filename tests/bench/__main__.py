"""`make bench`: the figures that README quotes, one after the other.

`make bench-speech`, or names after the command: those that need human recordings or long.
"""

import subprocess
import sys
from pathlib import Path

from tests.bench.figures import machine

HERE = Path(__file__).resolve().parent
USUAL = (
    "media", "pacing", "line", "speech", "turns", "understanding", "slots", "connectors", "model",
)  # fmt: skip


def main():
    """Run each bench in a process of its own, so that none disturbs another."""
    print(f"machine: {machine()}\n", flush=True)
    status = 0
    for name in sys.argv[1:] or USUAL:
        print(f"== {name}", flush=True)
        status |= subprocess.run(
            [sys.executable, "-m", f"tests.bench.{name}"], check=False
        ).returncode
        print(flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
