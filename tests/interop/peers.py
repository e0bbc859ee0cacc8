"""Peers that we did not write: SIPp and baresip, started, told what to do, and listened to."""

import json
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).with_name("sipp")


def require(program, package):
    """Skip where the judge is absent; never in CI, which installs it."""
    import os

    if shutil.which(program) is None:
        sentence = f"{program} is not installed: apt install {package}"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


HEAD = """{method} sip:100@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch{branch}];rport
From: "SIPp" <sip:300@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <sip:100@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {number} {method}
Contact: <sip:300@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70"""
ACCEPTED = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]"""
BODY = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=sipp 53655765 {version} IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] {host}
t=0 0
m=audio [rtpstream_audio_port] {profile} {formats}
{more}a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a={direction}
"""
KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
TAGS = {"": "", "in": "[peer_tag_param]", "failed": "[peer_tag_param]", "stray": ";tag=nobody"}


def expand(text):
    """Write out the macros of a scenario: `{{INVITE 1}}`, `{{BYE 2 in}}`, `{{SDP 8 0 101}}`.

    A request is `in` a dialog, `stray` in none, or the ACK of a `failed` one (on its branch).
    """
    version = 0

    def one(match):
        nonlocal version
        name, *words = match[1].split()
        if name == "END":
            return "Content-Length: 0\n"
        if name == "OK":
            return ACCEPTED
        if name in ("SDP", "SECURE"):
            version += 1
            formats = [word for word in words if word.isdigit()]
            rest = words[len(formats) :]
            direction = rest[0] if rest else "sendrecv"
            host = rest[1] if rest[1:] else "[media_ip]"
            return BODY.format(
                version=version,
                host=host,
                profile="RTP/SAVP" if name == "SECURE" else "RTP/AVP",
                formats=" ".join(formats),
                more=KEY if name == "SECURE" else "",
                direction=direction,
            )
        number, tag = words[0], words[1] if len(words) > 1 else ""
        branch = "-1" if tag == "failed" else ""
        return HEAD.format(method=name, number=number, tag=TAGS[tag], branch=branch)

    return re.sub(r"\{\{(.*?)\}\}", one, text)


