"""Stand-ins for the desk's processes: a box that is a telephone with a script, in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance import settings, sip
from appliance.audio import tones
from appliance.exchange.children import Child
from appliance.exchange.phone import Phone, PhoneCall
from appliance.system.loop import Pacer
from appliance.system.ports import PortRange

SPEECH = tones.sine(300, 0.3, -12)


class FakeBox:
    """What `call --show` would do: registers, greets, answers two sentences, transfers to 201.

    `plan` holds the intents it claims to understand, one for each sentence it hears.
    """

    def __init__(self, plan: Sequence[tuple[str, dict[str, str]]]) -> None:
        self.plan = list(plan)
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.start_status: dict[str, int] = {}
        """Processes that die at once, with their status."""
        self.attended = False
        """Whether it tells 201 who calls before it puts the caller through."""
        self._tasks: set[asyncio.Task[None]] = set()

    def child(self, name: str, arguments: Sequence[str], log: Path, **named) -> _FakeChild:
        return _FakeChild(self, name, arguments, log, **named)


class _FakeChild(Child):
    def __init__(
        self,
        box: FakeBox,
        name: str,
        arguments: Sequence[str],
        log: Path,
        *,
        on_line: Callable[[str], None] | None = None,
        on_end: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(name, arguments, log)
        self._box, self._line, self._ended = box, on_line, on_end
        self._files = [Path(a) for a in arguments if a.endswith(".toml")]
        self._phone: Phone | None = None
        self._pacer = Pacer()

    async def start(self) -> None:
        self._box.started.append(self.name)
        if (status := self._box.start_status.get(self.name)) is not None:
            assert self._ended is not None
            self._ended(status)
            return
        if self.name != "call":
            return
        account = settings.load(self._files).account
        registrar = sip.Address("udp", account.domain, account.port)
        self._pacer.start()
        self._phone = Phone(
            sip.Account(
                account.user, account.domain, account.password.get_secret_value(), registrar
            ),
            pacer=self._pacer, ports=PortRange(account.domain, 19_000, 19_100),
            on_call=self._take,
        )  # fmt: skip
        await self._phone.open()
        self._tell("prompts", done=1, total=2)
        self._tell("speech", state="ready")

    async def stop(self) -> None:
        self._box.stopped.append(self.name)
        self._pacer.stop()
        if self._phone is not None:
            await self._phone.close()

    def _tell(self, event: str, call: str = "", **values: object) -> None:
        assert self._line is not None
        self._line(json.dumps({"event": event, "call": call, **values}))

    def _take(self, call: PhoneCall) -> None:
        task = asyncio.ensure_future(self._talk(call))
        self._box._tasks.add(task)
        task.add_done_callback(self._box._tasks.discard)

    async def _talk(self, call: PhoneCall) -> None:
        line, meter, phone = call.line, call.line.meter, self._phone
        assert phone is not None
        self._tell("greeting", "c", text="Welcome.")
        line.say(SPEECH)
        heard = 0
        for intent, slots in self._box.plan:
            while (len(meter.spurts) <= heard or line.peer_speaking) and not call.over.is_set():
                if line.speaking and len(meter.spurts) > heard:
                    line.hush()
                await asyncio.sleep(0.01)
            heard = len(meter.spurts)
            if call.over.is_set():
                return
            self._tell("heard", "c", text="words", confidence=0.9)
            self._tell("understood", "c", intent=intent, confidence=0.8, slots=slots)
            self._tell("said", "c", text="Well.")
            if intent == "connect":
                await line.say(SPEECH)
                if self._box.attended:
                    self._tell("transfer", "c", target="201", name="radiology")
                    person = await phone.consult("201")
                    self._tell("consulting", "c", briefing="Somebody calls.")
                    await person.line.say(SPEECH)
                    phone.join(call, person)
                else:
                    phone.transfer("201")
                while not any(s == 200 for s, _ in call.progress):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                phone.hang_up()
                self._tell("ended", "c", outcome="transferred", seconds=1.0)
                return
            line.say(SPEECH * 10)
        await call.over.wait()
        self._tell("ended", "c", outcome="caller-hung-up", seconds=1.0)
