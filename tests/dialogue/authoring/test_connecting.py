import pytest

from appliance.dialogue import Level, load
from appliance.dialogue.authoring.connecting import answered
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

FILE = "connectors.yaml"
TICKET = 'body: {phone: "{phone}", text: "{text}", source: telephone, urgent: false}'
PHONE = "select id, full_name, born from customer where phone = :phone"


def test_parameters_are_read_off_the_request():
    """Finds each parameter once, in the order of path, query, body, statement or filter."""
    connectors = load(guide_files()).connectors
    assert {name: connector.parameters for name, connector in connectors.items()} == {
        "customer_by_phone": ("phone",),
        "customer_by_number": ("number",),
        "check_pin": ("customer", "pin"),
        "last_reading": ("customer", "meter"),
        "new_reading": ("customer", "meter", "value"),
        "delete_reading": ("customer", "meter", "value"),
        "new_ticket": ("phone", "text"),
        "all_wards": (),
        "extension_of": ("team",),
        "mail_of": ("surname",),
    }


@pytest.mark.parametrize(
    "statement",
    [
        "select a::text from t where b = :phone and c=:phone",
        "select '12:30' as t, \"a:b\" from t where x = :phone",
        "select a[1:2] from t where x=:phone",
    ],
)
def test_parameters_of_a_statement(statement):
    """Takes neither a cast nor a time of day for a parameter."""
    without = changed(FILE, "    fields: {id: id, name: full_name, birthday: born}\n", "")
    without[FILE] = without[FILE].replace(PHONE, statement)
    without["dialogue.yaml"] = without["dialogue.yaml"].replace("identity: id", "identity: t")
    found = [m.reason for m in mistakes(without) if "parameter" in m.reason or "needs" in m.reason]
    assert found == []


def test_what_writes():
    """Takes what changes something for a write, unless a request by POST says that it reads."""
    connectors = load(guide_files()).connectors
    assert {name for name, connector in connectors.items() if connector.write} == {
        "new_reading",
        "delete_reading",
        "new_ticket",
    }


def test_a_table_is_a_system():
    """Looks rows of a CSV file up, or all of them; their columns are what is answered."""
    connectors = load(guide_files()).connectors
    assert connectors["extension_of"].request.match == {"team": "team"}
    assert connectors["extension_of"].fields["extension"] == "extension"
    everybody = load(changed(FILE, "lookup: {team: team}", "lookup: all")).connectors
    assert everybody["extension_of"].request.match == {}
    assert everybody["extension_of"].parameters == ()


def test_fields_as_a_list():
    """Takes names alone where they are the same here and there."""
    files = changed(FILE, "lookup: {team: team}", "lookup: {team: team}\n    fields: [name, team]")
    assert load(files).connectors["extension_of"].fields == {"name": "name", "team": "team"}


def test_parameters_deep_in_a_body():
    """Finds parameters in lists and tables of a body, in their order."""
    body = 'body: {items: [{phone: "{phone}"}, "a {text}"]}'
    assert load(changed(FILE, TICKET, body)).connectors["new_ticket"].parameters == (
        "phone",
        "text",
    )


def test_http():
    """Reads method, path, fixed headers, JSON with its types, and where the answer stands."""
    connectors = load(guide_files()).connectors
    ticket, wards = connectors["new_ticket"], connectors["all_wards"]
    assert (ticket.request.method, ticket.request.path) == ("POST", "/tickets")
    assert ticket.request.body == {
        "phone": "{phone}",
        "text": "{text}",
        "source": "telephone",
        "urgent": False,
    }
    assert (ticket.request.answer, ticket.timeout, ticket.attempts) == ("data", 3.0, 2)
    assert (wards.request.query, wards.many) == ({"active": "yes"}, True)
    assert connectors["check_pin"].request.nothing == (403, 404)
    assert connectors["last_reading"].level is Level.IDENTIFIED


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("17", 17),
        ('"17"', "17"),
        ("-1.5", -1.5),
        ("007", "007"),
        ("true", True),
        ("yes", "yes"),
        ("null", None),
        ("[1, {a: [b]}]", (1, {"a": ("b",)})),
        ('"Mill Lane {phone}"', "Mill Lane {phone}"),
    ],
)
def test_json(written, value):
    """Reads a body as JSON: quoted is a text, a bare number a number, and 007 is none."""
    body = f'body: {{phone: "{{phone}}", text: "{{text}}", more: {written}}}'
    found = load(changed(FILE, TICKET, body)).connectors["new_ticket"].request.body
    assert found["more"] == value
    assert type(found["more"]) is type(value)


def test_the_key_is_no_parameter():
    """Leaves the idempotency key to the box."""
    body = 'body: {phone: "{phone}", text: "{text}", id: "{key}"}'
    assert load(changed(FILE, TICKET, body)).connectors["new_ticket"].parameters == (
        "phone",
        "text",
    )


