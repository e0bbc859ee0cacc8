"""A dialogue's own conversations by voice, without a telephone: spoken, lost on the way, heard.

sentence ─► another voice ─► Telephone (G.711, RTP, loss, jitter buffer) ─► speech ─► Heard
│
dialogue.rehearsing.player ◄────────────────────┘
"""
