"""The four transaction machines, one by one in virtual time."""

import pytest

from appliance.sip.address import Address
from appliance.sip.message import Headers, Request, respond
from appliance.sip.timers import Timers
from appliance.sip.transaction import (
    DEAF,
    GIVE_UP,
    LARGEST_DATAGRAM,
    MOVES,
    SWITCH,
    T1,
    T2,
    T4,
    On,
    Role,
    State,
    Transactions,
    grade,
)

UDP = Address("udp", "192.0.2.9", 5060)
TCP = Address("tcp", "192.0.2.9", 5060)


def request(method, branch="z9hG4bK1", number=1, to="<sip:b@h>"):
    return Request(
        Headers(
            [
                ("Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport"),
                ("Route", "<sip:proxy;lr>"),
                ("From", "<sip:a@h>;tag=f"),
                ("To", to),
                ("Call-ID", "c"),
                ("CSeq", f"{number} {method}"),
            ]
        ),
        method,
        "sip:b@h",
    )


class Bench:
    """A transaction layer, its clock, and what it did."""

    def __init__(self):
        self.now = 0.0
        self.sent = []
        self.heard = []
        self.silent = []
        self.timers = Timers()
        self.layer = Transactions(
            self.timers, lambda data, to: self.sent.append((self.now, data, to))
        )

    def client(self, method, to=UDP):
        made = request(method)
        self.layer.request(
            made, to, self.now, lambda r, _: self.heard.append(r.status), self.silent.append
        )
        return made

    def server(self, method, source=UDP):
        return self.layer.accept(request(method), source)

    def run(self, until):
        while (when := self.timers.deadline()) is not None and when <= until:
            self.now = when
            self.timers.run(when)
        self.now = until

    def times(self):
        return [round(when, 3) for when, _, _ in self.sent]


def test_an_invite_is_repeated_with_doubling_pauses_until_it_is_given_up():
    """Timer A doubles without limit, timer B ends it (RFC 3261 17.1.1.2)."""
    bench = Bench()
    bench.client("INVITE")
    bench.run(100)
    assert bench.times() == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert bench.silent == [GIVE_UP]
    assert len(bench.layer) == 0


def test_other_requests_are_repeated_at_most_every_t2():
    """Timer E doubles up to T2, timer F ends it (17.1.2.2)."""
    bench = Bench()
    bench.client("BYE")
    bench.run(100)
    assert bench.times() == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.silent == [GIVE_UP]
    assert bench.timers.deadline() is None


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_reliable_transport_needs_no_repetition(method):
    """Over TCP a request is sent once, and still given up in time."""
    bench = Bench()
    bench.client(method, TCP)
    bench.run(100)
    assert bench.times() == [0]
    assert bench.silent == [GIVE_UP]


def test_a_provisional_response_stops_the_repetition_of_an_invite():
    """After 100 an INVITE waits for as long as it rings."""
    bench = Bench()
    made = bench.client("INVITE")
    bench.layer.receive_response(respond(made, 100), 0.1)
    bench.layer.receive_response(respond(made, 180, tag="t"), 0.2)
    bench.run(1000)
    assert bench.times() == [0]
    assert bench.heard == [100, 180]
    assert bench.silent == []


def test_a_provisional_response_slows_the_repetition_of_others():
    """In Proceeding timer E is T2 and timer F still runs (17.1.2.2)."""
    bench = Bench()
    made = bench.client("BYE")
    bench.layer.receive_response(respond(made, 100), 0.1)
    bench.run(100)
    assert bench.times()[1] == 0.1 + T2
    assert bench.silent == [GIVE_UP]


def test_a_failure_is_acknowledged_each_time_and_told_once():
    """A repeated 486 is acknowledged again, on the INVITE's branch; then it is forgotten."""
    bench = Bench()
    made = bench.client("INVITE")
    busy = respond(made, 486, tag="t")
    for at in (0.1, 0.6):
        bench.layer.receive_response(busy, at)
    acks = [data for _, data, _ in bench.sent if data.startswith(b"ACK")]
    assert len(acks) == 2
    assert bench.heard == [486]
    bench.run(GIVE_UP + 0.2)
    assert len(bench.layer) == 0


