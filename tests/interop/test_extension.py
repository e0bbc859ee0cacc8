"""SIPp judges the extension: each behaviour that a PBX or an SBC may ask of a good desk phone."""

import pytest

from tests.interop.conftest import Box
from tests.interop.kamailio import Capture, have_capture
from tests.interop.peers import Sipp, free_port

pytestmark = pytest.mark.interop

FEATURES = {
    "prack": "100rel and PRACK",
    "too-brief": "session timer below the least",
    "update": "hold by UPDATE",
    "late-offer": "late offer",
    "old-hold": "hold by 0.0.0.0",
    "codec-change": "codec change in the call",
    "lost-ack": "late ACK",
    "unsupported": "420",
    "stray": "481 and 405",
    "secure-only": "SRTP off: refused",
    "loose-route": "Record-Route",
    "diverted": "P-Asserted-Identity, Diversion",
}
CELLS = [pytest.param(n, marks=pytest.mark.matrix("SIPp", f)) for n, f in FEATURES.items()]


@pytest.mark.parametrize("scenario", CELLS)
def test_a_peer_gets_what_the_rfc_promises(box, tmp_path, scenario):
    """Each scenario of SIPp ends as the RFC that it names says."""
    Sipp(scenario, box.address, tmp_path).wait(60)


@pytest.mark.matrix("SIPp", "session timer, both roles")
def test_sessions_are_refreshed_and_expire(box, tmp_path):
    """The box refreshes where it promised to, and ends a call whose peer promised and did not."""
    since = len(box.call.events)
    runs = [
        Sipp(scenario, box.address, tmp_path)
        for scenario in ("timer-box-refreshes", "timer-expires")
    ]
    try:
        for run in runs:
            run.wait(110)
    finally:
        for run in runs:
            run.stop()
    box.call.await_event(lambda e: e["event"] == "ended", 5, since)


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(n, marks=pytest.mark.matrix("SIPp", f"{n} over TCP"))
        for n in ("options", "call", "hold")
    ],
)
def test_the_same_over_tcp(box, tmp_path, scenario):
    """A peer that comes over TCP is served like one over UDP."""
    Sipp(scenario, box.address, tmp_path, transport="t1").wait(60)


@pytest.mark.matrix("SIPp", "IPv6")
def test_the_same_over_ipv6(box, tmp_path):
    """A box on an IPv6 address answers, holds and ends."""
    six = Box(
        tmp_path / "six", speech_socket=box.socket, exchange=False, host="::1",
        registrar_port=free_port(), account={"domain": "::1", "registration": False},
    )  # fmt: skip
    try:
        six.ready()
        Sipp("update", six.address, tmp_path, host="::1").wait(60)
    finally:
        six.stop()


@pytest.mark.parametrize(
    ("scenario", "policy"),
    [
        pytest.param("secure", "offered", marks=pytest.mark.matrix("SIPp", "SRTP offered")),
        pytest.param("secure", "required", marks=pytest.mark.matrix("SIPp", "SRTP required")),
        pytest.param(
            "plain-refused", "required", marks=pytest.mark.matrix("SIPp", "plain refused")
        ),
    ],
)
def test_encryption_is_agreed_or_refused(box, tmp_path, scenario, policy):
    """SAVP is answered with one key; a plain offer is refused where encryption is required."""
    other = Box(
        tmp_path / "srtp", speech_socket=box.socket, exchange=False,
        registrar_port=free_port(), account={"srtp": policy, "registration": False},
    )  # fmt: skip
    try:
        other.ready()
        Sipp(scenario, other.address, tmp_path).wait(60)
    finally:
        other.stop()


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param("register-brief", marks=pytest.mark.matrix("SIPp", "423 Min-Expires")),
        pytest.param("register-busy", marks=pytest.mark.matrix("SIPp", "503 Retry-After")),
        pytest.param("register-sha", marks=pytest.mark.matrix("SIPp", "SHA-256 before MD5")),
    ],
)
def test_a_registrar_is_obeyed(tmp_path, scenario):
    """423, 503 and a choice of digests lead to a registration."""
    registrar = Sipp(scenario, "", tmp_path, port=free_port())
    box = Box(tmp_path, exchange=False, registrar_port=registrar.port, password="secret")
    try:
        box.call.await_event(lambda e: e["event"] == "registered", 20)
        registrar.wait(20)
    finally:
        registrar.stop()
        box.stop()


@pytest.mark.matrix("SIPp", "302 at registration")
def test_a_registrar_that_has_moved_is_followed(tmp_path):
    """302 to another address: the box registers there."""
    there = Sipp("register-plain", "", tmp_path, port=free_port())
    here = Sipp("register-moved", "", tmp_path, port=free_port(), fields=(there.port,))
    box = Box(tmp_path, exchange=False, registrar_port=here.port, password="secret")
    try:
        box.call.await_event(lambda e: e["event"] == "registered", 20)
        here.wait(20)
        there.wait(20)
    finally:
        here.stop()
        there.stop()
        box.stop()


@pytest.mark.skipif(not have_capture(), reason="watching the wire takes root and tcpdump")
@pytest.mark.matrix("tshark", "SIP, SDP, RTP and RTCP without a fault")
def test_tshark_finds_no_fault_in_what_we_send(box, tmp_path):
    """Calls with hold, keys, PRACK, UPDATE and a codec change decode without a malformed packet."""
    wire = Capture(tmp_path)
    try:
        for scenario in ("hold", "info", "prack", "update", "codec-change", "options"):
            Sipp(scenario, box.address, tmp_path).wait(60)
        Sipp("listen", box.address, tmp_path, fields=(8_000,)).wait(60)  # RTCP reports too
    finally:
        wire.stop()
    sip = int(box.address.rpartition(":")[2])
    ours = f"(udp.srcport == {sip} || udp.srcport in {{16384..16884}})"
    sent = {int(port) for (port,) in wire.read(ours, "udp.srcport")}
    rules = [f"udp.port=={sip},sip"]
    rules += [f"udp.port=={port},{'rtcp' if port % 2 else 'rtp'}" for port in sent - {sip}]
    fault = '(_ws.malformed || _ws.expert.severity == "Error")'
    assert not wire.read(f"{ours} && {fault}", "frame.number", "_ws.expert.message", decode=rules)
    kinds = wire.read(f"{ours} && (sip || rtp || rtcp)", "frame.protocols", decode=rules)
    seen = {row[0].rpartition(":")[2] for row in kinds}
    assert {"sip", "rtp", "rtcp", "sdp"} <= seen
