"""`call.linetest.run`: misconfigurations on real sockets, each explained by the step it belongs to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from appliance import sip
from appliance.call.linetest.run import LineTest, Telephone, worst
from appliance.call.linetest.steps import Step, Verdict
from appliance.records import Store
from appliance.settings import TlsSettings
from appliance.system.certificates import issue, make_authority
from appliance.system.resolve import Found, Resolver
from tests.call.linetest.pbx import HOST, Faults, Pbx, account, examined, free_port
from tests.system.nameserver import NameServer

PHONE = Telephone("200", "phone")
AUTHORITY = make_authority("Clinic authority")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def run(scenario):
    """Run a scenario and return its results by step."""
    return asyncio.run(scenario)


def explained(results, step, *words):
    """Assert that this check and no earlier one failed, and that the words that matter are said."""
    bad = [one for one in results.values() if one.verdict is Verdict.FAIL]
    assert bad, "nothing failed"
    assert bad[0].step is step, bad[0]
    said = f"{bad[0].saw} {bad[0].advice}"
    for word in words:
        assert word in said, (word, said)
    return bad[0]


def scenario(
    tmp_path, faults=None, *, telephone=PHONE, made=None, bound=True, witness=False, **more
):
    """Test a line at a PBX with these faults."""
    box_faults = more.pop("box", None)
    records = None
    if witness:
        records = more["records"] = tmp_path / "records.sqlite"
        Store(records).close()

    async def go():
        async with Pbx(faults, records=records) as pbx:
            box_port = free_port()
            if bound:
                pbx.bind(box_port)
            async with Pbx(box_faults, port=box_port, box=True):
                return await examined(
                    account(pbx, **(made or {})), tmp_path, telephone=telephone, **more
                )

    return run(go())


# all is well


def test_a_good_line_passes_everything(tmp_path):
    """Finds nothing wrong with a line that works, and says how good it is."""
    results = scenario(tmp_path, Faults(date=datetime.now(UTC)), witness=True)
    wrong = [one for one in results.values() if one.verdict is Verdict.FAIL]
    assert not wrong
    assert worst(results.values()) == 0
    assert set(results) == set(Step)
    assert "the box's own records" in results[Step.REACHED].saw
    assert "got the key" in results[Step.KEYS].saw
    assert "held, taken back" in results[Step.HOLD].saw
    assert "MOS 4" in results[Step.QUALITY].saw
    assert "same time" in results[Step.CLOCK].saw
    assert "puts callers through" in results[Step.TRANSFER].saw


def test_it_never_registers_in_the_boxs_place(tmp_path):
    """Sends no Contact for the box's own extension, only fetches, and leaves nothing behind."""

    async def go():
        async with Pbx() as pbx:
            pbx.bind(free_port(), host="127.0.0.1")
            before = list(pbx.registrar._bindings["100"])
            await examined(account(pbx), tmp_path, telephone=PHONE)
            assert pbx.registrar._bindings["100"] == before
            assert "200" not in pbx.registrar._bindings
            return pbx.log

    for request in run(go()):
        if request.method == "REGISTER" and request.to.uri.user == "100":
            assert "Contact" not in request.headers


def test_without_a_telephone_the_box_is_called_past_the_pbx(tmp_path):
    """Calls the address under which the box is registered, and says what that leaves out."""
    results = scenario(tmp_path, telephone=None)
    assert results[Step.CALL].verdict is Verdict.PASS
    assert "--phone-user" in results[Step.CALL].advice
    assert results[Step.TRANSFER].verdict is Verdict.SKIPPED


def test_a_box_that_refuses_strangers(tmp_path):
    """Says why a call past the PBX proves nothing then, and how to test instead."""
    results = scenario(tmp_path, telephone=None, box=Faults(reject=403))
    explained(results, Step.CALL, "past the PBX", "call.strangers", "--phone-user")


def test_a_box_that_ignores_strangers_is_not_taken_for_dead(tmp_path):
    """Calls it through the PBX all the same."""
    ignored = Faults(ignored=("OPTIONS", "INVITE"))
    results = scenario(tmp_path, box=ignored, call={"strangers": "ignore"})
    assert results[Step.BOX].verdict is Verdict.SKIPPED
    assert "call.strangers" in results[Step.BOX].saw
    assert results[Step.CALL].verdict is Verdict.PASS


def test_a_box_that_is_full(tmp_path):
    """Names the limit."""
    results = scenario(tmp_path, telephone=None, box=Faults(reject=486), call={"capacity": 3})
    explained(results, Step.CALL, "no more calls", "3 at once", "call.capacity")


