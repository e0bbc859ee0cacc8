"""The words that rooms share: expectations, the call-speech link, line status, D-Bus interfaces.

Nothing here does input or output; everything is a frozen value with an encoding.
"""
