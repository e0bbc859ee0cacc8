from appliance.dialogue.understanding.requests import Found, Request


def test_the_best_of_none_is_empty():
    """Is the first candidate, and an empty request where there is none."""
    assert Found((Request("a", 0.9), Request("b", 0.1))).best.intent == "a"
    assert Found(()).best == Request()
