"""What the answers of a PBX mean: from observations to sentences. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

from appliance import sip
from appliance.call import causes
from appliance.call.linetest.asker import Contact, Reply
from appliance.call.linetest.steps import Result, Step, failed, passed, skipped
from appliance.settings import AccountSettings
from appliance.sip.digest import HASHES
from appliance.system.certificates import Certificate

CLOCK_MAY_DIFFER: Final = 30.0
"""Seconds: certificates and opening hours bear that much."""
_SOON: Final = timedelta(days=21)
"""A certificate that expires within it is worth a hint."""
_ANSWERS: Final = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
_Others: TypeAlias = Sequence[sip.Address]
"""Other ways by which something at the PBX answers SIP."""


def name(account: AccountSettings, addresses: Sequence[sip.Address], trouble: str) -> Result:
    """Whether the PBX was found; `trouble` is the resolver's."""
    where = account.proxy or account.domain
    if not addresses:
        return failed(
            Step.NAME,
            trouble or f"{where} has no address",
            "write the PBX's name as it is known here, or its IP address, as account.domain;"
            " if the name is right, check the name server that the box was given (DHCP)",
        )
    shown = ", ".join(str(one) for one in addresses)
    hint = f"DNS had to be answered from memory: {trouble}" if trouble else ""
    if addresses[0].host == where.strip("[]"):
        return passed(Step.NAME, f"{where} is an address: no DNS is needed", hint)
    return passed(Step.NAME, f"{where} is {shown}", hint)


def route(own: str, told: str, trouble: str) -> Result:
    """Whether a network leads there; `own` is the address of ours that does, `told` call.host."""
    if trouble:
        return failed(
            Step.ROUTE, trouble, "check the cable, the box's address and its gateway (DHCP)"
        )
    if told and told not in (own, "0.0.0.0", "::"):
        return passed(
            Step.ROUTE,
            f"the box tells the PBX the address {told} (call.host), and reaches it from {own}",
            "if calls stay silent, leave call.host empty",
        )
    return passed(Step.ROUTE, f"the box reaches the PBX from its address {own}")


def port(account: AccountSettings, to: sip.Address, trouble: str, others: _Others) -> Result:
    """Whether the port is reached; `trouble` says why not, `others` answer SIP instead."""
    spoken = _ANSWERS[to.transport]
    if not trouble:
        return passed(Step.PORT, f"port {to.port} is reached by {spoken}")
    return failed(Step.PORT, *_elsewhere(account, to, trouble, others))


def answer(account: AccountSettings, to: sip.Address, reply: Reply, others: _Others) -> Result:
    """Whether the PBX speaks SIP there."""
    if not reply.status:
        why = reply.reason or f"no answer from {to}"
        if reply.changed:
            why += f", but something on the way changed {_listed(reply.changed)} of our message"
        return failed(Step.ANSWER, *_elsewhere(account, to, why, others))
    who = f" by {reply.server}" if reply.server else ""
    return passed(Step.ANSWER, f"SIP is answered{who} by {_ANSWERS[to.transport]} ({reply.status})")


def _elsewhere(
    account: AccountSettings, to: sip.Address, why: str, others: _Others
) -> tuple[str, str]:
    """What was seen and what to do where the configured way fails."""
    said = causes.registration(
        0, why, user=account.user, registrar=str(to), transport=account.transport
    )
    advice = said.removeprefix(f"{why}: ") if said.startswith(f"{why}: ") else ""
    if not advice and said != why:
        advice = said.partition(": ")[2]
    if others:
        others = sorted(others, key=lambda one: one.port != to.port)
        found = others[0]
        ways = " and ".join(f"{_ANSWERS[one.transport]} on port {one.port}" for one in others)
        change = f"account.transport to {found.transport}"
        if found.port != found.traits.port or account.port:
            change += f" and account.port to {found.port}"
        return f"{why}; but the PBX answers by {ways}", f"set {change}"
    return why, advice or "check the PBX's address and port, and firewalls in between"


