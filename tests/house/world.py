"""A whole house in virtual time: telephones, a lossy network, scripted ears and voice, the box.

    Phone (UserAgent + MediaSession) ◄─ Wire: delay, jitter, loss ─► Switchboard ◄─► Ears

Nothing sleeps and nothing is random but for a seeded wire; an hour of calls runs in seconds.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from appliance import dialogue, rtp, sip
from appliance.call import sentences
from appliance.call.session import Rules
from appliance.call.switchboard import Plan, Switchboard
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import (
    Audio,
    Downward,
    Heard,
    Open,
    Opened,
    Partial,
    Refused,
    Say,
    SpeechStarted,
    Spoken,
    Stop,
    Upward,
)
from appliance.records import CallRecord
from tests.house.wire import Wire, loud, tone

FRAME = 0.020
BOX = sip.Address("udp", "10.0.0.2", 5060)
MIDDAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Ears:
    """Scripted `speech` for one call: hears sound by its loudness, words from the phone's script.

    `patience` is how long silence lasts before a turn is over; `render` how long a sentence takes.
    """

    house: House
    call: str
    patience: float = 0.3
    render: float = 0.15
    alive: bool = True
    _frames: int = 0
    _voiced: int = 0
    _first: float | None = None
    _last: float = 0.0
    _unwanted: set[int] = field(default_factory=set)

    def take(self, message: Upward) -> None:
        match message:
            case Open():
                self.answer(Opened("scripted", "scripted"), 0.005)
            case Audio(pcm):
                self._hear(pcm)
            case Say(utterance, text):
                pcm = self.house.rendered(text)
                half = len(pcm) // 640 * 320
                self.answer(Spoken(utterance, pcm[:half]), self.render)
                self.answer(Spoken(utterance, pcm[half:], last=True), self.render + 0.1)
            case Stop(utterance):
                self._unwanted.add(utterance)
            case _:
                return

    def answer(self, message: Downward, delay: float) -> None:
        def arrive() -> None:
            if self.alive and not (
                isinstance(message, Spoken) and message.utterance in self._unwanted
            ):
                self.house.board.speech(self.call, message, self.house.now)

        self.house.after(delay, arrive)

    def die(self) -> None:
        self.alive = False
        self.house.after(0, lambda: self.house.board.speech_lost(self.call, "died", self.house.now))

    def _hear(self, pcm: bytes) -> None:
        at = self._frames * FRAME
        self._frames += 1
        if loud(pcm):
            self._voiced += 1
            self._last = at + FRAME
            if self._first is None:
                self._first = at
            if self._voiced == 5:
                self.answer(SpeechStarted(self._first), 0.001)
            elif self._voiced % 25 == 0:
                self.answer(Partial("...", at), 0.001)
        elif self._first is not None and at - self._last >= self.patience:
            if self._voiced >= 5:
                text, confidence = self.house.words(self.call)
                heard = Heard(text, confidence, self._first, self._last, at)
                self.answer(heard, 0.020)
            self._first, self._voiced = None, 0


class Phone:
    """A caller: dials, speaks lines (sound by RTP, words told to the ears), listens, keeps."""

    _numbers = itertools.count(1)

    def __init__(self, house: House, *, codecs: tuple[str, ...] = ("PCMU", "PCMA")) -> None:
        number = next(self._numbers)
        self.house = house
        self.address = sip.Address("udp", f"10.0.1.{number % 250 + 1}", 5060)
        self.local = sip.LocalMedia(self.address.host, 4000, codecs)
        self.agent = sip.UserAgent(local=self.address, tokens=house.token, codecs=codecs)
        self.events: list[sip.Event] = []
        self.script: deque[tuple[str, float]] = deque()
        self.heard: list[bytes] = []
        """Frames received, one per 20 ms since the answer."""
        self.accept_transfers: int | None = 200
        """Final status of transfers; None: nothing is ever reported."""
        self.transfers: list[str] = []
        self.box_port = 0
        self._media: rtp.MediaSession | None = None
        self._saying: deque[bytes] = deque()
        self.call = ""
        self.began: float | None = None
        house.wire.plug((self.address.host, 5060), self._receive)
        house.wire.plug((self.local.host, 4000), self._receive_media)
        house.phones.append(self)

    def dial(self) -> Phone:
        self.call = self.agent.invite("100", self.local, self.house.now, route=BOX)
        return self

    def say(self, text: str, seconds: float = 1.0, confidence: float = 0.9) -> None:
        """Speak: sound for so long, which the ears will understand as `text`."""
        self.script.append((text, confidence))
        pcm = tone(seconds)
        self._saying += (pcm[n : n + 320] for n in range(0, len(pcm) - 319, 320))

    def press(self, digits: str) -> None:
        assert self._media is not None
        self._media.send_dtmf(digits, self.house.now)

    def hang_up(self) -> None:
        self.agent.hang_up(self.call, self.house.now)

    def hold(self, on: bool) -> None:
        self.agent.hold(self.call, on, self.house.now)

    @property
    def ended(self) -> bool:
        return any(isinstance(event, sip.Ended) for event in self.events)

    @property
    def status(self) -> int:
        """Status with which the call was refused; 0 where it was not."""
        return next((e.status for e in self.events if isinstance(e, sip.Rejected)), 0)

    def hears(self, seconds: float) -> bool:
        """Whether there was sound within the last so many seconds."""
        return any(loud(frame) for frame in self.heard[-round(seconds / FRAME) :])

    def quiet_for(self) -> float:
        """Seconds of silence up to now."""
        count = 0
        for frame in reversed(self.heard):
            if loud(frame):
                break
            count += 1
        return count * FRAME

    def step(self) -> None:
        now = self.house.now
        deadline = self.agent.deadline()
        if deadline is not None and deadline <= now:
            self.agent.tick(now)
        for event in self.agent.events():
            self._event(event, now)
        for packet in self.agent.outgoing():
            self.house.wire.send(
                packet.data, (self.address.host, 5060), (packet.to.host, packet.to.port), now
            )

    def tick(self) -> None:
        media, now = self._media, self.house.now
        if media is None or self.ended:
            return
        media.tick(now)
        self.heard.append(media.pull(now).pcm)
        media.send(self._saying.popleft() if self._saying else bytes(320), now)
        for packet in media.outgoing():
            port = 4001 if packet.control else 4000
            self.house.wire.send(packet.data, (self.local.host, port), packet.to, now)

    def _event(self, event: sip.Event, now: float) -> None:
        self.events.append(event)
        match event:
            case sip.Answered(_, media):
                self.box_port, self.began = media.port, now
                self._media = rtp.MediaSession(
                    codec=media.codec, payload_type=media.payload_type,
                    dtmf_payload_type=media.dtmf_payload_type, remote=(media.host, media.port),
                    ssrc=self.box_port, sequence=65_530, timestamp=2**32 - 500, cname="phone",
                    now=now,
                )  # fmt: skip
            case sip.MediaChanged(_, media) if self._media is not None:
                self._media.change(
                    remote=(media.host, media.port), codec=media.codec,
                    payload_type=media.payload_type, dtmf_payload_type=media.dtmf_payload_type,
                    receiving=media.direction.receives, sending=media.direction.sends,
                )  # fmt: skip
            case sip.TransferRequested(call, target, _):
                self.transfers.append(target)
                if self.accept_transfers is not None:
                    status = self.accept_transfers
                    self.house.after(0.5, lambda: self._report(call, status))
            case _:
                return

    def _report(self, call: str, status: int) -> None:
        if call in self.agent.calls():
            self.agent.notify_transfer(call, status, "as told", self.house.now)

    def _receive(self, data: bytes, source: tuple[str, int]) -> None:
        self.agent.receive(data, sip.Address("udp", *source), self.house.now)

    def _receive_media(self, data: bytes, source: tuple[str, int]) -> None:
        if self._media is not None:
            self._media.receive(data, source, self.house.now)


class House:
    """Everything, and the clock. Implements `switchboard.Outside`."""

    def __init__(
        self,
        engine: object,
        *,
        capacity: int = 10,
        overflow: str = "",
        wire: Wire | None = None,
        prompts: dict[str, float] | None = None,
        media_timeout: float = 30.0,
    ) -> None:
        """`prompts`: what is in the cache, and how many seconds each takes."""
        self.now = 5000.0
        self.wire = wire or Wire()
        self.phones: list[Phone] = []
        self.records: list[CallRecord] = []
        self.notes: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.shown: defaultdict[str, list[tuple[str, dict[str, object]]]] = defaultdict(list)
        self.ears: dict[str, Ears] = {}
        self.speech_alive = True
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count(1)
        self._ports: dict[str, int] = {}
        self._next_tick = self.now
        self._lengths = prompts if prompts is not None else {}
        cached = {text: tone(seconds) for text, seconds in self._lengths.items()}
        for text in sentences.ALL:
            cached.setdefault(text, tone(1.5))
        self.agent = sip.UserAgent(
            local=BOX, tokens=self.token,
            account=sip.Account("100", "10.0.0.1", "x", sip.Address("udp", "10.0.0.1", 5060)),
        )  # fmt: skip
        plan = Plan(
            engine=engine,  # type: ignore[arg-type]
            moment=lambda now: dialogue.Moment(now, MIDDAY + timedelta(seconds=now - 5000.0)),
            prompts=cached.get,
            filler=tone(0.3),
            tones=tone(0.5),
            ringback=tone(1.0, 3000) + bytes(16_000),
            rules=Rules("200", "the operator", media_timeout=media_timeout),
            capacity=capacity,
            overflow=overflow,
        )
        self.board = Switchboard(self.agent, plan, self, self.token)
        self.wire.plug((BOX.host, BOX.port), self._receive)

    # time

    def after(self, delay: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self.now + delay, next(self._count), do))

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.until(lambda: False, seconds, strict=False)

    def until(self, true: Callable[[], bool], most: float = 60.0, *, strict: bool = True) -> float:
        """Let time pass until something is so; return how long it took."""
        began, end = self.now, self.now + most
        while not true():
            moments = [self._next_tick]
            moments += [self._later[0][0]] if self._later else []
            moments += [m for m in (self.wire.next(), self.agent.deadline()) if m is not None]
            moments += [m for p in self.phones if (m := p.agent.deadline()) is not None]
            moment = max(self.now, min(moments))
            if moment > end:
                self.now = end
                assert not strict, f"nothing of the kind within {most} s: {dict(self.shown)}"
                break
            self.now = moment
            self._step()
        return self.now - began

    def _step(self) -> None:
        while self._later and self._later[0][0] <= self.now:
            heapq.heappop(self._later)[2]()
        self.wire.deliver(self.now)
        deadline = self.agent.deadline()
        if deadline is not None and deadline <= self.now:
            self.agent.tick(self.now)
        if self._next_tick <= self.now:
            self._next_tick += FRAME
            for phone in self.phones:
                phone.tick()
            for call in self.board.calls:
                self.board.tick(call, self.now)
        while events := self.agent.events():
            for event in events:
                self.board.event(event, self.now)
        for packet in self.agent.outgoing():
            to = (packet.to.host, packet.to.port)
            self.wire.send(packet.data, (BOX.host, BOX.port), to, self.now)
        for phone in self.phones:
            phone.step()

    def _receive(self, data: bytes, source: tuple[str, int]) -> None:
        self.agent.receive(data, sip.Address("udp", *source), self.now)

    # for the tests

    def token(self) -> str:
        return f"t{next(self._count):012d}z"

    def rendered(self, text: str) -> bytes:
        """What a sentence sounds like: 60 ms a letter."""
        return tone(self._lengths.get(text, 0.06 * len(text)))

    def words(self, call: str) -> tuple[str, float]:
        for phone in self.phones:
            if phone.box_port == self._ports.get(call) and phone.script:
                return phone.script.popleft()
        return "", 0.0

    def events(self, name: str) -> list[dict[str, object]]:
        """What was shown under a name, of all calls."""
        return [v for shown in self.shown.values() for event, v in shown if event == name]

    def said(self) -> list[str]:
        return [
            str(values["text"])
            for shown in self.shown.values()
            for event, values in shown
            if event in ("greeting", "said")
        ]

    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.records]

    # switchboard.Outside

    def open_media(self, call: str) -> sip.LocalMedia:
        port = 20_000 + 2 * next(self._count)
        self._ports[call] = port

        def receive(data: bytes, source: tuple[str, int]) -> None:
            self.board.receive(call, data, source, False, self.now)

        self.wire.plug((BOX.host, port), receive)
        return sip.LocalMedia(BOX.host, port)

    def send_media(self, call: str, packet: rtp.MediaPacket) -> None:
        port = self._ports[call] + packet.control
        self.wire.send(packet.data, (BOX.host, port), packet.to, self.now)

    def close_media(self, call: str) -> None:
        if call in self._ports:
            self.wire.unplug((BOX.host, self._ports.pop(call)))

    def open_speech(self, call: str) -> None:
        if self.speech_alive:
            self.ears[call] = Ears(self, call)
            self.ears[call].take(Open(call))
        else:
            self.after(0, lambda: self.board.speech(call, Refused("dead"), self.now))

    def tell_speech(self, call: str, message: Upward) -> int:
        self.ears[call].take(message)
        return 0

    def close_speech(self, call: str) -> None:
        if call in self.ears:
            self.ears[call].alive = False

    def keep_note(self, call: str, kind: str, fields: tuple[tuple[str, str], ...]) -> None:
        self.notes.append((kind, fields))

    def keep_record(self, record: CallRecord) -> None:
        self.records.append(record)

    def show(self, call: str, event: str, values: tuple[tuple[str, object], ...]) -> None:
        self.shown[call].append((event, dict(values)))

    def changed(self) -> None:
        pass
