import dataclasses

import pytest

from appliance.dialogue import load
from tests.dialogue.script_player import starter_files


def test_a_script_is_immutable():
    """Cannot be changed while calls run on it."""
    script = load(starter_files())
    with pytest.raises(dataclasses.FrozenInstanceError):
        script.greeting = "Hi."
    assert script == load(starter_files())
