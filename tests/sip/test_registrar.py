"""The server side of REGISTER, request by request."""

from dataclasses import replace

import pytest

from appliance.sip import Account, Address, Bound, Registered, Registrar, Unbound
from appliance.sip.digest import answer, strongest
from appliance.sip.errors import RemoteError
from appliance.sip.message import Headers, Request
from appliance.sip.registrar import NONCE_LIFE
from tests.sip.wire import tokens

HERE = Address("udp", "192.0.2.1", 5060)


class Client:
    """A phone that registers by hand."""

    def __init__(self, **more):
        self.registrar = Registrar("pbx", {"100": "secret", "300": "s3"}, tokens("r"), **more)
        self.number = 0
        self.now = 1000.0
        self.count = 0
        self.challenge = None

    def request(
        self, *contacts, user="100", expires=None, method="REGISTER", number=None, call_id="c"
    ):
        self.number += 1
        fields = [
            ("From", f"<sip:{user}@pbx>;tag=1"),
            ("To", f"<sip:{user}@pbx>"),
            ("Call-ID", call_id),
            ("CSeq", f"{number or self.number} {method}"),
            *(("Contact", contact) for contact in contacts),
        ]
        if expires is not None:
            fields.append(("Expires", str(expires)))
        return Request(Headers(fields), method, "sip:pbx")

    def proved(self, request, *, user="100", password="secret", count=None):
        if self.challenge is None:
            verdict, _ = self.registrar.register(request, HERE, self.now)
            assert verdict.status == 401
            self.challenge = strongest(value for _, value in verdict.fields)
            self.count = 0
        self.count += 1
        given = answer(
            self.challenge,
            user=user,
            password=password,
            method=request.method,
            uri=request.uri,
            body=b"",
            cnonce="c",
            count=count or self.count,
        )
        return request.with_headers(request.headers.adding([("Authorization", str(given))]))

    def register(self, *contacts, source=HERE, **more):
        return self.registrar.register(
            self.proved(self.request(*contacts, **more)), source, self.now
        )

    def contacts(self, user="100"):
        return [contact for contact, _ in self.registrar.bindings(user, self.now)]


def test_challenges_name_every_algorithm_under_one_fresh_nonce():
    """One header each, the preferred first (RFC 8760 2.4)."""
    verdict, _ = Client().registrar.register(Client().request("<sip:a@h>"), HERE, 1.0)
    assert verdict.status == 401
    assert ["SHA-256" in value for _, value in verdict.fields] == [True, False]
    assert {name for name, _ in verdict.fields} == {"WWW-Authenticate"}


def test_contacts_are_kept_newest_first_with_their_flow():
    """Where a REGISTER came from is where requests go."""
    client = Client()
    other = Address("udp", "192.0.2.7", 4711)
    verdict, events = client.register("<sip:100@10.0.0.1>;expires=60")
    assert verdict.fields == (("Contact", "<sip:100@10.0.0.1>;expires=60"),)
    assert events == [Bound("100", "sip:100@10.0.0.1")]
    client.register('"Desk" <sip:100@10.0.0.2>', source=other, expires=90)
    assert client.registrar.bindings("100", client.now) == [
        ("sip:100@10.0.0.2", other),
        ("sip:100@10.0.0.1", HERE),
    ]
    _, events = client.register("<sip:100@10.0.0.1>;expires=60")
    assert events == []
    assert client.contacts()[0] == "sip:100@10.0.0.1"


def test_contacts_expire():
    """At their time they are gone, and that is told."""
    client = Client()
    client.register("<sip:100@a>;expires=60")
    assert client.registrar.deadline() == client.now + 60
    client.now += 60
    assert client.contacts() == []
    assert client.registrar.tick(client.now) == [Unbound("100", "sip:100@a")]
    assert client.registrar.deadline() is None


