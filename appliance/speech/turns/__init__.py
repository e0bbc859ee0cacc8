"""Turn-taking: who speaks, whether to the box, and when a turn is over.

vad, echo, gain ─► listening ─► endpointing, turnend ─► Heard        manner, sounds beside it
"""
