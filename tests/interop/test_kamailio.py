"""The box at Kamailio: registrar and proxy of Debian, with baresip as the caller and the person."""

import math
import time

import pytest

from tests.interop.conftest import Box
from tests.interop.kamailio import Capture, Kamailio, have_capture
from tests.interop.peers import Baresip
from tests.interop.test_baresip import write_wav

pytestmark = pytest.mark.interop

CODECS = {
    "PCMA": ("g711", "PCMA/8000/1"),
    "G722": ("g722", "G722/16000/1"),
    "opus": ("opus", "opus/48000/2"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A Kamailio for every test that leaves it running."""
    held = Kamailio(tmp_path_factory.mktemp("kamailio"))
    yield held
    held.stop()


@pytest.fixture
def at(box, tmp_path):
    """Make boxes at a Kamailio, sharing the session's `speech`; all are ended."""
    made = []

    def make(site, transport="udp", *, account=None, **call):
        port = site.tls_port if transport == "tls" else site.port
        made.append(
            Box(
                tmp_path / f"box{len(made)}",
                speech_socket=box.socket,
                exchange=False,
                registrar_port=port,
                password="word100",
                account={"transport": transport, **(account or {})},
                tls={"ca": str(site.folder / "server.pem")} if transport == "tls" else None,
                **call,
            )
        )
        made[-1].call.await_event(lambda e: e["event"] == "registered", 20)
        return made[-1].ready()

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def phone(tmp_path):
    """Make baresips at a Kamailio; all are ended."""
    made = []

    def make(site, user, transport="udp", codec="PCMA", *, srtp="", **options):
        port = site.tls_port if transport == "tls" else site.port
        module, name = CODECS[codec]
        account = f"<sip:{user}@127.0.0.1:{port};transport={transport}>;auth_pass=word{user}"
        account += f';outbound="sip:127.0.0.1:{port};transport={transport}"'
        account += f";regint=60;audio_codecs={name}" + (f";mediaenc={srtp}" if srtp else "")
        silence = write_wav(tmp_path / "silence.wav", bytes(16_000 * 120))
        made.append(
            Baresip(
                tmp_path / f"phone{user}",
                account,
                silence,
                modules=(module, "srtp") if srtp else (module,),
                authority=site.folder / "server.pem",
                **options,
            )
        )
        made[-1].port = port
        made[-1].transport = transport
        made[-1].await_said("200 OK")
        return made[-1]

    yield make
    for each in made:
        each.stop()


def dial(phone, user="100"):
    """Call an extension over the transport that the telephone registered by."""
    phone.tell("dial", f"sip:{user}@127.0.0.1:{phone.port};transport={phone.transport}")
    phone.await_event("CALL_ESTABLISHED")


def entropy(data):
    """Bits of information in a byte: 8 where nothing can be told."""
    counts = [data.count(bytes([value])) for value in range(256)]
    return -sum(n / len(data) * math.log2(n / len(data)) for n in counts if n)


def cells(*names):
    """Marks of the matrix."""
    return [pytest.mark.matrix("Kamailio", name) for name in names]


@pytest.mark.parametrize(
    ("transport", "digest"),
    [
        pytest.param("udp", "MD5", marks=cells("registration UDP", "digest MD5")),
        pytest.param("tcp", "SHA-256", marks=cells("registration TCP", "digest SHA-256")),
        pytest.param("tls", "MD5", marks=cells("registration TLS")),
    ],
)
def test_the_box_registers_and_unregisters(box, tmp_path, at, transport, digest):
    """The box registers over each transport, and takes its binding back when it ends."""
    site = Kamailio(tmp_path / "site", digest=digest)
    try:
        made = at(site, transport)
        assert made.call.stop() == 0
        assert not [e["cause"] for e in made.call.events if e.get("cause")]
    finally:
        site.stop()


@pytest.mark.parametrize(
    ("transport", "codec", "srtp"),
    [
        pytest.param("udp", "PCMA", "", marks=pytest.mark.matrix("baresip", "call UDP, PCMA")),
        pytest.param("tcp", "G722", "", marks=pytest.mark.matrix("baresip", "call TCP, G.722")),
        pytest.param("udp", "opus", "", marks=pytest.mark.matrix("baresip", "call UDP, Opus")),
        pytest.param(
            "tls", "PCMA", "srtp-mand", marks=pytest.mark.matrix("baresip", "call TLS+SRTP, PCMA")
        ),
        pytest.param(
            "tls", "opus", "srtp-mand", marks=pytest.mark.matrix("baresip", "call TLS+SRTP, Opus")
        ),
    ],
)
def test_a_softphone_calls_through_the_proxy(at, phone, site, transport, codec, srtp):
    """Greeting heard, a key understood, hold and resume, and the end, whatever carries it."""
    made = at(site, transport, account={"srtp": "required" if srtp else "off"})
    caller = phone(site, "300", transport, codec, srtp=srtp)
    dial(caller)
    made.call.await_event(lambda e: e["event"] == "greeting", 15)
    caller.tell("sndcode", "1")
    made.call.await_event(lambda e: e["event"] == "key" and e["digit"] == "1", 10)
    caller.tell("hold")
    made.call.await_event(lambda e: e["event"] == "held", 10)
    caller.tell("resume")
    made.call.await_event(lambda e: e["event"] == "resumed-from-hold", 10)
    time.sleep(1)
    caller.tell("hangup")
    ended = made.call.await_event(lambda e: e["event"] == "ended", 10)
    assert ended["outcome"] == "caller-hung-up"
    assert abs(caller.heard()).max() > 0.1


@pytest.mark.matrix("Kamailio", "Path of an edge proxy")
def test_the_box_is_reached_through_an_edge_proxy(at, phone, box, tmp_path):
    """Registered through a proxy that adds its Path, the box is called through that proxy."""
    core = Kamailio(tmp_path / "core")
    edge = Kamailio(tmp_path / "edge", core=core.port)
    try:
        made = at(edge)
        caller = phone(core, "300")
        dial(caller)
        made.call.await_event(lambda e: e["event"] == "greeting", 15)
        caller.tell("hangup")
        made.call.await_event(lambda e: e["event"] == "ended", 10)
    finally:
        edge.stop()
        core.stop()


@pytest.mark.parametrize(
    "transport",
    [
        pytest.param("udp", marks=cells("restart, UDP")),
        pytest.param("tls", marks=cells("restart, TLS")),
    ],
)
def test_the_line_returns_after_the_proxy_was_gone(at, box, tmp_path, transport):
    """The proxy is stopped and started again: the box is registered again without help."""
    site = Kamailio(tmp_path / "site", least=10)
    try:
        made = at(site, transport, expires=30)
        site.stop()
        made.call.await_event(lambda e: e["event"] == "unregistered", 60)
        since = len(made.call.events)
        site.start()
        made.call.await_event(lambda e: e["event"] == "registered", 40, since)
    finally:
        site.stop()


@pytest.mark.skipif(not have_capture(), reason="watching the wire takes root and tcpdump")
@pytest.mark.matrix("baresip", "TLS+SRTP, G.722, hold, hand-over with briefing")
def test_an_encrypted_call_is_handed_over_with_briefing(at, phone, site, tmp_path):
    """TLS+SRTP with G.722: held, resumed, put through with a briefing; nothing plain on the wire."""
    wire = Capture(tmp_path)
    ports = [24_000, 24_100]  # no other box of these tests sends from them
    secure = {"srtp": "required"}
    try:
        made = at(site, "tls", account=secure, handover="attended", media_ports=ports)
        caller = phone(site, "300", "tls", "G722", srtp="srtp-mand")
        person = phone(site, "200", "tls", "G722", srtp="srtp-mand", answer="auto")
        dial(caller)
        made.call.await_event(lambda e: e["event"] == "greeting", 15)
        caller.tell("hold")
        made.call.await_event(lambda e: e["event"] == "held", 10)
        caller.tell("resume")
        made.call.await_event(lambda e: e["event"] == "resumed-from-hold", 10)
        caller.tell("sndcode", "0")
        made.call.await_event(lambda e: e["event"] == "transfer", 20)
        made.call.await_event(lambda e: e["event"] == "consulting", 20)
        over = made.call.await_event(lambda e: e["event"] == "transferred", 40)
        assert over["how"] == "attended"
        ended = made.call.await_event(lambda e: e["event"] == "ended", 20)
        assert ended["outcome"] == "transferred"
        time.sleep(2)
        assert abs(person.heard(0)).max() > 0.1  # the briefing
        assert len(person.heard(1)) > 16_000  # the caller, who is silent
    finally:
        wire.stop()
    boxes = {*range(ports[0], ports[1] + 1)}
    rows = wire.read("udp", "udp.srcport", "udp.dstport", "udp.payload")
    media = [bytes.fromhex(payload) for a, b, payload in rows if {int(a), int(b)} & boxes]
    sound = [packet[12:] for packet in media if not 192 <= packet[1] <= 223]
    assert len(sound) > 500
    # G.722 of a silent caller has few different bytes; what is encrypted has all of them alike
    assert min(map(entropy, (b"".join(sound[:250]), b"".join(sound[-250:])))) > 7.9
    signalling = f"sip && (tcp.port == {site.tls_port} || udp.port == {site.tls_port})"
    assert not wire.read(signalling, "sip.Method")  # it is all inside TLS
