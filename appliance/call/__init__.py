"""The telephone: sockets, pacing, one session per call, prompts, the link to `speech`."""
