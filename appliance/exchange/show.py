"""What the `call` process shows at a desk, read from its JSON lines and made readable.

    {"event": "heard", "call": "…", "text": "what are your opening hours", "confidence": 0.93}
        -> Happening -> Transcript (for the judgement), Text (for the terminal)

Nothing of it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the `call` process."""

    at: float
    """Loop time at which it was read, s."""
    event: str
    call: str
    values: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a value as text; empty where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float:
        """Return a value as a number; 0 where there is none."""
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) else 0.0


def parse(line: str, at: float) -> Happening | None:
    """Read one line; None for anything that is not an event."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    if not isinstance(values, dict) or not isinstance(values.get("event"), str):
        return None
    return Happening(at, values["event"], str(values.get("call", "")), values)


@dataclass(frozen=True, slots=True)
class Understanding:
    """One turn as the box took it."""

    at: float
    heard: str
    confidence: float
    """Of the recogniser."""
    intent: str
    certainty: float
    """Of the intent."""
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the terminal: who, and what; what does not fit goes on below itself."""

    who: str
    style: str
    text: Text

    def append(self, text: str, style: str) -> Line:
        """Add a remark and return the line."""
        self.text.append(text, style)
        return self

    @property
    def plain(self) -> str:
        """The line without its looks."""
        return f"{self.who}  {self.text.plain}".strip()

    def __rich__(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", width=7, style=self.style)
        grid.add_column()
        grid.add_row(self.who, self.text)
        return grid


@dataclass(slots=True)
class Transcript:
    """One call as the box sees it."""

    understood: list[Understanding] = field(default_factory=list)
    said: list[tuple[float, str]] = field(default_factory=list)
    """When each sentence of the box began, and its text."""
    handing: list[float] = field(default_factory=list)
    """When the box began to put the caller through: a ringing tone is heard from then on."""
    outcome: str = ""
    _heard: Happening | None = None

    def add(self, happening: Happening) -> None:
        """Take the next event of this call."""
        match happening.event:
            case "heard":
                self._heard = happening
            case "understood":
                heard, self._heard = self._heard, None
                slots = happening.values.get("slots")
                self.understood.append(Understanding(
                    happening.at,
                    heard.text("text") if heard is not None else "",
                    heard.number("confidence") if heard is not None else 0.0,
                    happening.text("intent"), happening.number("confidence"),
                    tuple((str(k), str(v)) for k, v in slots.items())
                    if isinstance(slots, dict) else (),
                ))  # fmt: skip
            case "said" | "greeting":
                self.said.append((happening.at, happening.text("text")))
            case "transfer":
                self.handing.append(happening.at)
            case "ended":
                self.outcome = happening.text("outcome")
            case _:
                return


def render(happening: Happening) -> Line | None:
    """Return the line of the terminal for an event; None for what nobody needs to see."""
    match happening.event:
        case "greeting" | "said":
            return _line("box", "bold green", happening.text("text"))
        case "heard":
            words = happening.text("text") or "(not understood)"
            line = _line("heard", "cyan", f"“{words}”")
            return line.append(f"  confidence {happening.number('confidence'):.2f}", "dim")
        case "understood":
            slots = happening.values.get("slots")
            what = happening.text("intent")
            if isinstance(slots, dict) and slots:
                what += " (" + ", ".join(f"{k}: {v}" for k, v in slots.items()) + ")"
            line = _line("intent", "magenta", what)
            return line.append(f"  confidence {happening.number('confidence'):.2f}", "dim")
        case "interrupted":
            return _line("", "dim", f"interrupted after {happening.number('after'):.1f} s")
        case "transfer":
            name = f"{happening.text('name')} ({happening.text('target')})"
            return _line("box", "bold green", f"puts the caller through to {name}")
        case "consulting":
            text = happening.text("briefing")
            if text:
                return _line("person", "green", f"hears first: {text}")
            return _line("person", "green", "answers and is told who calls")
        case "transferred":
            line = _line("", "dim", "the caller is put through")
            return line.append(f", after {happening.number('after'):.1f} s", "dim")
        case "transfer-failed":
            return _line("", "yellow", f"the transfer failed: {happening.text('reason')}")
        case "key":
            return _line("key", "cyan", happening.text("digit"))
        case "note":
            return _line("", "dim", "a message was kept; read it with: appliance messages")
        case "silence":
            return _line("", "dim", "the caller says nothing")
        case "speech-lost" | "rescue" | "fault":
            why = happening.text("why") or happening.text("text")
            return _line("", "yellow", f"{happening.event} {why}".strip())
        case "ended":
            line = _line("", "dim", f"call over: {happening.text('outcome')}")
            return line.append(f", {happening.number('seconds'):.1f} s", "dim")
        case _:
            return None


def caller_line(text: str) -> Line:
    """Return the line for what a caller of ours says."""
    return _line("caller", "bold blue", text)


def timing_line(response: float | None, yielding: float | None) -> Line:
    """Return the line with the measured times of a turn, s."""
    parts = []
    if yielding is not None:
        parts.append(f"silent {1000 * yielding:.0f} ms after being interrupted")
    if response is not None:
        parts.append(f"first audio packet {1000 * response:.0f} ms after the end of speech")
    return _line("time", "yellow", ", ".join(parts))


def _line(who: str, style: str, text: str) -> Line:
    return Line(who, style, Text(text, "dim" if style == "dim" else ""))