# finding and reaching the PBX


def test_a_name_that_is_not_known(tmp_path):
    """Says that the name cannot be found, and where to correct it."""

    async def go():
        async with NameServer({}) as server, Pbx() as pbx:
            resolver = Resolver("seed", nameservers=[HOST], port=server.port, patience=1.0)
            made = account(pbx, domain="pbx.clinic.invalid")
            return await examined(made, tmp_path, resolver=resolver)

    explained(run(go()), Step.NAME, "pbx.clinic.invalid", "account.domain", "name server")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_wrong_port(tmp_path, transport):
    """Says that nothing listens there."""

    async def go():
        pbx = Pbx()  # never opened
        return await examined(account(pbx, transport=transport), tmp_path)

    results = run(go())
    found = explained(results, Step.PORT, "refuses connections")
    assert found.advice
    assert not results[Step.REGISTRATION].tried
    assert worst(results.values()) == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_second_address_is_tried(tmp_path, transport):
    """Goes on with the address of the PBX that answers, as the line itself does."""

    class Two:
        async def find(self, target):
            dead = sip.Address(transport, HOST, free_port())
            return Found((dead, sip.Address(transport, HOST, target.port)), 60.0)

    async def go():
        async with Pbx(transports=(transport,)) as pbx:
            made = account(pbx, transport=transport)
            return await examined(made, tmp_path, resolver=Two(), patience=0.6)

    results = run(go())
    assert results[Step.PORT].verdict is Verdict.PASS
    assert results[Step.REGISTRATION].verdict is Verdict.PASS


def test_another_transport(tmp_path):
    """Names the transport by which the PBX does answer."""

    async def go():
        async with Pbx(transports=("tcp",)) as pbx:
            return await examined(account(pbx, transport="udp"), tmp_path)

    explained(run(go()), Step.PORT, "answers by TCP", "set account.transport to tcp")


def test_tls_spoken_to_a_plain_port(tmp_path):
    """Says that there is no TLS there, and what answers instead."""

    async def go():
        async with Pbx(transports=("tcp",)) as pbx:
            return await examined(account(pbx, transport="tls"), tmp_path)

    explained(run(go()), Step.TLS, "no TLS there", "answers by TCP on", "account.transport to tcp")


def at_tls(tmp_path, issued, **tls):
    """Test a line at a PBX that shows this certificate."""

    async def go():
        async with Pbx(transports=("tls",), tls=issued.write(tmp_path, "pbx")) as pbx:
            made = account(pbx, transport="tls", tls=TlsSettings(**tls))
            return await examined(made, tmp_path)

    return run(go())


def test_a_certificate_of_an_unknown_authority(tmp_path):
    """Shows the fingerprint to accept, after a look at it."""
    issued = issue(None, HOST)
    results = at_tls(tmp_path, issued)
    explained(
        results, Step.TLS, "not signed by a known authority", issued.fingerprint,
        "account.tls.ca", f'account.tls.fingerprints = ["{issued.fingerprint}"]',
    )  # fmt: skip


def trusting(tmp_path, *names, **validity):
    """Test a line whose authority is trusted."""
    ca = AUTHORITY.write(tmp_path, "ca")[0]
    return at_tls(tmp_path, issue(AUTHORITY, *names, **validity), ca=ca)


def test_a_certificate_that_has_expired(tmp_path):
    """Says when it expired."""
    results = trusting(tmp_path, HOST, since=LONG_AGO, days=30)
    explained(results, Step.TLS, "expired on 2020-01-31", "needs a new one")


def test_a_certificate_that_is_not_valid_yet(tmp_path):
    """Asks for the box's clock."""
    results = trusting(tmp_path, HOST, since=datetime.now(UTC) + timedelta(days=30))
    explained(results, Step.TLS, "valid from", "box's clock", "timedatectl")


def test_a_certificate_for_another_name(tmp_path):
    """Says for which names it is."""
    results = trusting(tmp_path, "other.clinic.example")
    explained(results, Step.TLS, "another name", "other.clinic.example", "account.domain")


def test_an_accepted_certificate(tmp_path):
    """Passes what an authority of ours has signed, and goes on over TLS."""
    results = trusting(tmp_path, HOST)
    assert results[Step.TLS].verdict is Verdict.PASS
    assert results[Step.REGISTRATION].verdict is Verdict.PASS


def test_a_router_that_rewrites_sip(tmp_path):
    """Recognises SIP ALG by what comes back changed."""
    faults = Faults(tamper=((b"<sip:100@127.0.0.1>", b"<sip:100@203.0.113.9>"),))
    explained(scenario(tmp_path, faults), Step.TAMPERING, "From", "SIP ALG", "tls")


