"""The table machine."""

from enum import Enum, auto

from appliance.sip.machine import Machine


class Phase(Enum):
    OFF = auto()
    ON = auto()


class Move(Enum):
    SWITCH = auto()
    BREAK = auto()


def test_a_machine_moves_by_its_table_only():
    """What the table has is done, what it has not changes nothing."""
    machine = Machine({(Phase.OFF, Move.SWITCH): Phase.ON}, Phase.OFF)
    assert not machine.can(Move.BREAK)
    assert not machine.go(Move.BREAK)
    assert machine.phase is Phase.OFF
    assert machine.can(Move.SWITCH)
    assert machine.go(Move.SWITCH)
    assert machine.phase is Phase.ON
    assert not machine.go(Move.SWITCH)
