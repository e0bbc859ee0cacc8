"""A scripted call from a real telephone to the box, watched, recorded and judged.

    Performance --Say--> Phone(300) ==SIP, RTP== Exchange ==SIP, RTP== call --- speech
                                                   `-- tap --> Recording --> stereo WAV

The times are those of the caller's telephone, on the wire.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from appliance.exchange import caller, events, show
from appliance.exchange.desk import Desk
from appliance.exchange.phone import PhoneCall, PhoneError
from appliance.exchange.recording import Recording
from appliance.exchange.state import BOX, CALLER, DEPARTMENTS
from appliance.exchange.turns import Turn

ENDING: Final = 2.0
"""s to wait for the box's own word that the call is over."""
BREATH: Final = 0.7
"""s of silence within which two stretches of the box's speech are one, on the time line."""


@dataclass(slots=True)
class Played:
    """What became of one scripted call."""

    failure: str = ""
    """Why the script could not be finished; empty where it was."""
    began: float = 0.0
    """Loop time at which the call was answered."""
    ended: float = 0.0
    turns: list[Turn] = field(default_factory=list)
    spurts: list[tuple[float, float]] = field(default_factory=list)
    """When the caller heard somebody."""
    transferred: list[tuple[float, str]] = field(default_factory=list)
    """When the call was put through, and to which extension."""
    transcript: show.Transcript = field(default_factory=show.Transcript)
    recording: Recording | None = None
    briefing: Recording | None = None
    """The call in which the box told a person who calls, where there was one."""


