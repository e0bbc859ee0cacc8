"""`call.linetest.diagnosis`: what answers mean. (End to end, with sockets: `test_run`.)"""

from datetime import UTC, datetime, timedelta

import pytest

from appliance import sip
from appliance.call.linetest import diagnosis
from appliance.call.linetest.asker import Contact, Reply
from appliance.call.linetest.steps import Verdict
from appliance.settings import AccountSettings, TlsSettings
from appliance.system.certificates import Certificate

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PBX = sip.Address("udp", "10.0.0.1", 5060)
ACCOUNT = AccountSettings(user="100", domain="pbx.example")


def said(result, verdict):
    """The whole text of a result that came out so."""
    assert result.verdict is verdict, result
    return f"{result.saw} | {result.advice}"


def test_a_name_answered_from_memory_is_a_pass_with_a_hint():
    """Says that DNS did not answer this time."""
    text = said(diagnosis.name(ACCOUNT, (PBX,), "the name server does not answer"), Verdict.PASS)
    assert "10.0.0.1:5060" in text
    assert "from memory" in text
    assert "no DNS is needed" in said(
        diagnosis.name(AccountSettings(domain="10.0.0.1"), (PBX,), ""), Verdict.PASS
    )


def test_no_network_points_at_the_cable():
    """Says what to check where no route is."""
    text = said(diagnosis.route("", "", "no network leads to 10.0.0.1"), Verdict.FAIL)
    assert "cable" in text
    assert "gateway" in text


def test_an_address_that_is_told_otherwise_is_a_hint():
    """Notices that call.host is not the address that packets leave from."""
    text = said(diagnosis.route("10.0.0.2", "203.0.113.5", ""), Verdict.PASS)
    assert "203.0.113.5" in text
    assert "call.host" in text
    assert "|" in said(diagnosis.route("10.0.0.2", "10.0.0.2", ""), Verdict.PASS)


def test_the_same_port_is_preferred_among_others():
    """Advises the transport that answers where the settings point already."""
    others = (sip.Address("udp", "10.0.0.1", 5060), sip.Address("tcp", "10.0.0.1", 5070))
    to = sip.Address("tls", "10.0.0.1", 5070)
    text = said(
        diagnosis.port(ACCOUNT, to, "pbx: port 5070 refuses connections", others), Verdict.FAIL
    )
    assert "set account.transport to tcp and account.port to 5070" in text
    text = said(diagnosis.answer(ACCOUNT, to, Reply(0, "", changed=("Via",)), ()), Verdict.FAIL)
    assert "changed Via" in text


def test_a_certificate_that_soon_expires_is_a_hint():
    """Tells the day, three weeks before."""
    to = sip.Address("tls", "10.0.0.1", 5061)
    near = Certificate("AB", not_after=NOW + timedelta(days=5), verified=True, version="TLSv1.3")
    assert "2026-11-27" in said(diagnosis.tls(ACCOUNT, to, near, "", now=NOW), Verdict.PASS)
    far = Certificate("AB", not_after=NOW + timedelta(days=90), verified=True, version="TLSv1.3")
    assert diagnosis.tls(ACCOUNT, to, far, "", now=NOW).advice == ""


def test_verification_that_is_off_shows_what_could_be_accepted():
    """Passes, and gives the fingerprint that would make it safe."""
    to = sip.Address("tls", "10.0.0.1", 5061)
    open_to_all = AccountSettings(tls=TlsSettings(verify=False))
    seen = Certificate("AB:CD", why="verification is switched off: anybody can listen")
    text = said(diagnosis.tls(open_to_all, to, seen, "", now=NOW), Verdict.PASS)
    assert 'account.tls.fingerprints = ["AB:CD"]' in text


def test_nat_is_not_tampering():
    """Tells an address that is translated from a message that is rewritten."""
    text = said(
        diagnosis.tampering("10.0.0.2", [Reply(200, "", seen=("192.0.2.1", 9))]), Verdict.PASS
    )
    assert "NAT" in text
    replies = [Reply(200, "", changed=("Via",)), Reply(200, "", changed=("From", "Call-ID"))]
    text = said(diagnosis.tampering("10.0.0.2", replies), Verdict.FAIL)
    assert "Call-ID, From and Via" in text


