"""`call.linetest.steps`: the list of checks."""

from appliance.call.linetest.steps import TITLES, Result, Step, Verdict, failed, passed, untried


def test_every_step_has_a_title_of_its_own():
    """Names each check for people, none twice."""
    assert set(TITLES) == set(Step)
    assert len(set(TITLES.values())) == len(Step)


def test_a_step_that_was_not_reached_is_no_failure():
    """Tells what was not tried from what went wrong."""
    result = untried(Step.CALL, "not tried")
    assert (result.verdict, result.tried) == (Verdict.SKIPPED, False)
    assert failed(Step.CALL, "busy").tried


def test_a_pass_may_carry_a_hint():
    """Keeps advice beside what was seen."""
    assert passed(Step.TLS, "fine", "renew it") == Result(
        Step.TLS, Verdict.PASS, "fine", "renew it"
    )
