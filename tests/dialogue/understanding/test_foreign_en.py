from appliance.dialogue.understanding.foreign_en import ENGLISH


def test_speaks_its_language():
    """Is written in its own language: its commonest words stand in it."""
    assert sum("the" in text.split() for text in ENGLISH) > 10
