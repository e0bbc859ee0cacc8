"""The exchange at work on real sockets: by every transport, encrypted, with people at the ends."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from appliance import sip
from appliance.audio import pcm as audio
from appliance.audio import tones
from appliance.contracts.errors import UserError
from appliance.exchange import events
from appliance.exchange.phone import Phone, PhoneCall
from appliance.exchange.recording import Recording
from appliance.exchange.relay import Side
from appliance.exchange.state import Listening, own_certificate
from appliance.exchange.switch import Switch, open_switch
from appliance.system.ports import listen
from appliance.system.tls import TlsOptions

ACCOUNTS = {"100": "a", "201": "b", "300": "c", "301": "d"}
HOST = "127.0.0.1"


def at_exchange(folder: Path, scene: Callable[[Switch], Awaitable[None]], **named) -> None:
    async def main() -> None:
        listening = Listening(tcp_port=0, tls_port=0, folder=folder, **named)
        switch = await open_switch(HOST, 0, dict(ACCOUNTS), tries=1, listening=listening)
        try:
            await asyncio.wait_for(scene(switch), 60)
        finally:
            await switch.close()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Return when something has come true; a test that waits for ever fails by its timeout."""
    while not condition():  # noqa: ASYNC110 - looks at state that has no event
        await asyncio.sleep(0.005)


async def telephone(switch: Switch, folder: Path, user: str, transport: str, **named) -> Phone:
    places = (switch.address, *switch.core.streams)
    where = next(place for place in places if place.transport == transport)
    tls = TlsOptions(ca=own_certificate(folder, HOST)[0]) if transport == "tls" else None
    phone = Phone(
        sip.Account(user, HOST, ACCOUNTS[user], where),
        pacer=switch.pacer, ports=switch.ports, tls=tls, **named,
    )  # fmt: skip
    switch.phones[user] = phone
    await phone.open()
    await phone.registered()
    return phone


@pytest.mark.parametrize(
    ("near", "far", "srtp", "codecs"),
    [
        ("tls", "udp", sip.Srtp.REQUIRED, ("G722",)),
        ("tcp", "tls", sip.Srtp.OFFERED, ("opus",)),
        ("udp", "tcp", sip.Srtp.OFF, ("PCMA",)),
    ],
)
def test_call_by_every_transport_is_heard(
    tmp_path: Path, near: str, far: str, srtp: sip.Srtp, codecs: tuple[str, ...]
) -> None:
    """Who registered by TCP or TLS calls and is called, encrypted to one end, and is recorded."""

    async def scene(switch: Switch) -> None:
        caller = await telephone(switch, tmp_path, "300", near, srtp=srtp, codecs=codecs)
        called = await telephone(switch, tmp_path, "301", far, codecs=codecs)
        tape = Recording(switch.endpoint.now)
        switch.watchers.append(
            lambda e: (
                switch.core.tap(e.call, tape.add) if isinstance(e, events.CallStarted) else None
            )
        )
        call = await caller.dial("301")
        await until(lambda: called.call is not None)
        answered = called.call
        assert answered is not None
        await call.line.say(tones.sine(700, 0.3, -10), "beep")
        await answered.line.say(tones.sine(300, 0.3, -10))
        for line in (call.line, answered.line):
            await until(lambda line=line: audio.level_dbfs(bytes(line.heard)) > -60)
            await until(lambda line=line: bool(line.meter.spurts))
        for side in Side:
            await until(lambda side=side: audio.level_dbfs(tape.pcm(side)) > -60)
        answered.line.press("7")
        await until(lambda: call.line.keys == ["7"])
        caller.hang_up()
        await asyncio.wait_for(answered.over.wait(), 5)

    at_exchange(tmp_path, scene, srtp=sip.Srtp.OFFERED)


@pytest.mark.parametrize("decision", ["", "1"])
def test_person_is_briefed_and_then_connected(tmp_path: Path, decision: str) -> None:
    """A transferor tells a department who calls; then the caller is greeted by it."""

    async def scene(switch: Switch) -> None:
        switch.clips["201"] = tones.sine(500, 0.2, -10)
        switch.decisions["201"] = decision
        caller = await telephone(switch, tmp_path, "300", "udp")
        box = await telephone(switch, tmp_path, "100", "tls", srtp=sip.Srtp.REQUIRED)
        person = await switch.add_phone("201")
        call = await caller.dial("100")
        await until(lambda: box.call is not None)
        first = box.call
        assert first is not None
        second: PhoneCall = await box.consult("201")
        await until(lambda: bool(second.line.meter.spurts) and not second.line.peer_speaking)
        await second.line.say(tones.sine(300, 0.4, -10))
        await until(lambda: len(switch.people["201"].told) > 0)
        if decision:
            await until(lambda: second.line.keys == [decision])
        box.join(first, second)
        await until(lambda: first.progress[-1:] == [(200, "OK")])
        spurts = len(call.line.meter.spurts)
        await until(lambda: len(call.line.meter.spurts) > spurts)
        box.hang_up()
        await until(lambda: box.call is None and second.over.is_set())
        assert not call.over.is_set()
        assert person.call is not None

    at_exchange(tmp_path, scene, srtp=sip.Srtp.OFFERED)


def test_exchange_without_transfers_says_so(tmp_path: Path) -> None:
    """A REFER is answered 405 and the call goes on."""

    async def scene(switch: Switch) -> None:
        caller = await telephone(switch, tmp_path, "300", "tcp")
        await switch.add_phone("201")
        call = await caller.dial("201")
        caller.transfer("301")
        await until(lambda: bool(call.progress))
        assert call.progress[0][0] == 405
        assert not call.over.is_set()

    at_exchange(tmp_path, scene, refer=False)


def test_certificate_is_made_once_and_private(tmp_path: Path) -> None:
    """The same certificate serves again after a restart, and nobody else may read its key."""
    folder = tmp_path / "kept"
    certificate, key = own_certificate(folder, "::1")
    assert key.stat().st_mode & 0o077 == 0
    before = certificate.read_bytes()
    assert own_certificate(folder, "::1") == (certificate, key)
    assert certificate.read_bytes() == before
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--certificate"):
        own_certificate(tmp_path / "file", "::1")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_port_in_use_is_said(tmp_path: Path, transport: str) -> None:
    """A port that is taken is a sentence that names the option, and nothing stays open."""

    async def scene() -> None:
        holder = listen(HOST, 0)
        wanted = {f"{transport}_port": holder.getsockname()[1]}
        with pytest.raises(UserError, match=f"--{transport}-port"):
            await open_switch(HOST, 0, {}, tries=1, listening=Listening(folder=tmp_path, **wanted))
        holder.close()

    asyncio.run(scene())


def test_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A certificate that is none is a sentence that names the options."""
    (tmp_path / "bad.pem").write_text("nothing")

    async def scene() -> None:
        listening = Listening(tls_port=0, certificate=tmp_path / "bad.pem")
        with pytest.raises(UserError, match="--certificate"):
            await open_switch(HOST, 0, {}, tries=1, listening=listening)

    asyncio.run(scene())
