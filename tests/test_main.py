"""The command line as a newcomer meets it."""

import json
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
