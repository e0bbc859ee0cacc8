"""Plain words into IPA by espeak-ng, called in this process through ctypes.

The library is Debian's `libespeak-ng1` (with `espeak-ng-data`) or, where that is absent, the one in
the wheel `espeakng-loader`. It keeps one global state, so every call here holds one lock; a clause
takes about 0.1 ms.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib
import re
import threading
from typing import TYPE_CHECKING, Final

from appliance.contracts.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_DO_NOT_EXIT: Final = 0x8000  # espeakINITIALIZE_DONT_EXIT: missing data must not end the process
_UTF8: Final = 1
_IPA: Final = 0x02

ACCENTS: Final[Mapping[str, str]] = {"en": "en-us", "de": "de"}
"""The espeak-ng voice of a language where a pack names none; others have the language's name."""
_VOICES: Final[Mapping[str, str]] = {"en-gb": "en"}
"""Voices whose name as such espeak-ng's library does not take."""

# Combining voiced/length variants that no voice of ours was taught, marks of a language switch
# ("(en)Team(de)"), and the digit 1 by which the German voice marks a syllable's edge.
_UNWANTED: Final = re.compile(r"\([a-z-]+\)|[\u200d\u0361|\d]")
_NAMELESS: Final[Mapping[str, str]] = {"??": "ʊɾ"}
"""espeak-ng 1.51 has no name for the German vowel with r of "kurz"."""
_LOCK: Final = threading.Lock()


class PhonemesError(UserError):
    """espeak-ng is missing or does not know the voice asked for."""


@functools.cache
def _library() -> ctypes.CDLL:
    """Load and start espeak-ng once.

    Raises:
        PhonemesError: neither the system library nor the wheel is there, or the data is not.

    """
    found, data = _system_library(), None
    if found is None:
        found, data = _wheel_library()
    library = found
    library.espeak_Initialize.argtypes = [
        ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int,
    ]  # fmt: skip
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
    if rate <= 0:
        msg = "espeak-ng has no data: install the Debian package espeak-ng-data"
        raise PhonemesError(msg)
    return library


def _system_library() -> ctypes.CDLL | None:
    for name in (ctypes.util.find_library("espeak-ng"), "libespeak-ng.so.1"):
        if name is not None:
            try:
                return ctypes.CDLL(name)
            except OSError:
                continue
    return None


def _wheel_library() -> tuple[ctypes.CDLL, bytes]:
    try:
        loader = importlib.import_module("espeakng_loader")
        library = ctypes.CDLL(loader.get_library_path())
    except (ImportError, OSError) as error:
        msg = (
            "espeak-ng is missing: install the Debian packages libespeak-ng1 and espeak-ng-data, "
            "or the Python package espeakng-loader"
        )
        raise PhonemesError(msg) from error
    return library, str(loader.get_data_path()).encode()


def phonemise(words: str, voice: str = "en-us") -> str:
    """Say `words` (plain, one clause, no digits) in IPA; words apart by single spaces.

    Code points follow espeak-ng's IPA: stress marks ``ˈˌ`` stand before the vowel, ``ː`` after it.
    espeak-ng runs some words together ("of the"), so there may be fewer units than words.

    Voices are espeak-ng's, by name or language: ``en-us``, ``en-gb``, ``de`` and many more.

    Raises:
        PhonemesError: espeak-ng or the voice is missing; the message names what to install.

    """
    with _LOCK:
        library = _library()
        # Set each time: another thread may have spoken another language; it costs microseconds.
        if library.espeak_SetVoiceByName(_VOICES.get(voice, voice).encode()) != 0:
            msg = f"espeak-ng does not know the voice {voice!r}"
            raise PhonemesError(msg)
        text = ctypes.c_char_p(words.encode())
        said: list[str] = []
        while text.value is not None:
            piece = library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA)
            if piece:
                said.append(piece.decode())
    joined = " ".join(said)
    for unnamed, ipa in _NAMELESS.items():
        joined = joined.replace(unnamed, ipa)
    return " ".join(_UNWANTED.sub("", joined).split())
