import dataclasses
import typing

import pytest

from appliance.dialogue import operations, script
from appliance.dialogue.operations import AskOp, CallOp, EndOp, Op, TransferMode, TransferOp


def test_operations_are_values():
    """Are frozen, equal where they say the same, and all of them in `Op`."""
    kinds = typing.get_args(Op)
    named = {
        value for name, value in vars(operations).items() if name.endswith("Op") and name != "Op"
    }
    assert set(kinds) == named
    assert all(kind.__dataclass_params__.frozen for kind in kinds)
    assert AskOp("a", "A?") == AskOp("a", "A?")
    with pytest.raises(dataclasses.FrozenInstanceError):
        AskOp("a", "A?").slot = "b"


def test_nothing_is_led_to_by_itself():
    """Leads nowhere but to the next operation unless it is told to."""
    assert AskOp("a", "A?").unknown == -1
    call = CallOp("c", ())
    assert (call.nothing, call.failed, call.pending, call.undo) == (-1, -1, -1, "")
    assert EndOp(hang_up=False).resolution == "resolved"
    assert TransferOp("a", "b", -1).mode is TransferMode.SITE


def test_known_to_the_script():
    """Can be had from the script's module as well, where the rest of a dialogue is."""
    assert all(getattr(script, kind.__name__) is kind for kind in typing.get_args(Op))
