"""The line test at Kamailio: a registrar and proxy that we did not write."""

import asyncio

import pytest

from appliance import sip
from appliance.call.linetest.run import Telephone
from appliance.call.linetest.steps import Step, Verdict
from appliance.settings import AccountSettings, TlsSettings
from appliance.system.certificates import issue
from tests.call.linetest.pbx import HOST, Pbx, examined
from tests.interop.kamailio import Kamailio

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One Kamailio for all."""
    held = Kamailio(tmp_path_factory.mktemp("kamailio"))
    yield held
    held.stop()


def at(site, tmp_path, *, transport="udp", user="100", password="word100", phone="200", **more):
    """Test a line there, a box being registered; returns the results by step."""
    port = site.tls_port if transport == "tls" else site.port
    to = sip.Address(transport, HOST, port)
    account = sip.Account("100", HOST, "word100", to)
    own = issue(None, HOST).write(tmp_path, "box") if transport == "tls" else None
    ca = TlsSettings(ca=site.folder / "server.pem") if transport == "tls" else TlsSettings()
    made = AccountSettings(
        user=user, password=password, domain=HOST, port=port, transport=transport, tls=ca
    )

    async def go():
        async with Pbx(site=account, transports=(transport,), tls=own):
            telephone = Telephone(phone, f"word{phone}")
            return await examined(made, tmp_path, telephone=telephone, patience=3.0, **more)

    return asyncio.run(go())


def wrong(results):
    """What failed."""
    return [one for one in results.values() if one.verdict is Verdict.FAIL]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_good_line_at_a_proxy(site, tmp_path, transport):
    """Finds nothing wrong by any transport, hold and putting through included."""
    results = at(site, tmp_path, transport=transport)
    assert not wrong(results)
    assert "kamailio" in results[Step.ANSWER].saw.lower()
    assert results[Step.REGISTRATION].verdict is Verdict.PASS
    assert results[Step.BINDING].verdict is Verdict.PASS
    assert "heard again" in results[Step.HOLD].saw
    assert results[Step.TRANSFER].verdict is Verdict.PASS


def test_a_wrong_password_at_a_proxy(site, tmp_path):
    """Says so, as the proxy challenges for ever."""
    (found, *_) = wrong(at(site, tmp_path, password="wrong"))
    assert found.step is Step.REGISTRATION
    assert "wrong password" in found.saw


def test_what_pyvoip_cannot_do_is_not_held_against_the_line(site, tmp_path):
    """Lets pyVoIP call through a proxy, whose challenge it cannot answer, and says just that."""
    pytest.importorskip("pyVoIP", reason="pip install attendant[line-test]")
    results = at(site, tmp_path, independent=True)
    assert not wrong(results)
    assert results[Step.STRANGER].verdict is Verdict.SKIPPED
    assert "407" in results[Step.STRANGER].saw
