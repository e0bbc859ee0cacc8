from appliance.dialogue.understanding.foreign_de import GERMAN


def test_speaks_its_language():
    """Is written in its own language: its commonest words stand in it."""
    assert sum("der" in text.split() for text in GERMAN) > 10
