import pytest

from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.foreign import sentences


@pytest.mark.parametrize("language", ["en", "de", "de-AT", "fr"])
def test_enough_of_each_language(language):
    """Holds at least two hundred different sentences, in normal form."""
    known = sentences(language)
    assert len(set(known)) == len(known) >= 200
    assert all(normalise(text) == text for text in known)
