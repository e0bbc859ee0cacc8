"""`call.process`: the whole process on loopback sockets, with a scripted `speech`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance import dialogue, rtp, sip
from appliance.call import edition, process, sentences
from appliance.call.admission import Admission
from appliance.call.journal import Journal
from appliance.call.prompts import PromptCache
from appliance.contracts.errors import UserError
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Audio, Heard, SpeechStarted
from appliance.contracts.status import LineState, LineStatus
from appliance.dialogue.script import Catalogue, Entry, ModelUse
from appliance.dialogue.state import Task
from appliance.records import Store
from appliance.settings import (
    AccountSettings,
    BusSettings,
    CallSettings,
    DialogueSettings,
    RecordsSettings,
    Settings,
    SpeechSettings,
)
from appliance.system.bus import LineBus
from appliance.system.dialogues.folder import read_folder
from appliance.system.dialogues.versions import Library
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import PortRange, bind
from tests.call.fakes import FakeSpeech
from tests.house.wire import loud


class Pbx:
    """A registrar that is also the caller's telephone, on real sockets."""

    def __init__(self) -> None:
        self.events: list[sip.Event] = []
        self.heard: list[bytes] = []
        self.call = ""
        self.transfers: list[str] = []

    async def open(self, passwords: dict[str, str]) -> Pbx:
        sock = bind("127.0.0.1", 0)
        host, self.port = sock.getsockname()
        registrar = sip.Registrar("127.0.0.1", passwords, token)
        core = sip.UserAgent(
            local=sip.Address("udp", host, self.port), tokens=token, registrar=registrar
        )
        self.registrar = registrar
        self.endpoint = await SipEndpoint.open(sock, core, self._event)
        self.socket = PortRange("127.0.0.1", 30_000, 30_400).open()
        self.pacer = Pacer()
        return self

    def dial(self, user: str = "100") -> None:
        ((_, route), *_) = self.registrar.bindings(user, self.endpoint.now)
        local = sip.LocalMedia("127.0.0.1", self.socket.port)
        self.call = self.endpoint.core.invite(user, local, self.endpoint.now, route=route)
        self.endpoint.transmit()

    def hang_up(self) -> None:
        self.endpoint.core.hang_up(self.call, self.endpoint.now)
        self.endpoint.transmit()

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    def close(self) -> None:
        self.pacer.stop()
        self.socket.close()
        self.endpoint.close()

    def _event(self, event: sip.Event) -> None:
        self.events.append(event)
        now = self.endpoint.now
        if isinstance(event, sip.Answered):
            media = event.media
            stream = rtp.MediaSession(
                codec=media.codec, payload_type=media.payload_type,
                dtmf_payload_type=media.dtmf_payload_type, remote=(media.host, media.port),
                ssrc=1, sequence=1, timestamp=1, cname="phone", now=now,
            )  # fmt: skip
            self.socket.attach(
                lambda data, source, control: stream.receive(data, source, self.endpoint.now)
            )

            def tick(due: float) -> None:
                stream.tick(due)
                self.heard.append(stream.pull(due).pcm)
                stream.send(bytes(320), due)
                for packet in stream.outgoing():
                    self.socket.send(packet.data, packet.to, control=packet.control)

            self.pacer.add("call", tick, lambda fault: None)
            self.pacer.start()
        elif isinstance(event, sip.TransferRequested):
            self.transfers.append(event.target)
            self.endpoint.core.notify_transfer(event.call, 200, "OK", now)


class Box:
    """The process under test and what it shows."""

    def __init__(
        self, folder: Path, port: int, *, password: str = "right",
        accounts: dict[str, AccountSettings] | None = None,
    ) -> None:  # fmt: skip
        self.shown: list[dict[str, object]] = []
        self.stop = asyncio.Event()
        self.settings = Settings(
            account=AccountSettings(port=port, password=password),  # type: ignore[arg-type]
            call=CallSettings(),
            speech=SpeechSettings(socket=folder / "speech.sock"),
            dialogue=DialogueSettings(published=folder / "dialogues"),
            records=RecordsSettings(file=folder / "state" / "records.sqlite"),
            bus=BusSettings(address="none"),
            accounts=accounts or {},
        )
        self.task = asyncio.ensure_future(
            process.run(self.settings, on_event=self.shown.append, stop=self.stop)
        )

    async def until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not true():
            if self.task.done():
                self.task.result()
            assert asyncio.get_running_loop().time() < deadline, self.shown[-12:]
            await asyncio.sleep(0.01)

    def events(self, name: str) -> list[dict[str, object]]:
        return [event for event in self.shown if event["event"] == name]

    async def end(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, 10)


