"""The command line as a newcomer meets it."""

import subprocess
import sys

import pytest


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
    for command in ("run", "demo", "say", "hear", "call", "speech", "exchange", "packs", "doctor"):
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
