"""The command line: it picks a room, and tells a user's mistake in one sentence."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from appliance import __version__, settings
from appliance.commands import dialogue as dialogue_commands
from appliance.contracts.errors import UserError
from appliance.system.packs import commands as pack_commands
from appliance.system.packs.site import site_of

# Rooms are imported by the command that enters them: `call` must not load a model, `speech` must
# not load the telephone, and `--help` nothing at all.

app = typer.Typer(
    name="appliance",
    help="Attendant answers a site's telephone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(pack_commands.app, name="packs")
app.add_typer(dialogue_commands.app, name="dialogue")
models_app = typer.Typer(help="What is done to models before they are packs.", no_args_is_help=True)
app.add_typer(models_app, name="models")

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


_load = settings.load_named


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
    from appliance.system.dialogues import versions
    from appliance.system.notify import Notifier
    from appliance.system.packs.choosing import previous
    from appliance.system.packs.manifest import PackError

    box = _load(files)
    held = box.speech
    notifier = Notifier()
    before = {}
    with contextlib.suppress(PackError):  # a lost record of what was in use silences nobody
        before = {kind: choice.name for kind, choice in previous(site_of(files)).items()}
    engines = load_engines(
        held.folders, stt=held.stt, tts=held.tts, vad=held.vad, turn=held.turn,
        denoise=held.denoise, encoder=held.encoder,
        learnt=lambda: versions.current(box.dialogue) / versions.ENCODER,
        threads=held.threads, loudness=held.loudness, pronunciation=held.pronunciation,
        instead=before,
    )  # fmt: skip
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
        audio, sys.stdout, expect=expect, as_json=json, packs=held.folders, stt=held.stt,
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
    seconds = commands.say(
        text, output, packs=held.folders, tts=held.tts, speed=speed, loudness=held.loudness,
        pronunciation=held.pronunciation,
    )  # fmt: skip
    typer.echo(f"{output}: {seconds:.2f} s")


@pack_commands.app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="As `packs catalogue` shows it.")],
    accept: Annotated[
        bool, typer.Option("--accept-licence", help="Do not ask about the licence.")
    ] = False,
    language: Annotated[str, typer.Option(help="Which, for a model of several, as de.")] = "",
    catalogue: pack_commands.CatalogueFile = pack_commands.CATALOGUE,
    files: SettingsFiles = None,
) -> None:
    """Download a model of the catalogue, make a pack of it and import that."""
    from appliance.speech import packing
    from appliance.system.packs import acquiring

    def make(source: Path, target: Path, origin: acquiring.Origin) -> Path:
        about = packing.About(origin.name, origin.language, origin.licence, origin.summary)
        built = packing.build(source, target, about, origin.provenance)
        for note in built.notes:
            typer.echo(note)
        return built.pack.folder

    acquiring.acquire(
        site_of(files), name, make, catalogue=catalogue, language=language, accepted=accept
    )


@pack_commands.app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="The folder with the model's files.")],
    output: Annotated[Path, typer.Option(help="Where the pack's folder is made.")] = Path(),
    name: Annotated[str, typer.Option(help="Of the pack; else as the folder.")] = "",
    language: Annotated[str, typer.Option(help="As en or de, where the files do not tell.")] = "",
    licence: Annotated[str, typer.Option(help="As Apache-2.0, where the files do not tell.")] = "",
    summary: Annotated[str, typer.Option(help="One sentence about it.")] = "",
    version: Annotated[str, typer.Option(help="Of the pack; else today's date.")] = "",
    speaker: Annotated[int, typer.Option(min=0, help="Which voice of several.")] = 0,
) -> None:
    """Make a pack of a model that somebody brought, or say what is missing."""
    from appliance.speech import packing

    about = packing.About(name, language, licence, summary, version, speaker)
    built = packing.build(folder, output, about)
    for note in built.notes:
        typer.echo(note)
    typer.echo(f"{built.pack.folder}: {built.pack.kind.value} with the engine {built.pack.engine}")


@pack_commands.app.command()
def use(
    names: Annotated[list[str], typer.Argument(help="Packs, one of each kind at most.")],
    files: SettingsFiles = None,
) -> None:
    """Let the box use packs, from its next start on, once each has been loaded as a trial."""
    from appliance.speech import packing

    pack_commands.use(site_of(files), names, packing.load)


@pack_commands.app.command("bench")
def pack_bench(
    name: Annotated[str, typer.Argument(help="An installed pack.")],
    threads: Annotated[int, typer.Option(min=1, max=8)] = 1,
    files: SettingsFiles = None,
) -> None:
    """Load one pack and print what it costs on this machine."""
    from appliance.speech import packbench

    held = _load(files).speech
    for line in packbench.bench_named(held.folders, name, voice=held.tts, threads=threads).lines():
        typer.echo(line)


@models_app.command()
def quantise(
    source: Annotated[Path, typer.Argument(help="A float ONNX file.")],
    target: Annotated[Path, typer.Argument(help="The int8 file to write.")],
    calibration: Annotated[
        Path | None, typer.Option(help="Folder of .npz or .wav files.", show_default=False)
    ] = None,
) -> None:
    """Make a graph smaller and faster, and say what it costs in exactness."""
    from appliance.speech.quantising import quantise as quantised

    for line in quantised(source, target, calibration, typer.echo).lines():
        typer.echo(line)


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
def bench(
    calls: Annotated[int, typer.Option(min=1, help="The most calls at once to try.")] = 48,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    files: SettingsFiles = None,
) -> None:
    """Measure how many calls at once this box serves well; admission keeps to it."""
    from appliance.call import commands

    named = [file for file in files or settings.USUAL_FILES if file.exists()]
    raise typer.Exit(commands.bench_command(_load(files), named, calls=calls, as_json=json))


@app.command()
def doctor(files: SettingsFiles = None) -> None:
    """Say what is missing on this machine, in plain words."""
    from appliance.call import commands as call_commands
    from appliance.call import thinking
    from appliance.system import doctor as examination
    from appliance.system.packs import shelf

    held = _load(files)

    def packs() -> list[examination.Finding]:
        grades = {True: examination.Grade.MISSING, False: examination.Grade.OK}
        return [
            examination.Finding(grades[bool(one.mistake)], shelf.describe(one))
            for one in shelf.shelf(site_of(files))
        ]

    findings = [
        *examination.examine(held),
        *examination.guarded("line", lambda: call_commands.line_findings(held)),
        *examination.guarded("packs", packs),
        *examination.guarded("dialogue", lambda: call_commands.dialogue_finding(held.dialogue)),
        *examination.guarded("language model", lambda: thinking.examine(held.model)),
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
