"""The measurement in words."""

import json
from dataclasses import replace

from appliance.call.capacity import report
from tests.call.capacity.examples import MEASURED, STEP


def test_a_row_stands_under_its_heads():
    """Every column ends where its head ends, so that the table can be read."""
    head, row = report.head(), report.row(STEP)
    assert len(row) == len(head)
    assert row.split() == ["4", "20", "0", "210", "310", "400", "0.42", "0", "180", "51"]
    assert report.row(replace(STEP, temperature=None)).split()[-1] == "-"


def test_the_verdict_names_calls_and_target():
    """People read how many calls, how fast, and that more may be possible."""
    assert "8 calls at once: 95 of 100 answers begin within 500 ms." in report.verdict(MEASURED)
    cut = replace(MEASURED, steps=MEASURED.steps[:2])
    assert "more were not tried" in report.verdict(cut)


def test_a_box_that_is_too_slow_is_told_what_to_do():
    """No good step: not a number but advice."""
    slow = replace(MEASURED, steps=(replace(STEP, calls=1, p95=2.0),))
    assert "install smaller packs" in report.verdict(slow)


def test_the_page_gets_everything():
    """The JSON holds the verdict and each step."""
    held = json.loads(report.as_json(MEASURED))
    assert held["calls"] == 8
    assert len(held["steps"]) == len(MEASURED.steps)