def test_streams_carry_any_size():
    """Asks nothing of TCP and TLS."""
    assert "any size" in said(diagnosis.size("tls", None, 2400), Verdict.SKIPPED)
    assert "ignores OPTIONS" in said(diagnosis.size("udp", None, 2400), Verdict.SKIPPED)


@pytest.mark.parametrize(
    ("date", "verdict", "word"),
    [
        ("", Verdict.SKIPPED, "does not tell"),
        ("yesterday at noon", Verdict.SKIPPED, "does not tell"),
        ("Sun, 22 Nov 2026 12:00:20 GMT", Verdict.PASS, "same time"),
        ("Sun, 22 Nov 2026 12:01:30 GMT", Verdict.FAIL, "90 seconds behind"),
        ("Sun, 22 Nov 2026 11:50:00 GMT", Verdict.FAIL, "10 minutes ahead"),
        ("Sat, 22 Nov 2025 12:00:00 GMT", Verdict.FAIL, "365 days ahead"),
        ("Sun, 22 Nov 2026 12:00:00", Verdict.PASS, "same time"),
    ],
)
def test_clocks_are_compared(date, verdict, word):
    """Tells by how much the box's clock is off, and in which direction."""
    assert word in said(diagnosis.clock(date, NOW), verdict)


@pytest.mark.parametrize(
    ("reply", "verdict", "word"),
    [
        (Reply(200, "OK", True), Verdict.PASS, "password are right"),
        (Reply(200, "OK"), Verdict.PASS, "set a password"),
        (Reply(401, "", True, ("MD5",)), Verdict.FAIL, "account.password"),
        (Reply(407, "", True, ("MD5",)), Verdict.FAIL, "account.password"),
        (Reply(401, "", False, ("AKAv1-MD5",)), Verdict.FAIL, "AKAv1-MD5"),
        (Reply(401, "", False), Verdict.FAIL, "nothing that can be answered"),
        (Reply(403, "Forbidden"), Verdict.FAIL, "before it has asked"),
        (Reply(403, "Forbidden", True), Verdict.FAIL, "check its password"),
        (Reply(404, "", True), Verdict.FAIL, "list of extensions"),
        (Reply(423, "", True), Verdict.FAIL, "account.expires"),
        (Reply(503, "Down", True), Verdict.FAIL, "in trouble itself"),
        (Reply(0, "no answer from 10.0.0.1:5060"), Verdict.FAIL, "no answer"),
    ],
)
def test_every_answer_to_the_registration_is_explained(reply, verdict, word):
    """Tells what is wrong with extension, password, permission or the PBX."""
    assert word in said(diagnosis.registration(ACCOUNT, PBX, reply), verdict)


def test_a_trunk_does_not_register():
    """Skips what the settings leave out."""
    trunk = AccountSettings(registration=False)
    assert diagnosis.registration(trunk, PBX, Reply(0, "")).verdict is Verdict.SKIPPED
    assert diagnosis.binding(trunk, diagnosis.Keepers((), ())).verdict is Verdict.SKIPPED


def test_contacts_are_sorted_by_whose_they_are():
    """Takes every address under which the box is seen for its own."""
    ours, behind_nat = Contact("10.0.0.2", 5060, "", 60), Contact("192.0.2.1", 9, "", None)
    foreign = Contact("10.0.0.77", 5060, "", 60)
    keepers = diagnosis.sort_contacts((ours, foreign, behind_nat), {"10.0.0.2", "192.0.2.1"})
    assert keepers == diagnosis.Keepers((ours, behind_nat), (foreign,))
    assert "also registered" in said(diagnosis.binding(ACCOUNT, keepers), Verdict.FAIL)
    only = diagnosis.Keepers((), (foreign,))
    assert "only registered" in said(diagnosis.binding(ACCOUNT, only), Verdict.FAIL)
    twice = diagnosis.Keepers((ours, ours), ())
    assert "2 times" in said(diagnosis.binding(ACCOUNT, twice), Verdict.PASS)
    assert "60 s" in said(diagnosis.binding(ACCOUNT, diagnosis.Keepers((ours,), ())), Verdict.PASS)


def test_a_box_that_cannot_be_asked_is_not_blamed():
    """Skips the box where it listens on no port of its own."""
    assert diagnosis.box("", None).verdict is Verdict.SKIPPED
    assert diagnosis.box("10.0.0.2:5060", Reply(200, "")).verdict is Verdict.PASS
