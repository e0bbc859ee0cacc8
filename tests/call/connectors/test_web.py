"""`call.connectors.web`: JSON over HTTP, with every fault a server has shown us."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from appliance.call.connectors import binding
from appliance.call.connectors.answers import ENTRIES
from appliance.call.connectors.binding import BindingError
from appliance.call.connectors.drivers import Question, Site
from appliance.call.connectors.web import LARGEST, Web
from appliance.dialogue import Status
from appliance.system.certificates import issue, make_authority
from tests.call.connectors.support import Server, Statement, backend, connector, http

GET = http(path="/c/{n}", query={"q": "{q}"}, headers={"X-Fixed": "{q}"})


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def web(server):
    made = Web(Site(backend("http", server.url + "/")))
    yield made
    made.close()


def ask(web, request=None, values=None, timeout=5.0, most=200, **more):
    wanted = connector("c", request or http(), **more)
    return web.ask(Question(wanted, values or {}, timeout, "k-1", most))


@pytest.mark.parametrize(
    "value", ["'; drop", "a/../b", "a b&c=d#?", "100%", "x\r\nX-Admin: 1", "{n}", "ü", "+", "%0d"]
)
def test_a_value_arrives_as_it_is_and_nowhere_else(server, web, value):
    """Brings any value through path, query and body unchanged, and never into a header."""
    request = http(
        "POST", "/c/{n}", query={"q": "{n}"}, headers={"X-Fixed": "1"}, body={"b": "{n}"}
    )
    assert ask(web, request, {"n": value}, write=True).status is Status.DONE
    (got,) = server.requests
    assert (got.path, got.query, got.body) == (f"/c/{value}", {"q": value}, {"b": value})
    assert got.headers["X-Fixed"] == "1"
    assert "X-Admin" not in got.headers


def test_headers_take_no_parameters(server, web):
    """Sends the author's headers as they are written."""
    ask(web, GET, {"n": "1", "q": "secret"})
    assert server.requests[0].headers["X-Fixed"] == "{q}"


def test_a_write_carries_its_key(server, web):
    """Shows the idempotency key with every write, and none with a read."""
    ask(web, http("POST"), write=True)
    ask(web)
    assert server.keys() == ["k-1", None]


@pytest.mark.parametrize(
    ("scheme", "shown"),
    [("bearer", ("Authorization", "Bearer s3")), ("X-Api-Key", ("X-Api-Key", "s3")),
     ("basic", ("Authorization", "Basic dTpzMw=="))],
)  # fmt: skip
def test_the_secret_is_shown_as_the_system_wants_it(server, scheme, shown):
    """Shows the secret as bearer, basic or in a header of its own."""
    web = Web(Site(backend("http", server.url, user="u", secret="t", scheme=scheme), "s3"))
    assert ask(web).status is Status.DONE
    assert server.requests[0].headers[shown[0]] == shown[1]
    web.close()


def test_what_is_wanted_is_picked_out(server, web):
    """Returns what the dotted path leads to, in tables and in lists; nothing where there is none."""
    server.usual = (200, {"data": [{"a": 1}]})
    assert ask(web, http(answer="data.0")).value == {"a": 1}
    assert ask(web, http(answer="data.7.x")).value is None
    server.usual = (200, [[5]])
    assert ask(web, http(answer="0.0")).value == 5


@pytest.mark.parametrize(
    ("status", "means"),
    [(200, Status.DONE), (204, Status.DONE), (404, Status.NOTHING), (400, Status.REFUSED),
     (403, Status.REFUSED), (409, Status.REFUSED), (422, Status.REFUSED),
     (401, Status.UNAVAILABLE), (408, Status.UNAVAILABLE), (425, Status.UNAVAILABLE),
     (429, Status.UNAVAILABLE), (500, Status.UNAVAILABLE), (502, Status.UNAVAILABLE),
     (503, Status.UNAVAILABLE), (304, Status.UNAVAILABLE)],
)  # fmt: skip
def test_what_a_status_means(server, web, status, means):
    """Tells nothing, refused and unavailable apart by the status."""
    server.usual = (status, b"")
    assert ask(web).status is means


