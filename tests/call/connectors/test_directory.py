"""`call.connectors.directory`: what holds without a server (a real one: tests/interop)."""

import socket
import threading

import pytest

from appliance.call.connectors.directory import Directory, _row
from appliance.call.connectors.drivers import Question, Site
from appliance.dialogue import Status
from tests.call.connectors.support import Search, backend, connector, http

SEARCH = connector("find", Search("dc=x", "(cn={name})", ("cn", "telephoneNumber")), ["name"])


def ask(where, **more):
    made = Directory(Site(backend("ldap", where, user="cn=box", secret="s"), **more))
    return made.ask(Question(SEARCH, {"name": "Anna"}, 1.0))


def test_nobody_at_that_address():
    """Tells UNAVAILABLE where nothing listens."""
    answer = ask("ldap://127.0.0.1:9", secret="x")
    assert (answer.status, answer.down) == (Status.UNAVAILABLE, True)


def test_a_password_is_not_sent_in_clear():
    """Encrypts before it binds at another machine, and wherever an authority is named."""
    assert Directory(Site(backend("ldap", "ldap://192.0.2.1", user="u"), "pw"))._start_tls
    assert not Directory(Site(backend("ldap", "ldap://192.0.2.1")))._start_tls
    assert not Directory(Site(backend("ldap", "ldaps://192.0.2.1", user="u"), "pw"))._start_tls
    assert not Directory(Site(backend("ldap", "ldap://127.0.0.1", user="u"), "pw"))._start_tls


def test_a_server_that_says_nothing_costs_its_timeout():
    """Gives up where a server takes the connection and answers nothing."""
    listening = socket.create_server(("127.0.0.1", 0))
    heard = []

    def take():
        taken, _ = listening.accept()
        with taken:
            while data := taken.recv(999):
                heard.append(data)

    thread = threading.Thread(target=take)
    thread.start()
    answer = ask(f"ldap://127.0.0.1:{listening.getsockname()[1]}", secret="x")
    thread.join()
    listening.close()
    assert answer.status is Status.UNAVAILABLE
    assert heard


def test_rows_have_the_names_that_were_asked_for():
    """Names attributes as the author spells them, each with its first value; no pictures."""
    entry = {
        "dn": "cn=Anna,dc=x",
        "raw_attributes": {
            "telephonenumber": [b"200", b"201"], "CN": ["Änna".encode()], "jpegPhoto": [b"\xff\xd8"],
            "mail": [],
        },
    }  # fmt: skip
    assert _row(entry, ("cn", "telephoneNumber")) == {
        "dn": "cn=Anna,dc=x", "telephoneNumber": "200", "cn": "Änna",
    }  # fmt: skip


def test_only_a_search_is_asked_of_a_directory():
    """Refuses another kind of request, and a file that holds no authority."""
    made = Directory(Site(backend("ldap", "ldap://127.0.0.1:9")))
    assert made.ask(Question(connector("x", http()), {}, 1.0)).status is Status.REFUSED
    made.close()
    with pytest.raises(ValueError, match="holds no certificate"):
        Directory(Site(backend("ldap", "ldaps://x"), authority="none"))
