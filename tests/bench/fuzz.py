"""Broken input by the million; run: python -m tests.bench.fuzz [--inputs 1000000] [--seed 1].

Every input is a mutation of something a peer may really send in that situation: bytes flipped,
pieces cut out, doubled, put in from another message, numbers blown up. Situations are a user agent
that is idle, rings, talks, calls or registers, and the readers of descriptions, streams, digests
and keys. Nothing may raise, everything answerable is answered, tables stay within their limits.
The same seed gives the same inputs, so that what is found can be looked at again.
"""

from __future__ import annotations

import argparse
import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from appliance.sip import Account, Address, Answered, Incoming, LocalMedia, UserAgent, crypto
from appliance.sip.choice import choose
from appliance.sip.digest import Challenge, Credentials, strongest
from appliance.sip.errors import RemoteError
from appliance.sip.framing import Framer
from appliance.sip.guard import Policy
from appliance.sip.message import Request, Response, respond
from appliance.sip.parser import check, parse
from appliance.sip.reception import MOST_CALLS, MOST_TRANSACTIONS
from appliance.sip.sdp import Description
from tests.sip.raw import SDP, invite
from tests.sip.wire import tokens

BOX = Address("udp", "192.0.2.1", 5060)
PEER = Address("udp", "192.0.2.9", 5060)
ACCOUNT = Account("100", "pbx", "secret", PEER)
OPEN = Policy(burst=0)
"""No limit of rate: it would drop what is to be read."""
FOLDER = Path(__file__).resolve().parents[1] / "sip" / "torture"
TORTURE = [path.read_bytes() for path in sorted(FOLDER.glob("**/*.sip"))]
MARKS = (
    *(b'"', b"<", b">", b"\\", b";", b",", b"\r\n", b"\n ", b"\0", b"@", b":", b"=", b"%", b"[", b"]"),
    *(b"\r\n\r\n", b"sip:", b";tag=", b"SIP/2.0", b"*", b"?", b"/", b"-1", b"0", b"\xff\xfe", b"\xc3"),
)  # fmt: skip
NUMBERS = (b"0", b"-1", b"65536", b"4294967296", b"9" * 40, b"1e9", b"0x10", b"00000000005")
STATIC_KEY = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4"
DIGESTS = (
    'Digest realm="pbx", nonce="abc,\\"def", qop="auth,auth-int", algorithm=SHA-256, stale=true',
    'Digest username="100", realm="pbx", nonce="n", uri="sip:pbx", response="0", qop=auth, nc=00000001, cnonce="c"',
)  # fmt: skip
OFFERS = (
    SDP,
    SDP + b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendonly\r\n"
    b"a=rtcp-mux\r\na=crypto:" + STATIC_KEY.encode() + b"\r\nm=video 0 RTP/AVP 31\r\n",
)


