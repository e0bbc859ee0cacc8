"""How a site pronounces its names: a file of words, for the voice and for the recogniser.

    # everywhere
    "Attendant" = "əˈtɛndənt"      IPA: what has a sign that only IPA has, or /between slashes/
    [en]
    "Nguyen" = "win"               said like this
    "Jörg Köhler" = "de:"          said by the German rules
    "Lidl" = "de:Liddel"           these words, said by the German rules
    [de]
    "Washington" = "en:"

The file is the plainest TOML: one entry in a line. Words match whole and in any case; the longest
entry wins; an entry of the language wins over one that is for all.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.contracts.errors import UserError
from appliance.speech.words import ipa
from appliance.speech.words.phonemes import ACCENTS, phonemise
from appliance.speech.words.text import clauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

MAX_ENTRIES: Final = 20_000
MAX_WORD: Final = 80
"""Characters of a word, and of how it is said."""
MAX_BYTES: Final = 4_000_000
_ALL: Final = ""


class PronunciationError(UserError):
    """A pronunciation file that cannot be read; names the line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How one word or name is said."""

    word: str
    """As written in texts."""
    ipa: str = ""
    """In our voices' form; empty where `said` tells it."""
    said: str = ""
    """Words that sound like it; empty where `ipa` tells it."""
    origin: str = ""
    """The language whose rules say `said`; empty: those of the text."""

    def pronounced(self, language: str, accent: str = "") -> str:
        """Return IPA for a voice of `language`, whose espeak-ng voice is `accent`.

        Raises:
            PhonemesError: espeak-ng is not installed.

        """
        if self.ipa:
            return ipa.adapted(self.ipa, language, foreign=False)
        origin = self.origin or language
        own = origin == language
        voice = (accent if own else "") or ACCENTS.get(origin, origin)
        said = " ".join(phonemise(clause.words, voice) for clause in clauses(self.said, origin))
        return said if own else ipa.adapted(said, language)


