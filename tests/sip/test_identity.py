"""Where a call comes from, and why one was refused, as headers tell it."""

import pytest

from appliance.sip.identity import (
    LONGEST,
    MOST_FIELDS,
    NOWHERE,
    Origin,
    explanation,
    read_origin,
    read_reason,
    read_warning,
)
from appliance.sip.message import Headers


def origin(*fields, wanted=()):
    return read_origin(Headers(fields), wanted)


def test_an_origin_that_nobody_told_is_empty():
    """No header, no claim."""
    assert origin() == NOWHERE == Origin()


@pytest.mark.parametrize(
    ("fields", "number", "name"),
    [
        ((("P-Asserted-Identity", '"Ward 3" <sip:331@pbx>'),), "331", "Ward 3"),
        ((("P-Asserted-Identity", "<tel:+4930123>, <sip:x@y>"),), "+4930123", ""),
        ((("P-Asserted-Identity", "nonsense"), ("P-Asserted-Identity", "sip:7@h")), "7", ""),
        ((("P-Asserted-Identity", "<sip:pbx>"),), "", ""),
        ((("Remote-Party-ID", '"A" <sip:9@h>;party=calling'),), "9", "A"),
        ((("Remote-Party-ID", "<sip:9@h>;party=called"),), "", ""),
        (
            (("Remote-Party-ID", "<sip:9@h>"), ("P-Asserted-Identity", "<sip:8@h>")),
            "8",
            "",
        ),
        ((("P-Preferred-Identity", "<sip:8@h>"),), "", ""),
    ],
)
def test_who_calls(fields, number, name):
    """P-Asserted-Identity first, the older Remote-Party-ID else."""
    told = origin(*fields)
    assert (told.number, told.name) == (number, name)


@pytest.mark.parametrize(
    ("fields", "private"),
    [
        ((("Privacy", "id"),), True),
        ((("Privacy", "critical; ID"),), True),
        ((("Privacy", "user;header"),), True),
        ((("Privacy", "none"),), False),
        ((("Remote-Party-ID", "<sip:9@h>;privacy=full"),), True),
        ((("Remote-Party-ID", "<sip:9@h>;privacy=off"),), False),
    ],
)
def test_who_wants_to_stay_unknown(fields, private):
    """Privacy (RFC 3323), and what the older header says of it."""
    assert origin(*fields).private is private


@pytest.mark.parametrize(
    ("fields", "number", "reason"),
    [
        ((("Diversion", "<sip:100@pbx>;reason=no-answer;counter=1"),), "100", "no-answer"),
        ((("Diversion", '"B" <tel:+49301>;reason="user-busy"'),), "+49301", "user-busy"),
        (
            (
                ("Diversion", "<sip:2@h>;reason=no-answer"),
                ("Diversion", "<sip:1@h>;reason=unconditional"),
            ),
            "1",
            "unconditional",
        ),
        (
            (("History-Info", "<sip:1@h>;index=1, <sip:2@h;cause=302>;index=1.1"),),
            "1",
            "unconditional",
        ),
        (
            (
                ("History-Info", "<sip:1@h?Reason=SIP%3Bcause%3D486>;index=1"),
                ("History-Info", "<sip:2@h>;index=1.1"),
            ),
            "1",
            "user-busy",
        ),
        ((("History-Info", "<sip:1@h>;index=1, <sip:1@gw>;index=1.1"),), "", ""),
        ((("History-Info", "<sip:1@h>;index=1, <sip:2@h;cause=599>;index=1.1"),), "1", "599"),
        ((("History-Info", "<sip:1@h>;index=1"),), "", ""),
        ((("Diversion", "nonsense"),), "", ""),
    ],
)
def test_whom_a_call_was_for_first(fields, number, reason):
    """The first of all diversions; History-Info where nobody says Diversion."""
    told = origin(*fields)
    assert (told.diverted_from, told.diversion_reason) == (number, reason)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('Q.850;cause=16;text="Terminated"', "Terminated"),
        ("SIP;cause=200", "SIP 200"),
        ('SIP ;cause=600;text=""', "SIP 600"),
        ('SIP;cause=1;text="a, b", Q.850;cause=2', "a, b"),
        ("Preemption", "Preemption"),
        (";", ""),
    ],
)
def test_reasons_are_read(value, text):
    """The text, else protocol and cause (RFC 3326)."""
    assert read_reason(Headers([("Reason", value)])) == text
    assert origin(("Reason", value)).reason == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('399 192.0.2.9:5060 "no codec in common"', "no codec in common"),
        ('301 pbx "a \\"b\\"", 302 pbx "c"', 'a "b"'),
        ("399 pbx nothing", ""),
        ("", ""),
    ],
)
def test_warnings_are_read(value, text):
    """The quoted text of the first one (RFC 3261 20.43)."""
    assert read_warning(Headers([("Warning", value)])) == text


def test_an_explanation_says_nothing_twice():
    """The phrase, and behind it what is new."""
    same = [("Warning", '399 h "Busy Here"'), ("Reason", 'Q.850;text="busy here"')]
    assert explanation("Busy Here", Headers(same)) == "Busy Here"
    both = [("Warning", '399 h "x"'), ("Reason", 'Q.850;text="x"')]
    assert explanation("Busy", Headers(both)) == "Busy (x)"
    assert explanation("", Headers(both)) == "x"


def test_alerts_and_configured_fields_are_handed_over():
    """As written, in the order that the site asked for; names compare without case."""
    told = origin(
        ("Alert-Info", "<http://127.0.0.1/ring>;info=external"),
        ("X-Queue", "7"),
        ("x-queue", "8"),
        ("X-Other", "no"),
        wanted=("X-QUEUE", "X-Nothing"),
    )
    assert told.alert == "<http://127.0.0.1/ring>;info=external"
    assert told.fields == (("X-QUEUE", "7"), ("X-QUEUE", "8"))


def test_whatever_is_read_is_bounded_and_clean():
    """No control character, no endless text, no thousand fields."""
    long = "x" * 5000
    told = origin(
        ("P-Asserted-Identity", f'"{long}" <sip:a%0Ab{long}@h>'),
        ("Diversion", f"<sip:{long}@h>;reason={long}"),
        ("Reason", f"{long};cause=1"),
        ("Alert-Info", f"a\tb\x7f{long}"),
        *(("X-A", f"{number}\x1b{long}") for number in range(200)),
        wanted=tuple(["X-A"] * 50),
    )
    texts = [told.number, told.name, told.diverted_from, told.diversion_reason]
    texts += [told.reason, told.alert, *(value for _, value in told.fields)]
    assert all(len(text) <= LONGEST for text in texts)
    assert not any(char < " " or char == "\x7f" for text in texts for char in text)
    assert told.number.startswith("a?b")
    assert len(told.fields) <= MOST_FIELDS