def test_every_success_is_told():
    """A repeated or forked 200 reaches the session, which acknowledges it (RFC 6026)."""
    bench = Bench()
    made = bench.client("INVITE")
    for _ in range(3):
        bench.layer.receive_response(respond(made, 200, tag="t"), 0.1)
    assert bench.heard == [200, 200, 200]
    bench.run(GIVE_UP + 1)
    assert len(bench.layer) == 0


def test_a_repeated_answer_to_another_request_is_absorbed():
    """Timer K keeps the transaction for T4, so that the answer is told once."""
    bench = Bench()
    made = bench.client("OPTIONS")
    for _ in range(2):
        bench.layer.receive_response(respond(made, 200, tag="t"), 0.1)
    assert bench.heard == [200]
    bench.run(0.1 + T4)
    assert len(bench.layer) == 0


def test_a_stray_response_is_dropped():
    """Another branch or method belongs to nobody."""
    bench = Bench()
    bench.client("INVITE")
    bench.layer.receive_response(respond(request("INVITE", "z9hG4bKother"), 200), 0.1)
    bench.layer.receive_response(respond(request("BYE"), 200), 0.1)
    assert bench.heard == []


def test_the_failure_of_an_invite_is_repeated_until_its_ack():
    """Timers G and H of the server (17.2.1); then timer I absorbs further ACKs."""
    bench = Bench()
    made = bench.server("INVITE")
    made.respond(respond(made.request, 486, tag="t"), 0.0)
    bench.run(2.0)
    assert bench.times() == [0, T1, 1.5]
    assert made.move(On.ACK, bench.now)
    bench.run(20.0)
    assert bench.times() == [0, T1, 1.5]
    assert len(bench.layer) == 0


def test_a_failure_without_ack_is_given_up():
    """Timer H ends it."""
    bench = Bench()
    made = bench.server("INVITE")
    made.respond(respond(made.request, 486, tag="t"), 0.0)
    bench.run(GIVE_UP)
    assert len(bench.layer) == 0
    assert len(bench.sent) > 8


def test_a_repeated_request_gets_the_same_answer():
    """The last response is repeated, byte for byte."""
    bench = Bench()
    invite = bench.server("INVITE")
    invite.move(On.REQUEST, 0.0)
    assert bench.sent == []
    invite.respond(respond(invite.request, 180, tag="t"), 0.0)
    invite.move(On.REQUEST, 0.1)
    bye = bench.server("BYE")
    bye.respond(respond(bye.request, 200, tag="t"), 0.2)
    bye.move(On.REQUEST, 0.3)
    data = [data for _, data, _ in bench.sent]
    assert data[0] == data[1]
    assert data[2] == data[3]
    bench.run(0.3 + GIVE_UP)
    assert invite.state is State.PROCEEDING
    assert bye.state is State.TERMINATED


def test_after_a_success_repeated_invites_are_absorbed():
    """In Accepted the session repeats the 200, not the transaction (RFC 6026 7.1)."""
    bench = Bench()
    made = bench.server("INVITE")
    made.respond(respond(made.request, 200, tag="t"), 0.0)
    assert not made.move(On.REQUEST, 0.1)
    assert not made.move(On.ACK, 0.1)
    assert len(bench.sent) == 1
    bench.run(GIVE_UP)
    assert len(bench.layer) == 0


def test_a_second_final_answer_is_dropped():
    """One request has one outcome."""
    bench = Bench()
    made = bench.server("BYE")
    made.respond(respond(made.request, 200), 0.0)
    made.respond(respond(made.request, 500), 0.0)
    assert len(bench.sent) == 1


