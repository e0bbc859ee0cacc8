"""Behaviour of `appliance.speech.words.runs`: when a run of digits or letters is certain."""

from __future__ import annotations

import pytest

from appliance.speech.words import runs, written_de, written_en


@pytest.mark.parametrize(
    ("said", "cued", "found"),
    [
        ("four", False, None),
        ("four", True, ("4", 1)),
        ("four five", False, ("45", 2)),
        ("double five", False, ("55", 2)),
        ("double", True, None),
        ("oh one", False, None),
        ("oh one two", False, ("012", 3)),
        ("five fifty", False, None),
        ("five fifty", True, ("550", 2)),
        ("twelve thirty", False, None),
        ("forty four fifty five", False, ("4455", 4)),
        ("zero one seventy one", False, ("0171", 4)),
        ("four five twenty", False, ("4520", 3)),
        ("one twenty five", False, None),
        ("four of", False, None),
    ],
)
def test_digits_are_a_run_only_where_they_cannot_be_else(
    said: str, cued: bool, found: tuple[str, int] | None
) -> None:
    """Single digits, times and prices stay words unless a word before announces a number."""
    assert runs.digits(said.split(), 0, written_en.DIGITS, cued=cued) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("b c", ("BC", 2)),
        ("a i", None),
        ("a", None),
        ("i two", None),
        ("b two", ("B2", 2)),
        ("b as in bravo", ("B", 4)),
        ("b as in charlie", None),
        ("c for charlie d", ("CD", 4)),
        ("x as in x ray", ("X", 5)),
        ("double l a m a", ("LLAMA", 5)),
        ("b c a day", ("BC", 2)),
        ("november golf", None),
        ("november golf hotel", ("NGH", 3)),
        ("delta echo one", ("DE1", 3)),
        ("b c november", ("BC", 2)),
        ("double u z", ("WZ", 3)),
        ("zed a", ("ZA", 2)),
    ],
)
def test_letters_are_a_run_only_where_they_cannot_be_words(
    said: str, found: tuple[str, int] | None
) -> None:
    """A word of the spelling alphabet, "a" and "i" count only in company."""

    def number(words: list[str], at: int) -> tuple[str, int] | None:
        return runs.digit(words, at, written_en.DIGITS)

    assert runs.letters(said.split(), 0, written_en.ALPHABET, number) == found


def test_german_spelling_words() -> None:
    """Names of the German alphabet spell, some of them two letters and more."""

    def number(words: list[str], at: int) -> tuple[str, int] | None:
        return runs.digit(words, at, written_de.DIGITS)

    said = ["schule", "a", "umlaut", "doppel", "f", "e", "r", "ypsilon"]
    assert runs.letters(["s", "wie", "siegfried", *said[1:]], 0, written_de.ALPHABET, number) == (
        "SÄFFERY", 12,
    )  # fmt: skip
    assert runs.letters(["anton", "berta"], 0, written_de.ALPHABET, number) is None
    assert runs.letters(["schule", "otto", "nordpol"], 0, written_de.ALPHABET, number) == (
        "SCHON",
        3,
    )
