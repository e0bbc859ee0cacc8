"""What went wrong on the line, in words for somebody who is no telephone engineer."""

from __future__ import annotations

from typing import Final

_ADVICE: Final = (
    (
        "not signed by a known authority",
        (
            "name its authority in account.tls.ca, or accept this certificate in"
            " account.tls.fingerprints after comparing it with the PBX's"
        ),
    ),
    (
        "is for another name",
        (
            "write a name that stands in it as account.domain, or give the PBX a certificate for"
            " this one"
        ),
    ),
    (
        "is not the one that was accepted",
        (
            "if the PBX was given another on purpose, write its fingerprint into"
            " account.tls.fingerprints; if not, somebody may be posing as the PBX"
        ),
    ),
    ("box's clock right", "set it, or let it be set: timedatectl set-ntp true"),
    ("expired", "the PBX needs a new one; if it is not old, look at the box's clock"),
    ("no TLS there", "is account.port its port for TLS (5061 is usual)?"),
    (
        "wants a client certificate",
        "name the box's own in account.tls.certificate and account.tls.key",
    ),
    (
        "does not know the authority that signed our",
        "let the PBX trust the authority of account.tls.certificate",
    ),
    (
        "refuses connections",
        "is the PBX running, is the port right, and is this transport switched on there?",
    ),
    ("broke off the connection", "the PBX or a firewall closed it; it is tried again"),
    ("cannot be reached", "check the cable, the network's gateway and the PBX's address"),
    ("does not answer on port", "check the PBX's address and port, and firewalls in between"),
)
"""What to do about a trouble with a connection; the first phrase that occurs is taken."""


def registration(
    status: int, reason: str, *, user: str, registrar: str, transport: str = "udp"
) -> str:
    """Return what a failed registration means and what to look at.

    `status` is SIP's (0: no answer), `reason` the PBX's phrase or ours, `registrar` host and port,
    `transport` udp, tcp or tls.
    """
    match status:
        case 0:
            return _unanswered(reason, registrar, transport)
        case 301 | 302 | 305 | 380:
            return (
                f"{registrar} sends extension {user} elsewhere, where it cannot register"
                f" ({status} {reason}): write the PBX's new address as account.domain"
            )
        case 400 | 413 | 416 | 420 | 421 | 513:
            return (
                f"{registrar} does not understand our registration ({status} {reason}): please"
                " report it, with the PBX's make and version"
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
        case 405 | 501:
            return f"{registrar} does not register telephones: is it the PBX's address?"
        case 406 | 488 | 606:
            return (
                f"{registrar} wants extension {user} to be set up otherwise ({status} {reason}):"
                " check whether it demands encryption (account.transport, account.srtp)"
            )
        case 408 | 430 | 480:
            return (
                f"{registrar} does not reach who keeps its registrations ({status} {reason}); it"
                " is tried again"
            )
        case 423:
            return f"{registrar} wants a longer registration: raise account.expires"
        case 429 | 486 | 600:
            return (
                f"{registrar} is asked too often or has too many telephones on extension {user}"
                f" ({status} {reason}): remove old ones there; it is tried again"
            )
        case 494:
            return f"{registrar} accepts encrypted signalling only: set account.transport to tls"
        case _ if 500 <= status < 600:
            return f"{registrar} is in trouble itself ({status} {reason}); it is tried again"
        case _:
            return f"{registrar} refuses to register extension {user}: {status} {reason}".rstrip()


def _unanswered(reason: str, registrar: str, transport: str) -> str:
    """No answer at all: what is known of the connection says why."""
    for phrase, advice in _ADVICE:
        if phrase in reason:
            return f"{reason}: {advice}"
    if reason and not reason.startswith("no answer"):
        return f"{reason} ({registrar})"
    return (
        f"no answer from {registrar}: check the PBX's address and port, the cable, and that the"
        f" PBX accepts {transport.upper()}"
    )


def call(status: int, reason: str, *, number: str, srtp: str = "off") -> str:
    """Return what it means that a call of ours to `number` was refused.

    `srtp` is the account's setting: off, offered or required.
    """
    said = f"({status} {reason})" if reason else f"({status})"
    match status:
        case 401 | 403 | 407:
            return f"the PBX does not allow the box to call {number} {said}"
        case 404 | 484 | 604:
            return f"the PBX knows no number {number} {said}"
        case 408 | 480:
            return f"nobody answers at {number} {said}"
        case 486 | 600:
            return f"{number} is busy {said}"
        case 603:
            return f"{number} declines the call {said}"
        case 488 | 415 | 606:
            if srtp == "required":
                return (
                    f"{number} does not take encrypted audio {said}: switch it on at the PBX, or"
                    " set account.srtp to offered"
                )
            if srtp == "off":
                return (
                    f"no audio was agreed with {number} {said}: it may demand encryption"
                    " (account.srtp) or other codecs (account.codecs)"
                )
            return f"no audio was agreed with {number} {said}: check account.codecs"
        case 301 | 302:
            return f"{number} is forwarded elsewhere, which the box does not follow {said}"
        case _ if 500 <= status < 600:
            return f"the PBX is in trouble itself {said}"
        case _:
            return f"the call to {number} failed {said}"
