"""How many calls this box serves well at once: measured here, kept, and used by admission.

clips ─► Caller × n ─► link ─► speech ─► first audio ─► Step ─► Measured ─► file ─► admission
"""
