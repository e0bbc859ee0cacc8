"""An author's conversations as tests: read, played against the engine in virtual time, judged.

    tests/*.yaml ─► reading ─► Case ─► player ◄─► Conversation ◄─► Engine
                                         │             ▲
                                      checking      canned (what the site's systems answer)

Pure: whoever plays by voice hands in ears of its own.
"""
