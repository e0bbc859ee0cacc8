"""What the command line runs: `appliance run`, `demo` and `exchange`."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from appliance import sip
from appliance.audio.codecs import available
from appliance.contracts.errors import UserError
from appliance.exchange import caller, desk, show, state
from appliance.exchange.demonstration import Played, judge, play, write_timeline
from appliance.exchange.desk import Desk, Options
from appliance.exchange.switch import Switch, exchange_folder, open_switch
from appliance.exchange.voices import Voice, load_clip
from appliance.system.bus import OFF
from appliance.system.certificates import fingerprint

LONGEST_SENTENCE: Final = 300
"""Characters of a typed sentence that is spoken."""


def run_command(*, state: Path | None, host: str, port: int) -> int:
    """Start everything, demonstrate, and stay up until Ctrl-C."""
    return _until_signal(run(Options(state=state, host=host, port=port), Console()))


def demo_command(
    *, state: Path | None, caller: tuple[Path, ...] = (), timeline: Path | None = None
) -> int:
    """Demonstrate; 0 only if the box understood."""
    options = Options(state=state, clips=caller, timeline=timeline)
    return _until_signal(demo(options, Console()))


def exchange_command(
    *,
    host: str,
    port: int,
    accounts: Path | None,
    phones: bool,
    listening: state.Listening,
) -> int:
    """Serve as a small PBX until Ctrl-C."""
    options = Options(
        host=host, port=port, accounts=accounts, phones=phones,
        listening=listening,
    )  # fmt: skip
    return _until_signal(exchange(options, Console()))


def listening(
    *,
    tcp_port: int | None,
    tls_port: int | None,
    certificate: Path | None,
    key: Path | None,
    srtp: str,
    refer: bool,
) -> state.Listening:
    """Return how an exchange listens besides UDP. Raises UserError for a policy that is none."""
    try:
        policy = sip.Srtp(srtp)
    except ValueError:
        raise UserError(f"--srtp is off, offered or required, not '{srtp}'") from None
    return state.Listening(
        tcp_port=tcp_port, tls_port=tls_port, certificate=certificate, key=key, srtp=policy,
        refer=refer,
    )  # fmt: skip


async def run(options: Options, console: Console) -> int:
    """Start the desk, place the demonstration call, then serve softphones and typed sentences."""
    async with Desk(options, console) as at_desk, await at_desk.voice() as voice:
        console.print(f"The box is registered (after {at_desk.started_in:.1f} s).")
        failure = await _demonstrate(at_desk, voice)
        if failure:
            console.print(f"The demonstration was not understood: {failure}.", style="bold red")
        _print_accounts(at_desk, console)
        typed = asyncio.create_task(_typed_sentences(at_desk, voice))
        died = asyncio.create_task(at_desk.died.wait())
        try:
            await asyncio.wait((typed, died), return_when=asyncio.FIRST_COMPLETED)
            if typed.done():
                typed.result()
                await died
        finally:
            for task in (typed, died):
                task.cancel()
        raise UserError(at_desk.cause)


async def demo(options: Options, console: Console) -> int:
    """Start the desk, place the demonstration call and judge it: 0 or 1."""
    async with Desk(options, console) as at_desk, await at_desk.voice() as voice:
        console.print(f"The box is registered (after {at_desk.started_in:.1f} s).")
        failure = await _demonstrate(at_desk, voice)
    if failure:
        console.print(f"Not understood: {failure}.", style="bold red")
        return 1
    console.print("Understood, and put through.", style="bold green")
    return 0


async def exchange(options: Options, console: Console) -> int:
    """Serve as a PBX; the first line of stdout is `exchange sip:HOST:PORT`.

    One line more follows for each further transport: `exchange sip:HOST:PORT;transport=tls`.
    """
    host = desk.check_host(options.host)
    accounts = state.read_accounts(options.accounts) if options.accounts else state.make_accounts()
    wanted = options.listening
    switch = await open_switch(host, options.port, accounts, tries=1, listening=wanted)
    try:
        sys.stdout.write(f"exchange sip:{switch.address}\n")
        for stream in switch.core.streams:
            sys.stdout.write(f"exchange sip:{stream};transport={stream.transport}\n")
        sys.stdout.flush()
        for user in state.DEPARTMENTS if options.phones else ():
            if user in accounts:
                await switch.add_phone(user, available())
        table = Table("extension", "password", "", title=f"Accounts at {_reached(switch)}")
        for user, word in accounts.items():
            told = "as in the file" if options.accounts else word
            table.add_row(user, told, state.DEPARTMENTS.get(user, ""))
        console.print(table)
        if wanted.tls_port is not None and wanted.certificate is None:
            file, _ = state.own_certificate(exchange_folder(wanted), host)
            shown = fingerprint(ssl.PEM_cert_to_DER_cert(file.read_text("ascii")))
            console.print("Telephones on TLS are to trust this certificate:", style="dim")
            console.print(str(file), soft_wrap=True, highlight=False)
            console.print(f"SHA-256 {shown}", soft_wrap=True, highlight=False, style="dim")
        await asyncio.Event().wait()
    finally:
        await switch.close()
    return 0


def _reached(switch: Switch) -> str:
    ways = [f"{switch.address}, UDP"]
    ways += [f"{stream.port}, {stream.transport.upper()}" for stream in switch.core.streams]
    return "; ".join(ways)


async def _demonstrate(at_desk: Desk, voice: Voice) -> str:
    """Place the demonstration call, print and keep it; return what went wrong."""
    console, options = at_desk.console, at_desk.options
    steps = caller.DEMONSTRATION
    texts = caller.Performance(steps).texts
    clips = await at_desk.rehearse(voice, texts)
    # One WAV for each sentence, in order; where there are fewer, the voice says the rest.
    clips |= {text: load_clip(file) for text, file in zip(texts, options.clips, strict=False)}
    console.rule("demonstration call")
    at_desk.on_happening = _printer(console)
    played = await play(at_desk, steps, clips)
    console.rule()
    _print_turns(played, console)
    if played.recording is not None:
        name = datetime.now().astimezone().strftime("demonstration-%Y%m%d-%H%M%S")
        file = at_desk.folder.recording(name)
        file.write_bytes(played.recording.wav())
        console.print("Both sides, caller left and box right:", style="dim")
        console.print(str(file), soft_wrap=True, highlight=False)
        if played.briefing is not None:
            file = at_desk.folder.recording(f"{name}-briefing")
            file.write_bytes(played.briefing.wav())
            console.print("What the person was told before that:", style="dim")
            console.print(str(file), soft_wrap=True, highlight=False)
    if options.timeline is not None:
        write_timeline(options.timeline, played, "The demonstration call, as the caller's "
                       "telephone saw it on the wire")  # fmt: skip
    return judge(steps, played)


def _printer(console: Console) -> Callable[[show.Happening], None]:
    def tell(happening: show.Happening) -> None:
        if (line := show.render(happening)) is not None:
            console.print(line)

    return tell


def _print_turns(played: Played, console: Console) -> None:
    table = Table("heard", "confidence", "intent", "confidence", "first audio", "silent")
    understood = played.transcript.understood
    for index, taken in enumerate(understood):
        turn = played.turns[index] if index < len(played.turns) else None
        table.add_row(
            taken.heard, f"{taken.confidence:.2f}", taken.intent, f"{taken.certainty:.2f}",
            _milliseconds(turn.response if turn else None),
            _milliseconds(turn.yielding if turn else None),
        )  # fmt: skip
    if understood:
        console.print(table)


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.0f} ms"


def _print_accounts(at_desk: Desk, console: Console) -> None:
    address = at_desk.switch.address
    word = at_desk.switch.accounts[state.SPARE]
    console.print(
        f"\nCall the box with any softphone: register [bold]{state.SPARE}[/bold] with password "
        f"[bold]{word}[/bold] at [bold]{address.host}[/bold] port [bold]{address.port}[/bold] "
        f"(UDP), then dial [bold]{state.BOX}[/bold].",
        highlight=False,
    )
    if at_desk.bus != OFF:
        console.print(
            f"Its status: busctl --address={at_desk.bus} introspect org.attendant.Call "
            "/org/attendant/Line",
            style="dim", highlight=False, soft_wrap=True,
        )  # fmt: skip
    if sys.stdin.isatty():
        console.print("Or type a sentence and press Enter: it is spoken to the box in a new call.")
    console.print("Ctrl-C ends everything.", style="dim")


async def _typed_sentences(at_desk: Desk, voice: Voice) -> None:
    """Speak each typed line to the box, one call after the other, until stdin ends."""
    if not sys.stdin.isatty():
        return
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    held = bytearray()

    def read() -> None:
        data = os.read(descriptor, 4096)
        held.extend(data)
        while b"\n" in held:
            line, _, rest = bytes(held).partition(b"\n")
            held[:] = rest
            lines.put_nowait(line.decode("utf-8", "replace").strip())
        if not data:
            loop.remove_reader(descriptor)
            lines.put_nowait(None)

    loop.add_reader(descriptor, read)
    try:
        while (text := await lines.get()) is not None:
            if text:
                await _say_typed(at_desk, voice, text[:LONGEST_SENTENCE])
    finally:
        loop.remove_reader(descriptor)


async def _say_typed(at_desk: Desk, voice: Voice, text: str) -> None:
    console = at_desk.console
    clip = None
    for _ in range(2):
        try:
            clip = await voice.render(text)
            break
        except UserError as error:
            # The speech process may have been started again: the second try finds the new one.
            voice.close()
            trouble = error
    if clip is None:
        console.print(f"{trouble}.", style="red")
        return
    played = await play(at_desk, caller.sentence(text), {text: clip})
    if played.failure:
        console.print(f"{played.failure}.", style="yellow")


def _until_signal(work: Coroutine[object, object, int]) -> int:
    """Run until done, or until Ctrl-C or SIGTERM, which end it cleanly and are no failure."""

    async def guarded() -> int:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        stopped = False

        def stop() -> None:
            nonlocal stopped
            if not stopped:
                stopped = True
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            return await task
        except asyncio.CancelledError:
            if not stopped:
                raise
            return 0

    return asyncio.run(guarded())
