"""`dialogue test`: the conversations of tests/, in text or by voice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random

from rich.console import Console
from rich.markup import escape

from appliance.call.rehearsal import process
from appliance.call.rehearsal.ears import Ears
from appliance.call.rehearsal.hearing import Count, Hearing, sentences
from appliance.commands.preparing import Prepared
from appliance.contracts.errors import UserError
from appliance.dialogue import Engine
from appliance.dialogue.rehearsing import player
from appliance.dialogue.rehearsing.cases import Case
from appliance.dialogue.rehearsing.conversation import Line
from appliance.dialogue.rehearsing.player import Report, rehearse
from appliance.settings import USUAL_FILES, Settings


@dataclass(frozen=True, slots=True)
class ByVoice:
    """How the caller sounds."""

    loss: float = 0.05
    """Share of the packets that are lost."""
    speaker: str = ""
    """The pack that speaks; empty: another than the box's, where there is one."""


@dataclass(frozen=True, slots=True)
class Result:
    """One conversation, played."""

    report: Report
    seconds: float


def chosen(prepared: Prepared, only: str) -> tuple[Case, ...]:
    """Return the cases whose name or file holds `only`. Raises UserError where there are none."""
    found = tuple(
        case for case in prepared.cases if only.casefold() in f"{case.file} {case.name}".casefold()
    )
    if not found and only:
        raise UserError(f"no conversation in tests/ holds '{only}' in its name or file")
    return found


class Stage:
    """Plays the cases of one dialogue, each with an engine that knows what the site has."""

    def __init__(self, prepared: Prepared, model: bytes) -> None:
        """Prepare; `model`: what was trained."""
        self._prepared = prepared
        self._model = model
        self._engines: dict[bool, Engine] = {}

    def play(self, case: Case, ears: player.Ears | None = None) -> Result:
        """Play one case; a site has a language model where the test gives it words."""
        thinking = bool(case.model)
        if thinking not in self._engines:
            script = self._prepared.script
            self._engines[thinking] = Engine(script, self._model, thinking=thinking)
        begun = time.monotonic()
        report = rehearse(
            self._engines[thinking], self._prepared.script, case, zone=self._prepared.zone,
            ears=ears,
        )  # fmt: skip
        return Result(report, time.monotonic() - begun)


def run_text(prepared: Prepared, model: bytes, *, only: str = "") -> list[Result]:
    """Play the cases one after the other. Raises UserError where `only` names none."""
    stage = Stage(prepared, model)
    return [stage.play(case) for case in chosen(prepared, only)]


def text_command(prepared: Prepared, console: Console, *, only: str, verbose: bool) -> int:
    """Play all cases in text; returns 1 where one fails."""
    if not prepared.cases:
        console.print(
            f"There are no conversations in {escape(str(prepared.folder))}/tests: write "
            "tests/name.yaml.",
            style="yellow",
        )
        return 0
    results = run_text(prepared, prepared.trained, only=only)
    show(results, console, verbose=verbose)
    return 0 if all(result.report.passed for result in results) else 1


def voice_command(
    prepared: Prepared,
    settings: Settings,
    files: Sequence[Path] | None,
    wish: ByVoice,
    console: Console,
    *,
    only: str,
    verbose: bool,
) -> int:
    """Play all cases by voice; returns 1 where one fails. Raises UserError without packs."""
    cases = chosen(prepared, only)
    named = [file for file in files or USUAL_FILES if file.exists()]
    packs = process.choose(settings.speech, prepared.script.language, wish.speaker)
    stage = Stage(prepared, prepared.trained)
    count, results = Count(), []
    with (
        process.speech(named, packs, prepared.folder) as socket,
        Ears(socket, prepared.script.language) as ears,
    ):
        clips = _spoken(ears, cases, console)
        console.print(
            f"Spoken by {escape(packs.tts)}, {100 * wish.loss:.0f} % of packets lost, heard by "
            f"{escape(packs.stt)}.",
            style="dim",
        )
        began = time.monotonic()
        for case in cases:
            hearing = Hearing(ears, clips, count, Random(case.name), loss=wish.loss)
            result = stage.play(case, hearing)
            results.append(result)
            show_one(result, console, verbose=verbose)
    for said, heard in count.examples if verbose else ():
        console.print(f"  [dim]said[/] {escape(said)} [dim]heard[/] {escape(heard or '(nothing)')}")
    passed = sum(result.report.passed for result in results)
    console.print(
        f"{count.sentences} sentences: {100 * count.word_error:.1f} % of words wrong, "
        f"{count.unheard} not heard at all, {count.cut} cut off, "
        f"{sum(result.report.repeats for result in results)} said again."
    )
    console.print(
        f"{passed} of {len(results)} conversations pass ({time.monotonic() - began:.0f} s).",
        style="green" if passed == len(results) else "bold red",
    )
    return 0 if passed == len(results) else 1


def _spoken(ears: Ears, cases: tuple[Case, ...], console: Console) -> dict[str, bytes]:
    """Return every sentence of the cases as PCM."""
    with console.status("speaking"):
        return {text: ears.say(text) for text in sentences(cases)}


def show(results: Sequence[Result], console: Console, *, verbose: bool) -> None:
    """Print each file's conversations, and those that fail in full."""
    if not results:
        console.print("There are no conversations in tests/.", style="yellow")
        return
    for file, group in groupby(results, lambda result: result.report.case.file):
        console.print(file, style="bold")
        for result in group:
            show_one(result, console, verbose=verbose)
    passed = sum(result.report.passed for result in results)
    seconds = sum(result.seconds for result in results)
    console.print(
        f"{passed} of {len(results)} conversations pass ({seconds:.1f} s).",
        style="green" if passed == len(results) else "bold red",
    )


def show_one(result: Result, console: Console, *, verbose: bool) -> None:
    """Print one conversation."""
    report = result.report
    mark, style = ("✓", "green") if report.passed else ("✗", "bold red")
    console.print(f"  [{style}]{mark}[/] {escape(report.case.name)}")
    if verbose or not report.passed:
        for line in report.transcript:
            console.print(f"      {render(line)}")
    for failure in report.failures:
        place = f"{report.case.file}:{failure.line}"
        console.print(f"      {escape(place)}: {escape(str(failure))}", style="red")


def render(line: Line) -> str:
    """Return a line of a transcript with its colours."""
    text = escape(line.text)
    if line.who == "box":
        return f"[cyan]box:[/]    {text}"
    if line.who == "caller":
        return f"[bold]caller:[/] {text}"
    return f"[dim]        {text}[/]"
