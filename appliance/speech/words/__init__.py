"""Texts to be said and texts that were heard: normalisation both ways, SSML, pronunciation.

text or SSML ─► script ─► segments of IPA ─► speaking          words heard ─► written ─► 4455
"""
