"""Dialogues on the disk: an author's folder, and the versions of it that were published."""
