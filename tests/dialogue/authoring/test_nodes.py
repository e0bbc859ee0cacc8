import pytest

from appliance.dialogue.authoring.mistakes import Mistake
from appliance.dialogue.authoring.nodes import Reader, near


def read(text: str):
    found: list[Mistake] = []
    return Reader("f.yaml", found).parse(text), found


def test_values_as_written():
    """Takes 201, 010 and no as the texts that they are."""
    table, found = read("a: 201\nb: 010\nc: no\nd: >\n  two\n  lines\n")
    assert [table.text(name) for name in "abcd"] == ["201", "010", "no", "two lines"]
    table.close()
    assert not found


def test_unknown_names():
    """Names what is not known, with the nearest known name or all of them."""
    table, found = read("grete: 1\nxyz: 2\n")
    table.text("greeting")
    table.close()
    assert [(m.line, m.field) for m in found] == [(1, "grete"), (2, "xyz")]
    assert "did you mean 'greeting'" in found[0].reason
    assert "use one of: greeting" in found[1].reason


def test_lines_and_fields():
    """Points at the line of the value inside lists and tables."""
    table, found = read("a:\n  b:\n    - one\n    - [two]\n")
    assert table.table("a").texts("b") == ("one",)
    assert (found[0].line, found[0].field) == (4, "a.b[1]")


def test_kinds():
    """Says what was expected and what was found."""
    table, found = read("a: [1]\nb: x\nc: maybe\nd: much\ne:\n")
    table.text("a")
    table.table("b")
    table.flag("c", default=True)
    table.number("d", 1, 0, 2)
    table.text("e")
    reasons = [mistake.reason for mistake in found]
    assert reasons == [
        "expected a text, found a list",
        "expected names with values (name: value), found 'x'",
        "expected yes or no, found 'maybe'",
        "expected a number, found 'much'",
        "the text is empty",
    ]


def test_near():
    """Suggests a name only where one is close."""
    assert near("operater", ["operator", "hours"]) == "did you mean 'operator'?"
    assert near("xyz", ["operator"]) == ""


def test_spans_of_time():
    """Reads seconds with and without their unit, minutes, hours and days."""
    table, found = read("a: 90\nb: 1.5 minutes\nc: 2 hours\nd: 1 day\ne: soon\nf: 3 days\n")
    assert [table.seconds(name, 0, 0, 90_000) for name in "abcd"] == [90, 90, 7200, 86400]
    assert not found
    assert [table.seconds(name, 5, 0, 90_000) for name in "efg"] == [5, 5, 5]
    assert [m.reason for m in found] == [
        "'soon' is no span of time: write 90 seconds or 15 minutes",
        "expected 0 to 90000 seconds, found 259200",
    ]


def test_whole_numbers_and_one_of_several():
    """Takes whole numbers only, and a word of a list."""
    table, found = read("a: 3\nb: 2.5\nc: blind\nd: blnd\ne: loud\n")
    assert (table.whole("a", 1, 0, 9), table.whole("b", 1, 0, 9)) == (3, 1)
    assert [table.one_of(name, ("blind", "queue")) for name in "cdex"] == ["blind", "", "", ""]
    assert [m.reason for m in found] == [
        "expected a whole number, found 2.5",
        "'blnd' is not known: did you mean 'blind'?",
        "'loud' is not known: write blind or queue",
    ]


def test_peek():
    """Looks a text up without asking for it."""
    table, found = read("a: {b: ' x  y '}\nc: [d]\n")
    assert (table.peek("a.b"), table.peek("a.c"), table.peek("c"), table.peek("c.d")) == (
        "x y", "", "", "",
    )  # fmt: skip
    table.close()
    assert len(found) == 2
    assert table.has("a")
    assert not table.has("b")


def test_braces_without_quotes():
    """Says what was meant by a name in braces that is a table to YAML."""
    table, found = read("a: {name}\nb: {x: y}\n")
    assert table.text("a") == table.text("b") == ""
    assert 'in quotes: "{name}"' in found[0].reason
    assert "quotes" not in found[1].reason


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        ("a: b\nc: one: two\n", 2, "a text that holds ': ' stands in quotes"),
        ("a:\n\tb: c\n", 2, "never with a tab"),
        ("a:\n  b: c\n d: e\n", 3, "does not begin below"),
        ("a: b\nc\nd: e\n", 3, "a name is followed by ': '"),
        ("a: {b: c {d}}\n", 1, "within { } and [ ]"),
        ("a: 'b\n", 2, "a quote is not closed"),
        ("a: @b\n", 1, "begins with this sign"),
    ],
)
def test_what_is_no_yaml(text, line, advice):
    """Says what an author has to do where YAML only complains."""
    table, found = read(text)
    assert table is None
    assert (found[0].line, advice in found[0].reason) == (line, True), str(found[0])
