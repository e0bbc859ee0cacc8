"""`call.linetest.report`: the outcome for people and for the page."""

import json

from appliance.call.linetest import report
from appliance.call.linetest.steps import Step, failed, passed, skipped, untried

BAD = failed(Step.REGISTRATION, "wrong password", "write the right one into account.password")
GOOD = passed(Step.NAME, "127.0.0.1 is an address")


def test_a_failure_shows_what_was_seen_and_what_to_do():
    """Writes the check, what was seen, and below it the advice."""
    text = report.line(BAD)
    first, second = text.splitlines()
    assert first.startswith("FAILED ")
    assert "Extension and password" in first
    assert "wrong password" in first
    assert second.strip() == "→ write the right one into account.password"


def test_long_sentences_are_wrapped_under_themselves():
    """Keeps every line within a terminal, and a fingerprint whole."""
    print_of = ":".join(["AB"] * 32)
    text = report.line(failed(Step.TLS, "word " * 60, print_of))
    for line in text.splitlines():
        assert len(line) <= 98 or print_of in line
    assert print_of in text


def test_the_page_gets_one_object_for_each_check():
    """Tells step, title, verdict, what was seen and the advice."""
    assert json.loads(report.as_json(BAD)) == {
        "step": "registration",
        "title": "Extension and password",
        "verdict": "fail",
        "saw": "wrong password",
        "advice": "write the right one into account.password",
    }
    assert "\n" not in report.as_json(BAD)


def test_the_summary_names_what_comes_first():
    """Counts what is wrong and what was not tried."""
    assert "works" in report.summary([GOOD, skipped(Step.TLS, "UDP")])
    said = report.summary([GOOD, BAD, untried(Step.CALL, "not tried")])
    assert said == "One thing is wrong: Extension and password. 1 further checks were not tried."
    assert "2 things" in report.summary([BAD, failed(Step.CALL, "busy")])
