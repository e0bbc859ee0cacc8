"""Broken input, seeded: what `python -m tests.bench.fuzz` does a million times, in a minute's part.

Whatever arrives, nothing raises, what can be answered is answered, memory and time are bounded.
"""

import time
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.digest import Challenge, Credentials
from appliance.sip.errors import RemoteError
from appliance.sip.framing import Framer
from appliance.sip.reception import MOST_CALLS, MOST_TRANSACTIONS
from appliance.sip.sdp import Description
from tests.bench.fuzz import BOX, OFFERS, PEER, READERS, SITUATIONS, Mutator, Situation, Storm
from tests.sip.raw import SDP, invite


@pytest.mark.parametrize("seed", range(4))
def test_nothing_raises_whatever_arrives(seed):
    """Mutated messages in every state of a user agent, and for every reader, leave no fault."""
    storm = Storm(seed)
    for _ in range(4000):
        storm.once()
    assert not storm.faults, storm.examples


def test_the_storm_finds_what_is_wrong(monkeypatch):
    """A reader that raises is found, with its input: the test above could fail."""

    def broken(data: bytes) -> None:
        if b"sendonly" not in data:
            raise ValueError("a fault put in")

    monkeypatch.setitem(READERS, "description", (broken, OFFERS))
    storm = Storm(1)
    while not storm.faults and storm.count < 2000:
        storm.once()
    assert "a fault put in" in next(iter(storm.faults))


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_is_what_it_says(name):
    """The samples are sound: unchanged, most of them are understood there and move something."""
    situation = Situation(name, 1)
    for data in situation.samples:
        situation.meet(data, Mutator(1).random)
    assert situation.samples


token = st.text("abcXYZ019-._!%*+`'~", min_size=1, max_size=12)
value = st.one_of(
    token,
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
    st.from_regex(r'("[^"\r\n]{0,20}" )?<sips?:[a-z0-9%;=?@.:\[\]]{0,30}>(;[a-z]{1,5}(=[a-z"]{0,5})?){0,4}'),
    st.from_regex(r"SIP ?/ ?2\.0 ?/ ?[A-Z]{2,4} [a-z0-9.:\[\]]{1,20}(;[a-z]{1,8}(=[a-zA-Z0-9]{0,9})?){0,4}"),
    st.from_regex(r"[0-9]{1,30}( [A-Z]{1,8})?"),
)  # fmt: skip
NAMES = (
    *("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Require", "Supported", "Max-Forwards"),
    *("Route", "Record-Route", "Content-Type", "Content-Length", "Session-Expires", "Min-SE"),
    *("Refer-To", "Replaces", "Event", "Subscription-State", "RSeq", "RAck", "Expires", "Accept"),
    *("P-Asserted-Identity", "Diversion", "History-Info", "Authorization", "Reason", "Retry-After"),
)


@st.composite
def built(draw):
    """A request whose every field is drawn: plausible in its form, arbitrary in its content."""
    method = draw(
        st.sampled_from(("INVITE", "OPTIONS", "REGISTER", "REFER", "UPDATE", "PRACK", "X"))
    )
    fields = {
        "Via": f"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{draw(token)};rport",
        "From": f"<sip:300@192.0.2.9>;tag={draw(token)}",
        "To": "<sip:100@192.0.2.1>",
        "Call-ID": draw(token),
        "CSeq": f"1 {method}",
        "Contact": "<sip:300@192.0.2.9>",
    }
    lines = [f"{method} sip:100@192.0.2.1 SIP/2.0"]
    lines += [f"{name}: {text}" for name, text in fields.items()]
    drawn = draw(st.lists(st.tuples(st.sampled_from(NAMES), value), max_size=6))
    for name, text in drawn:
        lines.insert(draw(st.integers(1, len(lines))), f"{name}: {text}")
    return (
        "\r\n".join(lines).encode("utf-8", "surrogatepass")
        + b"\r\n\r\n"
        + draw(st.sampled_from((b"", SDP)))
    )


@settings(derandomize=True, database=None, max_examples=400, deadline=None)
@given(built(), st.sampled_from(SITUATIONS))
def test_fields_of_any_content_are_survived(data, name):
    """Requests built of arbitrary field values are answered or dropped in every state."""
    situation = Situation(name, 1)
    situation.meet(data, Mutator(1).random)


