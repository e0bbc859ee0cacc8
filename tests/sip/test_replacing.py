"""A new call that takes the place of one of ours (RFC 3891)."""

import pytest

from appliance.sip import Address, EndReason, Incoming
from appliance.sip.guard import Policy
from appliance.sip.parser import parse
from tests.sip.raw import invite
from tests.sip.wire import PBX, dial, ended, media, requests, responses, talk

FRIENDS = Policy(trusted=("192.0.2.0/28",))
FRIEND = Address("udp", "192.0.2.5", 5060)
STRANGER = Address("udp", "192.0.2.99", 5060)


class Table:
    """A box with one call, and somebody who wants its place."""

    def __init__(self, wire, *, policy=FRIENDS):
        self.wire = wire
        self.box = wire.station("192.0.2.1", policy=policy)
        self.peer = wire.station("192.0.2.9")
        self.count = 0

    def talk(self):
        self.there, self.here = talk(self.wire, self.peer, self.box)
        return self

    @property
    def key(self):
        return self.box.agent._book.calls[self.here].dialog.key

    def asks(self, key, source=FRIEND, more="", fields=()):
        """An INVITE with Replaces; its last answer so far, or None while it waits."""
        call_id, to_tag, from_tag = key
        value = f"{call_id};to-tag={to_tag};from-tag={from_tag}{more}"
        self.count += 1
        raw = invite(
            fields=(("Replaces", value), ("Require", "replaces"), *fields),
            branch=f"z9hG4bKr{self.count}",
            call_id=f"r{self.count}",
        )
        before = len(self.wire.sent)
        self.box.agent.receive(raw.data, source, self.wire.now)
        self.wire.settle()
        last = parse(self.wire.sent[-1][2].data)
        assert len(self.wire.sent) > before
        return last.status


def test_a_call_is_replaced_when_the_new_one_is_answered(clean):
    """Told with its handle; the answer ends the old call as REPLACED and says BYE there."""
    table = Table(clean).talk()
    assert table.asks(table.key) == 100
    incoming = table.box.last(Incoming)
    assert incoming.replaces == table.here
    clean.run(1)
    assert ended(table.box, table.here) == []
    table.box.agent.answer(incoming.call, media(), clean.now)
    clean.run(1)
    assert ended(table.box, table.here) == [EndReason.REPLACED]
    assert ended(table.peer, table.there) == [EndReason.HUNG_UP]
    assert incoming.call in table.box.agent.calls()


def test_a_replacement_that_is_refused_leaves_the_call(clean):
    """Only the answer ends the old call."""
    table = Table(clean).talk()
    table.asks(table.key)
    table.box.agent.reject(table.box.last(Incoming).call, 486, clean.now)
    clean.run(40)
    assert ended(table.box, table.here) == []


@pytest.mark.parametrize("known", [True, False])
def test_a_stranger_replaces_nothing(clean, known):
    """403 from elsewhere, though it knows every tag; the peer of the call itself may."""
    table = Table(clean, policy=Policy()).talk()
    source = table.peer.address if known else STRANGER
    assert table.asks(table.key, source) == (100 if known else 403)
    assert len(table.box.all(Incoming)) == 1 + known


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_call_that_was_never_here_is_481(clean, which):
    """Every part of the name must fit."""
    table = Table(clean).talk()
    key = [*table.key]
    key[which] = "other"
    assert table.asks(key) == 481
    call_id, to_tag, from_tag = table.key
    assert table.asks((call_id, from_tag, to_tag)) == 481


def test_a_call_that_is_over_is_603(clean):
    """While it closes and afterwards: declined, not unknown."""
    table = Table(clean).talk()
    key = table.key
    clean.cut.add(table.peer.address)
    table.box.agent.hang_up(table.here, clean.now)
    assert table.asks(key) == 603
    clean.cut.clear()
    clean.run(40)
    assert table.asks(key) == 603


def test_a_call_that_is_answered_is_not_early(clean):
    """early-only is 486 then, and the call stays."""
    table = Table(clean).talk()
    assert table.asks(table.key, more=";early-only") == 486
    assert ended(table.box, table.here) == []


