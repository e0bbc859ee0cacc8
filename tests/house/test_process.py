"""A hand-over by the whole process on real sockets: the PBX is the caller's and the person's."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance import rtp, sip
from appliance.call import line, process
from appliance.contracts.speech import Audio, Heard, SpeechStarted
from appliance.settings import CallSettings
from appliance.system.ports import MediaSocket, PortRange
from tests.call import test_process
from tests.call.fakes import FakeSpeech
from tests.call.test_process import Box, Pbx
from tests.house.wire import loud, tone


class Exchange(Pbx):
    """Takes the box's call to a person too; may or may not join the two."""

    def __init__(self, *, joins: bool) -> None:
        super().__init__()
        self.joins = joins
        self.person = ""
        self.person_heard: list[bytes] = []
        self.person_says = bytes(320)
        self._second: MediaSocket | None = None

    def _event(self, event: sip.Event) -> None:
        now = self.endpoint.now
        if isinstance(event, sip.Incoming):
            self.person = event.call
            self._second = PortRange("127.0.0.1", 30_500, 30_900).open()
            local = sip.LocalMedia("127.0.0.1", self._second.port)
            media = self.endpoint.core.answer(event.call, local, now)
            assert media is not None
            self._talk(media, self._second)
        elif isinstance(event, sip.TransferRequested) and not self.joins:
            self.transfers.append(event.target)
            self.endpoint.core.notify_transfer(event.call, 501, "no", now)
        else:
            super()._event(event)

    def _talk(self, media: sip.Media, sock: MediaSocket) -> None:
        stream = rtp.MediaSession(
            codec=media.codec, payload_type=media.payload_type,
            dtmf_payload_type=media.dtmf_payload_type, remote=(media.host, media.port),
            ssrc=2, sequence=1, timestamp=1, cname="person", now=self.endpoint.now,
        )  # fmt: skip
        sock.attach(lambda data, source, control: stream.receive(data, source, self.endpoint.now))

        def tick(due: float) -> None:
            stream.tick(due)
            self.person_heard.append(stream.pull(due).pcm)
            stream.send(self.person_says, due)
            for packet in stream.outgoing():
                sock.send(packet.data, packet.to, control=packet.control)

        self.pacer.add("person", tick, lambda _fault: None)

    def close(self) -> None:
        super().close()
        if self._second is not None:
            self._second.close()


@pytest.mark.parametrize("joins", [True, False], ids=["joined", "bridged"])
def test_a_person_is_told_and_then_connected(
    tmp_path: Path, joins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls the person, speaks the briefing, and has the PBX join them or bridges them itself."""
    attended = functools.partial(CallSettings, handover="attended")
    monkeypatch.setattr(test_process, "CallSettings", attended)

    async def scenario() -> None:
        pbx = await Exchange(joins=joins).open({"100": "right"})
        speech = FakeSpeech(tmp_path / "speech.sock")
        box = Box(tmp_path, pbx.port)
        frames = 0

        def hears(call: str, message: object) -> None:
            nonlocal frames
            frames += isinstance(message, Audio)
            if frames == 50:
                speech.send(call, SpeechStarted(0.5))
                speech.send(call, Heard("radiology please", 0.95, 0.5, 1.0, 1.0))

        speech.on_message = hears
        try:
            await box.until(lambda: bool(box.events("registered")))
            pbx.dial()
            await box.until(lambda: bool(box.events("calling")), 15)
            await box.until(lambda: any(map(loud, pbx.person_heard)))
            assert any("with a call for radiology" in text for text in speech.said)
            if joins:
                await box.until(lambda: bool(box.events("ended")), 15)
                assert "Replaces=" in pbx.transfers[0]
            else:
                await box.until(lambda: bool(box.events("transferred")), 15)
                pbx.person_says = tone(0.02)
                await asyncio.sleep(0.5)
                assert any(map(loud, pbx.heard[-10:]))
                pbx.endpoint.core.hang_up(pbx.person, pbx.endpoint.now)
                pbx.endpoint.transmit()
                await box.until(lambda: bool(box.events("ended")))
            (transferred,) = box.events("transferred")
            assert transferred["how"] == ("attended" if joins else "bridged")
            (ended,) = box.events("ended")
            assert ended["outcome"] == "transferred"
        finally:
            with contextlib.suppress(TimeoutError):
                await box.end()
            speech.die()
            pbx.close()

    asyncio.run(scenario())


def test_a_call_goes_on_when_the_box_gets_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tells the PBX by a re-INVITE from the new address, speaks from there, and hears the BYE."""
    ours, told = ["127.0.0.1"], []

    class Watch(process.NetworkWatch):
        def __init__(self, changed: Callable[[str], None], **more: Any) -> None:
            told.append(changed)
            super().__init__(changed, **more)

    monkeypatch.setattr(process, "NetworkWatch", Watch)
    monkeypatch.setattr(line, "own_address", lambda host, port=9: ours[0])

    async def scenario() -> None:
        async with test_process.house(tmp_path) as (pbx, speech, box):
            await box.until(lambda: bool(box.events("registered")))
            pbx.dial()
            await box.until(lambda: bool(box.events("greeting")))
            await box.until(lambda: any(map(loud, pbx.heard)))
            ours[0] = "127.0.0.2"
            told[0]("a test")
            await box.until(lambda: pbx.has(sip.MediaChanged))
            media = next(e.media for e in pbx.events if isinstance(e, sip.MediaChanged))
            assert media.host == "127.0.0.2"
            call, before = str(box.events("greeting")[0]["call"]), len(pbx.heard)
            speech.send(call, SpeechStarted(1.0))
            speech.send(call, Heard("mumble mumble", 0.9, 1.0, 1.5, 1.6))
            await box.until(lambda: any(map(loud, pbx.heard[before + 25 :])))
            pbx.hang_up()
            await box.until(lambda: bool(box.events("ended")))
            assert box.events("ended")[0]["outcome"] == "caller-hung-up"

    asyncio.run(scenario())
