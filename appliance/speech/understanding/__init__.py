"""What learns to understand a published dialogue; runs on publish, and beside the recogniser.

training (n-grams) ─► understanding.bin, read by `dialogue`
wordpiece ─► encoder (a pack) ─► heads ─► encoder.bin, read here; `Heard.intents`
"""