class Mutator:
    """Seeded changes of bytes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def __call__(self, data: bytes) -> bytes:
        """Change a message one to six times; now and then leave it as it is."""
        chance = self.random
        if chance.random() < 0.05:
            return data
        held = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            chance.choice(self._changes)(self, held, chance.randrange(len(held) + 1))
        return bytes(held[:70000])

    def _flip(self, held: bytearray, at: int) -> None:
        if at < len(held):
            held[at] = self.random.randrange(256)

    def _cut(self, held: bytearray, at: int) -> None:
        del held[at : at + self.random.choice((1, 2, 8, 40, 400))]

    def _insert(self, held: bytearray, at: int) -> None:
        times = self.random.choice((1, 1, 1, 2, 30, 300))
        held[at:at] = self.random.choice(MARKS) * times

    def _double(self, held: bytearray, at: int) -> None:
        held[at:at] = held[at : at + self.random.choice((1, 10, 60, 500))]

    def _splice(self, held: bytearray, at: int) -> None:
        other = self.random.choice(TORTURE)
        start = self.random.randrange(len(other))
        held[at : at + self.random.choice((0, 20, 200))] = other[start : start + 300]

    def _line(self, held: bytearray, at: int) -> None:
        """Remove, double or move a whole line."""
        lines = bytes(held).split(b"\r\n")
        which = self.random.randrange(len(lines))
        line = lines.pop(which)
        for _ in range(self.random.choice((0, 1, 2, 40))):
            lines.insert(self.random.randrange(len(lines) + 1), line)
        held[:] = b"\r\n".join(lines)

    def _number(self, held: bytearray, at: int) -> None:
        """Replace the next number."""
        end = start = next((n for n in range(at, len(held)) if 48 <= held[n] <= 57), len(held))
        while end < len(held) and 48 <= held[end] <= 57:
            end += 1
        held[start:end] = self.random.choice(NUMBERS)

    _changes = (_flip, _flip, _cut, _insert, _double, _splice, _line, _number)


class Situation:
    """A user agent in some state, and what a peer may send to it there."""

    def __init__(self, name: str, number: int) -> None:
        self.now = 1000.0
        self.agent = UserAgent(
            local=BOX,
            tokens=tokens(f"{name}{number}"),
            account=ACCOUNT if name == "registering" else None,
            policy=OPEN,
        )
        self.samples: list[bytes] = getattr(self, f"_{name}")(number)
        self.idle = name == "idle"

    def _receive(self, data: bytes) -> list[bytes]:
        self.agent.receive(data, PEER, self.now)
        return [packet.data for packet in self.agent.outgoing()]

    def _idle(self, number: int) -> list[bytes]:
        return TORTURE

    def _ringing(self, number: int) -> list[bytes]:
        peer = invite(call_id=f"f{number}", branch=f"z9hG4bKf{number}")
        self._receive(peer.data)
        (incoming,) = [e for e in self.agent.events() if isinstance(e, Incoming)]
        self.agent.ring(incoming.call, self.now)
        ringing = self.agent.outgoing()[-1].data
        cancel = peer.data.replace(b"INVITE", b"CANCEL")
        methods = ("PRACK", "UPDATE", "BYE", "INFO")
        return [peer.data, cancel, *(peer.within(ringing, m, n + 2) for n, m in enumerate(methods))]

    def _talking(self, number: int) -> list[bytes]:
        peer = invite(call_id=f"t{number}", branch=f"z9hG4bKt{number}")
        self._receive(peer.data)
        (incoming,) = [e for e in self.agent.events() if isinstance(e, Incoming)]
        self.agent.answer(incoming.call, LocalMedia(BOX.host, 4000), self.now)
        answer = self.agent.outgoing()[-1].data
        self._receive(peer.ack(answer))
        samples = [peer.data, peer.ack(answer), peer.bye(answer)]
        for n, offer in enumerate(OFFERS):
            samples.append(peer.within(answer, "INVITE", 10 + n, body=offer))
            samples.append(peer.within(answer, "UPDATE", 20 + n, body=offer))
        keys = (("Content-Type", "application/dtmf-relay"),)
        samples.append(peer.within(answer, "INFO", 30, keys, b"Signal=5\r\nDuration=160\r\n"))
        refer = (("Refer-To", "<sip:201@pbx1?Replaces=abc%40pbx1%3Bto-tag%3D1%3Bfrom-tag%3D2>"),)
        samples.append(peer.within(answer, "REFER", 31, refer))
        notify = (("Event", "refer"), ("Subscription-State", "active;expires=60"))
        samples.append(peer.within(answer, "NOTIFY", 32, notify, b"SIP/2.0 200 OK\r\n"))
        timer = (("Session-Expires", "90;refresher=uas"), ("Min-SE", "90"), ("Supported", "timer"))
        samples.append(peer.within(answer, "UPDATE", 33, timer))
        return samples

    def _calling(self, number: int) -> list[bytes]:
        media = LocalMedia(BOX.host, 4000)
        self.agent.invite(f"sip:200@{PEER}", media, self.now, route=PEER)
        return self._responses(
            [(100, (), b""), (180, (), b""), (183, (("RSeq", "1"), ("Require", "100rel")), SDP)]
            + [(200, (), offer) for offer in OFFERS]
            + [(302, (("Contact", "<sip:a@192.0.2.7>"),), b""), (486, (), b""), (491, (), b"")]
            + [(422, (("Min-SE", "1800"),), b""), (407, (("Proxy-Authenticate", DIGESTS[0]),), b"")]
        )

    def _registering(self, number: int) -> list[bytes]:
        self.agent.register(self.now)
        self.now += 60.0
        self.agent.tick(self.now)
        challenge = (("WWW-Authenticate", DIGESTS[0]),)
        kinds = [(100, (), b""), (200, (("Expires", "300"), ("Path", "<sip:p;lr>")), b"")]
        kinds += [(401, challenge, b""), (423, (("Min-Expires", "9"),), b"")]
        kinds += [(503, (("Retry-After", "9 (x)"),), b""), (301, (("Contact", "<sip:p2>"),), b"")]
        return self._responses(kinds)

    def _responses(self, kinds: list[tuple[int, tuple, bytes]]) -> list[bytes]:
        request = parse(self.agent.outgoing()[-1].data)
        assert isinstance(request, Request)
        made = []
        for status, fields, body in kinds:
            head = [("Contact", f"<sip:200@{PEER}>"), *fields] if status < 300 else list(fields)
            if body:
                head.append(("Content-Type", "application/sdp"))
            made.append(bytes(respond(request, status, tag="t", headers=head, body=body)))
        return made

    def meet(self, data: bytes, chance: random.Random) -> None:
        """Receive one input, let some time pass; AssertionError where a rule is broken."""
        sent = self._receive(data)
        if self.idle:
            # one that repeats a branch is answered as the request it repeats
            answers = [m for m in map(parse, sent) if isinstance(m, Response)]
            assert answers or not _answerable(data), "not answered"
        for event in self.agent.events():
            if isinstance(event, Answered):
                self.agent.hang_up(event.call, self.now)
        self.now += chance.choice((0.0, 0.01, 0.6, 5.0))
        self.agent.tick(self.now)
        self.agent.outgoing()
        self.agent.events()
        stack, book = self.agent._stack, self.agent._book
        assert len(stack.transactions) <= MOST_TRANSACTIONS, "too many transactions"
        assert len(book.dialogs) <= MOST_CALLS + 1, "too many dialogs"


def _answerable(data: bytes) -> bool:
    """Whether it is a sound request that wants an answer."""
    try:
        message = parse(data)
        check(message)
    except RemoteError:
        return False
    return isinstance(message, Request) and message.method != "ACK"


def description(data: bytes) -> None:
    """Read a session description and choose from it."""
    choose(Description.parse(data), ("PCMU", "PCMA", "G722", "opus"))


def stream(data: bytes) -> None:
    """Cut a connection's bytes into messages, whole and byte by byte alike."""
    whole = Framer()
    wanted = whole.feed(data)
    pieces, found = Framer(), []
    for at in range(0, len(data), 97):
        found += pieces.feed(data[at : at + 97])
    assert [m for m in found if m.strip()] == [m for m in wanted if m.strip()], "cut otherwise"


