"""A dialogue's own conversations through a real SIP call: exchange, `call`, `speech`, another voice.

    python -m tests.interop.telephone [--only WORDS] [FOLDER ...]      without: all examples

    case ─► clips (another voice) ─► Phone(300) ══SIP, RTP══ Exchange ══SIP, RTP══ call ── speech
                                                                                   │
                       checks ◄─ JSON lines (--show) ◄───────────────────────────── ┤
                       checks ◄─ Stub: canned answers over HTTP ◄──── connectors ───┘

The site's systems are one HTTP server that answers as each case says; files of the folder stay what
they are. Opening hours are the whole week's, numbers that the desk needs are others, and the time
zone is one where it is mid-morning: cases that name another time, or more of the
line than the caller's number, are left to the text.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from rich.console import Console

from appliance.call.rehearsal import process
from appliance.call.rehearsal.ears import Ears
from appliance.call.rehearsal.hearing import sentences
from appliance.commands.preparing import Prepared, prepare
from appliance.dialogue import BackendKind, Engine, Status
from appliance.dialogue.rehearsing.canned import Systems
from appliance.dialogue.rehearsing.cases import USUAL, Case, Check, Checked, Deed, Step
from appliance.dialogue.rehearsing.player import intents
from appliance.dialogue.values import text
from appliance.exchange.desk import Desk, Options
from appliance.exchange.phone import PhoneError
from appliance.exchange.show import Happening
from appliance.exchange.state import BOX, CALLER, SPARE
from appliance.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "appliance" / "dialogue" / "examples"
QUIET = 1.8
"""Seconds of the box's silence after which it is the caller's turn."""
TURN = 45.0
"""Seconds for the box to have answered."""
_STATUSES = {
    Status.DONE: 200, Status.NOTHING: 404, Status.REFUSED: 400, Status.UNAVAILABLE: 503,
    Status.PENDING: 503,
}  # fmt: skip
_UNSEEN = {Checked.ASKED, Checked.EXPECTS, Checked.PROCESS, Checked.LEVEL, Checked.BRIEFING}
"""What does not show from outside."""


class Stub:
    """The site's systems: answers what the case under way says, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.case = Case("", ())
        self.systems: Systems | None = None
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, value = stub.answer(self.path[1:], json.loads(self.rfile.read(length)))
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, prepared: Prepared, case: Case) -> None:
        self.asked.clear()
        self.systems = Systems(prepared.script, case)

    def answer(self, name: str, given: Mapping[str, object]) -> tuple[int, object]:
        self.asked.append((name, given))
        found = None if self.systems is None else self.systems._canned(name)
        if found is None or found.status is None:
            return 503, None
        return _STATUSES[found.status], found.value

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def staged(source: Prepared, place: Path, port: int) -> Prepared:
    """Copy a dialogue so that its systems are the stub and it is a working morning."""
    shutil.copytree(source.folder, place)
    outline = yaml.safe_load((place / "dialogue.yaml").read_text("utf-8"))
    outline["hours"] = dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        outline["hours"]["tuesday"],  # the day that a case takes place on unless it says otherwise
    )
    ahead = (10 - datetime.now(UTC).hour + 11) % 24 - 11
    outline["timezone"] = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    for destination in outline["destinations"].values():
        if str(destination["number"]) in {BOX, CALLER, SPARE}:
            destination["number"] = f"9{destination['number']}"  # taken at the desk
    _write(place / "dialogue.yaml", outline)
    systems = place / "connectors.yaml"
    if systems.exists():
        held = yaml.safe_load(systems.read_text("utf-8"))
        script = source.script
        for name, connector in script.connectors.items():
            if script.backends[connector.backend].kind is BackendKind.CSV:
                continue
            before = held["connectors"][name]
            kept = {
                key: before[key] for key in ("level", "write", "many", "private") if key in before
            }
            body = {parameter: f"{{{parameter}}}" for parameter in connector.parameters}
            held["connectors"][name] = {
                "backend": "stub", "post": f"/{name}", "body": body, "write": False, **kept,
            }  # fmt: skip
        used = {one["backend"] for one in held["connectors"].values()} - {"stub"}
        held["backends"] = {name: held["backends"][name] for name in used}
        held["backends"]["stub"] = {"http": f"http://127.0.0.1:{port}"}
        _write(systems, held)
    return prepare(place)