def test_further_statuses_may_mean_nothing(server, web):
    """Takes the author's word for which status means: there is none."""
    server.usual = (410, {})
    assert ask(web, http(nothing=(410,))).status is Status.NOTHING
    server.usual = (404, {})
    assert ask(web, http(nothing=(410,))).status is Status.REFUSED


def test_what_holds_for_the_whole_system(server, web):
    """Tells a system that is down from one that fails at this request, and from a wrong secret."""
    told = {}
    for status in (500, 503, 401):
        server.usual = (status, {})
        answer = ask(web)
        told[status] = (answer.down, answer.key_refused)
    assert told == {500: (False, False), 503: (True, False), 401: (True, True)}


def test_a_system_may_ask_for_a_pause(server, web):
    """Honours Retry-After in seconds and as a date, up to an hour; nonsense is none."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    pauses = []
    for value in ("7", "99999999999", later, "soon", "-1", ""):
        server.usual = (503, {}, {"Retry-After": value})
        pauses.append(ask(web).after)
    assert pauses[:2] == [7, 3600]
    assert 60 < pauses[2] <= 90
    assert pauses[3:] == [0, 0, 0]


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"a": ', b"[" * 100_000, b"NaN", b"\xff\xfe", b'{"n": ' + b"9" * 5000 + b"}"],
    ids=["page", "half", "deep", "nan", "bytes", "long"],
)
def test_garbage_is_no_answer(server, web, body):
    """Tells UNAVAILABLE where a read is answered with what is no JSON."""
    server.usual = (200, body)
    answer = ask(web)
    assert (answer.status, answer.down) == (Status.UNAVAILABLE, False)


def test_a_write_that_was_accepted_is_done(server, web):
    """Takes 2xx for done whatever stands in the answer, but for a page in place of an answer."""
    server.usual = (200, b"ok", {"Content-Type": "text/html"})
    assert ask(web, http("POST"), write=True).status is Status.DONE
    assert ask(web, http("POST"), write=True, fields={"n": "n"}).status is Status.UNAVAILABLE
    server.usual = (200, b"ok", {"Content-Type": "text/plain"})
    assert ask(web, http("POST", answer="n"), write=True).status is Status.DONE


def test_an_answer_that_is_too_large_is_left(server, web):
    """Stops reading beyond the limit; a list of entries may be larger."""
    server.usual = (200, b'["' + b"x" * LARGEST + b'"]')
    assert ask(web).reason == "answered with too much"
    assert ask(web, most=ENTRIES).status is Status.DONE


def test_a_compressed_answer_is_not_opened(server, web):
    """Refuses what was compressed unasked: it may be a thousand times as large."""
    server.usual = (200, b"{}", {"Content-Encoding": "gzip"})
    assert ask(web).status is Status.UNAVAILABLE
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("fault", ["half", "drop"])
def test_a_connection_that_breaks_off_is_no_answer(server, web, fault):
    """Tells UNAVAILABLE for half an answer and for none, also for a write."""
    server.answers = [getattr(server, fault)] * 2
    for write in (False, True):
        answer = ask(web, http("POST" if write else "GET"), write=write)
        assert (answer.status, answer.down) == (Status.UNAVAILABLE, True)


def test_a_system_that_stalls_costs_its_timeout(server, web):
    """Gives up when the time is over, also where it drips byte after byte."""

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.released.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.answers = [server.stall, drip]
    for _ in range(2):
        begun = time.monotonic()
        answer = ask(web, timeout=0.2)
        assert (answer.status, answer.reason) == (Status.UNAVAILABLE, "took too long to answer")
        assert time.monotonic() - begun < 5
    server.released.set()


def test_a_redirect_on_the_same_host_is_followed(server, web):
    """Follows a read on the same host, and not in circles."""
    server.answers = [(302, b"", {"Location": "/there"})]
    assert ask(web, GET, {"n": "1", "q": "2"}).status is Status.DONE
    assert [request.path for request in server.requests] == ["/c/1", "/there"]
    assert server.requests[1].query == {}
    server.usual = (302, b"", {"Location": "/there"})
    assert ask(web).reason == "it redirects in circles"


def test_nothing_is_sent_to_another_host(server):
    """Follows no redirect elsewhere, and none of a write: the secret would go along."""
    other = Server()
    web = Web(Site(backend("http", server.url, secret="t"), "s3"))
    server.usual = (307, b"", {"Location": other.url + "/x"})
    assert ask(web).reason == "it redirects elsewhere"
    server.usual = (307, b"", {"Location": "/x"})
    assert ask(web, http("POST"), write=True).status is Status.UNAVAILABLE
    assert other.requests == []
    assert len(server.requests) == 2
    web.close()
    other.close()


def test_nothing_is_remembered_between_callers(server, web):
    """Sends no cookie back that a system has set for the caller before."""
    server.usual = (200, {}, {"Set-Cookie": "session=1; Path=/"})
    ask(web)
    ask(web)
    assert "Cookie" not in server.requests[1].headers


def test_the_environment_does_not_count(server, monkeypatch, tmp_path):
    """Uses no proxy of the environment and no .netrc."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    web = Web(Site(backend("http", server.url)))
    assert ask(web).status is Status.DONE
    assert "Authorization" not in server.requests[0].headers
    web.close()


