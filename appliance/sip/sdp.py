"""Session descriptions (RFC 8866), as far as a telephone reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from .errors import RemoteError
from .text import natural

Attributes: TypeAlias = tuple[tuple[str, str], ...]
"""`a=` lines in their order; a flag has the empty value."""
_MOST_LINES: Final = 1000
_MOST_STREAMS: Final = 32


@dataclass(frozen=True, slots=True)
class Stream:
    """One `m=` section."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    host: str = ""
    """Of its own `c=` line; empty where the session's holds."""
    attributes: Attributes = ()

    def attribute(self, name: str) -> str | None:
        """The first attribute of that name; None where there is none."""
        return next((value for key, value in self.attributes if key == name), None)


@dataclass(frozen=True, slots=True)
class Description:
    """A whole description."""

    user: str
    session: str
    version: int
    origin: str
    """The host in `o=`."""
    host: str
    """The host in the session's `c=`; empty where only the streams have one."""
    streams: tuple[Stream, ...]
    attributes: Attributes = ()

    @classmethod
    def parse(cls, data: bytes) -> Description:
        """Read a description tolerantly: lines we do not know are skipped. Raises RemoteError."""
        lines = [
            line.strip().partition("=")
            for line in data.decode("utf-8", "replace").replace("\r", "\n").split("\n")
            if line.strip()
        ]
        # a NUL stands in no line (RFC 8866 section 9), and ours repeat the peer's
        if not lines or lines[0][0] != "v" or len(lines) > _MOST_LINES or b"\0" in data:
            raise RemoteError("not a session description", 400)
        origin = ["-", "0", "0", "IN", "IP4", ""]
        host = ""
        top: list[tuple[str, str]] = []
        sections: list[tuple[Stream, list[tuple[str, str]]]] = []
        hosts: list[str] = []
        for key, _, value in lines:
            if key == "o" and len(words := value.split()) == 6:
                origin = words
            elif key == "m":
                if len(sections) == _MOST_STREAMS:
                    raise RemoteError("too many media lines", 400)
                sections.append((_media_line(value), []))
                hosts.append("")
            elif key == "c":
                if sections:
                    hosts[-1] = _connection(value)
                else:
                    host = _connection(value)
            elif key == "a":
                name, _, rest = value.partition(":")
                (sections[-1][1] if sections else top).append((name.strip(), rest.strip()))
        streams = tuple(
            Stream(line.kind, line.port, line.protocol, line.formats, own, tuple(attributes))
            for (line, attributes), own in zip(sections, hosts, strict=True)
        )
        version = natural(origin[2], 2**33) or 0
        return cls(origin[0], origin[1], version, origin[5], host, streams, tuple(top))

    def __bytes__(self) -> bytes:
        """The description as a message body."""
        lines = [
            "v=0",
            f"o={self.user} {self.session} {self.version} IN {_family(self.origin)} {self.origin}",
            "s=-",
        ]
        if self.host:
            lines.append(f"c=IN {_family(self.host)} {self.host}")
        lines.append("t=0 0")
        lines += [_attribute(pair) for pair in self.attributes]
        for stream in self.streams:
            formats = " ".join(stream.formats)
            lines.append(f"m={stream.kind} {stream.port} {stream.protocol} {formats}")
            if stream.host:
                lines.append(f"c=IN {_family(stream.host)} {stream.host}")
            lines += [_attribute(pair) for pair in stream.attributes]
        return "".join(f"{line}\r\n" for line in lines).encode()


def _media_line(value: str) -> Stream:
    words = value.split()
    if len(words) < 4:
        raise RemoteError("a broken media line", 400)
    port = natural(words[1].partition("/")[0], 65535)
    if port is None:
        raise RemoteError("an impossible media port", 400)
    return Stream(words[0].lower(), port, words[2].upper(), tuple(words[3:]))


def _connection(value: str) -> str:
    words = value.split()
    if len(words) != 3:
        raise RemoteError("a broken connection line", 400)
    return words[2].partition("/")[0]


def _attribute(pair: tuple[str, str]) -> str:
    name, value = pair
    return f"a={name}:{value}" if value else f"a={name}"


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"
