"""From segments to telephone audio: phrases, level, rate.

words.script ─► phrasing ─► voice ─► loudness, resampling ─► 8 kHz
"""
