"""A measurement, for the tests of this folder."""

from dataclasses import replace

from appliance.call.capacity.measured import Measured, Step

STEP = Step(
    calls=4, answers=20, missed=0, median=0.21, p95=0.31, worst=0.4, cores=0.42, dropped=0,
    memory=180_000_000, temperature=51.2,
)  # fmt: skip
MEASURED = Measured(
    machine="a board, 4 cores", day="2026-11-22", packs=("ears", "voice"), target=0.5, load=1.5,
    voice=0.01, hearing=0.05,
    steps=(STEP, replace(STEP, calls=8), replace(STEP, calls=16, p95=0.9)),
)  # fmt: skip
