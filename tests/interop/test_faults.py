"""What goes wrong around a box: each thing ends in plain words or the right answer, never a hang."""

import array
import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from appliance.audio.g711 import encode_alaw
from tests.interop.conftest import ROOT, Box, Process
from tests.interop.peers import Baresip, Sipp, free_port, require
from tests.interop.test_baresip import softphone, write_wav

pytestmark = pytest.mark.interop
__all__ = ["softphone"]


def beside(box, tmp_path, name, **options):
    """Another box that shares the speech process and the exchange's port with `box`."""
    options.setdefault("registrar_port", box.registrar)
    return Box(tmp_path / name, speech_socket=box.socket, exchange=False, **options)


def ended_with(process, seconds=30):
    """Wait for a process that must refuse to start; return its sentence."""
    assert process.process.wait(seconds) == 2, process.said()
    said = process.said()
    process.stop()
    assert "Traceback" not in said
    return said


def test_garbage_and_truncated_datagrams_disturb_no_call(box, tmp_path):
    """Random and truncated datagrams during a call change nothing for the call."""
    host, port = box.address.split(":")
    chance = random.Random(4)
    invite = (ROOT / "tests/interop/sipp/call.xml").read_bytes()
    call = Sipp("call", box.address, tmp_path, calls=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for size in range(400):
            wire.sendto(chance.randbytes(size * 3), (host, int(port)))
            wire.sendto(invite[300 : 300 + 2 * size], (host, int(port)))
            if size % 40 == 0:
                call.process.poll()
    call.wait(60)
    assert box.call.process.poll() is None


def test_no_registrar_is_told_and_waited_for(box, tmp_path):
    """Without a registrar the box says so and goes on; when it comes, the box is registered."""
    port = free_port()
    lonely = beside(box, tmp_path, "lonely", registrar_port=port, password="secret")
    try:
        event = lonely.call.await_event(lambda e: e["event"] == "unregistered", 60)
        assert "answer" in event["cause"]
        registrar = Sipp("register", "", tmp_path, port=port)
        try:
            lonely.call.await_event(lambda e: e["event"] == "registered", 60)
            registrar.wait(20)
        finally:
            registrar.stop()
    finally:
        lonely.stop()


def test_a_damaged_pack_is_refused_by_name(tmp_path):
    """A pack whose file does not match its hash, or is missing, ends speech with a sentence."""
    packs = tmp_path / "packs"
    shutil.copytree(ROOT / "models" / "packs", packs)
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[speech]\npacks = '{packs}'\nsocket = '{tmp_path / 's.sock'}'\n")
    tokens = packs / "en-telephone-8k" / "tokens.txt"
    tokens.write_bytes(tokens.read_bytes()[:-1] + b"x")
    said = ended_with(Process(tmp_path, "speech", "--settings", str(settings)))
    assert "tokens.txt" in said
    tokens.unlink()
    (tmp_path / "speech.log").unlink()
    said = ended_with(Process(tmp_path, "speech", "--settings", str(settings)))
    assert "tokens.txt" in said


def test_a_mistake_in_the_dialogue_names_file_and_line(tmp_path):
    """A dialogue with a mistake ends call with the file, the line and the reason."""
    folder = tmp_path / "dialogue"
    shutil.copytree(ROOT / "appliance" / "dialogue" / "starter", folder)
    hours = folder / "processes" / "hours.yaml"
    hours.write_text(hours.read_text("utf-8") + "  - sing: a song\n", "utf-8")
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f"[dialogue]\nfolder = '{folder}'\n[records]\nfile = '{tmp_path / 'r.sqlite'}'\n"
    )
    said = ended_with(Process(tmp_path, "call", "--settings", str(settings)))
    assert "hours.yaml:3" in said
    assert "no step" in said


