"""Pronunciations: the CMU dictionary reduced to 39 ARPAbet phones without stress."""

import re
from collections.abc import Mapping
from pathlib import Path

PHONES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW"
    " V W Y Z ZH"
).split()
"""Phone names in the order of their ids; the blank follows with id 39."""

PHONE_BLANK = len(PHONES)


_ADDED = {
    "orthopedics": "AO R TH AH P IY D IH K S",
    "orthopaedics": "AO R TH AH P IY D IH K S",
    "paediatrics": "P IY D IY AE T R IH K S",
    "physiotherapy": "F IH Z IY OW TH EH R AH P IY",
    "physiotherapist": "F IH Z IY OW TH EH R AH P IH S T",
    "outpatients": "AW T P EY SH AH N T S",
    "wifi": "W AY F AY",
    "callback": "K AO L B AE K",
    "yup": "Y AH P",
    "nope": "N OW P",
}
"""Words of a switchboard that the dictionary lacks."""


def added_words() -> set[str]:
    """Return the words that `read_cmudict` adds."""
    return set(_ADDED)


def names(path: Path) -> list[str]:
    """Return the lines of a list of names."""
    return path.read_text(encoding="utf-8").splitlines()


def read_cmudict(path: Path) -> dict[str, list[str]]:
    """Return word → phones from a `cmudict.dict` file, the first pronunciation of each word."""
    lexicon = {word: phones.split() for word, phones in _ADDED.items()}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split("#")[0].split()
        if "(" not in word:
            lexicon[word.lower()] = [re.sub(r"\d", "", phone) for phone in phones]
    return lexicon


def _is_spelled(word: str) -> bool:
    return len(word) == 1 and word not in ("a", "i")


def said(written: str, lexicon: Mapping[str, list[str]]) -> list[list[str]] | None:
    """Return the phone names of each word of a written sentence, None where one is unknown.

    The word "a" beside a spelled letter or at the end is the letter (EY).
    """
    found: list[list[str]] = []
    words = written.split()
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        before = words[at - 1] if at else ""
        if word == "a" and (not after or _is_spelled(after) or _is_spelled(before)):
            found.append(["EY"])
        elif word in lexicon:
            found.append(lexicon[word])
        else:
            return None
    return found


def pronounce(written: str, lexicon: Mapping[str, list[str]]) -> list[int] | None:
    """Return the phone ids of a written sentence, None where a word is unknown."""
    words = said(written, lexicon)
    return None if words is None else [PHONES.index(phone) for word in words for phone in word]
