"""Which phrase a line sounds most like: names by the hundred, misheard, in company."""

from __future__ import annotations

import time

import numpy as np
import pytest

from appliance.speech.engines import similarity
from appliance.speech.engines.similarity import Phrases
from appliance.speech.words.phonemes import PhonemesError

FIRST = [
    "anna",
    "bernd",
    "carla",
    "david",
    "eva",
    "frank",
    "greta",
    "hans",
    "ines",
    "jens",
    "karin",
    "lars",
    "maria",
    "nils",
    "olga",
    "paul",
    "rita",
    "sven",
    "tina",
    "uwe",
]
LAST = [
    "müller",
    "schmidt",
    "schneider",
    "fischer",
    "weber",
    "meyer",
    "wagner",
    "becker",
    "schulz",
    "hoffmann",
    "koch",
    "bauer",
    "richter",
    "klein",
    "wolf",
    "schröder",
    "neumann",
    "schwarz",
    "zimmermann",
    "braun",
    "krüger",
    "hofmann",
    "hartmann",
    "lange",
    "schmitt",
]
NAMES = [f"{first} {last}" for first in FIRST for last in LAST]


@pytest.fixture(scope="module")
def names() -> Phrases:
    return Phrases(NAMES, "de")


@pytest.fixture(scope="module")
def menu() -> Phrases:
    return Phrases(
        ["yes", "no", "billing", "technical support", "opening hours", "pay my bill", "operator"],
        "en",
    )


def best(phrases: Phrases, text: str) -> tuple[str, float]:
    likeness = phrases.likeness(text)
    return phrases.phrases[int(likeness.argmax())], float(likeness.max())


def test_what_is_said_exactly(names: Phrases) -> None:
    """Each of five hundred names is its own best match, beyond doubt."""
    for name in NAMES[::7]:
        assert best(names, name) == (name, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("karin maier", "karin meyer"),
        ("hans schmid", "hans schmidt"),
        ("äh lars hoffman bitte", "lars hoffmann"),
        ("ich möchte mit frau tina schröter sprechen", "tina schröder"),
        ("neils richter", "nils richter"),
    ],
)
def test_names_that_are_misheard(names: Phrases, heard: str, meant: str) -> None:
    """A name is found by its sound, and within a sentence."""
    found, likeness = best(names, heard)
    assert found == meant
    assert likeness > 0.6


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("know", "no"), ("tech support", "technical support"), ("open hours", "opening hours"),
        ("pay my bills", "pay my bill"), ("the billing department please", "billing"),
        ("opening ours", "opening hours"),
    ],
)  # fmt: skip
def test_requests_that_are_misheard(menu: Phrases, heard: str, meant: str) -> None:
    """So are requests, whatever stands around them."""
    assert best(menu, heard)[0] == meant


def test_what_is_none_of_them(menu: Phrases) -> None:
    """A sentence of other words is like none of the phrases."""
    assert best(menu, "nothing at all today")[1] < 0.5
    assert best(menu, "")[1] == 0.0


def test_company_costs_something(menu: Phrases) -> None:
    """A phrase alone is likelier meant than one among other words."""
    alone, among = (float(menu.likeness(t)[2]) for t in ("billing", "something about billing now"))
    assert 0.6 < among < alone


def test_no_phrases() -> None:
    """Nothing is like nothing."""
    assert Phrases((), "en").likeness("yes").shape == (0,)


def test_without_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where espeak-ng is missing, letters alone decide."""

    def missing(*_: str) -> str:
        raise PhonemesError("espeak-ng is not installed")

    monkeypatch.setattr(similarity, "phonemise", missing)
    similarity._sounds.cache_clear()
    try:
        phrases = Phrases(["karin meyer", "hans wolf"], "de")
        assert best(phrases, "karin meier")[0] == "karin meyer"
        assert best(phrases, "hans wolf") == ("hans wolf", pytest.approx(1.0))
    finally:
        similarity._sounds.cache_clear()


def test_another_script() -> None:
    """Words without letters of ours are compared as they are written."""
    phrases = Phrases(["打开", "关闭"], "zh")
    assert best(phrases, "打开")[0] == "打开"


def test_sounds_are_nearer_than_chance() -> None:
    """A voiced consonant is near its unvoiced one, a vowel far from any consonant."""
    assert similarity._price("b", "p") < similarity._price("b", "d") < similarity._price("b", "a")
    assert similarity._price("ɪ", "i") < similarity._price("ɪ", "ɑ")


def test_five_hundred_names_cost_less_than_a_score_of_lines(names: Phrases) -> None:
    """The shortlist keeps five hundred names cheaper than eight times as long as 64."""
    few = Phrases(NAMES[:64], "de")

    def taken(phrases: Phrases) -> float:
        best_of = []
        for _ in range(7):
            began = time.perf_counter()
            phrases.likeness("ich möchte mit karin maier sprechen")
            best_of.append(time.perf_counter() - began)
        return min(best_of)

    assert taken(names) < 8 * taken(few)
    assert np.count_nonzero(names.likeness("karin maier")) <= 64
