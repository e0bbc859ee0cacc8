"""The metadata of ONNX files, read and written without loading a graph.

An ONNX file is one protobuf message (onnx.proto, ModelProto). Its metadata are the repeated field
14, pairs of texts; the graph with all weights is field 7, which is stepped over. Such fields may
follow one another anywhere, so more metadata are simply written behind the end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_METADATA: Final = 14
"""Number of ModelProto's field of metadata."""
_KEY, _VALUE = 1, 2
"""Numbers of StringStringEntryProto's two texts."""
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
"""Wire types of protobuf: a number, 8 bytes, so many bytes, 4 bytes."""
_LONGEST: Final = 1 << 20
"""Bytes of one pair; what is longer is no metadata."""


def read_metadata(file: Path) -> dict[str, str]:
    """Return the metadata of an ONNX file; empty where it has none or is no such file."""
    found: dict[str, str] = {}
    try:
        with file.open("rb") as stream:
            for number, content in _fields(stream, file.stat().st_size, _METADATA):
                if number == _METADATA:
                    pair = dict(_texts(content))
                    found[pair.get(_KEY, "")] = pair.get(_VALUE, "")
    except (OSError, ValueError):
        return {}
    return found


def entries(metadata: Mapping[str, str]) -> bytes:
    """Return metadata as the bytes that may follow an ONNX file."""
    made = b""
    for key, value in metadata.items():
        inner = _field(_KEY, key.encode()) + _field(_VALUE, value.encode())
        made += _field(_METADATA, inner)
    return made


def _field(number: int, content: bytes) -> bytes:
    return _size(number << 3 | _BYTES) + _size(len(content)) + content


def _size(number: int) -> bytes:
    """Write a number as protobuf does: seven bits a byte, the lowest first."""
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _number(stream: BinaryIO) -> int:
    """Read such a number. Raises ValueError where there is none."""
    value = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    msg = "no number of protobuf"
    raise ValueError(msg)


def _fields(stream: BinaryIO, size: int, wanted: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the fields `wanted`, stepping over all others.

    Raises ValueError where the message breaks off or is none.
    """
    while stream.tell() < size:
        tag = _number(stream)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _number(stream)
        elif kind == _BYTES:
            length = _number(stream)
            if stream.tell() + length > size:
                msg = "a field longer than the file"
                raise ValueError(msg)
            if number == wanted and length <= _LONGEST:
                yield number, stream.read(length)
            else:
                stream.seek(length, os.SEEK_CUR)
        elif kind in (_EIGHT, _FOUR):
            stream.seek(8 if kind == _EIGHT else 4, os.SEEK_CUR)
        else:
            msg = "no message of protobuf"
            raise ValueError(msg)


def _texts(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield the texts of a pair with their numbers. Raises ValueError."""
    at = 0
    while at + 1 < len(content):
        tag, at = content[at], at + 1
        length, shift = 0, 0
        while at < len(content) and content[at] >= 0x80:
            length |= (content[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        if at >= len(content):
            break
        length |= content[at] << shift
        at += 1
        if tag & 7 != _BYTES:
            msg = "no pair of texts"
            raise ValueError(msg)
        yield tag >> 3, content[at : at + length].decode()
        at += length