def test_large_messages_that_get_lost(tmp_path):
    """Says that fragments get lost, and that TCP helps."""
    explained(scenario(tmp_path, Faults(largest=1400)), Step.SIZE, "2400 bytes", "fragments", "tcp")


def test_a_pbx_that_ignores_options(tmp_path):
    """Finds it by REGISTER, and blames no network for the silence."""
    results = scenario(tmp_path, Faults(ignored=("OPTIONS",)))
    assert all(one.verdict is not Verdict.FAIL for one in results.values())
    assert results[Step.PORT].verdict is Verdict.PASS
    assert results[Step.SIZE].verdict is Verdict.SKIPPED


def test_a_box_behind_nat_is_not_asked_directly(tmp_path, monkeypatch):
    """Takes the address that the PBX sees for the box's, and does not look for its port here."""
    monkeypatch.setattr(LineTest, "_own", lambda _: frozenset({HOST, "192.0.2.1"}))

    async def go():
        async with Pbx() as pbx:
            pbx.bind(40_000, host="192.0.2.1")
            return await examined(account(pbx), tmp_path, telephone=PHONE)

    results = run(go())
    assert results[Step.BINDING].verdict is Verdict.PASS
    assert results[Step.BOX].verdict is Verdict.SKIPPED


def test_a_wrong_clock(tmp_path):
    """Says by how much, and how the clock is set."""
    faults = Faults(date=datetime.now(UTC) - timedelta(hours=3))
    explained(scenario(tmp_path, faults), Step.CLOCK, "3 hours ahead", "timedatectl")


# the extension


def test_a_wrong_password(tmp_path):
    """Says so, and where it stands."""
    results = scenario(tmp_path, made={"password": "wrong"})
    explained(results, Step.REGISTRATION, "wrong password", "account.password", "100")
    assert not results[Step.CALL].tried


def test_an_extension_that_does_not_exist(tmp_path):
    """Says that the PBX does not know it."""
    results = scenario(tmp_path, made={"user": "999"})
    explained(results, Step.REGISTRATION, "does not know extension 999", "account.user")


def test_an_address_that_may_not_register(tmp_path):
    """Tells a refusal before the password from one after it."""
    faults = Faults(rude={"REGISTER": (403, ())})
    explained(
        scenario(tmp_path, faults), Step.REGISTRATION, "before it has asked for the password",
        "allow this address",
    )  # fmt: skip


def test_a_proof_that_nobody_here_knows(tmp_path):
    """Names the scheme that the PBX asks for."""
    challenge = (("WWW-Authenticate", 'Bearer authz_server="https://idp.example"'),)
    faults = Faults(rude={"REGISTER": (401, challenge)})
    explained(scenario(tmp_path, faults), Step.REGISTRATION, "Bearer", "digest")


def test_another_device_on_the_extension(tmp_path):
    """Names the address of the other one."""

    async def go():
        async with Pbx() as pbx:
            pbx.bind(free_port())
            pbx.bind(5062, host="192.0.2.44")
            return await examined(account(pbx), tmp_path, telephone=PHONE)

    explained(run(go()), Step.BINDING, "192.0.2.44:5062", "another device", "of its own")


def test_a_box_that_is_not_registered(tmp_path):
    """Says that nobody is, and to start it."""
    explained(
        scenario(tmp_path, bound=False), Step.BINDING, "nobody is registered", "appliance call"
    )


def test_a_box_that_does_not_run(tmp_path):
    """Tells a registration that was left behind from a box that answers."""

    async def go():
        async with Pbx() as pbx:
            pbx.bind(free_port())
            return await examined(account(pbx), tmp_path)

    explained(run(go()), Step.BOX, "nothing answers", "appliance call")


def test_a_contact_that_was_left_behind_is_not_the_box(tmp_path):
    """Asks the other one where the box is registered twice."""

    async def go():
        async with Pbx() as pbx, Pbx(box=True) as box:
            pbx.bind(free_port())
            pbx.bind(box.port)
            return await examined(account(pbx), tmp_path)

    results = run(go())
    assert "registered 2 times" in results[Step.BINDING].saw
    assert results[Step.BOX].verdict is Verdict.PASS
    assert results[Step.CALL].verdict is Verdict.PASS


# the call


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (486, ("busy", "call.capacity", "do-not-disturb")),
        (404, ("knows no number 100", "dial plan", "200")),
        (403, ("does not allow", "let the PBX allow extension 200")),
        (480, ("nobody answers", "firewall")),
        (603, ("declines", "do-not-disturb")),
        (503, ("in trouble itself", "log")),
    ],
)
def test_a_call_that_is_refused(tmp_path, status, words):
    """Explains each refusal by what causes it there."""
    explained(scenario(tmp_path, Faults(reject=status)), Step.CALL, *words)