def _write(path: Path, values: object) -> None:
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), "utf-8")


def unplayable(case: Case) -> str:
    """Return why a case cannot be played by telephone; empty where it can."""
    if case.at != USUAL:
        return "it names a time"
    if set(dict(case.facts)) - {"caller"}:
        return "it names what the line tells"
    if case.model:
        return "it gives a language model words"
    if any(answer.status is None for one in case.connectors.values() for answer in one):
        return "a system stalls in it"
    return ""


@dataclass
class Played:
    """How one case went."""

    case: Case
    failures: list[str] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    skipped: str = ""
    repeats: int = 0
    """How often the caller had to say something again."""


class Performance:
    """One case on the telephone."""

    def __init__(
        self, desk: Desk, prepared: Prepared, case: Case, clips: Mapping[str, bytes], stub: Stub
    ) -> None:
        self.desk, self.prepared, self.case, self.clips, self.stub = (
            desk,
            prepared,
            case,
            clips,
            stub,
        )
        self.played = Played(case)
        self.since = 0
        self.upcoming: Deed | None = None
        self.call = None

    @property
    def seen(self) -> list[Happening]:
        return self.played.happenings

    async def run(self) -> Played:
        self.stub.begin(self.prepared, self.case)
        self.desk.on_happening = self._happened
        self.call = await self._dial()
        try:
            self._look_ahead(-1)
            await self._turn()
            for at, step in enumerate(self.case.talk):
                if step.deed is not None:
                    self._look_ahead(at)
                    self.since = len(self.seen)
                    await self._do(step)
                    if step.deed is Deed.SAY and self._misheard(at):
                        self.played.repeats += 1
                        self.since = len(self.seen)
                        await self._do(step)
                self.played.failures += filter(None, (self._failure(one) for one in step.checks))
                if self.played.failures:
                    break
            else:
                await self._connected()
        except TimeoutError:
            self.played.failures.append("the box did not answer in time")
        finally:
            self.phone.hang_up()
            await self._until(lambda: self._saw("ended"), 10.0, strict=False)
            self.desk.switch.decisions.clear()
            await asyncio.sleep(0.5)
        return self.played

    @property
    def phone(self):
        """The caller's telephone: one whose number is the case's, where it names one."""
        number = dict(self.case.facts).get("caller", CALLER)
        return self.desk.switch.phones[number]

    async def _dial(self):
        """Call the box, again where a machine under load says that it is busy."""
        for _ in range(5):
            try:
                return await self.phone.dial(BOX)
            except PhoneError:
                await asyncio.sleep(6.0)
        return await self.phone.dial(BOX)

    def _misheard(self, at: int) -> bool:
        """Whether what would be understood word for word was not: a caller says it once more."""
        found = [one.text("intent") for one in self.seen[self.since :] if one.event == "understood"]
        if not found or found[-1] != "none" or self._saw("ended", "transfer"):
            return False
        script = self.prepared.script
        meant = intents(Engine(script), script, self.case, zone=self.prepared.zone)[at]
        return meant not in {"", "none"}

    def _look_ahead(self, at: int) -> None:
        later = (step.deed for step in self.case.talk[at + 1 :] if step.deed is not None)
        self.upcoming = next(later, None)

    def _happened(self, happening: Happening) -> None:
        self.seen.append(happening)
        if happening.event == "transfer":
            declined = self.upcoming in {Deed.DECLINED, Deed.UNANSWERED}
            self.desk.switch.decisions[happening.text("target")] = "2" if declined else "1"

    async def _do(self, step: Step) -> None:
        line = self.call.line
        match step.deed:
            case Deed.SAY:
                await line.say(self.clips[step.texts[0]], step.texts[0])
                await self._turn()
            case Deed.PRESS:
                line.press(step.texts[0])
                await self._until(lambda: self._saw("key", "understood"), 5.0, strict=False)
                await self._turn()
            case Deed.WAIT:
                await self._until(lambda: self._saw("said", "transfer", "ended"), 30.0)
                await self._turn()
            case Deed.HANG_UP:
                self.phone.hang_up()
                await self._until(lambda: self._saw("ended"), 20.0)
                await asyncio.sleep(0.5)
            case Deed.DECLINED | Deed.UNANSWERED:
                await self._until(lambda: self._saw("transfer-failed", "transferred"), 60.0)
                await self._turn()

    async def _turn(self) -> None:
        """Wait until it is the caller's turn, or nothing more comes."""
        loop = asyncio.get_running_loop()

        def over() -> bool:
            if self._saw("transfer", "ended"):
                return True
            quiet = self.call.line.meter.peer_quiet(loop.time())
            said = [one.at for one in self.seen[self.since :] if one.event in {"said", "greeting"}]
            # A sentence that has to be rendered is told before it sounds.
            return bool(said) and QUIET <= quiet < loop.time() - said[-1]

        await self._until(over, TURN)

    async def _connected(self) -> None:
        """Where the case ends with a transfer, a person has to be reached."""
        if self._saw("transfer") and self.upcoming is None and not self._saw("ended"):
            await self._until(lambda: self._saw("transferred", "transfer-failed"), 60.0)
            if self._saw("transfer-failed"):
                self.played.failures.append("the person was not reached")

    async def _until(self, condition, seconds: float, *, strict: bool = True) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > end:
                if strict:
                    raise TimeoutError
                return
            await asyncio.sleep(0.02)

    def _saw(self, *events: str) -> bool:
        return any(one.event in events for one in self.seen[self.since :])

    # judging

    def _failure(self, check: Check) -> str:
        if check.kind in _UNSEEN:
            return ""
        happened = self._judge(check)
        return (
            f"{self.case.file}:{check.line}: expected {check.kind} {check.text} {dict(check.values) or ''}, but {happened}"
            if happened
            else ""
        )

    def _judge(self, check: Check) -> str:
        window = self.seen[self.since :]
        said = " ".join(one.text("text") for one in window if one.event in {"said", "greeting"})
        match check.kind:
            case Checked.HEAR:
                return "" if _plain(check.text) in _plain(said) else f"it said: {said}"
            case Checked.NOT_HEAR:
                return f"it said: {said}" if _plain(check.text) in _plain(said) else ""
            case Checked.INTENT:
                found = [one.text("intent") for one in window if one.event == "understood"]
                return "" if check.text in found else f"it understood {found}"
            case Checked.TRANSFER:
                found = [
                    (one.text("target"), one.text("name"))
                    for one in window
                    if one.event == "transfer"
                ]
                destination = self.prepared.script.destinations.get(check.text)
                wanted = destination.number if destination else check.text
                return "" if any(wanted in one for one in found) else f"put through to {found}"
            case Checked.SLOTS:
                held: dict[str, object] = {}
                for one in self.seen:
                    slots = one.values.get("slots")
                    held |= slots if isinstance(slots, dict) else {}
                return _differ(check.values, held)
            case Checked.CALLED | Checked.NOT_CALLED:
                return self._called(check)
            case Checked.NOTED:
                return "" if any(one.event == "note" for one in self.seen) else "nothing was noted"
            case Checked.DOCUMENTED:
                held = [one.values for one in self.seen if one.event == "documented"]
                wanted = {
                    k: v
                    for k, v in check.values.items()
                    if k in {"process", "resolution", "reason"}
                }
                return "" if any(not _differ(wanted, one) for one in held) else f"documented {held}"
            case Checked.ENDED:
                found = [one.text("outcome") for one in self.seen if one.event == "ended"]
                return "" if check.text in found else f"it ended {found}"
        return ""

    def _called(self, check: Check) -> str:
        script = self.prepared.script
        if script.backends[script.connectors[check.text].backend].kind is BackendKind.CSV:
            return ""
        asked = [given for name, given in self.stub.asked if name == check.text]
        if check.kind is Checked.NOT_CALLED:
            return "it was called" if asked else ""
        differing = [_differ(check.values, given) for given in asked]
        return "" if "" in differing else f"it was called with {asked}"