def test_contacts_are_withdrawn():
    """expires=0 removes one, a star removes all; a query changes nothing."""
    client = Client()
    for host in "abc":
        client.register(f"<sip:100@{host}>;expires=60")
    verdict, events = client.register()
    assert len(verdict.fields) == 3
    assert events == []
    _, events = client.register("<sip:100@a>;expires=0")
    assert events == [Unbound("100", "sip:100@a")]
    assert client.register("*", expires=60)[0].status == 400
    _, events = client.register("*", expires=0)
    assert len(events) == 2
    assert client.contacts() == []


def test_times_are_bounded():
    """Too short is 423 with Min-Expires, too long is cut to an hour, none is an hour."""
    client = Client(expires_min=30)
    verdict, _ = client.register("<sip:100@a>;expires=5")
    assert (verdict.status, verdict.fields) == (423, (("Min-Expires", "30"),))
    verdict, _ = client.register("<sip:100@a>;expires=999999")
    assert verdict.fields[0][1].endswith("expires=3600")
    verdict, _ = client.register("<sip:100@a>")
    assert verdict.fields[0][1].endswith("expires=3600")


def test_a_user_has_a_bounded_number_of_contacts():
    """The oldest goes when there are too many, and that is told."""
    client = Client()
    for number in range(12):
        _, events = client.register(f"<sip:100@h{number}>")
    assert len(client.contacts()) == 10
    assert Unbound("100", "sip:100@h1") in events


def test_an_older_register_does_not_undo_a_newer_one():
    """The same Call-ID with a lower CSeq is refused (RFC 3261 10.3 step 7)."""
    client = Client()
    client.register("<sip:100@a>", number=9)
    assert client.register("<sip:100@a>;expires=0", number=8)[0].status == 500
    assert client.contacts() == ["sip:100@a"]
    assert client.register("<sip:100@a>;expires=0", number=1, call_id="other")[0].status == 200


@pytest.mark.parametrize(
    "wrong",
    [{"password": "no"}, {"user": "300"}, {"user": "300", "password": "s3"}],
)
def test_a_wrong_proof_is_challenged_again_and_not_called_stale(wrong):
    """Neither a wrong password nor another user's right one is enough."""
    client = Client()
    verdict, events = client.registrar.register(
        client.proved(client.request("<sip:a@h>"), **wrong), HERE, client.now
    )
    assert verdict.status == 401
    assert not strongest(value for _, value in verdict.fields).stale
    assert events == []


def test_a_proof_counts_once_and_not_for_ever():
    """A repeated count and an old nonce are stale; the password need not be asked again."""
    client = Client()
    client.register("<sip:100@a>")
    for again in ({"count": 1}, {}):
        if not again:
            client.now += NONCE_LIFE + 1
        request = client.proved(client.request("<sip:100@a>"), **again)
        verdict, _ = client.registrar.register(request, HERE, client.now)
        assert verdict.status == 401
        assert strongest(value for _, value in verdict.fields).stale


def test_a_nonce_of_another_registrar_proves_nothing():
    """The seal is ours alone."""
    client, other = Client(), Registrar("pbx", {"100": "secret"}, tokens("other"))
    request = client.proved(client.request("<sip:100@a>"))
    assert other.register(request, HERE, client.now)[0].status == 401


def test_a_proof_for_another_realm_is_not_for_us():
    """Even with the right password."""
    client = Client()
    client.register("<sip:100@a>")
    client.challenge = replace(client.challenge, realm="elsewhere")
    assert client.register("<sip:100@a>")[0].status == 401


def test_unknown_users_are_refused():
    """404 to REGISTER, 403 to INVITE, unless everybody is trusted."""
    client = Client()
    stranger = client.request("<sip:9@a>", user="9")
    assert client.registrar.register(stranger, HERE, 1.0)[0].status == 404
    assert client.registrar.admit(stranger, 1.0).status == 403
    assert Client(trusted=True).registrar.admit(stranger, 1.0).status == 200


def test_known_users_prove_themselves_when_they_call():
    """An INVITE from one of ours is challenged, trusted or not."""
    for trusted in (False, True):
        client = Client(trusted=trusted)
        client.register("<sip:100@a>")
        invite = client.request(method="INVITE")
        assert client.registrar.admit(invite, client.now).status == 401
        assert client.registrar.admit(client.proved(invite), client.now).status == 200


