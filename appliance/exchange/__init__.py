"""A small PBX for trying the box without one, and for tests; never on the box's units.

`pbx` is the switch (a pure core), `relay` carries its audio, `recording` writes a call to a WAV,
`phone` is a telephone, `caller` the script of the demonstration call, `desk` starts everything.
"""
