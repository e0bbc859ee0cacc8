"""The command line as a newcomer meets it."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.speech import commands as speech_commands
from tests.speech import tones
from tests.speech.engines import graphs
from tests.system.packs.serving import Shop, serving


def appliance(*words, **options):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_it_tells_its_version():
    """`--version` prints one line."""
    done = appliance("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "Attendant")


def test_help_loads_no_room():
    """The list of commands comes up without loading a model or the telephone."""
    probe = (
        "import sys; sys.argv=['appliance','--help']\n"
        "from appliance.__main__ import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in "
        "('numpy','sherpa_onnx','onnxruntime','appliance.sip','asyncio.base_events')))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    for command in (
        "run",
        "demo",
        "say",
        "hear",
        "call",
        "line-test",
        "speech",
        "exchange",
        "packs",
        "models",
        "doctor",
    ):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["hear", "no-such-file.wav"], "no-such-file.wav"),
        (["hear", "pyproject.toml"], "pyproject.toml"),
        (["hear", "--expect", "songs", "pyproject.toml"], "songs"),
        (["say", "hello", "-o", "no/such/folder/x.wav"], "no/such/folder"),
        (["call", "--settings", "no-such.toml"], "no-such.toml"),
        (["speech", "--settings", "no-such.toml"], "no-such.toml"),
        (["exchange", "--host", "192.0.2.1"], "192.0.2.1"),
        (["packs", "build", "no-such-folder"], "is no folder"),
        (["packs", "fetch", "no-such-model"], "is not in the catalogue"),
        (["packs", "import", "no-such.pack"], "no-such.pack does not exist"),
        (["packs", "verify", "no-such.pack"], "no-such.pack does not exist"),
        (["packs", "sign", "tests", "--key", "no.key"], "holds no manifest.toml"),
        (["packs", "bench", "no-such-pack"], "is not installed"),
        (["line-test", "--line", "night"], "there is no line 'night': there are main"),
        (["line-test", "--phone-user", "100"], "the box's own extension"),
    ],
)
def test_a_users_mistake_is_one_sentence(words, expected):
    """A mistake ends with a status of its own and a sentence that names it, without a traceback."""
    done = appliance(*words)
    # A file among several that cannot be heard is 1: the others were.
    assert done.returncode in {1, 2}, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_names_file_and_field(tmp_path):
    """A settings file with a mistake is told with file and field."""
    file = tmp_path / "settings.toml"
    file.write_text("[call]\ncapacity = 'all'\n", "utf-8")
    done = appliance("call", "--settings", str(file))
    assert done.returncode == 2
    assert "settings.toml" in done.stderr
    assert "call.capacity" in done.stderr


def test_a_damaged_pack_is_told(tmp_path):
    """A folder whose manifest is broken is named by `packs check`, with what to do."""
    pack = tmp_path / "packs" / "broken"
    pack.mkdir(parents=True)
    (pack / "manifest.toml").write_text("format = 9\n", "utf-8")
    file = tmp_path / "settings.toml"
    file.write_text(f"[speech]\npacks = '{tmp_path / 'packs'}'\n", "utf-8")
    done = appliance("packs", "check", "--settings", str(file))
    assert done.returncode != 0
    assert "broken" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_looks_at_the_line(tmp_path):
    """`doctor` says what is doubtful about the extension, besides what is missing."""
    file = tmp_path / "settings.toml"
    file.write_text("[account]\nsrtp = 'offered'\n", "utf-8")
    done = appliance("doctor", "--settings", str(file))
    assert "set account.transport to tls" in done.stdout
    assert "account has no password" in done.stdout


def test_the_line_test_is_told_as_json_for_the_page(tmp_path):
    """Each check is one object on its line, and a failed one shows in the status."""
    file = tmp_path / "settings.toml"
    file.write_text("[account]\ndomain = '127.0.0.1'\nport = 9\n", "utf-8")
    done = appliance("line-test", "--json", "--settings", str(file))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [one["step"] for one in told if one["verdict"] == "fail"] == ["port"]
    assert all(one["title"] and one["saw"] for one in told)


@pytest.fixture
def box(tmp_path, packs_folder, monkeypatch):
    """A box with a recogniser of tones; commands run in this process, errors as `main` tells them.

    Returns the function that runs a command and its folder.
    """
    shutil.copytree(packs_folder / "silero-vad", tmp_path / "builtin" / "silero-vad")
    tones.make_pack(tmp_path / "builtin")
    file = tmp_path / "settings.toml"
    file.write_text(
        f'# The site\n[speech]\npacks = "{tmp_path}/builtin"\nsite_packs = "{tmp_path}/site"\n'
        f'trusted_keys = ["{tmp_path}/keys"]\nstt = "tones"  # for now\n',
        "utf-8",
    )
    # Tones are no human speech: let loudness decide what is voice.
    monkeypatch.setattr(speech_commands, "Detector", lambda _: tones.Energetic())

    def run(*words, settings=True):
        given = [*map(str, words), *(["--settings", str(file)] if settings else [])]
        result = CliRunner().invoke(app, given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run, tmp_path


def foreign(folder, engine):
    """Write a model as its makers publish it: graphs, tokens, a licence; no manifest."""
    graphs.files(engine, folder)
    (folder / "LICENSE").write_text("Apache License\nVersion 2.0, January 2004\n", "utf-8")
    return folder


def test_a_foreign_folder_is_built_signed_imported_used_and_taken_back(box):
    """Someone brings a model's files; with the commands of models/README.md alone they become a
    signed pack that the box hears with, and the old pack comes back when asked for.
    """
    appliance, tmp = box
    said = tmp / "said.wav"
    pause = graphs.silence(0.3)
    sound = np.concatenate([pause, graphs.speak("yes no yes"), pause])
    soundfile.write(said, sound, 8000)
    folder = foreign(tmp / "sherpa-onnx-streaming-zipformer-en", "online-transducer")

    built = appliance(
        "packs", "build", folder, "--name", "our-ears", "--output", tmp, settings=False
    )
    assert "sherpa-onnx/online-transducer" in built
    pack, key = tmp / "our-ears", tmp / "our.key"
    appliance("packs", "keygen", key, settings=False)
    appliance("packs", "sign", pack, "--key", key, settings=False)
    appliance("packs", "trust", key.with_suffix(".pub"))
    assert "signed by" in appliance("packs", "verify", pack)
    appliance("packs", "export", pack, tmp / "our-ears.pack")
    assert "is installed (signed by" in appliance("packs", "import", tmp / "our-ears.pack")
    assert "real-time factor" in appliance("packs", "bench", "our-ears")
    appliance("packs", "use", "our-ears")
    assert 'stt = "our-ears"  # for now' in (tmp / "settings.toml").read_text("utf-8")

    heard = json.loads(appliance("hear", "--json", said))
    assert heard["text"] == "yes no yes"
    assert "in use as stt" in appliance("packs", "list")
    assert "speech.stt: tones again" in appliance("packs", "rollback")
    soundfile.write(said, tones.speak("are you open"), 8000)
    assert json.loads(appliance("hear", "--json", said))["text"] == "are you open"


def test_a_model_of_the_catalogue_is_fetched_and_heard_with(box):
    """One command downloads it, makes a pack and imports it; it hears once it is chosen."""
    appliance, tmp = box
    made = foreign(tmp / "published" / "sherpa-onnx-whisper-tiny.en", "whisper")
    archive = tmp / "whisper.tar.bz2"
    subprocess.run(["tar", "cjf", archive, "-C", made.parent, made.name], check=True)
    with serving(Shop({"/whisper.tar.bz2": archive.read_bytes()})) as shop:
        catalogue = tmp / "catalogue.toml"
        catalogue.write_text(
            f'[[model]]\nname = "whisper-en"\nkind = "stt"\nengine = "sherpa-onnx/whisper"\n'
            f'languages = ["en"]\nurl = "{shop.url}/whisper.tar.bz2"\nlicence = "MIT"\n'
            f'licence_url = "https://example.org/"\nsummary = "A whisper."\nmegabytes = 1\n'
            f'boards = ["pi5"]\n',
            "utf-8",
        )
        done = appliance(
            "packs", "fetch", "whisper-en", "--accept-licence", "--catalogue", catalogue
        )
    assert "Licence: MIT" in done
    assert "whisper-en" in appliance("packs", "list")
    appliance("packs", "use", "whisper-en")
    said = tmp / "said.wav"
    soundfile.write(said, np.concatenate([graphs.silence(0.3), graphs.speak("no")]), 8000)
    assert json.loads(appliance("hear", "--json", said))["text"] == "no"


def test_a_graph_is_made_smaller(box):
    """`models quantise` writes the graph and says what it gained and cost."""
    appliance, tmp = box
    graphs.files("offline-nemo-ctc", tmp / "model")
    said = appliance(
        "models", "quantise", tmp / "model" / "model.onnx", tmp / "small.onnx", settings=False
    )
    assert (tmp / "small.onnx").is_file()
    assert len(said.splitlines()) >= 3
