"""`call.causes`: what went wrong on the line, in plain words."""

from __future__ import annotations

import pytest

from appliance.call import causes


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "no answer from 10.0.0.1:5060"), (401, "wrong password"), (407, "wrong password"),
        (403, "forbids extension 100"), (404, "does not know extension 100"),
        (423, "account.expires"), (405, "does not register"), (503, "in trouble"),
        (302, "elsewhere"), (400, "does not understand"), (488, "account.srtp"),
        (480, "tried again"), (486, "remove old ones"), (494, "account.transport to tls"),
        (699, "699 Not Acceptable"),
    ],
)  # fmt: skip
def test_each_failure_is_named_with_what_to_look_at(status: int, words: str) -> None:
    """Says what happened, whose fault it may be, and where."""
    said = causes.registration(status, "Not Acceptable" if status else "no answer from x",
                               user="100", registrar="10.0.0.1:5060")  # fmt: skip
    assert words in said
    assert "10.0.0.1:5060" in said


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (
            "the certificate of pbx (SHA-256 AB) is not signed by a known authority",
            "account.tls.ca",
        ),
        ("the certificate of pbx is for another name (a, b)", "account.domain"),
        ("the certificate of pbx expired on 2026-01-01", "needs a new one"),
        ("the certificate of pbx is valid from 2027-01-01 on: is the box's clock right?", "ntp"),
        ("the certificate of pbx (SHA-256 AB) is not the one that was accepted", "posing"),
        ("no TLS there: port 5060 of pbx answers in another protocol", "5061"),
        ("pbx wants a client certificate and was shown none", "account.tls.key"),
        ("pbx: port 5061 refuses connections", "switched on"),
        ("pbx cannot be reached from this network", "cable"),
        ("pbx does not answer on port 5061", "firewalls"),
        ("pbx broke off the connection to port 5061", "tried again"),
    ],
)
def test_a_trouble_with_a_connection_comes_with_advice(reason: str, advice: str) -> None:
    """Keeps what is known, and adds what to do."""
    said = causes.registration(0, reason, user="100", registrar="pbx:5061", transport="tls")
    assert said.startswith(reason)
    assert advice in said[len(reason) :]


def test_every_reason_of_the_connections_is_covered() -> None:
    """The phrases are those that `system.reasons` writes; a change there shows here."""
    from pathlib import Path

    from appliance.system import reasons

    text = Path(reasons.__file__).read_text("utf-8")
    assert all(phrase in text for phrase, _ in causes._ADVICE)


def test_an_unknown_trouble_is_passed_on() -> None:
    """Says what it was told, and where."""
    said = causes.registration(0, "strange things", user="1", registrar="pbx", transport="tls")
    assert said == "strange things (pbx)"


def test_silence_names_the_transport() -> None:
    """Asks whether the PBX accepts the transport that is used."""
    assert "TCP" in causes.registration(0, "", user="1", registrar="pbx", transport="tcp")


@pytest.mark.parametrize(
    ("status", "srtp", "words"),
    [
        (403, "off", "does not allow"), (404, "off", "no number 200"), (486, "off", "is busy"),
        (480, "off", "nobody answers"), (603, "off", "declines"), (503, "off", "trouble"),
        (488, "required", "set account.srtp to offered"), (488, "off", "may demand encryption"),
        (488, "offered", "account.codecs"), (302, "off", "forwarded"), (499, "off", "failed"),
    ],
)  # fmt: skip
def test_a_call_that_was_refused_is_explained(status: int, srtp: str, words: str) -> None:
    """Says what the refusal means, with encryption in mind."""
    said = causes.call(status, "Why", number="200", srtp=srtp)
    assert words in said
    assert f"({status} Why)" in said


def test_no_cause_holds_a_password() -> None:
    """Takes no password, so it can show none."""
    assert "password" not in causes.registration.__annotations__
