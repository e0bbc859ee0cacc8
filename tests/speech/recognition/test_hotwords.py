"""Names of one question in the slot of the word graph."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.speech.recognition import hotwords
from appliance.speech.recognition.wordgraph import Table, WordGraph
from appliance.system.packs.manifest import Pack
from tests.speech import graphs, tones


@pytest.fixture(scope="module")
def graph(tone_pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> WordGraph:
    """The tone pack's graph."""
    pack = graphs.make_pack(tone_pack, tmp_path_factory.mktemp("graph"))
    table = Table.read(pack.path("words"), graphs.PHONES)
    return WordGraph(pack.path("graph"), table, graphs.BLANK)


def _spell(word: str) -> tuple[tuple[int, ...], ...]:
    way = tuple(tones.LETTERS.index(letter) for letter in word if letter in tones.LETTERS)
    return (way,) if way else ()


Read = Callable[[str, tuple[str, ...]], str]


@pytest.fixture(scope="module")
def read(graph: WordGraph) -> Read:
    """Read letters with hot words."""

    def text(said: str, phrases: tuple[str, ...]) -> str:
        branch = hotwords.branch(graph, phrases, _spell)
        return graph.read(graphs.frames(said, others=0.05), branch)[0].text

    return text


NAMES = ("novak", "nowak", "kowalski", "doctor meyer", "doctor mayer", "meyer")


@pytest.mark.parametrize(
    "said",
    ["novak", "nowak please", "are you kowalski", "the doctor mayer bill", "meyer novak",
     "doctor meyer doctor mayer", "no nowak"],
)  # fmt: skip
def test_names_are_read_within_sentences(read: Read, said: str) -> None:
    """A name that only the question knows is read alone and among words of the graph."""
    assert read(said, NAMES) == said
    assert read(said, ()) != said


def test_what_is_known_stays(read: Read) -> None:
    """Sentences without a name are read as they are without names."""
    for said in ("are you open", "the bill please", "one two three"):
        assert read(said, NAMES) == read(said, ()) == said


def test_two_names_that_begin_alike(read: Read) -> None:
    """Names that share their beginning are told apart by their ends."""
    names = ("anna", "anne", "annette", "ann")
    for said in names:
        assert read(said, names) == said


def test_words_alike(graph: WordGraph) -> None:
    """A word that is said in two ways is read either way, as itself."""
    branch = hotwords.branch(graph, ["jo"], lambda _: ((0, 1), (2, 3)))
    for said in ("ab", "cd"):
        found = graph.read(graphs.frames(said, others=0.05), branch)[0]
        assert found.text == "jo"
        assert [(word.first, word.last) for word in found.words] == [(1, 3)]


@pytest.mark.parametrize("phrases", [(), ("",), ("123",), ("novak 123",)])
def test_nothing_to_say(graph: WordGraph, phrases: tuple[str, ...]) -> None:
    """Without a name that can be pronounced the graph stays as it is."""
    assert hotwords.branch(graph, phrases, _spell) is None


def test_a_long_list(read: Read) -> None:
    """In a list of many names the one that was said is found."""
    names = tuple(f"{a}{b}{c}in" for a in "bdfgklm" for b in "aeiou" for c in "bdfgklmnprst")
    assert len(names) > 400
    assert read("the fulin bill", (*names, "fulin")) == "the fulin bill"