@contextlib.asynccontextmanager
async def house(folder: Path, **kwargs: str) -> AsyncIterator[tuple[Pbx, FakeSpeech, Box]]:
    pbx = await Pbx().open({"100": "right"})
    speech = FakeSpeech(folder / "speech.sock")
    box = Box(folder, pbx.port, **kwargs)
    try:
        yield pbx, speech, box
    finally:
        await box.end()
        speech.die()
        pbx.close()


def test_a_call_is_heard_answered_and_put_through(tmp_path: Path) -> None:
    """Registers, greets from the rendered cache, understands, transfers, records."""

    async def scenario() -> None:
        async with house(tmp_path) as (pbx, speech, box):
            await box.until(lambda: bool(box.events("registered")))
            await box.until(lambda: bool(box.events("speech")))
            assert sentences.APOLOGY in speech.said
            pbx.dial()
            await box.until(lambda: bool(box.events("greeting")))
            await box.until(lambda: any(map(loud, pbx.heard)))
            call = str(box.events("greeting")[0]["call"])
            await box.until(lambda: sum(isinstance(m, Audio) for m in speech.received) > 40)
            speech.send(call, SpeechStarted(0.3))
            speech.send(call, Heard("put me through to radiology", 0.9, 0.3, 0.6, 0.7))
            await box.until(lambda: bool(box.events("transfer")))
            await box.until(lambda: pbx.has(sip.Ended))
            assert "201" in pbx.transfers[0]
            assert box.events("understood")[0]["intent"] == "connect"
            await box.until(lambda: bool(box.events("ended")))
            assert box.events("ended")[0]["outcome"] == "transferred"
            assert box.events("latency")
            json.dumps(box.shown)
        with contextlib.closing(sqlite3.connect(box.settings.records.file)) as base:
            rows = base.execute("SELECT outcome FROM calls").fetchall()
        assert rows == [("transferred",)]

    asyncio.run(scenario())


def test_a_death_of_speech_is_survived_and_the_next_call_is_served(tmp_path: Path) -> None:
    """Rescues the call in progress, notices the return, serves the next one with ears again."""

    async def scenario() -> None:
        async with house(tmp_path) as (pbx, speech, box):
            await box.until(lambda: bool(box.events("registered")))
            await box.until(lambda: bool(box.events("speech")))
            pbx.dial()
            await box.until(lambda: bool(box.events("greeting")))
            speech.die()
            await box.until(lambda: bool(box.events("ended")))
            assert box.events("ended")[0]["outcome"] == "rescued"
            assert [e["state"] for e in box.events("speech")] == ["ready", "dead"]
            again = FakeSpeech(tmp_path / "speech.sock")
            await box.until(lambda: box.events("speech")[-1]["state"] == "ready")
            pbx.dial()
            await box.until(lambda: len(box.events("greeting")) == 2)
            await box.end()
            again.die()

    asyncio.run(scenario())


def test_stopping_ends_calls_and_unregisters(tmp_path: Path) -> None:
    """Says BYE to callers and withdraws the registration, in seconds."""

    async def scenario() -> None:
        async with house(tmp_path) as (pbx, _, box):
            await box.until(lambda: bool(box.events("registered")))
            pbx.dial()
            await box.until(lambda: bool(box.events("greeting")))
            await box.end()
            assert pbx.has(sip.Ended)
            assert pbx.has(sip.Unbound)

    asyncio.run(scenario())


def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    """Says in plain words that the password is wrong."""

    async def scenario() -> None:
        async with house(tmp_path, password="wrong") as (_, _, box):
            await box.until(lambda: bool(box.events("unregistered")))
            assert "password" in str(box.events("unregistered")[0]["cause"])

    asyncio.run(scenario())


