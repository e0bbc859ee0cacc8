"""A whole house in virtual time: telephones, a lossy network, scripted ears and voice, the box.

    Phone (UserAgent + MediaSession) ◄─ Wire: delay, jitter, loss ─► Switchboard ◄─► Ears

Nothing sleeps and nothing is random but for a seeded wire; an hour of calls runs in seconds.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from appliance import dialogue, rtp, sip
from appliance.call import sentences
from appliance.call.absence import Answer
from appliance.call.admission import Admission
from appliance.call.dialling import Dialling
from appliance.call.outside import PERSON
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
from tests.house.phone import BOX, FRAME, PBX, TRUSTING, Person, Phone, keys_of
from tests.house.wire import Wire, loud, tone

__all__ = ["BOX", "FRAME", "PBX", "Ears", "House", "Person", "Phone"]

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
    played: list[bytes] = field(default_factory=list)
    """What the box told that it had sent, frame by frame."""
    _frames: int = 0
    _voiced: int = 0
    _first: float | None = None
    _last: float = 0.0
    _unwanted: set[int] = field(default_factory=set)

    def take(self, message: Upward) -> None:
        match message:
            case Open():
                self.answer(Opened("scripted", "scripted"), 0.005)
            case Audio(pcm, played):
                self.played.append(played)
                self._hear(pcm)
            case Say(utterance, text):
                self.house.rendered_texts.append(text)
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
        attended: bool = False,
        ring: float = 0.0,
        srtp: sip.Srtp = sip.Srtp.OFF,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        dialling: Dialling | None = None,
        header: str = "X-Attendant-Briefing",
        language: str = "en",
    ) -> None:
        """`prompts`: what is in the cache, and how many seconds each takes."""
        self.now = 5000.0
        self.wire = wire or Wire()
        self.phones: list[Phone] = []
        self.person: Person | None = None
        """Whom the box reaches when it calls."""
        self.srtp = srtp
        self.codecs = codecs
        self.lines: dict[str, tuple[sip.UserAgent, sip.Address]] = {}
        self.records: list[CallRecord] = []
        self.notes: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.documents: list[dialogue.Document] = []
        self.journal: dict[str, dialogue.State] = {}
        """Where conversations stand that have not ended."""
        self.briefings: list[dict[str, str]] = []
        self.invoked: list[dialogue.Invoke] = []
        self.connector: Callable[[dialogue.Invoke], tuple[float, dialogue.Result] | None] = (
            lambda _invoke: None
        )
        """What is answered after so many seconds; None: nothing, ever."""
        self.thoughts: list[dialogue.Think] = []
        self.cancelled = 0
        """Times that the language model was stopped."""
        self.shown: defaultdict[str, list[tuple[str, dict[str, object]]]] = defaultdict(list)
        self.ears: dict[str, Ears] = {}
        self.rendered_texts: list[str] = []
        """What `speech` was asked to say."""
        self.speech_alive = True
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count(1)
        self._ports: dict[str, int] = {}
        self._hosts: dict[str, str] = {}
        self._next_tick = self.now
        self._lengths = prompts if prompts is not None else {}
        cached = {text: tone(seconds) for text, seconds in self._lengths.items()}
        for text in sentences.of(language).all:
            cached.setdefault(text, tone(1.5))
        plan = Plan(
            engine=engine,  # type: ignore[arg-type]
            moment=lambda now: dialogue.Moment(now, MIDDAY + timedelta(seconds=now - 5000.0)),
            prompts=cached.get,
            filler=tone(0.3),
            tones=tone(0.5),
            ringback=tone(1.0, 3000) + bytes(16_000),
            rules=Rules(
                "200",
                "the operator",
                media_timeout=media_timeout,
                attended=attended,
                ring=ring,
                handover_ring=20.0,
                language=language,
            ),
            header=header,
            admission=Admission(capacity),
            dialling=dialling or Dialling(known=[str(number) for number in range(200, 210)]),
            overflow=overflow,
        )
        self.board = Switchboard(plan, self, self.token)
        self.agent = self.line("100", BOX, PBX)

    def line(self, name: str, local: sip.Address, pbx: str) -> sip.UserAgent:
        """Add a line at some PBX."""
        agent = sip.UserAgent(
            local=local, tokens=self.token, codecs=self.codecs, srtp=self.srtp, policy=TRUSTING,
            account=sip.Account(name, pbx, "x", sip.Address("udp", pbx, 5060)),
        )  # fmt: skip
        self.lines[name] = (agent, local)
        self.board.attach(name, agent)

        def receive(data: bytes, source: tuple[str, int]) -> None:
            agent.receive(data, sip.Address("udp", *source), self.now)

        self.wire.plug((local.host, local.port), receive)
        return agent

    def move(self, name: str, local: sip.Address) -> None:
        """The network changes: a line has another address, and nothing comes to the old one."""
        agent, old = self.lines[name]
        self.lines[name] = (agent, local)

        def receive(data: bytes, source: tuple[str, int]) -> None:
            agent.receive(data, sip.Address("udp", *source), self.now)

        for port in (old.port, *self._ports.values()):
            self.wire.unplug((old.host, port))
        self.wire.plug((local.host, local.port), receive)
        agent.moved(local, self.now)

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
            waits = [self.wire.next(), *(agent.deadline() for agent, _ in self.lines.values())]
            moments += [m for m in waits if m is not None]
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
        for agent, _ in self.lines.values():
            deadline = agent.deadline()
            if deadline is not None and deadline <= self.now:
                agent.tick(self.now)
        if self._next_tick <= self.now:
            self._next_tick += FRAME
            for phone in self.phones:
                phone.tick()
            for call in (*self.board.calls, *self.board.clearing):
                self.board.tick(call, self.now)
        for name, (agent, local) in self.lines.items():
            while events := agent.events():
                for event in events:
                    self.board.event(name, event, self.now)
            for packet in agent.outgoing():
                to = (packet.to.host, packet.to.port)
                self.wire.send(packet.data, (local.host, local.port), to, self.now)
        for phone in self.phones:
            phone.step()

    # for the tests

    def token(self) -> str:
        return f"t{next(self._count):012d}z"

    def rendered(self, text: str) -> bytes:
        """What a sentence sounds like: 60 ms a letter."""
        return tone(self._lengths.get(text, 0.06 * len(text)))

    def words(self, call: str) -> tuple[str, float]:
        if call.endswith(PERSON):
            person = self.person
            return person.script.popleft() if person and person.script else ("", 0.0)
        leg = self.board._legs.get(call)
        port = None if leg is None else self._ports.get(leg.ports)
        for phone in self.phones:
            if phone.box_port == port and phone.script:
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

    def open_media(self, call: str, line: str) -> sip.LocalMedia:
        number = next(self._count)
        port = 20_000 + 2 * (number % 20_000)
        host = self.lines[line][1].host
        self._ports[call] = port

        def receive(data: bytes, source: tuple[str, int]) -> None:
            self.board.receive(call, data, source, False, self.now)

        self._hosts[call] = host
        self.wire.plug((host, port), receive)
        crypto = () if self.srtp is sip.Srtp.OFF else keys_of(number + 100)
        return sip.LocalMedia(host, port, self.codecs, srtp=self.srtp, crypto=crypto)

    def send_media(self, call: str, packet: rtp.MediaPacket) -> None:
        port = self._ports[call] + packet.control
        self.wire.send(packet.data, (self._hosts[call], port), packet.to, self.now)

    def close_media(self, call: str) -> None:
        if call in self._ports:
            self.wire.unplug((self._hosts[call], self._ports.pop(call)))

    def begin(self, call: str) -> None:
        pass

    def forget(self, call: str) -> None:
        pass

    def invoke(self, call: str, invoke: dialogue.Invoke, submit: object) -> None:
        self.invoked.append(invoke)
        answer = self.connector(invoke)
        if answer is not None:
            self.answer(call, answer[1], answer[0])

    def answer(self, call: str, answer: Answer, delay: float) -> None:
        """Something that was asked comes back after so many seconds."""
        self.after(delay, lambda: self.board.answer(call, answer, self.now))

    def think(self, call: str, think: dialogue.Think) -> None:
        self.thoughts.append(think)

    def cancel_thought(self, call: str) -> None:
        self.cancelled += 1

    def brief(self, call: str, details: tuple[tuple[str, str], ...], post: object) -> None:
        self.briefings.append(dict(details))

    def keep_document(self, call: str, document: dialogue.Document) -> None:
        self.documents.append(document)

    def keep_state(self, call: str, state: dialogue.State | None) -> None:
        if state is None:
            self.journal.pop(call, None)
        else:
            self.journal[call] = state

    def open_speech(self, call: str, language: str) -> None:
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
