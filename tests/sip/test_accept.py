"""The repetition of our 200."""

from appliance.sip.accept import Acceptance
from appliance.sip.message import respond
from appliance.sip.stack import Stack
from tests.sip.test_transaction import TCP, UDP, request
from tests.sip.wire import tokens


def accepted(peer):
    """A stack that has just sent its 200, and the list of who never acknowledged."""
    stack, silent = Stack(UDP, tokens("a"), None, "x"), []
    transaction = stack.transactions.accept(request("INVITE", number=7), peer)
    response = respond(transaction.request, 200, tag="t")
    transaction.respond(response, 0.0)
    return stack, silent, Acceptance(stack, transaction, response, 0.0, silent.append)


def run(stack, until):
    times = []
    while (when := stack.timers.deadline()) is not None and when <= until:
        stack.packets.clear()
        stack.timers.run(when)
        times += [when] * len(stack.packets)
    return times


def test_a_200_is_repeated_until_nobody_acknowledges():
    """T1 doubling to T2, for 64 T1, over any transport (RFC 3261 13.3.1.4)."""
    for peer in (UDP, TCP):
        stack, silent, acceptance = accepted(peer)
        assert acceptance.sequence == 7
        assert run(stack, 31.9) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        run(stack, 32.0)
        assert silent == [32.0]


def test_an_ack_stops_it():
    """After stop nothing is sent and nobody complains."""
    stack, silent, acceptance = accepted(UDP)
    acceptance.stop()
    assert run(stack, 100.0) == []
    assert silent == []


def test_a_200_follows_its_transaction_to_another_connection():
    """Where the old one broke, the next repetition goes where the transaction goes."""
    stack = Stack(UDP, tokens("a"), None, "x")
    transaction = stack.transactions.accept(request("INVITE", number=7), TCP)
    response = respond(transaction.request, 200, tag="t")
    Acceptance(stack, transaction, response, 0.0, lambda _: None)
    stack.timers.run(0.5)
    transaction.peer = UDP
    stack.timers.run(1.5)
    assert [packet.to for packet in stack.packets] == [TCP, UDP]
