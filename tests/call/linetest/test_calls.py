"""`call.linetest.calls`: what a test call means. (End to end, with sockets: `test_run`.)"""

from dataclasses import replace

import pytest

from appliance import rtp, sip
from appliance.call.linetest import calls
from appliance.call.linetest.calls import Circumstances
from appliance.call.linetest.seen import Seen, Setup
from appliance.call.linetest.steps import Verdict
from appliance.call.linetest.witness import Evidence

ACCOUNT = sip.Account("200", "pbx", "word", sip.Address("udp", "10.0.0.1", 5060))
SETUP = Setup("10.0.0.2", (16_384, 16_884), "100", ("PCMU",), sip.Srtp.OFF, ACCOUNT)
ABOUT = Circumstances(
    SETUP, own=frozenset({"10.0.0.2"}), pbx=frozenset({"10.0.0.1"})
)  # through the PBX
PAST = replace(ABOUT, setup=replace(SETUP, account=None))
MEDIA = sip.Media("10.0.0.1", 20_000, "PCMU", 0, 101, sip.Direction.SENDRECV, 20)
FIGURES = rtp.Statistics(
    received=300, lost=0, late=0, duplicates=0, ignored=0, recovered=0, concealed=0, jitter_ms=1.0,
    delay_ms=20.0, round_trip_ms=10.0, remote_loss=None, sent=300, last_received=1.0, mos=4.3,
)  # fmt: skip


def seen(**values):
    """An answered call, changed as told."""
    given = {"status": 200, "media": MEDIA, "figures": FIGURES, "audible": True, **values}
    return Seen(**given)


def said(result, verdict):
    """The whole text of a result that came out so."""
    assert result.verdict is verdict, result
    return f"{result.saw} | {result.advice}"


# the call itself


def test_silence_is_told_from_ringing():
    """Tells a call that nobody answers from one that gets no answer at all."""
    text = said(calls.call(Seen(rang=True), ABOUT), Verdict.FAIL)
    assert "rings, and nobody answers" in text
    assert "log" in said(calls.call(Seen(), ABOUT), Verdict.FAIL)
    assert "no ports" in said(calls.call(Seen(trouble="no ports"), ABOUT), Verdict.FAIL)


@pytest.mark.parametrize("status", [302, 401, 408, 484, 500, 600, 699])
def test_every_refusal_comes_with_advice(status):
    """Has a word for each, through the PBX and past it."""
    for about in (ABOUT, PAST):
        assert calls.call(Seen(status, "No"), about).advice
    assert "the box" not in calls.refusal(403, "", "100")


def test_what_was_not_agreed_is_no_refusal_of_the_call():
    """Leaves it to the check of codec and encryption."""
    assert calls.call(Seen(488), ABOUT).verdict is Verdict.SKIPPED
    text = said(calls.audio(Seen(488, "Not Acceptable Here"), ABOUT, None), Verdict.FAIL)
    assert "PCMA or PCMU" in text


# who answered


def test_the_boxs_records_decide_who_answered():
    """Believes the records before anything else."""
    told = replace(ABOUT, watched=True, testimony=Evidence(7, "PCMU", 300, 0, 1))
    assert calls.reached(seen(contact="10.9.9.9"), told).verdict is Verdict.PASS
    assert calls.reached(seen(), replace(ABOUT, watched=True)).verdict is Verdict.FAIL


def test_without_records_addresses_decide():
    """Looks at who answered: the box, somebody else, or the PBX, which tells nothing."""
    text = said(calls.reached(seen(contact="10.0.0.99"), ABOUT), Verdict.FAIL)
    assert "10.0.0.99" in text
    assert calls.reached(seen(contact="10.0.0.2"), ABOUT).verdict is Verdict.PASS
    ours = replace(MEDIA, host="10.0.0.2", port=16_400)
    assert calls.reached(seen(media=ours, contact="10.0.0.1"), ABOUT).verdict is Verdict.PASS
    assert calls.reached(seen(contact="10.0.0.1"), ABOUT).verdict is Verdict.SKIPPED
    assert calls.reached(seen(), PAST).verdict is Verdict.PASS


# audio


def test_encryption_that_was_not_taken_is_a_hint():
    """Passes what works, and says that it could be encrypted."""
    offered = replace(ABOUT, setup=replace(SETUP, srtp=sip.Srtp.OFFERED))
    assert "SRTP" in said(calls.audio(seen(), offered, None), Verdict.PASS)
    assert "take this codec out" in said(
        calls.audio(seen(trouble="opus cannot be run"), ABOUT, None), Verdict.FAIL
    )


