import pytest

from appliance.dialogue import BackendKind, load
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files, mistakes

FILE = "connectors.yaml"
CRM = 'crm: {http: "https://crm.example.net/api", secret: crm_token, scheme: bearer}'
DB = 'db: {sql: "postgresql://db.example.net/customers", user: attendant, secret: db_password}'
LDAP = "directory: {ldap:"


def test_systems():
    """Reads where each system is and by which name its secret is kept."""
    backends = load(guide_files()).backends
    assert {name: backend.kind for name, backend in backends.items()} == {
        "crm": BackendKind.HTTP,
        "db": BackendKind.SQL,
        "people": BackendKind.CSV,
        "directory": BackendKind.LDAP,
    }
    assert (backends["db"].user, backends["db"].secret) == ("attendant", "db_password")
    assert backends["people"].where == "lists/staff.csv"


def test_a_header_of_ones_own():
    """Takes the name of a header, an own authority and how much may be asked at once."""
    new = CRM.replace("bearer", "X-Key, authority: certificates/our.pem, most: 2")
    crm = load(changed(FILE, CRM, new)).backends["crm"]
    assert (crm.scheme, crm.authority, crm.most) == ("X-Key", "certificates/our.pem", 2)


def test_sqlite():
    """Takes a database that is a file."""
    new = "db: {sql: 'sqlite:///data/desk.sqlite'}"
    assert load(changed(FILE, DB, new)).backends["db"].where == "sqlite:///data/desk.sqlite"


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (CRM, "crm: {https: 'https://a.b'}", "backends.crm", "a system is one of http or sql"),
        ("https://crm.example", "http://u:p@crm.example", "backends.crm.http", "holds a user or password; no secret"),
        ("https://crm.example", "https://u@crm.example", "backends.crm.http", "holds a user or password"),
        ("example.net/api", "example.net/api?api_key=17", "backends.crm.http", "holds a key or token"),
        ("https://crm.example", "ftp://crm.example", "backends.crm.http", "begins with https:// or http://"),
        ("https://crm.example.net/api", "https:///api", "backends.crm.http", "the name of the machine is missing"),
        ("https://crm.example.net/api", "https://[/api", "backends.crm.http", "is no address"),
        ("https://crm.example.net/api", "https://{host}/api", "backends.crm.http", "an address is fixed"),
        ("secret: crm_token", "password: hunter2", "backends.crm.password", "no secret is written into a dialogue"),
        ("secret: crm_token", "token: hunter2", "backends.crm.token", "no secret is written into a dialogue"),
        ("secret: crm_token", "secret: Hunter2!", "backends.crm.secret", "not the name of a secret"),
        ("secret: crm_token", "secrt: crm_token", "backends.crm.secrt", "did you mean 'secret'"),
        ("scheme: bearer", "scheme: basic", "backends.crm.user", "needs a user"),
        ("scheme: bearer", "scheme: 'a b'", "backends.crm.scheme", "bearer, basic, or the name of a header"),
        ("scheme: bearer", "authority: ../our.pem", "backends.crm.authority", "a file in the dialogue's folder"),
        ("scheme: bearer", "most: 200", "backends.crm.most", "from 1 to 32"),
        ("postgresql://db.example.net/customers", "mysql://db/x", "backends.db.sql", "postgresql:// or sqlite://"),
        ("postgresql://db.example.net/customers", "postgresql://db", "backends.db.sql", "the database is missing"),
        ("postgresql://db.example.net/customers", "sqlite://", "backends.db.sql", "write sqlite:///folder"),
        ("csv: lists/staff.csv", "csv: lists/stuff.csv", "backends.people.csv", "did you mean 'lists/staff.csv'"),
        (", secret: ldap_password", "", "backends.directory.secret", "needs a password"),
        (LDAP, f"spare: {{csv: lists/staff.csv}}\n  {LDAP}", "backends.spare", "no connector asks 'spare'"),
        (LDAP, f"Spare: {{csv: lists/staff.csv}}\n  {LDAP}", "backends.Spare", "small letters"),
    ],
)  # fmt: skip
def test_mistakes(old, new, field, reason):
    """Names what is wrong with a system, a secret in the clear above all."""
    check_mistake(FILE, old, new, field, reason)


def test_no_secret_is_repeated():
    """Does not write a secret that stood in an address into the reason."""
    files = changed(FILE, "https://crm.example", "http://anna:hunter2@crm.example")
    assert mistakes(files)
    assert not any("hunter2" in str(mistake) for mistake in mistakes(files))
