"""`call.connectors.entries`: rows of a system as a list that callers name things of."""

from appliance.call.connectors.entries import entries
from appliance.dialogue.script import Catalogue


def test_rows_become_entries():
    """Takes id, name and what may be said from the columns that were declared."""
    catalogue = Catalogue("people", spoken=("name", "nick"), number="tel")
    rows = [{"id": 7, "name": "Anna Meyer|Meyer", "nick": "Annie", "tel": 200, "x": None}]
    (entry,) = entries(catalogue, rows)
    assert (entry.id, entry.name) == ("7", "Anna Meyer")
    assert entry.phrases == ("anna meyer", "meyer", "annie")
    assert (entry.fields["tel"], entry.fields["x"]) == ("200", "")


def test_what_has_no_name_is_no_entry():
    """Leaves out rows without a name or an id, and what is no row."""
    rows = [{"id": 1}, {"name": " "}, "x", None, {"name": "?!"}, {"id": None, "name": "A"}]
    assert entries(Catalogue("l"), rows) == ()


def test_every_entry_has_an_id_of_its_own():
    """Takes the declared id, `id` or the name, and the first row where two share it."""
    rows = [{"name": "A", "no": "1"}, {"name": "B", "no": "2"}, {"name": "C", "no": "1"}]
    found = entries(Catalogue("l", id="no"), rows)
    assert [(entry.id, entry.name) for entry in found] == [("1", "A"), ("2", "B")]
    assert [entry.id for entry in entries(Catalogue("l"), rows)] == ["A", "B", "C"]


def test_only_what_can_be_dialled_is_a_number():
    """Leaves a number empty that is none, and takes blanks and dashes out of the others."""
    rows = [{"name": "A", "tel": "+49 (30) 12-34"}, {"name": "B", "tel": "200;user=x"}]
    found = entries(Catalogue("l", number="tel"), rows)
    assert [entry.fields["tel"] for entry in found] == ["+49301234", ""]
