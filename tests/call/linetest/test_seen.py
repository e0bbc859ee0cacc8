"""`call.linetest.seen`: what a test call is made of."""

from appliance import sip
from appliance.call.linetest.seen import Seen, Setup, plainer

SETUP = Setup("127.0.0.1", (1, 9), "100", ("PCMU",), sip.Srtp.OFF)


def test_other_offers_change_encryption_first():
    """Tries SRTP, then more codecs, then both: what was changed last tells what was wrong."""
    tries = plainer(SETUP, ("PCMU", "PCMA"))
    assert [(one.srtp.value, one.codecs) for one in tries] == [
        ("required", ("PCMU",)),
        ("off", ("PCMU", "PCMA")),
        ("required", ("PCMU", "PCMA")),
    ]


def test_who_insists_on_encryption_tries_without():
    """Goes the other way where the settings demand SRTP."""
    setup = Setup("127.0.0.1", (1, 9), "100", ("PCMU",), sip.Srtp.REQUIRED)
    assert [one.srtp for one in plainer(setup, ("PCMU",))] == [sip.Srtp.OFF]


def test_nothing_was_seen_at_first():
    """Begins with no claim: not held, not refused, not ended."""
    seen = Seen()
    assert (seen.status, seen.held, seen.transfer, seen.ended) == (0, None, None, None)
