"""The command line: it picks a room, and tells a user's mistake in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from appliance import __version__, settings
from appliance.contracts.errors import UserError

# Rooms are imported by the command that enters them: `call` must not load a model, `speech` must
# not load the telephone, and `--help` nothing at all.

app = typer.Typer(
    name="appliance",
    help="Attendant answers a site's telephone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
packs_app = typer.Typer(help="The models installed on this box.", no_args_is_help=True)
app.add_typer(packs_app, name="packs")

DEFAULT_FILES = (
    Path("/usr/lib/appliance/board.toml"),
    Path("/var/lib/appliance/settings.toml"),
    Path("/var/lib/appliance/secrets.toml"),
)

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--settings", help="A settings file; may be repeated, later ones win.", show_default=False
    ),
]
StateFolder = Annotated[
    Path | None,
    typer.Option("--state", help="Folder for what the desk keeps.", show_default=False),
]
Host = Annotated[str, typer.Option(help="Own address; anything but loopback must be asked for.")]


def _load(files: list[Path] | None) -> settings.Settings:
    for file in files or ():
        if not file.exists():
            raise UserError(f"{file} does not exist: name an existing settings file")
    return settings.load(files or DEFAULT_FILES)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Attendant {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Attendant answers a site's telephone."""


@app.command()
def run(
    state: StateFolder = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the exchange; 0 takes a free one.")] = 5060,
) -> None:
    """Start exchange, speech and call, place a demonstration call, and stay up."""
    from appliance.exchange import commands

    raise typer.Exit(commands.run_command(state=state, host=host, port=port))


@app.command()
def demo(
    state: StateFolder = None,
    timeline: Annotated[
        Path | None, typer.Option(help="Write the call's time line as JSON.", show_default=False)
    ] = None,
    caller: Annotated[
        list[Path] | None,
        typer.Option(
            help="WAV files to speak instead: question, interruption.", show_default=False
        ),
    ] = None,
) -> None:
    """Place the demonstration call and exit: 0 only if it was understood."""
    from appliance.exchange import commands

    raise typer.Exit(
        commands.demo_command(state=state, caller=tuple(caller or ()), timeline=timeline)
    )


@app.command()
def exchange(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 5060,
    accounts: Annotated[
        Path | None,
        typer.Option(help="TOML of extensions and passwords; else they are made and printed."),
    ] = None,
    phones: Annotated[
        bool, typer.Option(help="Let the departments' telephones answer inside the exchange.")
    ] = True,
    tcp_port: Annotated[
        int | None, typer.Option(help="Listen by TCP too; 0 takes a free port.", show_default=False)
    ] = None,
    tls_port: Annotated[
        int | None, typer.Option(help="Listen by TLS too; 0 takes a free port.", show_default=False)
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="PEM for TLS; else one is made and kept.", show_default=False),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Its private key, where apart.", show_default=False)
    ] = None,
    srtp: Annotated[str, typer.Option(help="Encrypted audio: off, offered or required.")] = "off",
    refer: Annotated[
        bool, typer.Option(help="Let telephones transfer calls; else REFER is answered 405.")
    ] = True,
) -> None:
    """A small PBX for trying the box without one."""
    from appliance.exchange import commands

    raise typer.Exit(
        commands.exchange_command(
            host=host, port=port, accounts=accounts, phones=phones,
            listening=commands.listening(
                tcp_port=tcp_port, tls_port=tls_port, certificate=certificate, key=key, srtp=srtp,
                refer=refer,
            ),
        )
    )  # fmt: skip


@app.command()
def call(
    files: SettingsFiles = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the conversation as JSON lines (desk only).")
    ] = False,
) -> None:
    """The telephone: registers at the PBX and answers."""
    from appliance.call import commands

    raise typer.Exit(commands.call_command(_load(files), show=show))


@app.command()
def speech(files: SettingsFiles = None) -> None:
    """Hearing and voice for the telephone, on a Unix socket."""
    import asyncio

    from appliance.speech.server import load_engines, serve
    from appliance.system.notify import Notifier

    box = _load(files)
    held = box.speech
    notifier = Notifier()
    engines = load_engines(
        held.packs, stt=held.stt, tts=held.tts, vad=held.vad, threads=held.threads
    )
    # One connection for each call, one that `call` keeps, and a few for whoever tries a voice.
    capacity = box.call.capacity + 4
    asyncio.run(
        serve(
            held.socket, engines, capacity=capacity, on_ready=notifier.ready, on_beat=notifier.alive
        )
    )


