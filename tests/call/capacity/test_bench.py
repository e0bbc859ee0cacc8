"""The measurement itself, against a real `speech` process."""

import asyncio
import os

import pytest

from appliance.call.capacity import bench
from appliance.contracts.errors import UserError


def test_the_machine_has_a_name():
    """Whatever it is, it has cores."""
    assert bench.machine().endswith(f"{os.cpu_count()} cores")


def test_the_hottest_sensor_counts(tmp_path):
    """Sensors that cannot be read are passed over; none at all is None."""
    assert bench.temperature(tmp_path) is None
    for number, text in enumerate(["41500", "x", "62250"]):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "temp").write_text(f"{text}\n")
    assert bench.temperature(tmp_path) == 62.25


def test_a_process_is_measured():
    """Time and memory of a process are read where it lives, and told to be gone where not."""
    assert bench.resident(os.getpid()) > 1_000_000
    assert bench.processor_seconds(os.getpid()) > 0
    with pytest.raises(OSError):
        bench.processor_seconds(2**22 + 1)


def test_one_call_is_measured(packs_folder):
    """A caller is answered by a real process, and what it costs is told step by step."""
    steps = []
    found = asyncio.run(
        bench.run([], "en", on_step=steps.append, steps=(1,), target=60.0, seconds=7.0, answers=1)
    )
    assert list(found.steps) == steps
    assert found.calls == 1
    assert steps[0].answers >= 1
    assert 0 < found.voice < 5
    assert [pack.partition("@")[0] for pack in found.packs] == ["en-telephone-8k", "en-rms-16k"]


def test_a_speech_that_does_not_start_is_explained(tmp_path):
    """The reason is the one that the process itself gave."""
    file = tmp_path / "settings.toml"
    file.write_text('[speech]\nstt = "no-such-pack"\n')
    with pytest.raises(UserError, match=r"did not start: .*no-such-pack"):
        asyncio.run(bench.run([file], "en", on_step=lambda _: None))


def test_a_language_without_callers():
    """There is no measuring in a language that the packs do not speak."""
    with pytest.raises(UserError, match="cannot be measured"):
        asyncio.run(bench.run([], "fi", on_step=lambda _: None))
