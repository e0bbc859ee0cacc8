"""The telephone of another make: pyVoIP in a process of its own, told by JSON on stdin.

    python -m appliance.call.linetest.pyvoip < order     events, one JSON object per line

pyVoIP 1.6.8 speaks UDP and MD5 only, hears 8 bits, and never ends its threads by itself; it shows
only few refusals, and waits for ever after the others; it sends a call again with credentials on
the branch of the first one, which a registrar must take for a repetition, and acknowledges under a
tag that it makes up. So each response is noted as it passes, each INVITE gets a branch of its own,
each ACK the peer's tag, and the process ends hard. Its own complaints on stdout are no JSON, and
are skipped by `stranger`.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final

_SILENCE: Final = 0x80
_LOUD: Final = 3
"""Of 128 steps: what is not silence or a rounding of it."""
_FRAME: Final = 160
_REGISTERED: Final = 6.0
"""Seconds for the registration: three attempts."""
_FAREWELL: Final = 2.0
"""Seconds for leaving the registrar."""


class RefusedError(Exception):
    """The call was refused with the status that is its argument."""


@dataclass(frozen=True, slots=True)
class Order:
    """What it is to do."""

    server: str
    port: int
    host: str
    """Our own address."""
    sip_port: int
    media_ports: tuple[int, int]
    number: str
    user: str
    password: str = ""
    register: bool = True
    ring: float = 20.0
    listen: float = 3.0


def tell(event: str, **values: object) -> None:
    """Write one event."""
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


def loud(frame: bytes) -> bool:
    """Whether 8-bit audio holds more than silence."""
    return any(abs(sample - _SILENCE) >= _LOUD for sample in frame)


def tone(seconds: float) -> bytes:
    """A soft 440 Hz in unsigned 8 bits at 8 kHz."""
    return bytes(
        round(_SILENCE + 6 * math.sin(2 * math.pi * 440 * at / 8000))
        for at in range(round(8000 * seconds))
    )


class Telephone:
    """A pyVoIP telephone that tells what happens to it."""

    def __init__(self, order: Order, voip: Any) -> None:
        self._order = order
        low, high = order.media_ports
        self._phone = voip.VoIPPhone(
            order.server, order.port, order.user, order.password,
            myIP=order.host, sipPort=order.sip_port, rtpPortLow=low, rtpPortHigh=high,
        )  # fmt: skip
        self._refused = 0
        self._calling = False
        self._invites = 0
        self._parse = self._phone.sip.parse_message
        self._write = self._phone.sip.gen_invite
        self._acknowledge = self._phone.sip.gen_ack
        self._phone.sip.parse_message = self._noted
        self._phone.sip.gen_ack = self._acknowledgement
        self._phone.sip.gen_invite = self._invitation

    def run(self) -> None:
        """Register, call, listen, hang up, and leave the registrar."""
        order, phone = self._order, self._phone
        if not order.register:
            phone.sip.register = lambda: True
        Thread(target=phone.start, daemon=True).start()
        time.sleep(0.2)
        try:
            if order.register and not self._registered():
                tell("unregistered")
                return
            tell("registered" if order.register else "ready")
            self._calling = True
            self._call(phone.call(order.number))
        except RefusedError as refused:
            tell("refused", status=refused.args[0])
        finally:
            self._calling = False
            leaving = Thread(target=phone.stop, daemon=True)
            leaving.start()
            leaving.join(_FAREWELL)

    def _call(self, call: Any) -> None:
        if not self._answered(call):
            tell("unanswered")
            return
        tell("answered")
        frames = noisy = 0
        call.write_audio(tone(self._order.listen))
        until = time.monotonic() + self._order.listen
        while time.monotonic() < until and call.state.name == "ANSWERED":
            frame = call.read_audio(_FRAME, blocking=False)
            frames += 1
            noisy += loud(frame)
            time.sleep(0.02)
        tell("heard", frames=frames, loud=noisy, ended=call.state.name != "ANSWERED")
        if call.state.name == "ANSWERED":
            call.hangup()
            time.sleep(0.5)

    def _registered(self) -> bool:
        until = time.monotonic() + _REGISTERED
        while time.monotonic() < until:
            if self._phone.get_status().name == "REGISTERED":
                time.sleep(1.2)  # its reception begins a second later
                return True
            if self._phone.get_status().name == "FAILED":
                return False
            time.sleep(0.05)
        return False

    def _answered(self, call: Any) -> bool:
        until = time.monotonic() + self._order.ring
        while time.monotonic() < until and call.state.name == "DIALING":
            if self._refused:
                raise RefusedError(self._refused)
            time.sleep(0.05)
        return bool(call.state.name == "ANSWERED")

    def _invitation(
        self, number: Any, session: Any, media: Any, kind: Any, branch: str, call_id: Any
    ) -> Any:
        self._invites += 1
        return self._write(number, session, media, kind, f"{branch}{self._invites}", call_id)

    def _acknowledgement(self, response: Any) -> str:
        to = response.headers["To"]
        lines = str(self._acknowledge(response)).split("\r\n")
        tagged = f"To: {to['raw']};tag={to['tag']}"
        return "\r\n".join(tagged if line.startswith("To:") else line for line in lines)

    def _noted(self, message: Any) -> None:
        """Take a message; a refusal of the call ends it, as pyVoIP would wait for ever.

        Raises RefusedError: out of the call that waits, or into pyVoIP's own reception.
        """
        status = getattr(message, "status", None)
        if self._calling and status is not None:
            about = str(message.headers.get("CSeq", {}).get("method", ""))
            if about == "INVITE" and int(status) >= 300 and int(status) != 401:
                self._refused = int(status)
                raise RefusedError(self._refused)
        self._parse(message)


def finish() -> None:
    """End the process at once, its threads included."""
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Read the order and carry it out."""
    given = json.load(sys.stdin)
    given["media_ports"] = tuple(given["media_ports"])
    try:
        Telephone(Order(**given), importlib.import_module("pyVoIP.VoIP")).run()
    except (OSError, RuntimeError, LookupError, ValueError, AttributeError, TypeError) as error:
        tell("broken", why=f"{type(error).__name__}: {error}")
    finish()


if __name__ == "__main__":
    main()
