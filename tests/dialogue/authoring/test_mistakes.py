import pytest

from appliance.dialogue.authoring.mistakes import DialogueError, Mistake


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (Mistake("a.yaml", 3, "b[0]", "is wrong"), "a.yaml:3: b[0]: is wrong"),
        (Mistake("a.yaml", 0, "", "is missing"), "a.yaml: is missing"),
    ],
)
def test_text(mistake, text):
    """Reads as file, line, field, reason."""
    assert str(mistake) == text


def test_error_sorts_and_drops_doubles():
    """Lists mistakes by file and line, each once."""
    first, second = Mistake("a", 1, "", "x"), Mistake("b", 2, "", "y")
    error = DialogueError([second, first, second])
    assert error.mistakes == (first, second)
    assert str(error) == "a:1: x\nb:2: y"