def test_a_wrong_password_of_the_telephone(tmp_path):
    """Tells it from a wrong password of the box."""
    results = scenario(tmp_path, telephone=Telephone("200", "wrong"))
    explained(results, Step.CALL, "test's own telephone", "--phone-password")


def test_calls_that_go_elsewhere(tmp_path):
    """Notices by the box's records that somebody else answers."""
    results = scenario(tmp_path, Faults(elsewhere=True), witness=True)
    explained(results, Step.REACHED, "not the box", "forwarding", "voicemail")


def test_a_pbx_that_demands_encryption(tmp_path):
    """Finds out that the call is taken with SRTP."""
    results = scenario(tmp_path, Faults(srtp=sip.Srtp.REQUIRED))
    explained(results, Step.AUDIO, "demands encrypted audio", "account.srtp to required")


def test_a_pbx_that_does_not_encrypt(tmp_path):
    """Finds out that the call is taken without SRTP."""
    results = scenario(tmp_path, made={"srtp": "required"})
    explained(results, Step.AUDIO, "does not encrypt", "set account.srtp to offered")


def test_encryption_that_both_want(tmp_path):
    """Says that the audio is encrypted, and by what."""
    faults = Faults(srtp=sip.Srtp.REQUIRED)
    results = scenario(tmp_path, faults, made={"srtp": "required"})
    assert results[Step.AUDIO].verdict is Verdict.PASS
    assert "encrypted (A" in results[Step.AUDIO].saw
    assert results[Step.HEARS_BOX].verdict is Verdict.PASS


def test_no_common_codec(tmp_path):
    """Names the codec that would be taken."""
    results = scenario(tmp_path, Faults(codecs=("PCMA",)), made={"codecs": ("PCMU",)})
    explained(results, Step.AUDIO, "none of the codecs PCMU", "add PCMA to account.codecs")


def test_no_audio_from_the_box(tmp_path):
    """Says which ports a firewall must let through."""
    results = scenario(tmp_path, Faults(mute=True), witness=True)
    explained(results, Step.HEARS_BOX, "one-way audio", "26000 to 26400", "firewall", "NAT")
    assert results[Step.BOX_HEARS].verdict is Verdict.PASS


def test_packets_without_sound(tmp_path):
    """Tells silence from absence."""
    explained(scenario(tmp_path, Faults(silent=True)), Step.HEARS_BOX, "nothing is to be heard")


def test_no_audio_to_the_box(tmp_path):
    """Notices by the box's records that it got nothing."""
    results = scenario(tmp_path, Faults(deaf=True), witness=True)
    explained(results, Step.BOX_HEARS, "one-way audio", "the box got nothing", "firewall")
    assert results[Step.HEARS_BOX].verdict is Verdict.PASS


def test_keys_that_are_not_agreed(tmp_path):
    """Names the DTMF mode to set, and what the box does until then."""
    explained(scenario(tmp_path, Faults(dtmf=False)), Step.KEYS, "RFC 4733", "RFC 2833", "in-band")


def test_a_call_that_is_ended_early(tmp_path):
    """Says that the other side hung up."""
    results = scenario(tmp_path, Faults(hang_up_after=0.2))
    explained(results, Step.HANG_UP, "other side hung up")


# a telephone of another make


def test_pyvoip_is_answered_too(tmp_path):
    """Ends with a call by a telephone that we did not write."""
    pytest.importorskip("pyVoIP", reason="pip install attendant[line-test]")
    results = scenario(tmp_path, independent=True)
    assert results[Step.STRANGER].verdict is Verdict.PASS, results[Step.STRANGER]


def test_pyvoip_calls_past_the_pbx_where_there_is_no_second_extension(tmp_path):
    """Calls the box itself, without registering anywhere."""
    pytest.importorskip("pyVoIP", reason="pip install attendant[line-test]")
    results = scenario(tmp_path, independent=True, telephone=None)
    assert results[Step.STRANGER].verdict is Verdict.PASS, results[Step.STRANGER]


def test_pyvoip_is_not_asked_for_what_it_cannot_do(tmp_path):
    """Leaves it out where audio must be encrypted."""
    faults = Faults(srtp=sip.Srtp.REQUIRED)
    results = scenario(tmp_path, faults, made={"srtp": "required"}, independent=True)
    assert results[Step.STRANGER].verdict is Verdict.SKIPPED