def test_nobody_at_that_address(server):
    """Tells UNAVAILABLE where nothing listens."""
    server.close()
    web = Web(Site(backend("http", server.url)))
    answer = ask(web)
    assert (answer.status, answer.reason, answer.down) == (
        Status.UNAVAILABLE, "cannot be reached", True,
    )  # fmt: skip
    web.close()


def test_an_empty_parameter_never_asks_for_everybody(server, web):
    """Sends nothing where a parameter of the path is empty."""
    with pytest.raises(BindingError):
        ask(web, GET, {"n": "", "q": ""})
    assert server.requests == []


def test_only_http_is_asked_over_http(web):
    """Refuses another kind of request."""
    assert ask(web, Statement("select 1")).status is Status.REFUSED


def test_an_authority_that_is_none_is_a_mistake():
    """Raises ValueError, in words, for a file without certificate."""
    with pytest.raises(ValueError, match="holds no certificate"):
        Web(Site(backend("http", "https://x"), authority="-----BEGIN nothing"))


def test_the_key_may_stand_in_a_body(server, web):
    """Puts the idempotency key where the author wants it."""
    values = binding.parameters({}, (), "k-1")
    ask(web, http("POST", body={"id": "{key}"}), values, write=True)
    assert server.requests[0].body == {"id": "k-1"}


def test_a_certificate_must_be_signed_by_the_named_authority(tmp_path):
    """Sends nothing to a server whose certificate another authority has signed."""
    ours, others = make_authority("Ours"), make_authority("Others")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*issue(ours, "127.0.0.1").write(tmp_path, "server"))
    server = Server(context=context)
    told = []
    for authority in (ours, others):
        pem = ssl.DER_cert_to_PEM_cert(authority.der)
        web = Web(Site(backend("http", server.url), authority=pem))
        told.append(ask(web))
        web.close()
    bare = Web(Site(backend("http", server.url)))
    told.append(ask(bare))
    bare.close()
    server.close()
    assert [answer.status for answer in told] == [
        Status.DONE, Status.UNAVAILABLE, Status.UNAVAILABLE,
    ]  # fmt: skip
    assert told[1].reason == "its certificate is not trusted"
    assert len(server.requests) == 1
