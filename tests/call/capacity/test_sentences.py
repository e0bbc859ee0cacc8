"""The callers' sentences."""

import pytest

from appliance.call.capacity.sentences import EXCHANGES
from appliance.contracts.expectation import Kind


@pytest.mark.parametrize("language", EXCHANGES)
def test_every_language_asks_in_every_way(language):
    """The load has free speech, choices, digits and yes or no in it, as calls have."""
    kinds = {exchange.expectation.kind for exchange in EXCHANGES[language]}
    assert kinds == {Kind.FREE, Kind.YES_NO, Kind.DIGITS, Kind.CHOICE}


@pytest.mark.parametrize("language", EXCHANGES)
def test_answers_of_known_length_only(language):
    """A number of unknown length waits by design and would hide what the machine does."""
    for exchange in EXCHANGES[language]:
        if exchange.expectation.kind is Kind.DIGITS:
            assert exchange.expectation.longest
