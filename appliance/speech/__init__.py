"""Hearing and voice: voice activity, recogniser, turn-taking, synthesis, and the packs they load.

The process has no network; `server.serve` answers one Unix socket. `commands` holds what the
command line does with sound files.
"""

from appliance.contracts.errors import UserError

__all__ = ["UserError"]