def tls(
    account: AccountSettings,
    to: sip.Address,
    certificate: Certificate | None,
    trouble: str,
    others: _Others = (),
    *,
    now: datetime,
) -> Result:
    """Whether the PBX proves who it is; `trouble`: why there is no TLS with it at all."""
    if certificate is None:
        if any((one.transport, one.port) == ("tcp", to.port) for one in others):
            trouble = f"no TLS there: port {to.port} speaks SIP without encryption"
        return failed(Step.TLS, *_elsewhere(account, to, trouble, others))
    ends = certificate.not_after
    if certificate.verified:
        hint = ""
        if ends is not None and ends - now < _SOON:
            hint = f"it expires on {ends:%Y-%m-%d}: have it renewed"
        return passed(Step.TLS, f"{certificate.version}, the certificate is accepted", hint)
    if not account.tls.verify and not account.tls.fingerprints:
        return passed(Step.TLS, certificate.why, f"accept this one: {_accept(certificate)}")
    why, advice = _elsewhere(account, to, certificate.why, ())
    if "not signed by a known authority" in why:
        advice = f"{advice}: {_accept(certificate)}"
    return failed(Step.TLS, why, advice)


def _accept(certificate: Certificate) -> str:
    return f'account.tls.fingerprints = ["{certificate.fingerprint}"]'


def tampering(own: str, replies: Sequence[Reply]) -> Result:
    """Whether a device on the way rewrites SIP; `own` is where we spoke from."""
    changed = sorted({field for reply in replies for field in reply.changed})
    if changed:
        return failed(
            Step.TAMPERING,
            f"something on the way changes our messages: {_listed(changed)} came back altered",
            "switch off SIP ALG (also called SIP helper or SIP inspection) in the router or"
            " firewall between box and PBX, or set account.transport to tls",
        )
    seen = next((reply.seen for reply in replies if reply.seen[0]), ("", 0))
    if seen[0] and seen[0] != own:
        return passed(
            Step.TAMPERING,
            f"nothing is altered, but there is NAT in between: the PBX sees {seen[0]}",
            "let the PBX know that this extension is behind NAT (rport, symmetric RTP)",
        )
    return passed(Step.TAMPERING, "our messages come back as they left")


def size(transport: str, reply: Reply | None, bytes_sent: int) -> Result:
    """Whether a message larger than a packet arrives; None: it was not sent."""
    if transport != "udp":
        return skipped(Step.SIZE, f"{_ANSWERS[transport]} carries messages of any size")
    if reply is None:
        return skipped(Step.SIZE, "the PBX ignores OPTIONS, by which this is tested")
    if reply.status:
        return passed(Step.SIZE, f"a message of {bytes_sent} bytes was answered")
    return failed(
        Step.SIZE,
        f"a message of {bytes_sent} bytes stays unanswered, smaller ones do not: fragments get"
        " lost on the way",
        "set account.transport to tcp (or tls), or name fewer codecs in account.codecs; a firewall"
        " must let fragments of UDP pass",
    )