def test_reports_of_the_far_end_tell_whether_it_hears():
    """Uses RTCP where there are no records: a report about us, reports without, or none."""
    hears = seen(figures=replace(FIGURES, remote_loss=0.0), reports=2)
    assert calls.box_hears(hears, ABOUT).verdict is Verdict.PASS
    text = said(calls.box_hears(seen(reports=2), ABOUT), Verdict.FAIL)
    assert "one-way audio" in text
    assert calls.box_hears(seen(), ABOUT).verdict is Verdict.SKIPPED


def test_a_key_that_is_not_taken_means_nothing():
    """Fails only where telephone events were not agreed on."""
    told = replace(ABOUT, testimony=Evidence(7, "PCMU", 300, 0, 0))
    assert calls.keys(seen(), told).verdict is Verdict.PASS
    plain = replace(MEDIA, dtmf_payload_type=None)
    assert calls.keys(seen(media=plain), told).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("values", "verdict", "word"),
    [
        ({}, Verdict.SKIPPED, "not last long enough"),
        ({"held": False}, Verdict.FAIL, "holding"),
        ({"held": True, "resumed": False}, Verdict.FAIL, "taken back"),
        ({"held": True, "resumed": True}, Verdict.FAIL, "stayed silent"),
        ({"held": True, "resumed": True, "after": 9}, Verdict.PASS, "heard again"),
    ],
)
def test_each_part_of_a_hold_is_judged(values, verdict, word):
    """Tells a hold from a resume, and both from audio that comes back."""
    assert word in said(calls.hold(seen(**values)), verdict)


def test_one_fault_is_not_told_twice():
    """Does not blame the hold for audio that never came."""
    silent = seen(held=True, resumed=True, figures=replace(FIGURES, received=0))
    assert calls.hold(silent).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    "worse",
    [
        {"lost": 30},
        {"jitter_ms": 90.0},
        {"mos": 3.1},
        {"round_trip_ms": 480.0},
    ],
)
def test_bad_quality_names_its_figures(worse):
    """Fails on loss, jitter, delay or what they come to, and prints all of them."""
    text = said(calls.quality(seen(figures=replace(FIGURES, **worse))), Verdict.FAIL)
    assert "loss" in text
    assert "ms" in text
    assert "DSCP" in text
    assert calls.quality(seen()).verdict is Verdict.PASS
    assert calls.quality(seen(figures=replace(FIGURES, received=0))).verdict is Verdict.SKIPPED


# the end


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (405, "refuses to put callers through"),
        (0, "does not say"),
        (486, "own target"),
        (200, "REFER"),
    ],
)
def test_a_pbx_that_puts_nobody_through_is_no_fault(status, word):
    """Passes, and says what the box does instead."""
    result = calls.transfer(seen(transfer=status), ABOUT)
    assert word in said(result, Verdict.PASS)
    assert ("joins both calls" in result.advice) is (status in (405, 0))
    assert calls.transfer(seen(), ABOUT).verdict is Verdict.SKIPPED
    assert calls.transfer(seen(transfer=202), PAST).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("values", "verdict", "word"),
    [
        ({"bye": 200}, Verdict.PASS, "arrives"),
        ({"bye": 481}, Verdict.PASS, "arrives"),
        ({"bye": 0}, Verdict.FAIL, "not answered"),
        ({"bye": 500}, Verdict.FAIL, "refused (500)"),
        ({"ended": sip.EndReason.HUNG_UP}, Verdict.FAIL, "other side hung up"),
        ({"ended": sip.EndReason.HUNG_UP, "transfer": 200}, Verdict.PASS, "arrives here"),
        ({"ended": sip.EndReason.TIMEOUT}, Verdict.FAIL, "broke off"),
        ({"status": 0}, Verdict.SKIPPED, "not answered"),
    ],
)
def test_hanging_up_is_judged_both_ways(values, verdict, word):
    """Looks for the answer to our BYE, and at who ended the call."""
    assert word in said(calls.hang_up(seen(**values)), verdict)


def test_a_telephone_that_cannot_register_is_not_the_boxs_fault():
    """Names the telephone's own options."""
    text = said(calls.unregistered(401, "", SETUP), Verdict.FAIL)
    assert "--phone-user (200)" in text
