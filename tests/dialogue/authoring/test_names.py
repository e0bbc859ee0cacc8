import pytest

from appliance.dialogue import Level
from appliance.dialogue.authoring.mistakes import Mistake
from appliance.dialogue.authoring.names import (
    Names,
    Systems,
    check_name,
    level_at,
    unreachable,
)
from appliance.dialogue.authoring.nodes import Reader
from appliance.dialogue.script import Catalogue, Choice, Destination, Slot, SlotKind

NAMES = Names(
    frozenset(),
    frozenset({"main"}),
    slots={
        "sure": Slot("sure", SlotKind.YES_NO),
        "who": Slot("who", SlotKind.ENTRY, list="staff"),
        "colour": Slot("colour", SlotKind.CHOICE, choices=(Choice("red", "red"),)),
        "pin": Slot("pin", SlotKind.DIGITS, secret=True),
    },
    facts=frozenset({"site"}),
    lists={"staff": Catalogue("staff", columns=("team",))},
    variables={"row": frozenset({"value"}), "any": None},
)


def table(text: str = "a: b"):
    found: list[Mistake] = []
    return Reader("f", found).parse(text), found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{sure} {site} {caller} {x_any}", ""),
        ("{who} {who.team} {who.name}", ""),
        ("{row.value} {any.thing.at.all}", ""),
        ("{shure}", "did you mean 'sure'"),
        ("{who.teem}", "'who' has no 'teem'; did you mean 'team'"),
        ("{sure.team}", "'sure' is no entry of a list"),
        ("{site.name}", "'site' is a plain text"),
        ("{row.valu}", "did you mean 'value'"),
        ("{pin}", "'pin' is secret"),
        ("{a b}", "a slot is written {name}"),
    ],
)
def test_sentences(text, reason):
    """Knows slots with their columns, variables and facts, and lets no secret be said."""
    found, mistakes = table()
    NAMES.check_holes(found, "a", text)
    assert [reason in m.reason for m in mistakes] == ([True] if reason else [])


def test_secrets_for_a_connector():
    """Lets a secret through to a system."""
    found, mistakes = table()
    NAMES.check_holes(found, "a", "{pin}", secrets=True)
    assert not mistakes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sure and open and level == 'verified' and today > now", ""),
        ("who.team == 'x' or row.value or pin", ""),
        ("shure", "there is no slot 'shure'; did you mean 'sure'"),
        ("sure == maybe", "a text is written in quotes: 'maybe'"),
        ("sure == 'maybe'", "'sure' is yes or no, never 'maybe'"),
        ("'blue' != colour", "'colour' is never 'blue'"),
        ("colour == 'red' and not (colour == 'rde')", "did you mean 'red'"),
        ("row.valu", "did you mean 'value'"),
        ("sure ==", "ends too early"),
    ],
)
def test_expressions(text, reason):
    """Finds names that do not exist, and values that a slot never has."""
    found, mistakes = table()
    NAMES.expression(found, "a", text)
    assert [reason in m.reason for m in mistakes] == ([True] if reason else [])


def test_secrets_are_not_copied():
    """Refuses a secret where its value would be kept."""
    found, mistakes = table()
    NAMES.expression(found, "a", "pin", secrets=False)
    assert "'pin' is secret" in mistakes[0].reason


def test_levels():
    """Reads a level, and refuses one that nobody can reach."""
    found, mistakes = table("level: verified")
    assert level_at(found, "level") is Level.VERIFIED
    assert not mistakes
    NAMES.level(found, "level")
    assert "nobody can be verified: write 'knowledge:' or 'pin:'" in mistakes[0].reason
    assert "'number:' or 'knowledge:'" in unreachable(Level.IDENTIFIED)


@pytest.mark.parametrize(
    ("name", "fine"),
    [("due", True), ("Due", False), ("open", False), ("caller", False), ("x_a", False),
     ("taken", False), ("not", False)],
)  # fmt: skip
def test_names_of_ones_own(name, fine):
    """Keeps the engine's own words free."""
    found, mistakes = table()
    assert check_name(found, "a", name, "a variable", {"taken"}) is fine
    assert (not mistakes) is fine


def test_facts_only():
    """Knows nothing but facts before anything has been said."""
    found, mistakes = table()
    NAMES.check_facts(found, "a", "{site} {caller} {x_any}")
    assert not mistakes
    NAMES.check_facts(found, "a", "{sure}")
    assert "'{sure}' is not known" in mistakes[0].reason


def test_processes():
    """Names a process that is not there, with the nearest or the file to be written."""
    found, mistakes = table()
    NAMES.check_process(found, "a", "main")
    assert not mistakes
    NAMES.check_process(found, "a", "mian")
    NAMES.check_process(found, "a", "other")
    assert [m.reason for m in mistakes] == [
        "there is no process 'mian'; did you mean 'main'?",
        "there is no process 'other'; write processes/other.yaml",
    ]


def test_values_of_a_destination():
    """Finds a destination that does not exist where a slot is held against it."""
    names = Names(
        frozenset(),
        frozenset(),
        {"billing": Destination("billing", "billing", "1")},
        {"team": Slot("team", SlotKind.DESTINATION)},
    )
    assert names.wrong_value("team", "billing") == ""
    assert "did you mean 'billing'" in names.wrong_value("team", "biling")
    assert names.wrong_value("nothing", "x") == ""


def test_systems():
    """Keeps silent about a connector whose own mistake has been told."""
    systems = Systems(broken=frozenset({"bad"}))
    found, mistakes = table()
    assert systems.connector(found, "a", "bad") is None
    assert Systems(readable=False).connector(found, "a", "any") is None
    assert not mistakes
    assert systems.connector(found, "a", "other") is None
    assert "there is no connector 'other'; declare it in connectors.yaml" in mistakes[0].reason
