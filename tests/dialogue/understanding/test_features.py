from zlib import crc32

from appliance.dialogue.understanding.features import MOST_WORDS, features


def test_the_same_everywhere():
    """Names a feature by the CRC of its text, which no machine and no process changes."""
    assert crc32(b"w meter") in features(["meter"])
    assert crc32(b"b my meter") in features(["my", "meter"])
    assert crc32(b"k my reading") in features(["my", "meter", "reading"])


def test_misheard_words_have_much_in_common():
    """Finds letters and sounds of a word in what it was misheard as."""
    said, heard, other = (
        set(features([word])) for word in ("maternity", "maturnity", "laboratory")
    )
    assert len(said & heard) > 3 * len(said & other)
    assert crc32(b"s ntrnt") in said & heard


def test_tags_have_no_letters():
    """Takes a tag as one word: its name is ours, no caller's."""
    assert len(features(["{day}"])) == 3


def test_often_counts_more_but_not_in_proportion():
    """Weighs what is repeated by the logarithm."""
    key = crc32(b"w no")
    assert features(["no"])[key] == 1.0
    assert 1.0 < features(["no", "no"])[key] < 2.0


def test_no_words_and_many():
    """Takes an empty sentence, and no more than the first words of an endless one."""
    assert len(features([])) == 1
    assert features(["word"] * 500) == features(["word"] * MOST_WORDS)
