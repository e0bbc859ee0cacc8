"""Telephones at a real exchange on loopback: sockets, audio, keys, transfer."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from appliance import sip
from appliance.audio import pcm as audio
from appliance.audio import tones
from appliance.exchange import events
from appliance.exchange.phone import Manner, Phone, PhoneCall, PhoneError
from appliance.exchange.recording import Recording
from appliance.exchange.relay import Side
from appliance.exchange.switch import Switch, open_switch

ACCOUNTS = {"100": "a", "201": "b", "300": "c", "301": "d"}


def at_exchange(scene: Callable[[Switch], Awaitable[None]]) -> None:
    async def main() -> None:
        switch = await open_switch("127.0.0.1", 0, dict(ACCOUNTS), tries=1)
        try:
            await asyncio.wait_for(scene(switch), 30)
        finally:
            await switch.close()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Return when something has come true; a test that waits for ever fails by its timeout."""
    while not condition():  # noqa: ASYNC110 - looks at state that has no event
        await asyncio.sleep(0.005)


async def stranger(switch: Switch, user: str, password: str, **named) -> Phone:
    phone = Phone(
        sip.Account(user, "127.0.0.1", password, switch.address),
        pacer=switch.pacer,
        ports=switch.ports,
        **named,
    )
    await phone.open()
    return phone


def test_call_carries_audio_both_ways_and_is_recorded() -> None:
    """What one telephone says the other hears; turn times are taken and both sides recorded."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await switch.add_phone("301")
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
        assert answered.peer == "300"
        answered.line.hush()
        await call.line.say(tones.sine(700, 0.2, -10), "beep")
        answered.line.say(tones.sine(300, 0.2, -10))
        await until(
            lambda: bool(call.line.meter.turns) and call.line.meter.turns[0].answered is not None
        )
        turn = call.line.meter.turns[0]
        assert turn.text == "beep"
        assert turn.response is not None
        assert turn.response > 0
        await until(lambda: audio.level_dbfs(bytes(answered.line.heard)) > -60)
        for side in Side:
            assert audio.level_dbfs(tape.pcm(side)) > -60
        caller.hang_up()
        await asyncio.wait_for(answered.over.wait(), 5)
        assert answered.reason is sip.EndReason.HUNG_UP
        assert call.over.is_set()

    at_exchange(scene)


def test_keys_arrive() -> None:
    """Keys pressed on one telephone arrive at the other through the exchange."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await switch.add_phone("301")
        call = await caller.dial("301")
        await until(lambda: called.call is not None)
        answered = called.call
        assert answered is not None
        call.line.press("1#")
        await until(lambda: answered.line.keys == ["1", "#"])

    at_exchange(scene)


def test_transfer_puts_the_caller_through() -> None:
    """After a transfer the caller hears the target's greeting and the transferor is free."""

    async def scene(switch: Switch) -> None:
        caller, box, target = [await switch.add_phone(user) for user in ("300", "100", "201")]
        switch.clips["201"] = tones.sine(500, 0.2, -10)
        call = await caller.dial("100")
        await until(lambda: box.call is not None)
        transferor = box.call
        assert transferor is not None
        transferor.line.hush()
        caller.hold(True)
        await until(lambda: transferor.held)
        caller.hold(False)
        await until(lambda: not transferor.held)
        box.transfer("201")
        await until(lambda: bool(transferor.progress) and transferor.progress[-1][0] == 200)
        box.hang_up()
        await until(lambda: box.call is None)
        spurts = len(call.line.meter.spurts)
        await until(lambda: len(call.line.meter.spurts) > spurts)
        assert target.call is not None
        assert not call.over.is_set()

    at_exchange(scene)


def test_refusals_are_told_with_their_status() -> None:
    """Busy, unknown and unreachable numbers raise an error with the status of the answer."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await switch.add_phone("301")
        called.manner = Manner.BUSY
        for target, status in (("301", 486), ("999", 404), ("100", 480)):
            with pytest.raises(PhoneError) as raised:
                await caller.dial(target)
            assert raised.value.status == status
        assert caller.call is None

    at_exchange(scene)


def test_telephone_that_only_rings_is_given_up() -> None:
    """A caller who loses patience stops the ringing, and both can be called again."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await switch.add_phone("301")
        called.manner = Manner.RING
        with pytest.raises(PhoneError, match="nobody answers at 301"):
            await caller.dial("301", within=0.3)
        called.manner = Manner.ANSWER
        call: PhoneCall = await caller.dial("301")
        assert not call.over.is_set()

    at_exchange(scene)


def test_telephone_with_early_media_is_heard_while_it_rings() -> None:
    """The caller hears the tone of a telephone that rings, and then who answers it."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await stranger(switch, "301", "d", early=True, ring_for=0.5)
        await called.registered()
        call = await caller.dial("301")
        assert audio.level_dbfs(bytes(call.line.heard)) > -60
        assert called.call is not None
        await called.call.line.say(tones.sine(300, 0.2, -10))
        await until(lambda: audio.level_dbfs(bytes(call.line.heard[-16000:])) > -60)
        await called.close()

    at_exchange(scene)


def test_early_media_of_a_caller_who_gives_up_is_over() -> None:
    """A telephone that rings with sound is free again when its caller loses patience."""

    async def scene(switch: Switch) -> None:
        caller = await switch.add_phone("300")
        called = await stranger(switch, "301", "d", early=True, manner=Manner.RING)
        await called.registered()
        with pytest.raises(PhoneError, match="nobody answers"):
            await caller.dial("301", within=0.3)
        called.manner = Manner.ANSWER
        await until(lambda: called._ringing is None)
        assert not (await caller.dial("301")).over.is_set()
        await called.close()

    at_exchange(scene)


def test_wrong_password_is_told() -> None:
    """A telephone with a wrong password learns that it is refused."""

    async def scene(switch: Switch) -> None:
        phone = await stranger(switch, "301", "wrong")
        with pytest.raises(PhoneError) as raised:
            await phone.registered()
        assert raised.value.status in (401, 403)
        await phone.close()

    at_exchange(scene)


def test_closed_telephone_is_no_longer_reachable() -> None:
    """Closing unregisters; closing twice, or before opening, is harmless."""

    async def scene(switch: Switch) -> None:
        phone = await switch.add_phone("301")
        assert switch.core.reachable("301", switch.endpoint.now)
        await phone.close()
        await phone.close()
        assert not switch.core.reachable("301", switch.endpoint.now)
        unopened = Phone(
            sip.Account("301", "127.0.0.1", "d", switch.address),
            pacer=switch.pacer,
            ports=switch.ports,
        )
        await unopened.close()
        with pytest.raises(PhoneError):
            await unopened.registered()

    at_exchange(scene)