def digest(data: bytes) -> None:
    """Read both ends of a digest."""
    text = data.decode("utf-8", "surrogateescape")
    strongest([text])
    str(Credentials.parse(text))
    str(Challenge.parse(text))


def key(data: bytes) -> None:
    """Read a media key."""
    crypto.parse(data.decode("utf-8", "surrogateescape"))


READERS: dict[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "description": (description, OFFERS),
    "stream": (
        stream,
        tuple(a + b"\r\n\r\n" + b for a, b in zip(TORTURE, TORTURE[5:], strict=False)),
    ),
    "digest": (digest, tuple(text.encode() for text in DIGESTS)),
    "key": (key, (STATIC_KEY.encode(),)),
}
SITUATIONS = ("idle", "ringing", "talking", "calling", "registering")
RENEW = 100
"""Inputs after which a situation is set up afresh."""


class Storm:
    """Inputs for everything in turn; keeps what was found."""

    def __init__(self, seed: int) -> None:
        self.mutate = Mutator(seed)
        self.chance = self.mutate.random
        self.faults: Counter[str] = Counter()
        self.examples: dict[str, tuple[str, bytes]] = {}
        self.slowest = (0.0, "", b"")
        self.count = 0
        self._held: dict[str, tuple[int, Situation]] = {}

    def once(self) -> None:
        """One input for one target."""
        name = self.chance.choice((*SITUATIONS, *SITUATIONS, *READERS))
        self.count += 1
        if name in READERS:
            reader, samples = READERS[name]
            data = self.mutate(self.chance.choice(samples))
            self._watched(name, data, lambda: _tolerant(reader, data))
            return
        used, situation = self._held.get(name, (RENEW, None))
        if situation is None or used >= RENEW:
            used, situation = 0, Situation(name, self.count)
        self._held[name] = (used + 1, situation)
        data = self.mutate(self.chance.choice(situation.samples))
        self._watched(name, data, lambda: situation.meet(data, self.chance))

    def _watched(self, name: str, data: bytes, act: Callable[[], None]) -> None:
        begin = process_time()
        try:
            act()
        except Exception:  # noqa: BLE001 - whatever it is, it is the finding
            told = traceback.format_exc()
            where = f"{name}: " + " | ".join(told.strip().splitlines()[-3:])
            self.faults[where] += 1
            self.examples.setdefault(where, (told, data))
            self._held.pop(name, None)
        took = process_time() - begin
        if took > self.slowest[0]:
            self.slowest = (took, name, data)


def _tolerant(reader: Callable[[bytes], None], data: bytes) -> None:
    try:
        reader(data)
    except RemoteError:
        return


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    wanted = options.parse_args()
    storm, begin = Storm(wanted.seed), perf_counter()
    while storm.count < wanted.inputs:
        storm.once()
        if storm.count % 50_000 == 0:
            print(f"{storm.count} inputs, {sum(storm.faults.values())} faults", flush=True)
    took, name, data = storm.slowest
    print(f"{storm.count} inputs, {storm.count / (perf_counter() - begin):.0f} a second")
    print(f"slowest: {1000 * took:.1f} ms of processor, {name}, {len(data)} bytes")
    for where, times in storm.faults.most_common():
        print(f"{times} x {where}\n{storm.examples[where][0]}\n{storm.examples[where][1]!r}")
    sys.exit(bool(storm.faults))


if __name__ == "__main__":
    main()