def _plain(said: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in said.casefold()).split())


def _differ(wanted: Mapping[str, object], held: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name}: {held.get(name)}"
        for name, value in wanted.items()
        if _plain(text(held.get(name))) != _plain(str(value))  # type: ignore[arg-type]
    )


@contextmanager
def scratch() -> Iterator[Path]:
    """A short path: sockets have little room for theirs."""
    folder = Path(tempfile.mkdtemp(prefix="attendant-telephone-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def play_all(
    folder: Path, only: str = "", most: int = 0, state: Path | None = None
) -> list[Played]:
    """Play the cases of a dialogue's folder on one desk; `most`: how many, 0 for all."""
    source = prepare(folder)
    cases = [case for case in source.cases if only.casefold() in case.name.casefold()]
    found = [Played(case, skipped=why) for case in cases if (why := unplayable(case))]
    playable = [case for case in cases if not unplayable(case)][: most or None]
    packs = process.choose(Settings().speech, source.script.language)
    with scratch() as place:
        stub = Stub()
        try:
            clips = await asyncio.to_thread(_clips, packs, source.script.language, tuple(playable))
            prepared = staged(source, place / "dialogue", stub.port)
            own = place / "own.toml"
            own.write_text(_settings(prepared, packs, place), "utf-8")
            numbers = {one.number for one in prepared.script.destinations.values()}
            numbers |= {
                check.text for case in playable for step in case.talk for check in step.checks
                if check.kind is Checked.TRANSFER and check.text.isdecimal()
            }  # fmt: skip
            numbers |= {dict(case.facts)["caller"] for case in playable if case.facts}
            options = Options(
                state=state or place / "state", port=0, settings=(own,),
                extensions=tuple(sorted(numbers)),
            )  # fmt: skip
            async with Desk(options, Console(quiet=True)) as desk:
                for case in playable:
                    played = await Performance(desk, prepared, case, clips, stub).run()
                    found.append(played)
                    show(played)
        finally:
            stub.close()
    return found


def _clips(packs: process.Packs, language: str, cases: tuple[Case, ...]) -> dict[str, bytes]:
    with process.speech([], packs) as socket, Ears(socket, language) as ears:
        return {said: ears.say(said) for said in sentences(cases)}


def _settings(prepared: Prepared, packs: process.Packs, place: Path) -> str:
    voice = Settings().speech.tts
    if not voice.startswith(prepared.script.language):
        voice = packs.tts
    lines = [
        "[dialogue]", f'folder = "{prepared.folder}"', f'published = "{place / "published"}"',
        "[speech]", f'stt = "{packs.stt}"', f'tts = "{voice}"', f'turn = "{packs.turn}"',
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def show(played: Played) -> None:
    """Print how one case went."""
    if played.skipped:
        print(f"  - {played.case.name} ({played.skipped})")
        return
    again = f" (said again: {played.repeats})" if played.repeats else ""
    print(f"  {'✗' if played.failures else '✓'} {played.case.name}{again}", flush=True)
    if played.failures:
        for one in played.happenings:
            values = {k: v for k, v in one.values.items() if k not in {"event", "call"}}
            print(f"      {one.event}: {values}")
        for failure in played.failures:
            print(f"      {failure}", flush=True)


def main() -> None:
    """Play what is named and exit with 1 where something fails."""
    parser = argparse.ArgumentParser(prog="tests.interop.telephone", description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    folders = given.folder or sorted(one for one in EXAMPLES.iterdir() if one.is_dir())
    failed = 0
    for folder in folders:
        print(folder.name)
        played = asyncio.run(play_all(folder, given.only))
        real = [one for one in played if not one.skipped]
        for one in played:
            if one.skipped:
                show(one)
        passed = sum(not one.failures for one in real)
        failed += len(real) - passed
        print(f"{passed} of {len(real)} conversations pass by telephone.", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
