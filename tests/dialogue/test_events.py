from appliance.dialogue import Heard, TransferFailed


def test_defaults():
    """Takes a typed sentence as surely heard, and a failed transfer without a reason."""
    assert Heard("hello") == Heard("hello", 1.0, ())
    assert TransferFailed().reason == ""