def test_requests_are_matched_to_their_transaction():
    """ACK and CANCEL find the INVITE; the branch alone does not make two senders one."""
    bench = Bench()
    made = bench.server("INVITE")
    assert bench.layer.find_server(request("ACK")) is made
    assert bench.layer.find_invite(request("CANCEL")) is made
    assert bench.layer.find_server(request("BYE")) is None
    other = request("INVITE")
    other = other.with_headers(
        other.headers.setting("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1")
    )
    assert bench.layer.find_server(other) is None


def test_the_same_request_on_another_path_is_recognised():
    """Another branch with the same Call-ID, tag and CSeq is merged (8.2.2.2), while we know it."""
    bench = Bench()
    made = bench.server("INVITE")
    assert bench.layer.is_merged(request("INVITE", "z9hG4bK2"))
    assert not bench.layer.is_merged(request("INVITE"))
    assert not bench.layer.is_merged(request("INVITE", "z9hG4bK2", number=2))
    assert not bench.layer.is_merged(request("INVITE", "z9hG4bK2", to="<sip:b@h>;tag=1"))
    made.abandon(1.0)
    assert not bench.layer.is_merged(request("INVITE", "z9hG4bK2"))


def test_an_abandoned_transaction_is_silent():
    """Nobody hears of it and no timer is left."""
    bench = Bench()
    made = bench.client("INVITE")
    next(iter(bench.layer._all.values())).abandon(0.1)
    bench.layer.receive_response(respond(made, 200, tag="t"), 0.2)
    bench.run(100)
    assert (bench.heard, bench.silent) == ([], [])
    assert bench.timers.deadline() is None


def test_the_tables_are_whole():
    """Every state that a table leads to is left by it again, or is the end."""
    for role, moves in MOVES.items():
        reached = {state for state, _ in moves.values()} - {State.TERMINATED}
        left = {state for state, _ in moves}
        assert reached <= left, role
    assert [grade(status) for status in (100, 200, 302, 699)] == [
        On.PROVISIONAL,
        On.SUCCESS,
        On.FAILURE,
        On.FAILURE,
    ]
    assert set(MOVES) == set(Role)


OURS = Address("udp", "192.0.2.1", 5060)
LISTENING = Address("tcp", "192.0.2.1", 5070)


class Ways(Bench):
    """A layer that knows its own addresses."""

    def __init__(self):
        super().__init__()
        self.layer = Transactions(
            self.timers,
            lambda data, to: self.sent.append((self.now, data, to)),
            lambda transport: LISTENING if transport == "tcp" else OURS,
        )

    def large(self, method="INVITE", to=UDP):
        made = request(method)
        made = made.with_headers(made.headers.adding([("Subject", "x" * LARGEST_DATAGRAM)]))
        return self.layer.request(
            made, to, self.now, lambda r, _: self.heard.append(r.status), self.silent.append
        )


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_lost_connection_fails_what_waits_for_an_answer(method):
    """At once, with the reason (RFC 3261 17.1.4); other connections do not matter."""
    bench = Bench()
    bench.client(method, TCP)
    (made,) = bench.layer._all.values()
    bench.layer.lost(UDP, "unplugged", 0.5)
    assert bench.silent == []
    bench.layer.lost(TCP, "unplugged", 1.0)
    assert bench.silent == [1.0]
    assert made.trouble == "unplugged"
    assert len(bench.layer) == 0
    assert bench.timers.deadline() is None


def test_a_call_that_rings_fails_with_its_connection():
    """After 180 nothing could tell us of the answer any more."""
    bench = Bench()
    made = bench.client("INVITE", TCP)
    bench.layer.receive_response(respond(made, 180, tag="t"), 0.1)
    bench.layer.lost(TCP, "unplugged", 1.0)
    assert bench.silent == [1.0]


def test_an_answered_request_does_not_mind():
    """What has its outcome keeps it."""
    bench = Bench()
    made = bench.client("INVITE", TCP)
    bench.layer.receive_response(respond(made, 200, tag="t"), 0.1)
    bench.layer.lost(TCP, "unplugged", 1.0)
    assert bench.silent == []


