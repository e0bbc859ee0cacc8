"""A user's mistake."""

from appliance.contracts.errors import UserError


def test_a_mistake_is_its_sentence():
    """What the command line prints is the sentence and nothing else."""
    assert str(UserError("the file x does not exist: name another")) == (
        "the file x does not exist: name another"
    )
