"""The command line's group `dialogue`: check, train, chat, test, publish, rollback, versions, diff.

Only words are read here; the work is in the modules beside it, which are imported by the command
that needs them, so that `--help` loads nothing.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from appliance import settings

app = typer.Typer(
    help="What the box says and does: write it, try it, publish it, take it back.",
    no_args_is_help=True,
)

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--settings", help="A settings file; may be repeated, later ones win.", show_default=False
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="The dialogue's folder; else as set.", show_default=False),
]
Only = Annotated[
    str, typer.Option("--only", help="Only conversations whose name or file holds this.")
]

_load = settings.load_named


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=True)
    # Whoever reads it through a pipe gets whole lines.
    return console if console.is_terminal else Console(width=200, highlight=False, soft_wrap=True)


@app.command()
def check(folder: Folder = None, files: SettingsFiles = None) -> None:
    """Read the dialogue and name every mistake; 2 if there is one."""
    from appliance.commands import preparing

    held = _load(files)
    prepared = preparing.prepare(folder or held.dialogue.folder)
    raise typer.Exit(preparing.show_inventory(prepared, held, _console()))


@app.command()
def train(
    folder: Folder = None,
    keep: Annotated[
        bool, typer.Option(help="Keep the result beside the dialogue, for chat and test.")
    ] = True,
    judge: Annotated[
        bool, typer.Option(help="Estimate how well it understands, and what it confuses.")
    ] = True,
    files: SettingsFiles = None,
) -> None:
    """Train the understanding and say which examples are confused with each other."""
    from appliance.commands import preparing, training

    held = _load(files)
    prepared = preparing.prepare(folder or held.dialogue.folder)
    raise typer.Exit(training.train_command(prepared, held, _console(), keep=keep, judge=judge))


@app.command()
def chat(
    folder: Folder = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the site's real systems and language model.")
    ] = False,
    as_in: Annotated[
        str, typer.Option("--as", help="Answers, caller and time of the test of this name.")
    ] = "",
    at: Annotated[str, typer.Option(help='When the call takes place, "2026-11-24 10:00".')] = "",
    caller: Annotated[str, typer.Option(help="The caller's number.")] = "",
    files: SettingsFiles = None,
) -> None:
    """Talk to the dialogue in the terminal and see how it understands."""
    from appliance.commands import chatting, preparing

    held = _load(files)
    prepared = preparing.prepare(folder or held.dialogue.folder)
    wish = chatting.Wish(live=live, as_in=as_in, at=at, caller=caller)
    raise typer.Exit(chatting.chat_command(prepared, held, wish, _console()))


@app.command("test")
def rehearse(
    folder: Folder = None,
    voice: Annotated[
        bool, typer.Option("--voice", help="Speak and hear it all, over a telephone line.")
    ] = False,
    only: Only = "",
    loss: Annotated[
        float, typer.Option(min=0, max=0.5, help="With --voice: packets lost, as 0.05.")
    ] = 0.05,
    speaker: Annotated[
        str, typer.Option(help="With --voice: the pack that speaks as the caller.")
    ] = "",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every conversation in full.")
    ] = False,
    files: SettingsFiles = None,
) -> None:
    """Play the conversations of tests/ and say what was not as expected; 1 if anything."""
    from appliance.commands import preparing, testing

    held = _load(files)
    prepared = preparing.prepare(folder or held.dialogue.folder)
    console = _console()
    if voice:
        wish = testing.ByVoice(loss=loss, speaker=speaker)
        status = testing.voice_command(
            prepared, held, files, wish, console, only=only, verbose=verbose
        )
    else:
        status = testing.text_command(prepared, console, only=only, verbose=verbose)
    raise typer.Exit(status)


@app.command()
def publish(
    folder: Folder = None,
    comment: Annotated[str, typer.Option("--comment", "-m", help="What is new.")] = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Even if conversations of tests/ fail.")
    ] = False,
    files: SettingsFiles = None,
) -> None:
    """Check, test and train the dialogue, then let it answer the telephone."""
    from appliance.commands import preparing, publishing

    held = _load(files)
    prepared = preparing.prepare(folder or held.dialogue.folder)
    status = publishing.publish_command(prepared, held, _console(), comment=comment, anyway=anyway)
    raise typer.Exit(status)


@app.command()
def rollback(
    version: Annotated[
        int | None, typer.Argument(help="Which; else the one before.", show_default=False)
    ] = None,
    files: SettingsFiles = None,
) -> None:
    """Let the version before this one answer the telephone again."""
    from appliance.commands import publishing

    raise typer.Exit(publishing.rollback_command(_load(files), _console(), version))


@app.command()
def versions(files: SettingsFiles = None) -> None:
    """List the published versions, the newest first."""
    from appliance.commands import publishing

    raise typer.Exit(publishing.versions_command(_load(files), _console()))


@app.command()
def diff(
    old: Annotated[
        int | None,
        typer.Argument(help="A version; else the one that answers.", show_default=False),
    ] = None,
    new: Annotated[
        int | None, typer.Argument(help="Another; else the folder.", show_default=False)
    ] = None,
    folder: Folder = None,
    files: SettingsFiles = None,
) -> None:
    """Show what has changed between two versions, or since one; 1 if anything has."""
    from appliance.commands import publishing

    held = _load(files)
    place = folder or held.dialogue.folder
    raise typer.Exit(publishing.diff_command(held, _console(), old, new, place))