def test_a_port_in_use_is_named(tmp_path):
    """A SIP port that another program holds ends call with a sentence that names it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        settings = tmp_path / "settings.toml"
        settings.write_text(f"[call]\nport = {port}\n[records]\nfile = '{tmp_path / 'r.sqlite'}'\n")
        said = ended_with(Process(tmp_path, "call", "--settings", str(settings)))
    assert str(port) in said


def test_a_line_of_noise_is_not_taken_for_words(box, tmp_path):
    """Noise in place of speech transfers nobody and is asked again, and the call ends well."""
    chance = random.Random(7)
    noise = tmp_path / "noise.alaw"
    loud = array.array("h", (round(chance.gauss(0, 3000)) for _ in range(24_000)))  # -21 dBFS
    noise.write_bytes(encode_alaw(loud.tobytes()))
    since = len(box.call.events)
    Sipp("speak", box.address, tmp_path, fields=[noise]).wait(60)
    box.call.await_event(lambda e: e["event"] == "ended", 10, since)
    told = box.call.events[since:]
    assert not [e for e in told if e["event"] == "transfer"]
    assert not [e for e in told if e["event"] == "understood" and e["intent"] != "none"]


def test_the_death_of_speech_is_survived(tmp_path):
    """When speech is killed in a call, the caller is put through; speech returns, and so do calls."""
    held = Box(tmp_path / "mortal")
    phone = None
    try:
        held.ready()
        silence = write_wav(tmp_path / "silence.wav", bytes(16_000 * 60))
        account = f"<sip:301@127.0.0.1:{held.registrar}>;auth_pass=word301;regint=60"
        phone = Baresip(tmp_path / "phone", account, silence)
        phone.await_said("200 OK")
        since = len(held.call.events)
        phone.tell("dial", f"sip:100@127.0.0.1:{held.registrar}")
        phone.await_event("CALL_ESTABLISHED")
        held.call.await_event(lambda e: e["event"] == "greeting", 10, since)
        os.kill(held.speech.process.pid, signal.SIGKILL)
        event = held.call.await_event(lambda e: e["event"] == "ended", 30, since)
        assert event["outcome"] == "rescued"
        phone.tell("hangup")
        since = len(held.call.events)
        held.speech.stop()
        held.speech = Process(held.folder, "speech", "--settings", str(held.settings))
        held.call.await_event(
            lambda e: e["event"] == "speech" and e.get("state") == "ready", 60, since
        )
        Sipp("call", held.address, tmp_path).wait(30)
    finally:
        if phone is not None:
            phone.stop()
        held.stop()


def test_the_registrar_may_go_and_come_back(tmp_path, box):
    """A registrar that goes away is told in plain words; when it is back, the box is registered."""
    port = free_port()
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('"100" = "word100"\n')
    words = ("exchange", "--port", str(port), "--accounts", str(accounts), "--no-phones")
    exchange = Process(tmp_path, *words)
    held = None
    try:
        exchange.await_line("exchange sip:")
        held = beside(box, tmp_path, "loyal", registrar_port=port, expires=30)
        held.call.await_event(lambda e: e["event"] == "registered", 60)
        exchange.stop()
        since = len(held.call.events)
        gone = held.call.await_event(lambda e: e["event"] == "unregistered", 90, since)
        assert "answer" in gone["cause"]
        exchange = Process(tmp_path, *words)
        held.call.await_event(lambda e: e["event"] == "registered", 60, since)
    finally:
        exchange.stop()
        if held is not None:
            held.stop()


def test_the_status_is_read_with_busctl(tmp_path, box):
    """Busctl reads the state of the line from a bus daemon that we did not write."""
    require("busctl", "systemd")
    require("dbus-daemon", "dbus-daemon")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address = daemon.stdout.readline().strip()
    held = beside(box, tmp_path, "seen")
    held.stop()
    held.settings.write_text(
        held.settings.read_text("utf-8").replace('address = "none"', f'address = "{address}"')
    )
    call = Process(held.folder, "call", "--settings", str(held.settings), "--show")

    def read(name):
        done = subprocess.run(
            ["busctl", f"--address={address}", "get-property", "org.attendant.Call",
             "/org/attendant/Line", "org.attendant.Line1", name],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    try:
        call.await_event(lambda e: e["event"] == "registered", 30)
        until = time.monotonic() + 10
        while read("State") != 's "registered"' and time.monotonic() < until:
            time.sleep(0.1)
        assert (read("State"), read("Cause"), read("Calls")) == ('s "registered"', 's ""', "u 0")
        assert read("Capacity") == "u 10"
    finally:
        call.stop()
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()


def test_a_call_leaves_a_record_without_content(tmp_path, box):
    """After a call its record is on disk, and no number and no word of the caller is in it."""
    since = len(box.call.events)
    number = "4930901820777"  # long: a short one may stand in a random id by chance
    Sipp("call", box.address, tmp_path, caller=number).wait(30)
    box.call.await_event(lambda e: e["event"] == "ended", 10, since)
    with contextlib.closing(sqlite3.connect(box.folder / "records.sqlite")) as base:
        dump = "\n".join(base.iterdump())
    assert "caller-hung-up" in dump
    for secret in (number, "SIPp", "127.0.0.1", "sip:"):
        assert secret not in dump