def test_a_call_that_rings_here_is_not_replaced(clean):
    """An early dialog that we did not begin: 481 (RFC 3891 section 3)."""
    table = Table(clean)
    _, table.here = dial(clean, table.peer, table.box)
    table.box.agent.ring(table.here, clean.now)
    clean.run(1)
    assert table.asks(table.key) == 481


@pytest.mark.parametrize("more", ["", ";early-only"])
def test_a_call_of_ours_that_rings_elsewhere_is_replaced(clean, more):
    """Somebody picks up for the phone that we call: ours is cancelled."""
    table = Table(clean)
    table.here, there = dial(clean, table.box, table.peer)
    table.peer.agent.ring(there, clean.now)
    clean.run(1)
    (key,) = table.box.agent._book.dialogs
    assert table.asks(key, more=more) == 100
    incoming = table.box.last(Incoming)
    assert incoming.replaces == table.here
    table.box.agent.answer(incoming.call, media(), clean.now)
    clean.run(1)
    assert ended(table.box, table.here) == [EndReason.REPLACED]
    assert ended(table.peer, there) == [EndReason.CANCELLED]


@pytest.mark.parametrize("fields", [(("Replaces", "x;to-tag=1;from-tag=2"),), (("Join", "x"),)])
def test_more_than_one_wish_is_400(clean, fields):
    """Several Replaces, or a Join beside it."""
    table = Table(clean).talk()
    assert table.asks(table.key, fields=fields) == 400


def test_a_replaces_that_names_nothing_is_400(clean):
    """A tag is missing."""
    table = Table(clean)
    raw = invite(fields=(("Replaces", "x;to-tag=1"),))
    table.box.agent.receive(raw.data, PBX, clean.now)
    clean.settle()
    assert len(responses(clean, 400)) == 1
    assert table.box.all(Incoming) == []


def test_the_old_call_may_end_first(clean):
    """The new one is answered like any other then."""
    table = Table(clean).talk()
    table.asks(table.key)
    table.peer.agent.hang_up(table.there, clean.now)
    clean.run(1)
    assert ended(table.box, table.here) == [EndReason.HUNG_UP]
    assert table.box.agent.answer(table.box.last(Incoming).call, media(), clean.now) is not None
    clean.settle()
    assert len(requests(clean, "BYE")) == 1


def test_two_who_want_the_same_place(clean):
    """The first answer ends the old call, once; the second is a call like any other."""
    table = Table(clean).talk()
    table.asks(table.key)
    table.asks(table.key)
    _, one, two = [event.call for event in table.box.all(Incoming)]
    for call in (two, one):
        table.box.agent.answer(call, media(), clean.now)
    clean.run(1)
    assert ended(table.box, table.here) == [EndReason.REPLACED]
    assert {one, two} <= set(table.box.agent.calls())


def test_a_call_whose_answer_is_on_its_way_is_replaced(clean):
    """Before its ACK the BYE waits for it, and the user hears REPLACED at once."""
    table = Table(clean)
    _, table.here = dial(clean, table.peer, table.box)
    clean.drop = lambda packet: packet.data.startswith(b"ACK")
    table.box.agent.answer(table.here, media(), clean.now)
    clean.run(0.1)
    key = table.key
    assert table.asks(key) == 100
    table.box.agent.answer(table.box.last(Incoming).call, media(), clean.now)
    clean.settle()
    assert ended(table.box, table.here) == [EndReason.REPLACED]
    assert requests(clean, "BYE") == []
    clean.drop = lambda packet: False
    clean.run(5)
    assert len(requests(clean, "BYE")) >= 1


def test_names_of_calls_that_are_over_are_forgotten_in_time(clean):
    """Memory is bounded: the oldest go first."""
    table = Table(clean).talk()
    book, key = table.box.agent._book, table.key
    table.box.agent.hang_up(table.here, clean.now)
    clean.run(1)
    assert key in book.gone
    for number in range(100):
        book.gone.append((str(number), "", ""))
    assert len(book.gone) == book.gone.maxlen
    assert table.asks(key) == 481