def test_a_dialogue_that_is_published_answers_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Greets the next caller by it without a restart; the call in progress goes on by its own."""
    monkeypatch.setattr(edition, "LOOK", 0.1)
    monkeypatch.setattr(Admission, "note", lambda *_: None)  # however busy this machine is
    published: list[LineStatus] = []
    monkeypatch.setattr(LineBus, "publish", lambda _, status: published.append(status))
    files = dict(read_folder(DialogueSettings().folder))
    files["dialogue.yaml"] = files["dialogue.yaml"].replace("Welcome to", "Good day from")

    async def scenario() -> None:
        async with house(tmp_path) as (pbx, speech, box):
            library = Library(box.settings.dialogue.published)
            await box.until(lambda: bool(box.events("registered")))
            await box.until(lambda: bool(box.events("speech")))
            pbx.dial()
            await box.until(lambda: bool(box.events("greeting")))
            library.publish(files, {})
            await box.until(lambda: bool(box.events("published")), 60)
            await box.until(lambda: any("Good day from" in text for text in speech.said), 60)
            assert not box.events("ended")
            pbx.hang_up()
            await box.until(lambda: bool(box.events("ended")))
            pbx.dial()
            await box.until(lambda: len(box.events("greeting")) == 2)
            assert "Good day from" in str(box.events("greeting")[1]["text"])
            library.publish({"dialogue.yaml": "language: [\n"}, {})
            await box.until(lambda: "dialogue.yaml" in published[-1].cause, 60)
            assert published[-1].line is LineState.REGISTERED
            library.rollback()
            await box.until(lambda: published[-1].cause == "", 60)

    asyncio.run(scenario())


def test_a_conversation_that_was_cut_short_is_seen_to_at_the_next_start(tmp_path: Path) -> None:
    """Keeps what the caller had told a process that was killed, and records the call."""
    state = dialogue.State(
        process="message", task=Task(process="message", intent="message"),
        facts=(("caller", "030123456"),), slots=(("text", "please call back"),),
    )  # fmt: skip
    journal = Journal(tmp_path / "state" / "journal")
    journal.keep("lost", state)
    journal.close()

    async def scenario() -> None:
        async with house(tmp_path) as (_, _, box):
            await box.until(lambda: bool(box.events("registered")))

    asyncio.run(scenario())
    store = Store(tmp_path / "state" / "records.sqlite")
    (note,) = store.messages()
    assert "030123456" in dict(note.fields).values()
    assert store.outcomes() == {Outcome.FAILED: 1}
    store.close()
    assert not list((tmp_path / "state" / "journal").iterdir())


def test_several_extensions_share_one_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers each, answers calls of each, and names the one that fails in the cause."""
    published: list[LineStatus] = []
    monkeypatch.setattr(LineBus, "publish", lambda _, status: published.append(status))

    async def scenario() -> None:
        pbx = await Pbx().open({"100": "right", "101": "right", "102": "right"})
        speech = FakeSpeech(tmp_path / "speech.sock")
        further = {
            "night": AccountSettings(user="101", port=pbx.port, password="right"),  # type: ignore[arg-type]
            "ward": AccountSettings(user="102", port=pbx.port, password="wrong"),  # type: ignore[arg-type]
        }
        box = Box(tmp_path, pbx.port, accounts=further)
        try:
            await box.until(lambda: len(box.events("registered")) == 2)
            await box.until(lambda: bool(box.events("unregistered")))
            assert {(e["line"], e["as"]) for e in box.events("registered")} == {
                ("main", "100"), ("night", "101"),
            }  # fmt: skip
            assert [e["line"] for e in box.events("unregistered")] == ["ward"]
            pbx.dial("101")
            await box.until(lambda: bool(box.events("greeting")))
            assert published[-1].line is LineState.REGISTERED
            assert published[-1].cause.startswith("extension 102: wrong password")
        finally:
            await box.end()
            speech.die()
            pbx.close()
        assert sum(isinstance(event, sip.Unbound) for event in pbx.events) == 2
        assert published[-1].line is LineState.STOPPING

    asyncio.run(scenario())


def test_numbers_of_lists_may_be_called() -> None:
    """Names those of a list's number column, as the folder has them and as connectors tell them."""
    people = Catalogue(
        "people", (Entry("a", "Anna", (), {"phone": "311"}), Entry("b", "Ben", ())),
        number="phone",
    )  # fmt: skip
    script = SimpleNamespace(
        destinations={"desk": SimpleNamespace(number="200")},
        lists={"people": people, "streets": Catalogue("streets", (Entry("m", "Mill Lane", ()),))},
    )
    told = {"people": (Entry("c", "Cleo", (), {"phone": "312"}),)}
    found = [one for one in process.numbers(script, told) if one]  # type: ignore[arg-type]
    assert found == ["200", "311", "312"]


