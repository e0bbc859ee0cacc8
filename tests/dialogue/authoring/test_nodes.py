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