class Pronunciations:
    """The pronunciations of a site; never changes."""

    def __init__(self, entries: Iterable[tuple[str, Entry]] = ()) -> None:
        """Hold entries, each with its language ("" for all)."""
        self._found: dict[str, dict[str, Entry]] = defaultdict(dict)
        starts: dict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
        for language, entry in entries:
            key = _key(entry.word)
            if not any(key in table for table in self._found.values()):
                first = re.match(r"\w+", key)
                pattern = r"\s+".join(re.escape(part) for part in entry.word.split())
                whole = re.compile(rf"{pattern}(?!\w)", re.IGNORECASE)
                starts[first[0] if first else key].append((key, whole))
            self._found[language][key] = entry
        self._starts: Mapping[str, list[tuple[str, re.Pattern[str]]]] = {
            first: sorted(found, key=lambda item: -len(item[0])) for first, found in starts.items()
        }

    def __len__(self) -> int:
        return sum(map(len, self._found.values()))

    def entry(self, word: str, language: str = "en") -> Entry | None:
        """Return the entry of a word or name."""
        key = _key(word)
        for table in (language, _ALL):
            if key in self._found.get(table, {}):
                return self._found[table][key]
        return None

    def ipa(self, word: str, language: str = "en") -> str | None:
        """Return the IPA of a word or name in our voices' form, None where the file has none.

        Raises:
            PhonemesError: the word is "said like this" and espeak-ng is not installed.

        """
        entry = self.entry(word, language)
        return None if entry is None else entry.pronounced(language)

    def words(self, language: str = "en") -> tuple[str, ...]:
        """Return the words and names of a language, those for all included."""
        found = self._found.get(_ALL, {}) | self._found.get(language, {})
        return tuple(entry.word for entry in found.values())

    def replaced(self, text: str, language: str, replace: Callable[[Entry], str]) -> str:
        """Replace each word of `text` that has an entry."""
        if not self._starts:
            return text
        made: list[str] = []
        done = 0
        for word in re.finditer(r"\w+", text):
            if word.start() < done:
                continue
            for key, whole in self._starts.get(word[0].casefold(), ()):
                match = whole.match(text, word.start())
                entry = match and self.entry(key, language)
                if match and entry:
                    made += [text[done : match.start()], replace(entry)]
                    done = match.end()
                    break
        return "".join([*made, text[done:]])

    @classmethod
    def parse(cls, text: str, source: str = "pronunciations") -> Pronunciations:
        """Read the file's text; `source` is how errors call it.

        Raises PronunciationError naming line and word, and what to write instead.
        """
        language = _ALL
        entries: dict[tuple[str, str], tuple[int, Entry]] = {}
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            place = f"{source}, line {number}"
            try:
                values = tomllib.loads(line)
            except tomllib.TOMLDecodeError:
                raise PronunciationError(
                    f'{place}: this is not of the form "word" = "how it is said": {line.strip()}'
                ) from None
            for word, said in values.items():
                if isinstance(said, dict) and not said and line.lstrip().startswith("["):
                    if word not in ACCENTS:
                        known = ", ".join(f"[{name}]" for name in ACCENTS)
                        raise PronunciationError(f"{place}: [{word}] is unknown; there are {known}")
                    language = word
                    continue
                if not isinstance(said, str):
                    raise PronunciationError(f"{place}: put quotes around the word and its sound")
                entry = _entry(word, said, place)
                before = entries.get((language, _key(word)))
                if before:
                    raise PronunciationError(
                        f"{place}: '{word}' stands in line {before[0]} already; keep one of them"
                    )
                entries[language, _key(word)] = (number, entry)
            if len(entries) > MAX_ENTRIES:
                raise PronunciationError(f"{source} has more than {MAX_ENTRIES} words; keep fewer")
        return cls((language, entry) for (language, _), (_, entry) in entries.items())

    @classmethod
    def load(cls, path: Path) -> Pronunciations:
        """Read a file; one that is not there has no entries.

        Raises PronunciationError where it cannot be read.
        """
        try:
            if path.stat().st_size > MAX_BYTES:
                raise PronunciationError(
                    f"{path.name} is larger than {MAX_BYTES} bytes; shorten it"
                )
            return cls.parse(path.read_text(encoding="utf-8"), path.name)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise PronunciationError(f"{path} cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise PronunciationError(f"{path.name} is not UTF-8: save it as UTF-8") from None


def _key(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word).split()).casefold()


def _entry(word: str, said: str, place: str) -> Entry:
    bare, sound = " ".join(unicodedata.normalize("NFC", word).split()), said.strip()
    if not re.match(r"\w", bare) or not re.search(r"\w$", bare) or len(bare) > MAX_WORD:
        raise PronunciationError(
            f"{place}: '{word}' must begin and end with a letter or digit and be at most "
            f"{MAX_WORD} characters long"
        )
    if len(sound) > MAX_WORD * 2:
        raise PronunciationError(f"{place}: how '{word}' is said is too long; shorten it")
    origin, colon, rest = sound.partition(":")
    if colon and origin in ACCENTS:
        spelled = rest.strip() or bare
        if clauses(spelled, origin):
            return Entry(bare, said=spelled, origin=origin)
    elif ipa.is_ipa(sound) or (sound[:1] == sound[-1:] == "/" and len(sound) > 1):
        try:
            return Entry(bare, ipa=ipa.parse(sound))
        except ValueError as error:
            raise PronunciationError(f"{place}: in how '{word}' is said, {error}") from None
    elif clauses(sound, "de"):
        return Entry(bare, said=sound)
    raise PronunciationError(f"{place}: '{word}' is said like nothing; write how it is said")


class PronunciationFile:
    """A site's file that may change while the box runs.

    Whoever mends the file must not be able to silence the box: while it is wrong, the last good
    one stays, and `problem` says what is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._good = Pronunciations()
        self.problem = ""
        """The sentence that says what is wrong with the file; empty while it is right."""

    def current(self) -> Pronunciations:
        """Return what the file says now, read again where it has changed."""
        try:
            facts = self._path.stat()
            stamp = (facts.st_mtime_ns, facts.st_size)
        except OSError:
            stamp = (0, 0)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._good = Pronunciations.load(self._path)
                self.problem = ""
            except PronunciationError as error:
                self.problem = str(error)
        return self._good
