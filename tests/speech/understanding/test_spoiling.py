from appliance.speech.understanding.spoiling import Spoiler

SAID = ["i", "want", "to", "give", "you", "my", "meter", "reading", "{number}"]


def test_errs_in_some_words():
    """Loses or changes some words of a sentence, not most."""
    spoiler = Spoiler([SAID])
    spoiled = [spoiler.spoil(SAID) for _ in range(300)]
    kept = [sum(word in said for word in SAID) / len(SAID) for said in spoiled]
    assert 0.7 < sum(kept) / len(kept) < 0.9
    assert any(len(said) < len(SAID) for said in spoiled)


def test_tags_are_kept():
    """Never loses or changes a tag: it is not what was said."""
    spoiler = Spoiler([SAID])
    assert all("{number}" in spoiler.spoil(SAID) for _ in range(300))


def test_words_that_sound_alike():
    """Takes words of the same sound for one another."""
    spoiler = Spoiler([["meter", "mother", "madder"]])
    heard = {word for _ in range(300) for word in spoiler.spoil(["meter"])}
    assert {"madder", "mother"} & heard


def test_repeatable():
    """Draws the same again for the same dialogue."""
    first, second = Spoiler([SAID]), Spoiler([SAID])
    assert [first.spoil(SAID) for _ in range(9)] == [second.spoil(SAID) for _ in range(9)]


def test_nothing_is_left():
    """Gives a sentence back as it was rather than an empty one."""
    spoiler = Spoiler([["no"]])
    assert all(spoiler.spoil(["no"]) for _ in range(300))
