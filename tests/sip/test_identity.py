"""Where a call comes from."""

from appliance.sip.identity import Origin


def test_an_origin_that_nobody_told_is_empty():
    """No header, no claim."""
    origin = Origin()
    assert not origin.number
    assert not origin.private
    assert origin.fields == ()
