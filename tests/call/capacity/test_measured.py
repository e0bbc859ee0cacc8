"""The verdict of a measurement, and its file."""

from dataclasses import replace

import pytest

from appliance.call.capacity.measured import allowed, read, step_of
from tests.call.capacity.examples import MEASURED, STEP


@pytest.mark.parametrize(
    "change",
    [{"p95": 0.51}, {"missed": 1}, {"dropped": 1}, {"answers": 0}],
    ids=["late", "missed", "dropped", "nothing"],
)
def test_a_step_fails_by_each_fault(change):
    """Late, forgotten or lost: one of them is enough."""
    assert STEP.good(0.5)
    assert not replace(STEP, **change).good(0.5)


def test_one_forgotten_answer_of_a_hundred_is_forgiven():
    """A hiccup does not fail a long step."""
    assert replace(STEP, answers=99, missed=1).good(0.5)


def test_the_verdict_stops_at_the_first_failure():
    """A larger number that happened to pass after a smaller one failed does not count."""
    assert MEASURED.calls == 8
    lucky = (*MEASURED.steps, replace(STEP, calls=32))
    assert replace(MEASURED, steps=lucky).calls == 8
    assert replace(MEASURED, steps=(replace(STEP, dropped=9),)).calls == 0


def test_a_measurement_survives_its_file(tmp_path):
    """What is kept is what is read."""
    file = tmp_path / "deep" / "capacity.json"
    MEASURED.save(file)
    assert read(file) == MEASURED


FOREIGN = (
    "",
    "{}",
    "[1]",
    '{"format": 2, "calls": 1, "steps": []}',
    '{"format": 1, "calls": 1, "steps": [{}]}',
)


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_file_is_no_measurement(tmp_path, text):
    """A damaged file limits nothing and raises nothing."""
    file = tmp_path / "capacity.json"
    file.write_text(text)
    assert read(file) is None
    assert allowed(10, file, "a board, 4 cores") == 10


def test_admission_takes_the_smaller_number(tmp_path):
    """The site's wish is a limit, and so is what the box can do."""
    file = tmp_path / "capacity.json"
    assert allowed(10, file, "a board, 4 cores") == 10
    MEASURED.save(file)
    assert allowed(10, file, "a board, 4 cores") == 8
    assert allowed(3, file, "a board, 4 cores") == 3


def test_a_measurement_of_another_machine_says_nothing(tmp_path):
    """A card that moved to another box does not limit it, nor does a failed measurement."""
    file = tmp_path / "capacity.json"
    MEASURED.save(file)
    assert allowed(10, file, "another board, 4 cores") == 10
    replace(MEASURED, steps=()).save(file)
    assert allowed(10, file, "a board, 4 cores") == 10


def test_percentiles_of_a_step():
    """The 95th percentile is a wait that was measured, not one between two."""
    rest = {"cores": 0.1, "dropped": 0, "memory": 1, "temperature": None}
    step = step_of(2, [n / 100 for n in range(100, 0, -1)], 3, **rest)
    assert (step.answers, step.missed, step.median, step.p95, step.worst) == (
        100, 3, 0.51, 0.96, 1.0,
    )  # fmt: skip
    assert step_of(2, [], 0, **rest).p95 == 0.0