def free_port(kind=socket.SOCK_DGRAM):
    """A port of the loopback interface that nobody holds at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sipp:
    """One run of one scenario."""

    def __init__(
        self,
        scenario,
        target,
        folder,
        *,
        calls=1,
        at_once=1,
        port=None,
        fields=(),
        caller="300",
        transport="u1",
        host="127.0.0.1",
        media=None,
    ):
        """`transport` as SIPp names it: u1 (UDP), t1 (TCP); `media`: somebody else's RTP port."""
        require("sipp", "sip-tester")
        self.folder = Path(folder)
        self.port = port or free_port()
        text = (SCENARIOS / f"{scenario}.xml").read_text("utf-8")
        for number, value in enumerate(fields):
            text = text.replace(f"[field{number}]", str(value))
        text = expand(text).replace("sip:300@", f"sip:{caller}@")
        if media is not None:
            text = text.replace("[rtpstream_audio_port]", str(media))
        file = self.folder / f"{scenario}-{self.port}.xml"
        file.write_text(text, "utf-8")
        command = ["sipp", "-sf", str(file), "-i", host, "-p", str(self.port), "-nostdin"]
        command += ["-t", transport]
        command += ["-m", str(calls), "-l", str(at_once), "-r", str(at_once), "-rp", "1000"]
        command += ["-mi", host, "-mp", str(free_port() // 2 * 2)]
        command += ["-trace_err", "-timeout", "110s", "-timeout_error"]
        if target:
            command.append(target)
        self.process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )

    def wait(self, seconds=120):
        """Wait for the end; on failure the errors SIPp wrote are the message."""
        try:
            status = self.process.wait(seconds)
        finally:
            self.stop()
        errors = "\n".join(
            f.read_text("utf-8", errors="replace")[-3000:]
            for f in self.folder.glob(f"*{self.port}*errors.log")
        )
        assert status == 0, f"SIPp ended with {status}\n{errors}"

    def stop(self):
        """End the run if it goes on."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


CONFIG = """
poll_method poll
sip_listen 127.0.0.1:{sip}
call_local_timeout 120
call_max_calls 4
audio_player aubridge,sink
audio_source aufile,{spoken}
audio_alert aubridge,sink
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_telev_pt 101
rtp_ports {media}-{media_last}
module_path {modules}
{codecs}
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
{more}
"""


class Baresip:
    """One softphone, controlled over its own TCP interface."""

    def __init__(
        self, folder, account, spoken, *, answer="manual", modules=("g711",), authority=None
    ):
        """`modules`: codecs and `srtp`; `authority`: the certificate file that TLS trusts."""
        require("baresip", "baresip")
        installed = next(
            (
                p
                for p in (
                    Path("/usr/lib/baresip/modules"),
                    *Path("/usr/lib").glob("*/baresip/modules"),
                )
                if p.is_dir()
            ),
            None,
        )
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.control = free_port(socket.SOCK_STREAM)
        media = 30_000 + self.control % 10_000 // 20 * 20
        (self.folder / "config").write_text(
            CONFIG.format(
                sip=free_port(),
                folder=self.folder,
                spoken=spoken,
                modules=installed,
                codecs="\n".join(f"module {name}.so" for name in modules),
                more=f"sip_cafile {authority}\nsip_verify_server yes" if authority else "",
                control=self.control,
                media=media,
                media_last=media + 18,
            )
        )
        (self.folder / "accounts").write_text(f"{account};answermode={answer}\n")
        (self.folder / "contacts").write_text("")
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            ["baresip", "-f", str(self.folder)],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        self.events = []
        self.buffer = b""
        self.link = self._connect()

    def _connect(self):
        until = time.monotonic() + 10
        while True:
            try:
                link = socket.create_connection(("127.0.0.1", self.control), 1)
                link.settimeout(0.2)
                return link
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.stop()
                    raise AssertionError(f"baresip did not start:\n{self.said()}") from None
                time.sleep(0.05)

    def said(self):
        """What baresip printed."""
        return (self.folder / "log").read_text("utf-8", errors="replace")[-3000:]

    def await_said(self, words, seconds=15):
        """Wait until baresip has printed `words`; registration is told before the control link."""
        until = time.monotonic() + seconds
        while words not in self.said():
            assert time.monotonic() < until, f"baresip did not print {words!r}:\n{self.said()}"
            time.sleep(0.05)

    def tell(self, command, params=""):
        """Give a command of baresip's menu."""
        body = json.dumps({"command": command, "params": params, "token": "t"})
        self.link.sendall(f"{len(body)}:{body},".encode())

    def _read(self):
        try:
            data = self.link.recv(65_536)
        except TimeoutError:
            return
        self.buffer += data
        while b":" in self.buffer:
            size, _, rest = self.buffer.partition(b":")
            length = int(size)
            if len(rest) <= length:
                return
            message, self.buffer = json.loads(rest[:length]), rest[length + 1 :]
            if message.get("event"):
                self.events.append(message)

    def await_event(self, kind, seconds=15):
        """Return the next event of this kind; earlier ones of other kinds are passed over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for index, event in enumerate(self.events):
                if event["type"] == kind:
                    del self.events[: index + 1]
                    return event
            self._read()
        raise AssertionError(f"baresip saw no {kind}; it saw {self.events}\n{self.said()}")

    def heard(self, call=-1):
        """The samples decoded in one of its calls, as its sndfile filter wrote them: -1 to 1."""
        import soundfile

        files = sorted(self.folder.glob("dump-*-dec.wav"))
        assert files, f"baresip decoded nothing: {self.said()}"
        return soundfile.read(files[call], dtype="float32")[0]

    def stop(self):
        """End the softphone."""
        if getattr(self, "link", None):
            self.link.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
