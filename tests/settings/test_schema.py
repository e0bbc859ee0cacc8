"""The schema explains itself."""

import pytest
from pydantic import BaseModel, ValidationError

from appliance.settings import AccountSettings, CallSettings, Settings, TlsSettings


def fields(model, prefix=""):
    for name, field in model.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from fields(part, f"{prefix}{name}.")
            if prefix:
                yield f"{prefix}{name}", field
        else:
            yield f"{prefix}{name}", field


def test_every_field_says_what_it_is():
    """A label and help stand at every field; the page and the docs are made from them."""
    named = dict(fields(Settings))
    assert "account.tls.fingerprints" in named
    for name, field in named.items():
        assert field.title, name
        assert field.description, name


def test_every_time_has_its_unit():
    """A number of seconds, days or calls says so."""
    unit = {
        name for name, field in fields(Settings)
        if (field.json_schema_extra or {}).get("unit") in ("s", "days", "calls")
    }  # fmt: skip
    assert {"account.expires", "call.media_timeout", "records.note_days", "call.capacity"} <= unit


def test_the_defaults_suit_a_desk():
    """UDP at 127.0.0.1, nothing encrypted, registered: the demonstration needs no file."""
    account = Settings().account
    assert (account.transport, account.domain, account.srtp) == ("udp", "127.0.0.1", "off")
    assert account.registration
    assert account.port == 0


def test_own_address_auto_is_empty():
    """Auto and empty are one thing to the rooms."""
    assert CallSettings(host="auto").host == CallSettings().host == ""


def test_further_extensions_stand_beside_the_first():
    """Lists every line by name, the main one first."""
    settings = Settings(accounts={"night": AccountSettings(user="101")})
    assert [(name, a.user) for name, a in settings.lines.items()] == [
        ("main", "100"), ("night", "101"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Settings(accounts={"night": AccountSettings()}), "account has it already"),
        (lambda: Settings(accounts={"main": AccountSettings(user="1")}), "first extension's name"),
        (lambda: TlsSettings(certificate="a.pem"), "belong together"),
        (lambda: AccountSettings(codecs=("PCMA", "alaw")), "twice"),
        (lambda: AccountSettings(codecs=("G729",)), "'PCMU', 'PCMA', 'G722' or 'opus'"),
        (lambda: AccountSettings(transport="sctp"), "'udp', 'tcp' or 'tls'"),
        (lambda: CallSettings(media_ports=(20_000, 10_000)), "must be above"),
        (lambda: CallSettings(allowed_numbers=("*",)), "every number"),
        (lambda: CallSettings(trusted=("10.0.0.7/8",)), "write 10.0.0.0/8"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(make, words):
    """Says what is wrong, and what to write."""
    with pytest.raises(ValidationError) as caught:
        make()
    assert words in str(caught.value)


def test_where_names_the_pbx():
    """Shows the port only where one is set, and IPv6 in brackets."""
    assert AccountSettings(domain="pbx").where == "pbx"
    assert AccountSettings(domain="::1", port=5070).where == "[::1]:5070"
