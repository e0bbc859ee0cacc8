"""What was said: a CTC network's probabilities, read as the dialogue expects.

recogniser ─► ctc, grammar, wordgraph ─► scoring ─► Reading
"""
