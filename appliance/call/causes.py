"""Why the line is not registered, in words for somebody who is no telephone engineer."""

from __future__ import annotations


def registration(status: int, reason: str, *, user: str, registrar: str) -> str:
    """Return what a failed registration means and what to look at.

    `status` is SIP's (0: no answer), `reason` the PBX's phrase or ours, `registrar` host and port.
    """
    match status:
        case 0:
            return (
                f"no answer from {registrar}: check the PBX's address and port, the cable, and that"
                " the PBX accepts UDP"
            )
        case 401 | 407:
            return f"wrong password: {registrar} does not accept the one of extension {user}"
        case 403:
            return (
                f"{registrar} forbids extension {user} to register: check its password, and that"
                " the PBX allows this address"
            )
        case 404 | 604:
            return f"{registrar} does not know extension {user}: create it there, or correct it"
        case 423:
            return f"{registrar} wants a longer registration: raise account.expires"
        case 405 | 501:
            return f"{registrar} does not register telephones: is it the PBX's address?"
        case 500 | 502 | 503 | 504:
            return f"{registrar} is in trouble itself ({status} {reason}); it is tried again"
        case _:
            return f"{registrar} refuses to register extension {user}: {status} {reason}".rstrip()