class _Play:
    """One run: the script's eyes, ears and hands, each 20 ms."""

    def __init__(
        self, desk: Desk, steps: tuple[caller.Step, ...], clips: Mapping[str, bytes]
    ) -> None:
        self.played = Played()
        self._desk = desk
        self._performance = caller.Performance(steps)
        self._clips = clips
        self._call: PhoneCall | None = None
        self._number = 0
        self._timed = 0
        self._known = set(desk.transcripts)
        self._done = asyncio.Event()

    async def run(self) -> Played:
        played, switch = self.played, self._desk.switch
        loop = asyncio.get_running_loop()
        switch.watchers.append(self._watch)
        try:
            self._call = await self._desk.caller.dial(BOX)
            played.began = loop.time()
            switch.pacer.add("script", self._tick, self._fault)
            await self._done.wait()
        except PhoneError as error:
            played.failure = f"the box did not take the call ({error})"
            played.began = loop.time()
        finally:
            switch.watchers.remove(self._watch)
            switch.pacer.remove("script")
            switch.core.tap(self._number, None)
            self._desk.caller.hang_up()
        played.ended = loop.time()
        await self._ending()
        return played

    def _watch(self, event: events.Event) -> None:
        now = asyncio.get_running_loop().time()
        match event:
            case events.CallStarted(number, who, _) if who == CALLER and not self._number:
                self._number = number
                self.played.recording = Recording(now)
                self._desk.switch.core.tap(number, self.played.recording.add)
            case events.CallStarted(number, who, _) if who == BOX and self._number:
                self.played.briefing = Recording(now)
                self._desk.switch.core.tap(number, self.played.briefing.add)
            case events.CallTransferred(number, _, target) if number == self._number:
                self.played.transferred.append((now, target))
            case _:
                return

    def _tick(self, _due: float) -> None:
        if self._call is None or self._done.is_set():
            return
        now = asyncio.get_running_loop().time()
        line, meter = self._call.line, self._call.line.meter
        self.played.turns, self.played.spurts = meter.turns, meter.spurts
        self._report(meter.turns)
        transferred = self.played.transferred
        action = self._performance.advance(
            caller.Scene(
                now, line.speaking, meter.peer_speaking(now), meter.peer_quiet(now),
                answered=bool(meter.turns) and meter.turns[-1].answered is not None,
                connected_to=transferred[-1][1] if transferred else BOX,
                over=self._call.over.is_set(),
            )
        )  # fmt: skip
        match action:
            case caller.Say(text):
                line.say(self._clips[text], text)
                self._desk.console.print(show.caller_line(text))
            case caller.HangUp(failure):
                self.played.failure = failure
                self._done.set()
            case None:
                return

    def _report(self, turns: Sequence[Turn]) -> None:
        """Print the times of a turn as soon as the box has answered it."""
        if len(turns) > self._timed and turns[self._timed].answered is not None:
            turn = turns[self._timed]
            self._desk.console.print(show.timing_line(turn.response, turn.yielding))
            self._timed += 1

    def _fault(self, error: Exception) -> None:
        self.played.failure = f"the caller's script failed: {error}"
        self._done.set()

    async def _ending(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + ENDING
        while loop.time() < end:
            if new := [c for c in self._desk.transcripts if c not in self._known]:
                self.played.transcript = self._desk.transcripts[new[0]]
                if self.played.transcript.outcome:
                    return
            await asyncio.sleep(0.02)


async def play(desk: Desk, steps: tuple[caller.Step, ...], clips: Mapping[str, bytes]) -> Played:
    """Call the box and walk through the script; `clips` holds the PCM of each sentence of it."""
    return await _Play(desk, steps, clips).run()


def judge(steps: Sequence[caller.Step], played: Played) -> str:
    """Return in one sentence what the box did not understand; empty where all was well."""
    understood = played.transcript.understood
    rest = iter(understood)
    for step in steps:
        if not isinstance(step, caller.Say) or not step.intent:
            continue
        wanted = dict(step.slots)
        if any(turn.intent == step.intent and _within(wanted, turn.slots) for turn in rest):
            continue
        heard = ", ".join(f"'{turn.heard}' as {turn.intent}" for turn in understood) or "nothing"
        return f"'{step.text}' was not understood as '{step.intent}': the box understood {heard}"
    return played.failure


def _within(wanted: Mapping[str, str], slots: tuple[tuple[str, str], ...]) -> bool:
    held = dict(slots)
    return all(held.get(key) == value for key, value in wanted.items())


def timeline(played: Played, caption: str) -> dict[str, object]:
    """Return the call as spans and marks in seconds since it was answered, for a picture."""
    spans = [_span("caller", t.started, t.ended, t.text, played) for t in played.turns]
    handing = played.transcript.handing
    spurts = _parted(played.spurts, handing)
    for start, end in _joined(spurts, [*handing, *(at for at, _ in played.transferred)]):
        text = ""
        for at, said in played.transcript.said:
            if at <= start + 0.3:
                text = said
        if any(at <= start for at in handing):
            text = "(ringing tone)"
        for at, extension in played.transferred:
            if at <= start:
                text = f"{DEPARTMENTS.get(extension, extension)}, hello."
        spans.append(_span("box", start, end, text, played))
    marks: list[dict[str, object]] = []
    for turn, taken in zip(played.turns, played.transcript.understood, strict=False):
        if turn.response is not None and turn.answered is not None:
            text = f"heard: {taken.intent}, {taken.certainty:.2f}, {1000 * turn.response:.0f} ms"
            marks.append({"at": _since(turn.answered, played), "text": text, "row": 0})
        if turn.silenced is not None and turn.yielding is not None:
            text = f"silent {1000 * turn.yielding:.0f} ms after the interruption"
            marks.append({"at": _since(turn.silenced, played), "text": text, "row": 1})
    for at, extension in played.transferred:
        name = DEPARTMENTS.get(extension, extension)
        marks.append({"at": _since(at, played), "text": f"put through: {name}", "row": 2})
    spans.sort(key=lambda span: float(str(span["start"])))
    return {
        "seconds": round(played.ended - played.began, 2),
        "caption": caption,
        "spans": spans,
        "marks": marks,
    }


def write_timeline(file: Path, played: Played, caption: str) -> None:
    """Write `timeline` as JSON."""
    file.write_text(json.dumps(timeline(played, caption), indent=1) + "\n", "utf-8")


def _since(at: float, played: Played) -> float:
    return round(at - played.began, 3)


def _span(who: str, start: float, end: float, text: str, played: Played) -> dict[str, object]:
    return {
        "who": who, "start": _since(start, played), "end": _since(end, played), "text": text,
    }  # fmt: skip


def _parted(
    spurts: Sequence[tuple[float, float]], changes: Sequence[float]
) -> list[tuple[float, float]]:
    """Cut stretches in which one sound follows another without a pause."""
    parted: list[tuple[float, float]] = []
    for start, end in spurts:
        cuts = [start, *(at for at in sorted(changes) if start < at < end), end]
        parted += itertools.pairwise(cuts)
    return parted


def _joined(
    spurts: Sequence[tuple[float, float]], changes: Sequence[float]
) -> list[tuple[float, float]]:
    """Bridge pauses for breath, except where another telephone took over in between."""
    joined: list[tuple[float, float]] = []
    for start, end in spurts:
        changed = joined and any(joined[-1][0] < at <= start for at in changes)
        if joined and not changed and start - joined[-1][1] < BREATH:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