def test_a_broken_contact_is_their_fault():
    """RemoteError, and nothing is kept."""
    client = Client()
    with pytest.raises(RemoteError):
        client.register("<sip:oops")
    assert client.contacts() == []


def test_the_path_is_kept_and_told():
    """RFC 3327: the Route of requests to that contact; the response repeats it."""
    client = Client()
    path = ("<sip:192.0.2.50;lr;ob>", "<sip:192.0.2.51;lr>")
    request = client.request("<sip:100@a>;expires=60")
    request = request.with_headers(request.headers.adding([("Path", ", ".join(path))]))
    verdict, _ = client.registrar.register(client.proved(request), HERE, client.now)
    assert [value for name, value in verdict.fields if name == "Path"] == list(path)
    (way,) = client.registrar.ways("100", client.now)
    assert (way.contact, way.flow, way.path) == ("sip:100@a", HERE, path)
    client.register("<sip:100@a>;expires=60")
    assert client.registrar.ways("100", client.now)[0].path == ()


@pytest.mark.parametrize("path", [["<nonsense"], [f"<sip:p{n};lr>" for n in range(11)]])
def test_a_path_that_cannot_be_kept_is_refused(path):
    """Broken, or longer than any sane one."""
    client = Client()
    request = client.request("<sip:100@a>;expires=60")
    request = request.with_headers(request.headers.adding([("Path", value) for value in path]))
    try:
        status = client.registrar.register(client.proved(request), HERE, client.now)[0].status
    except RemoteError as error:
        status = error.status
    assert status == 400
    assert client.contacts() == []


FLOW = Address("tls", "192.0.2.1", 40001)


def test_a_connection_takes_its_contacts_with_it():
    """Nobody is reached over it any more; others stay, and a datagram way has none to lose."""
    client = Client()
    client.register("<sip:100@a;transport=tls>;expires=60", source=FLOW)
    client.register("<sip:100@b>;expires=60")
    assert client.registrar.lost(Address("tls", "192.0.2.1", 40002)) == []
    assert client.registrar.lost(HERE) == []
    assert client.registrar.lost(FLOW) == [Unbound("100", "sip:100@a;transport=tls")]
    assert client.contacts() == ["sip:100@b"]
    assert client.registrar.lost(FLOW) == []


def test_a_telephone_that_comes_over_a_new_connection_replaces_itself():
    """The same instance and reg-id is the same flow, whatever its contact (RFC 5626 6)."""
    client = Client()
    name = ';+sip.instance="<urn:uuid:1>";reg-id={};expires=60'
    client.register(f"<sip:100@a:1>{name.format(1)}", source=FLOW)
    client.register(f"<sip:100@a:2>{name.format(2)}")
    _, events = client.register(f"<sip:100@a:3>{name.format(1)}")
    assert events == [Unbound("100", "sip:100@a:1"), Bound("100", "sip:100@a:3")]
    assert client.contacts() == ["sip:100@a:3", "sip:100@a:2"]
    # without a reg-id an instance is no name
    client.register('<sip:100@b:1>;+sip.instance="<urn:uuid:2>";expires=60')
    client.register('<sip:100@b:2>;+sip.instance="<urn:uuid:2>";expires=60')
    assert len(client.contacts()) == 4


def test_a_box_over_tcp_is_unbound_with_its_connection_and_comes_back(clean):
    """Both sides of one wire: lost, told, registered again."""
    registrar = Registrar("pbx", {"100": "secret"}, tokens("registrar"))
    pbx = clean.station("192.0.2.9", registrar=registrar, transport="tcp")
    account = Account("100", "pbx", "secret", pbx.address)
    box = clean.station("192.0.2.1", account=account, transport="tcp")
    box.agent.register(clean.now)
    clean.until(lambda: box.all(Registered))
    pbx.agent.lost(box.address, "closed", clean.now)
    box.agent.lost(pbx.address, "closed", clean.now)
    clean.settle()
    assert len(pbx.all(Unbound)) == 1
    clean.run(1)
    assert len(pbx.all(Bound)) == 2
    assert registrar.bindings("100", clean.now)
