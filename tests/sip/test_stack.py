"""What every message of ours is made with."""

from appliance.sip import Account, Address
from appliance.sip.errors import RemoteError
from appliance.sip.guard import Policy
from appliance.sip.headers import Via
from appliance.sip.parser import parse
from appliance.sip.stack import SUPPORTED, Stack, chance, plainly
from tests.sip.raw import invite
from tests.sip.wire import ACCOUNT, tokens

HERE = Address("udp", "192.0.2.1", 5060)


def stack(local=HERE, account=ACCOUNT):
    return Stack(local, tokens("s"), account, "Attendant")


def test_every_via_is_fresh_and_asks_for_rport():
    """A branch is used once."""
    made = stack()
    first, second = Via.parse(made.via()), Via.parse(made.via())
    assert first.branch != second.branch
    assert first.branch.startswith("z9hG4bK")
    assert ("rport", None) in first.params
    assert (first.host, first.port) == ("192.0.2.1", 5060)


def test_our_contact_is_our_address():
    """The user is the account's, escaped; other transports are named."""
    assert stack().contact == "<sip:100@192.0.2.1:5060>"
    assert stack(account=None).contact == "<sip:192.0.2.1:5060>"
    odd = Account("a b", "pbx", "", HERE)
    assert stack(account=odd).contact == "<sip:a%20b@192.0.2.1:5060>"
    tls = Address("tls", "2001:db8::1", 5061)
    assert stack(tls).contact == "<sip:100@[2001:db8::1]:5061;transport=tls>"


def test_our_domain_is_the_accounts_or_our_address():
    """It completes user parts."""
    assert stack().domain == "pbx"
    assert stack(Address("udp", "::1", 5060), None).domain == "::1"


def test_a_stateless_answer_is_complete():
    """It copies what it must, has a tag, and says when to come back."""
    made = stack()
    made.reply_statelessly(invite().request, HERE, 503)
    answer = parse(made.packets[0].data)
    assert answer.to.tag
    assert answer.headers["Retry-After"] == "5"
    assert made.packets[0].to == HERE


def test_a_refusal_says_why():
    """415 names what is accepted, others carry a Warning."""
    made = stack()
    assert dict(made.warning(RemoteError("x", 415)))["Accept"] == "application/sdp"
    assert dict(made.warning(RemoteError("no codec", 488))) == {
        "Warning": '399 192.0.2.1:5060 "no codec"'
    }


def test_jitter_comes_from_the_tokens():
    """Times spread over the range and never leave it."""
    made = stack()
    times = [made.between(2.0, 4.0) for _ in range(200)]
    assert 2.0 <= min(times) < 2.2
    assert 3.8 < max(times) <= 4.0
    assert 0 <= chance("") < 1


def test_our_registrars_and_those_we_trust_are_known():
    """By address; without an account only those we trust."""
    policy = Policy(trusted=("10.0.0.0/8",))
    made = Stack(HERE, tokens("s"), ACCOUNT, "Attendant", policy=policy)
    assert [made.known(host) for host in ("192.0.2.9", "10.1.2.3", "192.0.2.8", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert not made.proves("10.1.2.3")
    alone = Stack(HERE, tokens("s"), None, "Attendant", policy=policy)
    assert [alone.known(host) for host in ("192.0.2.9", "10.1.2.3", "")] == [False, True, False]


def test_where_we_are_seen_is_where_we_are_reached():
    """Behind a NAT the Contact is the outer address, until the network changes."""
    made = stack()
    made.seen = Address("udp", "203.0.113.5", 40000)
    assert made.contact == "<sip:100@203.0.113.5:40000>"
    made.move(Address("udp", "192.0.2.2", 5062))
    assert made.contact == "<sip:100@192.0.2.2:5062>"


def test_each_transport_has_an_address_of_ours():
    """Where we listen, else our own; both move together."""
    listening = Address("tcp", "192.0.2.1", 5070)
    made = Stack(HERE, tokens("s"), ACCOUNT, "Attendant", stream=listening)
    assert made.own("tcp") == listening
    assert made.own("udp") == made.own("tls") == HERE
    made.move(Address("udp", "192.0.2.2", 5060))
    assert made.own("tcp") == Address("tcp", "192.0.2.2", 5070)


def test_extensions_are_told_where_they_matter():
    """Calls name theirs, REGISTER its own, and a BYE none."""
    made = stack()
    assert dict(made.introduction("INVITE"))["Supported"] == SUPPORTED
    assert dict(made.introduction("REGISTER"))["Supported"] == "path"
    assert "Supported" not in dict(made.introduction("BYE"))
    assert ("Supported", SUPPORTED) in made.about("INVITE", 200, (), b"")
    assert ("Supported", SUPPORTED) not in made.about("INVITE", 100, (), b"")


def test_a_registrar_is_known_however_its_address_was_written():
    """As the socket writes it."""
    account = Account("100", "pbx", "", Address("udp", "2001:DB8:0::9", 5060))
    assert stack(account=account).known("2001:db8::9")
    assert plainly(HERE, Address("udp", "::ffff:192.0.2.1", 5060)) == (HERE,)