def test_answers_find_another_way_when_the_connection_is_gone():
    """To the sent-by of the Via, what was said already included (RFC 3261 18.2.2)."""
    bench = Bench()
    flow, said = Address("tcp", "192.0.2.9", 40000), TCP
    made = bench.layer.accept(request("INVITE"), flow, fallback=said)
    made.respond(respond(made.request, 180, tag="t"), 0.0)
    bench.layer.lost(flow, "closed", 1.0)
    made.respond(respond(made.request, 486, tag="t"), 2.0)
    assert [to for _, _, to in bench.sent] == [flow, said, said]
    bench.layer.lost(said, "refused", 3.0)
    assert len(bench.sent) == 3


def test_nothing_is_said_twice_before_anything_was_said():
    """A request that waits for its answer just gets another way."""
    bench = Bench()
    flow = Address("tcp", "192.0.2.9", 40000)
    made = bench.layer.accept(request("BYE"), flow, fallback=TCP)
    bench.layer.lost(flow, "closed", 1.0)
    assert bench.sent == []
    made.respond(respond(made.request, 200), 2.0)
    assert bench.sent[0][2] == TCP


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_large_request_goes_by_tcp(method):
    """Beyond 1300 bytes, with a Via that says so, and without repetition (18.1.1)."""
    bench = Ways()
    made = bench.large(method)
    ((_, data, to),) = bench.sent
    assert to == TCP
    assert b"Via: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK1;rport\r\n" in data
    bench.layer.receive_response(respond(made.request, 200, tag="t"), 1.0)
    bench.run(GIVE_UP - 1)
    assert bench.heard == [200]
    assert len(bench.sent) == 1
    bench.large(method)
    bench.layer.receive_response(respond(made.request, 200, tag="t"), bench.now)
    assert len(bench.timers) == 1


def test_a_request_that_fits_stays_a_datagram():
    """And one that is large goes over a connection as it is."""
    bench = Ways()
    bench.client("INVITE")
    assert bench.sent[0][2] == UDP
    assert b"Via: SIP/2.0/UDP 192.0.2.1:5060;" in bench.sent[0][1]
    bench = Ways()
    bench.large(to=TCP)
    assert bench.sent[0][2] == TCP


@pytest.mark.parametrize("refused", [True, False])
def test_where_no_connection_is_made_the_datagram_goes_after_all(refused):
    """At once where it is refused, after a few seconds where nothing happens; and it is noted."""
    bench = Ways()
    made = bench.large()
    if refused:
        bench.layer.lost(TCP, "refused", 0.1)
    bench.run(SWITCH)
    assert [to for _, _, to in bench.sent][:2] == [TCP, UDP]
    assert b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n" in bench.sent[1][1]
    assert bench.silent == []
    bench.layer.receive_response(respond(made.request, 200, tag="t"), SWITCH)
    assert bench.heard == [200]
    bench.now = 100.0
    bench.large()
    assert bench.sent[-1][2] == UDP
    bench.now = 100.0 + DEAF
    bench.large()
    assert bench.sent[-1][2] == TCP


def test_a_datagram_that_nobody_answers_either_is_given_up():
    """The timers begin anew with it."""
    bench = Ways()
    bench.large("BYE")
    bench.layer.lost(TCP, "refused", 0.0)
    bench.run(100)
    assert bench.silent == [GIVE_UP]
    assert len(bench.sent) == 1 + 11
    assert bench.timers.deadline() is None


def test_the_via_tells_the_transport():
    """A request over a connection says so, whatever it was made with."""
    bench = Ways()
    bench.layer.request(request("BYE"), Address("tls", "192.0.2.9", 5061), 0.0)
    assert b"Via: SIP/2.0/TLS 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n" in bench.sent[0][1]


def test_few_deaf_peers_are_remembered():
    """A bounded number, the oldest forgotten first."""
    bench = Ways()
    for number in range(500):
        bench.layer.deafen(Address("udp", f"10.0.{number // 250}.{number % 250}", 5060), 0.0)
    assert len(bench.layer._deaf) == 64