def test_what_an_answer_holds():
    """Reads the names of an answer off fields, columns and attributes, where they can be."""
    connectors = load(guide_files()).connectors
    assert answered(connectors["customer_by_phone"]) == {"id", "name", "birthday"}
    assert answered(connectors["last_reading"]) == {"value", "read_on"}
    assert answered(connectors["mail_of"]) == {"cn", "mail"}
    assert answered(connectors["all_wards"]) == {"rows"}
    assert answered(connectors["new_ticket"]) is None


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ("id, t.name, count(*) as many", {"id", "name", "many"}),
        ("*", None),
        ("distinct id", None),
        ("coalesce(a, b) as c", None),
    ],
)
def test_columns_of_a_statement(columns, names):
    """Takes no guess where the columns of a statement are not plain."""
    files = changed(FILE, "select value, read_on from", f"select {columns} from")
    path = "processes/meter_reading.yaml"
    files[path] = files[path].replace("last.value", "last.id")
    assert answered(load(files).connectors["last_reading"]) == names


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("backend: people", "backend: peple", "connectors.extension_of.backend", "did you mean 'people'"),
        ("backend: people", "x: y", "connectors.extension_of.backend", "which system is asked is missing"),
        ("lookup: {team: team}", "x: y", "connectors.extension_of", "asks one thing: write one of lookup"),
        ("lookup: {team: team}", "get: /x", "connectors.extension_of.get", "is csv: write lookup here"),
        ("lookup: {team: team}", "lookup: {tem: team}", "connectors.extension_of.lookup", "did you mean 'team'"),
        ("lookup: {team: team}", "lookup: {team: 'a b'}", "connectors.extension_of.lookup", "no name of a parameter"),
        ("lookup: {team: team}", "lookup: {team: team}\n    fields: {a: x}", "connectors.extension_of.fields", "no column 'x'"),
        ("get: /wards", "get: wards", "connectors.all_wards.get", "a path begins with /"),
        ("get: /wards", "get: /wards?x=1", "connectors.all_wards.get", "written under 'query:'"),
        ("get: /wards", "get: /wards\n    body: {a: b}", "connectors.all_wards.body", "sends no body"),
        ("get: /wards", "get: /wards\n    write: yes", "connectors.all_wards.write", "only reads"),
        ("get: /wards", "get: /wards\n    nothing: [none]", "connectors.all_wards.nothing", "no status"),
        ("get: /wards", "get: /wards/{a", "connectors.all_wards.get", "a parameter is written {name}"),
        ("{Accept-Language: en}", "{Authorization: Bearer x}", "connectors.all_wards.headers", "holds a secret"),
        ("{Accept-Language: en}", '{X-A: "{phone}"}', "connectors.all_wards.headers", "is fixed"),
        ("{Accept-Language: en}", '{X-A: "ä"}', "connectors.all_wards.headers", "cannot be sent"),
        ("answer: data.rows", "answer: data rows", "connectors.all_wards.answer", "is no path"),
        ("post: /tickets", "put: /tickets\n    write: no", "connectors.new_ticket.write", "this changes something (put)"),
        ("post: /tickets", "post: /tickets\n    many: yes", "connectors.new_ticket.many", "one answer, not many"),
        ("post: /tickets", "post: /tickets\n    get: /x", "connectors.new_ticket", "asks one thing"),
        ('phone: "{phone}", text', 'phone: "{customer.phone}", text', "connectors.new_ticket.body.phone", "a parameter is written"),
        ('phone: "{phone}", text', "phone: {phone}, text", "connectors.new_ticket.body.phone", 'in quotes: "{phone}"'),
        ('phone: "{phone}", text', 'phone: "{phone", text', "connectors.new_ticket.body.phone", "a parameter is written"),
        ('phone: "{phone}", text', 'phone: "phone}", text', "connectors.new_ticket.body.phone", "a parameter is written"),
        ('phone: "{phone}", text', '[x]: "{phone}", text', "connectors.new_ticket.body", "a plain word"),
        ('query: {active: "yes"}', 'query: {active: "{yes"}', "connectors.all_wards.query.active", "a parameter is written"),
        ("get: /wards", 'get: "/wards/{a.b}"', "connectors.all_wards.get", "is no parameter: give the value in the step's 'with:'"),
        ("{Accept-Language: en}", "{Accept Language: en}", "connectors.all_wards.headers", "cannot be sent"),
        ("fields: {id: id,", "fields: {i-d: id,", "connectors.customer_by_phone.fields", "letters, digits and _"),
        ("lookup: {team: team}", "lookup: {team: team}\n    fields: {a: extensio}", "connectors.extension_of.fields", "did you mean 'extension'"),
        ("timeout: 3", "timeout: 300", "connectors.new_ticket.timeout", "expected 0.2 to 30 seconds"),
        ("private: [pin]", "private: [pinn]", "connectors.check_pin.private", "did you mean 'pin'"),
        ("level: identified", "level: sure", "connectors.last_reading.level", "write unknown, identified or verified"),
        (PHONE, "select a from b where c = {phone}", "connectors.customer_by_phone.sql", "written :phone in a statement"),
        (PHONE, "select a from b where c = ':phone'", "connectors.customer_by_phone.sql", "no quotes around it"),
        (PHONE, "select a from b where c = :phone; drop table b", "connectors.customer_by_phone.sql", "one statement only"),
        (PHONE, "select a -- b\n      from b", "connectors.customer_by_phone.sql", "comments"),
        (PHONE, "delete from a where b = :phone\n    write: no", "connectors.customer_by_phone.write", "this changes something"),
        (PHONE, "with x as (delete from a where b = :phone returning a) select a from x\n    write: no", "connectors.customer_by_phone.write", "this changes something"),
        ('"ou=people,dc=example"', '"ou={surname}"', "connectors.mail_of.search.base", "the base is fixed"),
        ('"(&(sn={surname})(objectClass=person))"', '"sn={surname}"', "connectors.mail_of.search.filter", "written in brackets"),
        (", attributes: [cn, mail]", "", "connectors.mail_of.search.attributes", "name the attributes"),
        ("fields: {id: id,", "fields: {id: 'a b',", "connectors.customer_by_phone.fields", "is no path"),
        ("  new_ticket:", "  New:\n    backend: crm\n    get: /a\n  new_ticket:", "connectors.New", "small letters"),
        ("connectors:", "conectors:", "conectors", "did you mean 'connectors'"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with a connector."""
    check_mistake(FILE, old, new, field, reason)
