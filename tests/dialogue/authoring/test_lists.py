import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue import load
from appliance.dialogue.authoring import lists
from appliance.dialogue.authoring.lists import check_table, entry_of, header
from appliance.dialogue.authoring.mistakes import Mistake
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

FILE = "dialogue.yaml"
STAFF, STREETS = "lists/staff.csv", "lists/streets.txt"


def test_a_table():
    """Makes each row an entry: its id, how it is spoken, what callers say, and its columns."""
    staff = load(guide_files()).lists["staff"]
    anna = staff.entries[0]
    assert (anna.id, anna.name) == ("m1", "Anna Meyer")
    assert anna.phrases == ("anna meyer", "doctor meyer", "missis meyer")
    assert anna.fields["extension"] == "411"
    assert staff.columns == ("id", "name", "also", "team", "extension")
    assert staff.number == "extension"


def test_a_text_file():
    """Makes each line an entry; the first of several ways to say it is spoken."""
    files = changed(STREETS, "Mill Lane", "# streets\n\nMill Lane")
    streets = load(files).lists["streets"]
    assert [entry.name for entry in streets.entries] == ["Mill Lane", "Saint John's Road"]
    assert streets.entries[1].phrases == ("saint john's road", "saint johns road")


def test_without_an_id():
    """Takes the spoken name for what tells rows apart where there is no column for it."""
    files = changed(STAFF, "id,name", "no,name")
    assert [entry.id for entry in load(files).lists["staff"].entries] == ["Anna Meyer", "Ben Cole"]


def test_quoted_cells_and_a_mark_of_byte_order():
    """Reads what spreadsheets write: quotes, a comma in a cell, a mark in front of the file."""
    files = changed(STAFF, "m2,Ben Cole", 'm2,"Cole, Ben"')
    files[STAFF] = "\ufeff" + files[STAFF].replace("\n", "\r\n")
    assert load(files).lists["staff"].entries[1].name == "Cole, Ben"


def test_from_a_connector():
    """Leaves a list open whose rows come from a system."""
    wards = load(guide_files()).lists["wards"]
    assert (wards.connector, wards.entries, wards.spoken) == ("all_wards", (), ("name",))


def test_an_entry_of_a_row():
    """Makes no entry of a row without a name."""
    assert entry_of({"name": " | "}, ["name"], "") is None
    assert entry_of({"name": "A|B", "id": "7"}, ["name"], "id").id == "7"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("m2,Ben Cole,,service,412", "m2,Ben Cole,service,412", 3, "there are 5 columns, and 4 values"),
        ("m2,Ben Cole", "m1,Ben Cole", 3, "'m1' stands in this list twice"),
        ("m2,Ben Cole", ",Ben Cole", 3, "the column 'id' is empty"),
        ("m2,Ben Cole", "m2,", 3, "no name in the column 'name'"),
        ("service,412", "service,desk", 3, "'desk' in 'extension' is no telephone number"),
        ("id,name", "id,id", 1, "two columns 'id'"),
        ("id,name", "id,First Name", 1, "cannot name a column"),
        ("m2,Ben Cole", 'm2,"Ben Cole', 3, "this is not CSV"),
        ("service,412", f"{'x' * 1001},412", 3, "longer than 1000"),
    ],
)  # fmt: skip
def test_mistakes_of_a_table(old, new, line, reason):
    """Names the line of a table that is wrong, and why."""
    found = mistakes(changed(STAFF, old, new))
    assert any(m.file == STAFF and m.line == line and reason in m.reason for m in found), "\n".join(
        map(str, found)
    )


def test_doubles_without_an_id():
    """Advises a column of ids where two rows have the same name."""
    files = changed(STAFF, "id,name", "no,name")
    files[STAFF] = files[STAFF].replace("Ben Cole", "Anna Meyer")
    assert "add a column 'id'" in str(mistakes(files)[0])


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "reason"),
    [
        (STREETS, "Mill Lane", "|Mill Lane", 1, "no name in this line"),
        (STREETS, "Mill Lane", "Saint John's Road", 2, "stands in this list twice"),
        (STREETS, "Mill Lane", "...", 1, "no name in this line"),
    ],
)
def test_mistakes_of_a_text_file(file, old, new, line, reason):
    """Names the line of a text file that is wrong, and why."""
    found = mistakes(changed(file, old, new))
    assert any(m.file == file and m.line == line and reason in m.reason for m in found)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("file: lists/staff.csv", "file: lists/stuff.csv", "lists.staff.file", "did you mean 'lists/staff.csv'"),
        ("file: lists/staff.csv, spoken: [name, also]", "file: lists/staff.csv, spoken: [name, alos]", "lists.staff.spoken", "did you mean 'also'"),
        ("number: extension}", "number: phone}", "lists.staff.number", "there is no column 'phone'"),
        ("number: extension}", "id: key}", "lists.staff.id", "there is no column 'key'"),
        ("{file: lists/staff.csv, spoken: [name, also], number: extension}", "{spoken: name}", "lists.staff", "from a file or from a connector"),
        ("streets: lists/streets.txt", "streets: lists/street.txt", "lists.streets", "did you mean 'lists/streets.txt'"),
        ("streets: lists/streets.txt", "streets: {file: lists/streets.txt, number: x}", "lists.streets.number", "a text file has no columns"),
        ("streets: lists/streets.txt", "Streets: lists/streets.txt", "lists.Streets", "small letters"),
        ("connector: all_wards", "connector: all_wrds", "lists.wards.connector", "did you mean 'all_wards'"),
        ("connector: all_wards", "connector: extension_of", "lists.wards.connector", "needs team"),
        ("connector: all_wards", "connector: last_reading", "lists.wards.connector", "answers one row"),
        ("connector: all_wards", "connector: new_reading", "lists.wards.connector", "must be free to ask"),
    ],
)  # fmt: skip
def test_mistakes_of_the_declaration(old, new, field, reason):
    """Names what is wrong with where a list comes from."""
    check_mistake(FILE, old, new, field, reason)


def test_a_list_that_is_too_long(monkeypatch):
    """Refuses more rows than can be listened for."""
    monkeypatch.setattr(lists, "MOST_ROWS", 1)
    reasons = [m.reason for m in mistakes(guide_files())]
    assert any("more than 1 rows" in reason for reason in reasons)
    assert any("more than 1 lines" in reason for reason in reasons)


def test_twenty_thousand_rows():
    """Takes a list of the greatest length."""
    rows = "".join(f"n{at},Name {at},,x,1\n" for at in range(lists.MOST_ROWS))
    files = guide_files()
    files[STAFF] = files[STAFF].splitlines()[0] + "\n" + rows
    assert len(load(files).lists["staff"].entries) == lists.MOST_ROWS


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text('ab",|\n\r\0ä ', max_size=40))
def test_any_text(text):
    """Reads or refuses any file, and never fails."""
    found: list[Mistake] = []
    rows = check_table("lists/x.csv", text, found)
    assert all(set(row) == set(header(text)) for _, row in rows)


def test_a_table_in_short():
    """Takes the column `name` for what is spoken where nothing is said, else the first one."""
    old = "{file: lists/staff.csv, spoken: [name, also], number: extension}"
    named = load(changed(FILE, old, "lists/staff.csv")).lists["staff"]
    assert (named.spoken, named.entries[0].name) == (("name",), "Anna Meyer")
    files = changed(FILE, old, "lists/staff.csv")
    files[STAFF] = files[STAFF].replace("id,name,", "person,id,")
    first = load(files).lists["staff"]
    assert (first.spoken, first.entries[0].name) == (("person",), "m1")
