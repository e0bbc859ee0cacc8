"""The two roots of errors."""

from appliance.sip.errors import LocalError, RemoteError, SipError


def test_our_fault_is_not_theirs():
    """Both are SipErrors, neither is the other."""
    assert issubclass(LocalError, SipError)
    assert issubclass(RemoteError, SipError)
    assert not issubclass(LocalError, RemoteError)


def test_their_fault_carries_the_status_that_refuses_it():
    """A RemoteError says with which status a request is refused, 400 unless told otherwise."""
    assert RemoteError("x").status == 400
    assert RemoteError("x", 488).status == 488
    assert RemoteError("x", 422, (("Min-SE", "90"),)).fields == (("Min-SE", "90"),)
    assert RemoteError("x").fields == ()
