from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.manners import ENGLISH, GERMAN, manners


def test_by_language():
    """Knows German of any country, and English for everything else."""
    assert manners("de-AT") is GERMAN
    assert manners("en-GB") is manners("fr") is ENGLISH


def test_all_words_are_in_normal_form():
    """Holds only what a normalised text can hold."""
    for known in (ENGLISH, GERMAN):
        every = {*known.courtesies, *known.joints, *known.leading, *known.denials, *known.between}
        every |= {word for pair in known.pairs for word in pair} | known.negatives
        assert all(normalise(word) == word for word in every)
        assert not known.courtesies & (known.joints | known.denials | known.negatives)
