"""Sentences rendered ahead, kept as raw PCM on disk so that they outlive a dead `speech`.

A file is named `KEY-CRC.pcm`: KEY is the SHA-256 of voice and text, CRC that of its content, so a
file half written when the power went is found out and rendered again.

A voice is what `speech` calls itself in `Opened.tts`: the pack's name and version, and a digest of
everything else that changes how a text sounds (loudness, accent, the site's pronunciations, the way
of rendering). Here it is an opaque word: another one means another sound, and nothing of it is
played any more.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_QUIET: Final = 40
"""Sample value up to which a sentence has not begun; a breath before a word is louder."""
_LEAD: Final = 160
"""Samples of quiet that stay before a sentence: 20 ms. A caller need not wait for the rest."""
_VOICE: Final = "voice.txt"
"""The file that names the voice of the last rendering: which one to use without `speech`."""


def key(voice: str, text: str) -> str:
    """Return the name under which `voice` saying `text` is kept."""
    return hashlib.sha256(f"{voice}\0{text}".encode()).hexdigest()


def without_lead(pcm: bytes) -> bytes:
    """Return a sentence (16-bit little-endian) whose leading silence is at most 20 ms long."""
    samples = memoryview(pcm).cast("h")
    voiced = next((n for n, value in enumerate(samples) if abs(value) > _QUIET), 0)
    return pcm[2 * max(0, voiced - _LEAD) :]


class PromptCache:
    """The sentences of one dialogue in one voice: PCM, 16-bit little-endian mono 8 kHz."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder can neither be found nor made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._sentences: dict[str, bytes] = {}
        file = folder / _VOICE
        self.voice = file.read_text("utf-8").strip() if file.exists() else ""

    def lookup(self, text: str) -> bytes | None:
        """Return the PCM of a sentence, None where it has not been rendered."""
        return self._sentences.get(text)

    def load(self, voice: str, texts: Iterable[str]) -> list[str]:
        """Read what is on disk of `texts` in `voice`; return what has to be rendered.

        An empty voice stands for the one of the last rendering.
        """
        voice = voice or self.voice
        held: dict[str, bytes] = {}
        missing: list[str] = []
        files = self._files()
        for text in dict.fromkeys(texts):
            pcm = self._read(files.get(key(voice, text)))
            if pcm is None:
                missing.append(text)
            else:
                held[text] = pcm
        self._sentences = held
        return missing

    def keep(self, voice: str, text: str, pcm: bytes) -> None:
        """Keep a rendered sentence, without its leading silence.

        Raises OSError where it cannot be written; it is then held in memory all the same.
        """
        pcm = self._sentences[text] = without_lead(pcm)
        name = f"{key(voice, text)}-{zlib.crc32(pcm):08x}.pcm"
        before = self._files().get(key(voice, text))
        self._write(name, pcm)
        if before is not None and before.name != name:
            before.unlink(missing_ok=True)
        if voice != self.voice:
            self.voice = voice
            self._write(_VOICE, voice.encode())

    def prune(self, voice: str, texts: Iterable[str]) -> int:
        """Delete the files of other voices and of sentences no longer said; return how many.

        What a power cut left half written goes too.
        """
        wanted = {key(voice, text) for text in texts}
        stale = [file for file in self._all() if file.name.partition("-")[0] not in wanted]
        stale += self._folder.glob("*.part")
        for file in stale:
            file.unlink(missing_ok=True)
        return len(stale)

    def _files(self) -> dict[str, Path]:
        """Return the newest file of each key."""
        return {file.name.partition("-")[0]: file for file in self._all()}

    def _all(self) -> list[Path]:
        return sorted(self._folder.glob("*-*.pcm"), key=lambda file: file.stat().st_mtime_ns)

    @staticmethod
    def _read(file: Path | None) -> bytes | None:
        if file is None:
            return None
        try:
            pcm = file.read_bytes()
        except OSError:
            return None
        return pcm if file.stem.endswith(f"-{zlib.crc32(pcm):08x}") else None

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f"{name}.part"
        part.write_bytes(content)
        part.replace(self._folder / name)
