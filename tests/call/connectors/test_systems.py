"""`call.connectors.systems`: the ways to all systems, and what is missing before one is asked."""

import ssl
import time

import pytest

from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.systems import Systems
from appliance.dialogue import Status
from appliance.system.certificates import make_authority
from tests.call.connectors.support import (
    Lookup,
    Statement,
    backend,
    connector,
    database,
    http,
)


@pytest.fixture
def systems(tmp_path):
    deadlines = Deadlines()
    made = []

    def make(files=None, secrets=None):
        made.append(Systems(tmp_path, files or {}, secrets or {}, tmp_path / "kept", deadlines))
        return made[-1]

    yield make
    for each in made:
        each.close()
    deadlines.close()


def ask(systems, where, wanted, **arguments):
    definition = systems.define(where, wanted)
    until = time.monotonic() + 5
    return systems.gate(definition).ask(wanted, arguments, "k", until=until, attempts=1)


def test_the_same_system_has_one_way(systems):
    """Makes one gate for all connectors of a system, and another where it is another one."""
    made = systems()
    gates = [
        made.gate(made.define(backend("http", where), connector(name, http())))
        for name, where in (("a", "http://x"), ("b", "http://x"), ("c", "http://y"))
    ]
    assert gates[0] is gates[1]
    assert gates[0] is not gates[2]


def test_files_are_found_in_the_dialogues_folder(systems, tmp_path):
    """Reads databases and tables of the folder, and keeps where they are with a definition."""
    database(tmp_path / "c.sqlite", ["create table c (n)", "insert into c values (1)"])
    made = systems({"l/p.csv": "name\nAnna\n"})
    where = backend("sql", "sqlite:///c.sqlite")
    found = ask(made, where, connector("c", Statement("select n from c")))
    assert found.value == {"n": 1}
    definition = made.define(where, connector("c", Statement("select n from c")))
    assert definition.backend.where == f"sqlite:///{tmp_path}/c.sqlite"
    table = ask(
        made, backend("csv", "l/p.csv"), connector("p", Lookup({"name": "n"}), ["n"]), n="anna"
    )
    assert table.value == {"name": "Anna"}


def test_a_secret_that_is_missing_is_named(systems):
    """Asks nothing without its secret, and says which one is missing."""
    made = systems(secrets={"other": "x"})
    where = backend("http", "http://127.0.0.1:9", secret="token")
    answer = ask(made, where, connector("c", http()))
    words = "site: the secret token is missing: add it to secrets.toml"
    assert (answer.status, answer.reason) == (Status.UNAVAILABLE, words)
    assert made.problems(where) == [words]
    assert made.troubles() == [f"site: {words}"]


def test_an_authority_that_is_missing_is_not_replaced_by_the_world(systems):
    """Asks nothing where the file of the authority is missing or holds none."""
    where = backend("http", "https://127.0.0.1:9", authority="ca.pem")
    wanted = connector("c", http())
    assert "ca.pem" in ask(systems(), where, wanted).reason
    assert "holds no certificate" in ask(systems({"ca.pem": "x"}), where, wanted).reason


def test_an_authority_goes_with_a_definition(systems, tmp_path):
    """Keeps the text with the definition, and a file of it for libraries that want one."""
    pem = ssl.DER_cert_to_PEM_cert(make_authority("Site").der)
    made = systems({"ca.pem": pem})
    where = backend("sql", "postgresql://127.0.0.1:9/x", authority="ca.pem")
    definition = made.define(where, connector("c", Statement("select 1")))
    assert definition.authority == pem
    made.gate(definition)
    (kept,) = (tmp_path / "kept" / "authorities").iterdir()
    assert kept.read_text("utf-8") == pem


def test_what_is_fine_is_no_problem(systems, tmp_path):
    """Has nothing to say of systems for which everything is there."""
    database(tmp_path / "c.sqlite", ["create table c (n)"])
    made = systems({"p.csv": "name\n"}, {"token": "x"})
    for where in (
        backend("http", "https://x", secret="token"),
        backend("http", "http://127.0.0.1:1", secret="token"),
        backend("sql", "sqlite:///c.sqlite"),
        backend("csv", "p.csv"),
    ):
        assert made.problems(where) == []
