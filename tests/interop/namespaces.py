"""A box and its PBX in networks of their own, joined by a cable that can be pulled (Linux, root).

    Space "box"  10.77.0.1 ──── cable ──── 10.77.0.2  Space "PBX"

A space is held by one thread: what `Space.do` starts is born inside, whatever class it is of. The
file system and Unix sockets are shared, except that the box has its own /etc/resolv.conf. Nothing
is seen from outside, and the kernel takes a space away when its thread and processes have ended.
"""

import contextlib
import ctypes
import hashlib
import os
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.interop.conftest import Box
from tests.interop.kamailio import Kamailio
from tests.interop.peers import Sipp, require

BOX, PBX = "10.77.0.1", "10.77.0.2"
PORT = 5060
_STARTING = threading.Semaphore(2)
"""To start a box takes a core for seconds: more at once would be slow at all they do."""
_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000  # linux/sched.h


class Space:
    """A network namespace with nothing in it but loopback."""

    def __init__(self, resolv_conf=None):
        """`resolv_conf`: the file that is /etc/resolv.conf inside. Raises OSError."""
        self._thread = ThreadPoolExecutor(1, "space")
        try:
            self.id = self.do(self._enter, resolv_conf)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _enter(resolv_conf):
        kernel = ctypes.CDLL(None, use_errno=True)
        if kernel.unshare(_NEW_MOUNTS | _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        commands = [["mount", "--make-rprivate", "/"], ["ip", "link", "set", "lo", "up"]]
        if resolv_conf:
            commands.append(["mount", "--bind", str(resolv_conf), "/etc/resolv.conf"])
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
        return threading.get_native_id()

    def do(self, function, *args, **options):
        """Call `function` inside; sockets and processes that it makes stay there."""
        return self._thread.submit(function, *args, **options).result()

    def ip(self, *words):
        """Run `ip` inside."""
        self.do(subprocess.run, ["ip", *words], check=True, capture_output=True)

    def close(self):
        """Let it go."""
        self._thread.shutdown()


def need_spaces():
    """Skip where this user may not make networks."""
    require("ip", "iproute2")
    try:
        Space().close()
    except OSError as error:
        pytest.skip(f"networks of their own cannot be made here: {error}")


class Site(Kamailio):
    """A Kamailio at an address of its own in place of loopback."""

    def __init__(self, folder, *, host=PBX, **options):
        self.host = host
        super().__init__(folder, **options)

    def kill(self):
        """Let it die as when the power fails: no connection is closed in good order."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Scene:
    """One box, one cable, one PBX; all of it is ended by `close`."""

    def __init__(self, folder, speech=None, *, plugged=True):
        """`speech`: the socket of a running `speech`; `plugged`: the box has its address."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.pbx = None
        self.told = []
        """What was measured, for people."""
        self._speech = speech
        self._ends = contextlib.ExitStack()
        resolv_conf = self.folder / "resolv.conf"
        resolv_conf.write_text(f"nameserver {PBX}\noptions timeout:1 attempts:1\n")
        try:
            self.near = self._space(resolv_conf)
            self.far = self._space()
            peer = ["type", "veth", "peer", "name", "eth0", "netns", str(self.far.id)]
            self.near.ip("link", "add", "eth0", *peer)
            self.far.ip("addr", "add", f"{PBX}/24", "dev", "eth0")
            self.far.ip("link", "set", "eth0", "up")
            self.near.ip("link", "set", "eth0", "up")
            if plugged:
                self.near.ip("addr", "add", f"{BOX}/24", "dev", "eth0")
        except BaseException:
            self.close()
            raise

    def _space(self, *args):
        made = Space(*args)
        self._ends.callback(made.close)
        return made

    def close(self):
        """End processes, then networks."""
        self._ends.close()

    def at_end(self, function):
        """Have `function` called when all is over."""
        self._ends.callback(function)

    def tell(self, text):
        """Keep a figure."""
        self.told.append(text)

    # the cable

    def vanish(self):
        """Pull a cable beyond the box's switch: nothing answers, and nothing tells the box."""
        self.far.ip("addr", "del", f"{PBX}/24", "dev", "eth0")

    def appear(self):
        """Undo `vanish`; returns the time of it."""
        self.far.ip("addr", "add", f"{PBX}/24", "dev", "eth0")
        return time.monotonic()

    def cut(self):
        """Pull the cable at the PBX's end: the box loses the link and keeps its address."""
        self.far.ip("link", "set", "eth0", "down")

    def mend(self):
        """Plug it in again; returns the time of it."""
        self.far.ip("link", "set", "eth0", "up")
        return time.monotonic()

    # who is there

    def site(self, name="site", **options):
        """Start a Kamailio at the far end."""
        options = {"port": PORT, "tls": False, **options}
        made = self.far.do(Site, self.folder / name, **options)
        self._ends.callback(lambda: self.far.do(made.stop))
        return made

    def restart(self, site):
        """Start a Kamailio that was stopped; returns the time at which it answered."""
        self.far.do(site.start)
        return time.monotonic()

    def box(self, name="box", *, wait=True, **call):
        """Start a box at the near end, and wait until it is registered, or says why it is not.

        `wait`: until it is registered.
        """
        account = {"domain": PBX, "keepalive": 5, **call.pop("account", {})}
        options = {"registrar_port": PORT, "password": "word100", "expires": 60, **call}
        speech = self._speech or self.folder / "none.sock"
        with _STARTING:
            made = self.near.do(
                Box, self.folder / name, speech, exchange=False, account=account, **options
            )
            self._ends.callback(made.stop)
            made.call.await_event(lambda e: registered(e) or unregistered(e), 60)
        if wait:
            made.call.await_event(registered, 30)
        return made

    def call(self, seconds=1.2):
        """Call extension 100 through the PBX, with sound, for so long."""
        self.folder.joinpath("sound.alaw").write_bytes(b"\xd5" * 8000 * 60)
        fields = [self.folder / "sound.alaw", round(1000 * seconds)]
        made = self.far.do(Sipp, "through", f"{PBX}:{PORT}", self.folder, fields=fields, host=PBX)
        self._ends.callback(made.stop)
        return made

    def contacts(self, *, port=PORT, domain=PBX):
        """Where the PBX would call extension 100: asks it (RFC 3261 10.2.3)."""
        return self.far.do(_contacts, port, domain)


def registered(event):
    """Whether an event tells that the line stands."""
    return event["event"] == "registered"


def unregistered(event):
    """Whether an event tells that the line is down."""
    return event["event"] == "unregistered"


def listening(event):
    """Whether an event tells of new sockets."""
    return event["event"] == "listening"


def _contacts(port, domain):
    """Ask Kamailio for the bindings of 100, with its digest."""
    call_id, credentials = secrets.token_hex(8), ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((PBX, 0))
        wire.settimeout(2)
        for number in (1, 2):
            request = (
                f"REGISTER sip:{domain} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {PBX}:{wire.getsockname()[1]};branch=z9hG4bK{call_id}{number}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:100@{domain}>;tag=q\r\nTo: <sip:100@{domain}>\r\n"
                f"Call-ID: {call_id}\r\nCSeq: {number} REGISTER\r\n{credentials}"
                "Content-Length: 0\r\n\r\n"
            )
            wire.sendto(request.encode(), (PBX, port))
            answer = wire.recv(65_536).decode()
            if number == 1:
                (realm,) = re.findall(r'realm="([^"]*)"', answer)
                (nonce,) = re.findall(r'nonce="([^"]*)"', answer)
                secret, asked, qop = (
                    f"100:{realm}:word100",
                    f"REGISTER:sip:{domain}",
                    "00000001:q:auth",
                )
                proof = _md5(f"{_md5(secret)}:{nonce}:{qop}:{_md5(asked)}")
                credentials = (
                    f'Authorization: Digest username="100", realm="{realm}", nonce="{nonce}", '
                    f'uri="sip:{domain}", qop=auth, nc=00000001, cnonce="q", response="{proof}"\r\n'
                )
    assert answer.startswith("SIP/2.0 200"), answer
    return re.findall(r"<(sip:[^>]*)>;expires", answer)


def _md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Registrar:
    """A registrar by UDP that answers REGISTER with `status`; it keeps when it was asked."""

    def __init__(self, status=200):
        """Listen; made inside a space."""
        self.status = status
        self.asked = []
        """(time, status of the answer) of each REGISTER."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((PBX, PORT))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._ended.is_set():
            try:
                data, source = self._socket.recvfrom(65_536)
            except TimeoutError:
                continue
            head = data.decode().split("\r\n\r\n")[0].split("\r\n")
            if not head[0].startswith("REGISTER"):
                continue
            self.asked.append((time.monotonic(), self.status))
            kept = [line for line in head[1:] if re.match(r"(?i)(via|from|call-id|cseq):", line)]
            kept += [f"{line};tag=r" for line in head[1:] if line.startswith("To:")]
            if self.status == 200:
                kept += [f"{line};expires=60" for line in head[1:] if line.startswith("Contact:")]
            phrase = "OK" if self.status == 200 else "Server Internal Error"
            lines = [f"SIP/2.0 {self.status} {phrase}", *kept, "Content-Length: 0", "", ""]
            self._socket.sendto("\r\n".join(lines).encode(), source)

    def stop(self):
        """Listen no more."""
        self._ended.set()
        self._thread.join()
        self._socket.close()


class Names:
    """A name server by UDP at port 53, of answers made by tests/system/nameserver.py."""

    def __init__(self, zone):
        """`zone`: an object with `answer(data, stream)`; made inside a space."""
        self.zone = zone
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((PBX, 53))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._ended.is_set():
            try:
                data, source = self._socket.recvfrom(65_536)
            except TimeoutError:
                continue
            reply = self.zone.answer(data, stream=False)
            if reply is not None:
                self._socket.sendto(reply, source)

    def stop(self):
        """Answer no more; called again it does nothing."""
        self._ended.set()
        self._thread.join()
        self._socket.close()
