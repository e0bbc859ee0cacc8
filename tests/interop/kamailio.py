"""Kamailio, the registrar and proxy of Debian, as a site's PBX; and the wire as tshark sees it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.interop.peers import free_port, require

CONFIGURATION = Path(__file__).with_name("kamailio") / "kamailio.cfg"


def free_sip_port():
    """A port that is free for UDP, TCP, and for TLS one above."""
    while True:
        port = free_port(socket.SOCK_STREAM)
        try:
            for kind, number in ((socket.SOCK_DGRAM, port), (socket.SOCK_STREAM, port + 1)):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port


def certificate(folder, name="server", host="127.0.0.1"):
    """A key and a self-signed certificate for `host`; returns the path of the certificate."""
    file = Path(folder) / f"{name}.pem"
    kind = "IP" if host[0].isdigit() else "DNS"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(file.with_suffix(".key")), "-out", str(file)]
    command += ["-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}"]
    subprocess.run(command, check=True, capture_output=True)
    return file


class Kamailio:
    """One instance; the password of every user is `word` and its number."""

    host = "127.0.0.1"
    """Where it listens."""

    def __init__(self, folder, *, port=None, tls=True, digest="MD5", least=10, core=0):
        """`core`: the port of the Kamailio behind this one, which then only adds its Path."""
        require("kamailio", "kamailio")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_sip_port()
        self.tls_port = self.port + 1
        self.digest, self.least, self.core, self.tls = digest, least, core, tls
        if tls and not (self.folder / "server.pem").exists():
            certificate(self.folder)
        self.process = None
        self.start()

    def start(self):
        """Start it; after `stop` at the same port, without what it knew."""
        modules = next(Path("/usr/lib").glob("*/kamailio/modules"))
        text = CONFIGURATION.read_text("utf-8").replace("127.0.0.1", self.host)
        values = {
            "PORT": self.port, "TLS": self.tls_port, "MODULES": f"{modules}/",
            "FOLDER": self.folder, "MIN_EXPIRES": self.least, "DIGEST": self.digest,
            "CORE": self.core,
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        file = self.folder / "kamailio.cfg"
        file.write_text(text, "utf-8")
        command = ["kamailio", "-DD", "-E", "-f", str(file), "-Y", str(self.folder)]
        command += ["-P", str(self.folder / "pid"), "-m", "24", "-M", "4"]
        command += ["-A", "WITH_TLS"] if self.tls else []
        command += ["-A", "EDGE"] if self.core else []
        self.log = (self.folder / "log").open("ab")
        # a group of its own: its children end with it whatever happens
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )
        until = time.monotonic() + 20
        while True:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            try:
                socket.create_connection((self.host, self.port), 0.5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return

    def said(self):
        """The end of its log."""
        return (self.folder / "log").read_text("utf-8", errors="replace")[-3000:]

    def stop(self):
        """End it and its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


class Capture:
    """Everything on the loopback interface while it runs, decoded by tshark afterwards."""

    def __init__(self, folder, ports="udp"):
        require("tcpdump", "tcpdump")
        require("tshark", "tshark")
        self.file = Path(folder) / "capture.pcap"
        command = ["tcpdump", "-i", "lo", "-U", "-s", "0", "-B", "8192", "-Z", "root", "-w"]
        self.process = subprocess.Popen(
            [*command, str(self.file), ports], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        line = self.process.stderr.readline()
        while b"listening on" not in line:
            assert line, "tcpdump ended"
            line = self.process.stderr.readline()

    def stop(self):
        """End the capture."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(5)
        self.process.stderr.close()

    def read(self, display, *fields, decode=()):
        """The values of `fields` of every packet that the display filter shows."""
        command = ["tshark", "-n", "-r", str(self.file), "-Y", display, "-T", "fields"]
        for rule in decode:
            command += ["-d", rule]
        for field in fields:
            command += ["-e", field]
        run = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "HOME": "/tmp"}
        )
        return [line.split("\t") for line in run.stdout.splitlines()]


def have_capture():
    """Whether this user may watch the loopback interface."""
    return os.geteuid() == 0 and shutil.which("tcpdump") is not None