def clock(date: str, now: datetime) -> Result:
    """Whether the box's clock agrees with the PBX's; `date` is its Date header."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return skipped(Step.CLOCK, "the PBX does not tell the time")
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    off = (now - theirs).total_seconds()
    if abs(off) <= CLOCK_MAY_DIFFER:
        return passed(Step.CLOCK, "box and PBX have the same time")
    return failed(
        Step.CLOCK,
        f"the box's clock is {_span(abs(off))} {'ahead of' if off > 0 else 'behind'} the PBX's",
        "set the one that is wrong; the box's is set by: timedatectl set-ntp true",
    )


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def registration(account: AccountSettings, to: sip.Address, reply: Reply) -> Result:
    """Whether the PBX accepts extension and password."""
    if not account.registration:
        return skipped(Step.REGISTRATION, "the settings say not to register (account.registration)")
    status, where = reply.status, account.proxy or account.where
    if 200 <= status < 300:
        if reply.proved:
            return passed(Step.REGISTRATION, f"extension {account.user} and its password are right")
        return passed(
            Step.REGISTRATION,
            f"extension {account.user} is known, and no password is asked for",
            "anybody in the network can take its calls: set a password at the PBX",
        )
    if status in (401, 407) and not reply.proved:
        unknown = [one for one in reply.asked if one.upper() not in HASHES]
        asked = _listed(unknown or reply.asked or ("nothing that can be answered",))
        return failed(
            Step.REGISTRATION,
            f"{where} asks for a proof of the password that the box does not know: {asked}",
            "let the PBX offer digest authentication with SHA-256 or MD5 to this extension",
        )
    if status == 403 and not reply.proved:
        return failed(
            Step.REGISTRATION,
            f"{where} refuses before it has asked for the password (403 {reply.reason})",
            f"let the PBX allow this address for extension {account.user} (permit list, ban list"
            " after wrong passwords), and registering with"
            f" {_ANSWERS[account.transport]}",
        )
    said = causes.registration(
        status, reply.reason, user=account.user, registrar=where, transport=account.transport
    )
    advice = {
        401: f"write the password that extension {account.user} has at the PBX into"
        " account.password; where its login name differs, write account.login too",
        404: "compare account.user with the PBX's list of extensions",
    }.get(401 if status == 407 else 404 if status == 604 else status, "")
    if not status:
        return failed(Step.REGISTRATION, *_elsewhere(account, to, reply.reason, ()))
    return failed(Step.REGISTRATION, said, advice)


@dataclass(frozen=True, slots=True)
class Keepers:
    """Who is registered as our extension."""

    ours: tuple[Contact, ...]
    foreign: tuple[Contact, ...]


def sort_contacts(contacts: Sequence[Contact], own: Collection[str]) -> Keepers:
    """Tell the box's own contacts from others; `own` are addresses under which it is seen."""
    ours = tuple(one for one in contacts if one.host in own)
    return Keepers(ours, tuple(one for one in contacts if one.host not in own))


def binding(account: AccountSettings, keepers: Keepers) -> Result:
    """Whether calls to the extension come to the box and to nobody else."""
    user = account.user
    if not account.registration:
        return skipped(Step.BINDING, "the PBX sends calls without registration")
    if keepers.foreign:
        others = _listed([str(one) for one in keepers.foreign])
        also = "also" if keepers.ours else "only"
        return failed(
            Step.BINDING,
            f"extension {user} is {also} registered by another device: {others}",
            "give the box an extension of its own, or take this one out of the other device:"
            " they take each other's calls (if the box had that address before, it expires by"
            " itself)",
        )
    if not keepers.ours:
        return failed(
            Step.BINDING,
            f"nobody is registered as extension {user}: calls cannot reach the box",
            "start the box (appliance call); if it runs, its log says why it does not register",
        )
    if len(keepers.ours) > 1:
        return passed(
            Step.BINDING,
            f"the box is registered {len(keepers.ours)} times",
            "the older ones expire by themselves; if not, two boxes run with the same extension",
        )
    left = keepers.ours[0].expires
    until = "" if left is None else f", for another {left} s"
    return passed(Step.BINDING, f"the box is registered as {user} at {keepers.ours[0]}{until}")


def box(contact: str, reply: Reply | None) -> Result:
    """Whether the box's own process answers; None: nobody knows where to ask."""
    if reply is None:
        return skipped(
            Step.BOX, "the box cannot be asked directly: it takes calls over its own connection"
        )
    if reply.status:
        return passed(Step.BOX, f"the box answers at {contact}")
    return failed(
        Step.BOX,
        f"nothing answers at {contact}, where the PBX sends the box's calls",
        "start the box (appliance call), or restart it; a registration of before it stopped"
        " may still stand",
    )


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