def test_a_language_model_reads_ahead_where_it_may_do_something() -> None:
    """Asks the opening question for a dialogue that uses the model, and nothing for others."""
    asked: list[dialogue.Think] = []
    thinker = SimpleNamespace(warm=asked.append)
    script = process.prepare(Settings()).script
    process.warm(thinker, script)  # type: ignore[arg-type]
    process.warm(None, replace(script, model=ModelUse(triage=True)))
    assert not asked
    process.warm(thinker, replace(script, model=ModelUse(triage=True)))  # type: ignore[arg-type]
    (think,) = asked
    assert think.messages


def test_late_packets_and_strange_numbers_are_held_off(tmp_path: Path) -> None:
    """One admission and one dialling hold for all plans, made of the settings and the dialogue."""
    settings = Settings(call=CallSettings(capacity=3, allowed_numbers=("3xx",), calls_out=1))
    script = process.prepare(settings).script
    limits = process.make_limits(settings, script)
    assert limits.admission.capacity == 3
    assert limits.dialling.check("300", 0.0) == ""
    assert limits.dialling.check(next(iter(script.destinations.values())).number, 0.0) == ""
    assert limits.dialling.check("0900", 0.0)
    limits.dialling.began(0.0)
    assert "at once" in limits.dialling.check("300", 0.0)


@pytest.mark.parametrize(
    ("account", "uri"), [({}, "sip:9@127.0.0.1"), ({"port": 5070}, "sip:9@127.0.0.1:5070")]
)
def test_the_plan_is_made_of_the_settings(tmp_path: Path, account: dict, uri: str) -> None:
    """Overflow is a URI at the PBX, and the hand-over as it was chosen."""
    settings = Settings(
        account=AccountSettings(**account),
        call=CallSettings(overflow="9", handover="attended", handover_ring=12),
    )
    conversation = process.prepare(settings)
    plan = process.make_plan(
        settings, conversation, PromptCache(tmp_path),
        process.make_limits(settings, conversation.script),
    )  # fmt: skip
    assert plan.overflow == uri
    assert (plan.rules.attended, plan.rules.handover_ring) == (True, 12)


def test_a_port_in_use_is_a_users_mistake(tmp_path: Path) -> None:
    """Names the port and what to do."""

    async def scenario() -> None:
        sock = bind("127.0.0.1", 0)
        settings = Settings(
            call=CallSettings(port=sock.getsockname()[1]),
            records=RecordsSettings(file=tmp_path / "records.sqlite"),
        )
        with pytest.raises(UserError, match=r"cannot be opened.*call\.port"):
            await process.run(settings)
        sock.close()

    asyncio.run(scenario())


def test_a_dialogue_with_a_mistake_is_named_by_file_and_line(tmp_path: Path) -> None:
    """Refuses to start, with file, line and reason."""
    (tmp_path / "dialogue.yaml").write_text("language: en\nnonsense: 1\n")
    settings = Settings(dialogue=DialogueSettings(folder=tmp_path))
    with pytest.raises(UserError, match=r"dialogue\.yaml:2"):
        process.prepare(settings)


def test_a_moment_of_the_past_has_the_clock_of_then() -> None:
    """Gives a call's start the wall time at which it started, in the site's zone."""
    conversation = process.prepare(Settings())
    now = time.monotonic()
    then, present = conversation.moment(now - 600), conversation.moment(now)
    assert 599 < (present.local - then.local).total_seconds() < 601
    assert str(present.local.tzinfo) == "Europe/Berlin"


def test_the_rescue_goes_to_whom_the_dialogue_calls_a_person() -> None:
    """Finds the operator of the starter dialogue."""
    person = process.operator(process.prepare(Settings()).script)
    assert person is not None
    assert person.number == "200"


def test_the_process_that_paces_audio_loads_no_model() -> None:
    """Imports neither numpy nor an inference engine."""
    code = (
        "import appliance.call.commands, sys; "
        "print([m for m in ('numpy', 'onnxruntime', 'sherpa_onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
