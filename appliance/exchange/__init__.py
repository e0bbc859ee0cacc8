"""A small PBX for trying the box without one, and for tests; never on the box's units.

The switch is a pure core: `pbx` (calls), `transfers` (calls that change hands), `calls` (what both
know), `agents` (one user agent for each transport). `bridge` decides what happens to a datagram of
audio (pure), with `transcode` where the codecs differ; `relay` has the sockets; `recording` writes
a call to a WAV. `switch` puts all of it on sockets, with telephones (`phone`, `line`) and `people`
who answer them. `caller` is the script of the demonstration call, `desk` starts everything.
"""