@app.command()
def hear(
    audio: Annotated[list[Path], typer.Argument(help="WAV, FLAC or Ogg files.")],
    expect: Annotated[
        str, typer.Option(help="free, digits, digits:6-8, yes-no, letters or choice:a,b,c")
    ] = "free",
    json: Annotated[bool, typer.Option("--json", help="One JSON object per file.")] = False,
    files: SettingsFiles = None,
) -> None:
    """Recognise recorded speech as the box would on the telephone."""
    from appliance.speech import commands

    held = _load(files).speech
    status = commands.hear(
        audio, sys.stdout, expect=expect, as_json=json, packs=held.packs, stt=held.stt,
        vad=held.vad, threads=held.threads,
    )  # fmt: skip
    raise typer.Exit(status)


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The WAV file to write.")],
    speed: Annotated[float, typer.Option(help="0.5 to 2.")] = 1.0,
    files: SettingsFiles = None,
) -> None:
    """Speak a text into a WAV file with the box's own voice."""
    from appliance.speech import commands

    held = _load(files).speech
    seconds = commands.say(text, output, packs=held.packs, tts=held.tts, speed=speed)
    typer.echo(f"{output}: {seconds:.2f} s")


@packs_app.command("list")
def packs_list(files: SettingsFiles = None) -> None:
    """List the packs with their licence and what they are."""
    _packs(files)


@packs_app.command("check")
def packs_check(files: SettingsFiles = None) -> None:
    """Verify every file of every pack against its manifest; 1 if one does not match."""
    raise typer.Exit(1 if _packs(files) else 0)


def _packs(files: list[Path] | None) -> int:
    """Print a line for each pack, and return how many cannot be used."""
    from appliance.speech import commands

    checked = commands.check_packs(
        _load(files).speech.packs, lambda found: typer.echo(commands.describe(found))
    )
    return sum(bool(found.mistake) for found in checked)


@app.command()
def messages(files: SettingsFiles = None) -> None:
    """List the messages that callers left (they stay on this box until they expire)."""
    from appliance.call import commands

    raise typer.Exit(commands.messages_command(_load(files)))


@app.command("line-test")
def line_test(
    phone_user: Annotated[
        str, typer.Option(help="A second extension at the PBX, to call the box from.")
    ] = "",
    phone_password: Annotated[
        str, typer.Option(help="Its password.", envvar="APPLIANCE_PHONE_PASSWORD")
    ] = "",
    line: Annotated[str, typer.Option(help="Which line: main, or a name of accounts.")] = "main",
    independent: Annotated[
        bool, typer.Option(help="Let a telephone of another make (pyVoIP) call too.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per check.")] = False,
    files: SettingsFiles = None,
) -> None:
    """Test the telephone line, and say in plain words what is wrong with it."""
    from appliance.call import commands

    status = commands.line_test(
        _load(files), line=line, phone_user=phone_user, phone_password=phone_password,
        independent=independent, as_json=json,
    )  # fmt: skip
    raise typer.Exit(status)


@app.command()
def doctor(files: SettingsFiles = None) -> None:
    """Say what is missing on this machine, in plain words."""
    from appliance.call import commands as call_commands
    from appliance.speech import commands as speech_commands
    from appliance.system import doctor as examination

    held = _load(files)

    def packs() -> list[examination.Finding]:
        grades = {True: examination.Grade.MISSING, False: examination.Grade.OK}
        return [
            examination.Finding(grades[bool(found.mistake)], speech_commands.describe(found))
            for found in speech_commands.check_packs(held.speech.packs)
        ]

    findings = [
        *examination.examine(held),
        *examination.guarded("line", lambda: call_commands.line_findings(held)),
        *examination.guarded("packs", packs),
        *examination.guarded("dialogue", lambda: call_commands.dialogue_finding(held.dialogue)),
    ]
    raise typer.Exit(examination.show(findings))


def main() -> None:
    """Run the command line; a user's mistake is one sentence on stderr and exit status 2."""
    try:
        app()
    except (UserError, settings.SettingsError) as mistake:
        sys.stderr.write(f"appliance: {mistake}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