def test_a_flood_fills_no_memory():
    """Ten thousand different requests leave the tables within their limits, the rest gets 503."""
    situation, statuses = Situation("idle", 1), set()
    for number in range(MOST_TRANSACTIONS + 500):
        method = "INVITE" if number % 2 else "OPTIONS"
        body = SDP if number % 2 else b""
        data = invite(body, branch=f"z9hG4bK{number}", method=method, call_id=f"c{number}").data
        situation.agent.receive(data, PEER, situation.now)
        statuses |= {packet.data.split()[1] for packet in situation.agent.outgoing()}
    stack, book = situation.agent._stack, situation.agent._book
    assert len(stack.transactions) <= MOST_TRANSACTIONS
    assert len(stack.transactions._merges) <= MOST_TRANSACTIONS
    assert len(book.dialogs) <= MOST_CALLS
    assert statuses == {b"100", b"200", b"503"}
    assert BOX != PEER


def growth(act, small: bytes, large: bytes) -> float:
    """How many times longer `large` takes, the median of several."""

    def cost(data: bytes) -> float:
        start = time.thread_time()
        for _ in range(4):
            act(data)
        return time.thread_time() - start

    act(large)
    return median(cost(large) / max(cost(small), 1e-6) for _ in range(7))


def received(data: bytes) -> None:
    Situation("idle", 1).agent.receive(data, PEER, 1000.0)


def described(data: bytes) -> None:
    try:
        Description.parse(data)
    except RemoteError:
        return


def proven(data: bytes) -> None:
    for reader in (Challenge.parse, Credentials.parse):
        try:
            reader(data.decode())
        except RemoteError:
            continue


def framed(data: bytes) -> None:
    framer = Framer()
    try:
        for at in range(0, len(data), 16):
            framer.feed(data[at : at + 16])
    except RemoteError:
        return


def request(fields: str) -> bytes:
    head = "OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
    head += "From: <sip:300@h>;tag=1\r\nTo: <sip:100@h>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
    return (head + fields + "\r\n").encode()


TRAPS = {
    "vias": (received, lambda n: request(f"v: {'SIP/2.0/UDP h;branch=z9hG4bKy, ' * (n // 40)}x\r\n")),
    "commas": (received, lambda n: request(f"Require: {',' * n}\r\n")),
    "names": (received, lambda n: request(f"Require: {'a,' * (n // 2)}\r\n")),
    "quotes": (received, lambda n: request('Require: "' + '\\"' * (n // 2) + "\r\n")),
    "brackets": (received, lambda n: request(f"Contact: {'<' * n}\r\n")),
    "params": (received, lambda n: request(f"Contact: <sip:a@b>{';a=' * (n // 3)}\r\n")),
    "folds": (received, lambda n: request(f"Subject: x\r\n{' y' + chr(13) + chr(10)}" * (n // 40))),
    "blank lines": (received, lambda n: b"\r\n" * n + request("")),
    "no colon": (received, lambda n: request("x" * n + "\r\n")),
    "sdp lines": (described, lambda n: SDP + b"a=x:y\r\n" * (n // 6)),
    "sdp formats": (described, lambda n: SDP + b"m=audio 1 RTP/AVP" + b" 0" * (n // 2) + b"\r\n"),
    "sdp maps": (described, lambda n: SDP + b"a=rtpmap:0 PCMU/8000\r\n" * (n // 22)),
    "digest": (proven, lambda n: b"Digest " + b'a="b\\"",' * (n // 8)),
    "digest quote": (proven, lambda n: b'Digest realm="' + b"\\" * n),
    "stream head": (framed, lambda n: b"OPTIONS x SIP/2.0\r\n" + b"a: b\r\n" * (n // 6)),
    "stream blank": (framed, lambda n: b"\r\n" * (n // 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_twice_the_length_takes_about_twice_the_time(name):
    """No input is a trap: doubling it never quadruples the work."""
    act, make = TRAPS[name]
    assert growth(act, make(3500), make(7000)) < 3.4
