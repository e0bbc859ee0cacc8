from appliance.dialogue.authoring.mistakes import Mistake
from appliance.dialogue.authoring.names import Names
from appliance.dialogue.authoring.nodes import Reader
from appliance.dialogue.authoring.passing import read_arguments
from appliance.dialogue.connectors import Connector, Statement
from appliance.dialogue.script import Slot, SlotKind

NAMES = Names(
    frozenset(),
    frozenset(),
    slots={"pin": Slot("pin", SlotKind.DIGITS, secret=True), "b": Slot("b", SlotKind.TEXT)},
)


def connector(*parameters: str, private: frozenset[str] = frozenset()) -> Connector:
    return Connector("c", "db", Statement(""), parameters, private=private)


def read(text: str, to: Connector | None):
    found: list[Mistake] = []
    table = Reader("f", found).parse(text)
    return read_arguments(table, "with", to, NAMES), [mistake.reason for mistake in found]


def test_texts_and_expressions():
    """Takes a text with slots as it is, and what begins with = as an expression."""
    given, reasons = read('with: {a: "the {b}", n: "=b + 1"}', connector("a", "n"))
    assert given[0] == ("a", "the {b}")
    assert given[1][1].source == "b + 1"
    assert not reasons


def test_nothing_to_give():
    """Needs no `with` where there is no parameter, and says so where there is one."""
    assert read("x: y", connector()) == ((), [])
    assert read("x: y", connector("a", "n"))[1] == [
        "'c' needs 'a' and 'n' as well: write it under 'with:'"
    ]


def test_too_much():
    """Names a parameter that does not exist."""
    assert (
        "'c' has no parameter 'x'; its parameters are: none" in read("with: {x: y}", connector())[1]
    )


def test_a_wrong_expression_is_one_mistake():
    """Does not call a parameter missing whose value is wrong."""
    assert len(read('with: {a: "=b +"}', connector("a"))[1]) == 1


def test_secrets():
    """Gives a secret to a private parameter only, as text and in an expression."""
    for value in ('"{pin}"', '"=pin"'):
        assert "'pin' is secret" in read(f"with: {{a: {value}}}", connector("a"))[1][0]
        assert not read(f"with: {{a: {value}}}", connector("a", private=frozenset("a")))[1]


def test_an_unknown_connector():
    """Reads on where the connector itself is the mistake."""
    assert read('with: {a: "{b}"}', None) == ((("a", "{b}"),), [])
