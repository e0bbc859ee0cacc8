"""The closed list of how a call ended."""

import re

from appliance.contracts.outcome import HandedOver, Known, Outcome, Reason, Resolution


def test_an_outcome_is_one_plain_word():
    """An outcome can stand in a record, on the bus and in a closed schema as it is."""
    words = [*Outcome, *HandedOver, *Resolution, *Reason, *Known]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", word.value) for word in words)
