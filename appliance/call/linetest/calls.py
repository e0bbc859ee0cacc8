"""What a test call means: from what was seen to sentences. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from appliance import sip
from appliance.call import causes
from appliance.call.linetest.seen import Seen, Setup
from appliance.call.linetest.steps import Result, Step, failed, passed, skipped
from appliance.call.linetest.witness import Evidence

NOT_AGREED: Final = frozenset({406, 415, 488, 606})
"""Refusals of what was offered, not of the call."""
_NO_REFER: Final = frozenset({400, 403, 405, 420, 481, 489, 500, 501, 603})
"""What a PBX says that does not put anybody through for us."""
_MOST_LOSS: Final = 0.03
_MOST_JITTER: Final = 60.0
"""ms that the jitter buffer levels out comfortably."""
_MOST_ROUND_TRIP: Final = 300.0
"""ms: beyond, people begin to talk at the same time (ITU-T G.114: 150 ms one way)."""
_LEAST_MOS: Final = 3.5
_BROKEN: Final = (sip.EndReason.TIMEOUT, sip.EndReason.FAILED, sip.EndReason.EXPIRED)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known to judge a call."""

    setup: Setup
    capacity: int = 10
    own: frozenset[str] = field(default_factory=frozenset)
    """Addresses under which the box is seen."""
    pbx: frozenset[str] = field(default_factory=frozenset)
    """Addresses of the PBX."""
    watched: bool = False
    """Whether the box's records can be read here."""
    testimony: Evidence | None = None
    """What they say of this call."""

    @property
    def direct(self) -> bool:
        """Whether the box was called past the PBX."""
        return self.setup.account is None

    @property
    def box_ports(self) -> str:
        """The box's ports for audio."""
        first, last = self.setup.ports
        return f"UDP ports {first} to {last} (call.media_ports)"


def call(seen: Seen, about: Circumstances) -> Result:
    """Whether the call was put through and answered."""
    number = about.setup.number
    if seen.status == 200:
        if about.direct:
            return passed(
                Step.CALL,
                f"the box answered a call past the PBX after {seen.setup:.1f} s",
                "to test calls through the PBX, name a second extension:"
                " --phone-user and --phone-password",
            )
        return passed(Step.CALL, f"a call to {number} was answered after {seen.setup:.1f} s")
    if seen.status in NOT_AGREED:
        return skipped(Step.CALL, "codecs or encryption were not agreed on: see there")
    if not seen.status:
        return _unanswered(seen, about)
    said = refusal(seen.status, seen.reason, number)
    if about.direct:
        said = f"the box refuses a call past the PBX {_told(seen)}"
    return failed(Step.CALL, said, _refusal(seen.status, about))


def refusal(status: int, reason: str, number: str) -> str:
    """Say what a refusal of the test's call means: as of the box's calls, but not the box's."""
    return causes.call(status, reason, number=number).replace("the box", "the test's telephone")


def _told(seen: Seen) -> str:
    return f"({seen.status} {seen.reason})".replace(" )", ")")


def _unanswered(seen: Seen, about: Circumstances) -> Result:
    number = about.setup.number
    if seen.rang:
        return failed(
            Step.CALL,
            f"{number} rings, and nobody answers",
            "does another telephone ring? Then the PBX sends the calls there; else look at"
            " call.ring, and restart the box",
        )
    if seen.trouble:
        return failed(Step.CALL, seen.trouble, "free some ports, or widen call.media_ports")
    advice = "look at the PBX's log; a firewall may drop calls and let registrations pass"
    return failed(Step.CALL, f"a call to {number} gets no answer at all", advice)


def _refusal(status: int, about: Circumstances) -> str:
    phone = about.setup.account.user if about.setup.account else ""
    if about.direct:
        if status == 403:
            return (
                "the box refuses calls past the PBX (call.strangers): test through the PBX, with"
                " --phone-user and --phone-password"
            )
        if status in (486, 503):
            return f"the box carries no more calls: {about.capacity} at once (call.capacity)"
        return "restart the box, and look at its log"
    match status:
        case 401 | 407:
            return f"check the password of the telephone's extension {phone} (--phone-password)"
        case 403:
            return f"let the PBX allow extension {phone} to call {about.setup.number}"
        case 404 | 484 | 604:
            return (
                f"let the PBX's dial plan lead from extension {phone} to {about.setup.number}:"
                " both must be in the same context or tenant"
            )
        case 408 | 480:
            return (
                "the PBX does not reach the box: is it registered, and does a firewall let the"
                " PBX's calls in?"
            )
        case 486 | 600:
            return (
                f"the box is busy ({about.capacity} calls at once, call.capacity), the PBX limits"
                " the calls of this extension, or do-not-disturb is set there"
            )
        case 603:
            return "look for do-not-disturb or call blocking on this extension at the PBX"
        case 301 | 302:
            return "take the call forwarding off this extension at the PBX"
        case _:
            return "look at the PBX's log at this moment"


def reached(seen: Seen, about: Circumstances) -> Result:
    """Whether it was the box that answered."""
    if about.direct:
        return passed(Step.REACHED, "the call went to the box's own address")
    if about.testimony is not None:
        return passed(Step.REACHED, "the box's own records have this call")
    media = seen.media
    first, last = about.setup.ports
    ours = seen.contact in about.own or (
        media is not None and media.host in about.own and first <= media.port <= last
    )
    elsewhere = "look at the PBX for call forwarding, a ring group, voicemail or a dial plan"
    if about.watched:
        return failed(
            Step.REACHED,
            f"somebody answers at {about.setup.number}, but not the box: it has seen no such call",
            f"{elsewhere} that takes the calls to {about.setup.number}",
        )
    if seen.contact and seen.contact not in about.own | about.pbx:
        return failed(
            Step.REACHED,
            f"the call was answered at {seen.contact}, which is not the box",
            f"{elsewhere} that takes the calls to {about.setup.number}",
        )
    if ours:
        return passed(Step.REACHED, "it was answered at the box's address")
    return skipped(
        Step.REACHED, "the PBX stands in between, and the box's records cannot be read here"
    )


def audio(seen: Seen, about: Circumstances, other: tuple[Setup, Seen] | None) -> Result:
    """Whether both sides agreed; `other` is an offer that was accepted where ours was not."""
    setup = about.setup
    if seen.status in NOT_AGREED:
        return _not_agreed(seen, about, other)
    if seen.trouble:
        return failed(Step.AUDIO, seen.trouble, "take this codec out of account.codecs")
    media = seen.media
    if media is None:
        return skipped(Step.AUDIO, "the call was not answered")
    if media.sending is not None:
        return passed(Step.AUDIO, f"{media.codec}, encrypted ({media.sending.suite})")
    hint = ""
    if setup.srtp is sip.Srtp.OFFERED:
        hint = "encryption was offered and not taken: switch SRTP on at the PBX"
    return passed(Step.AUDIO, f"{media.codec}, not encrypted", hint)


def _not_agreed(seen: Seen, about: Circumstances, other: tuple[Setup, Seen] | None) -> Result:
    setup = about.setup
    who = "the box" if about.direct else "the PBX"
    said = _told(seen)
    offered = ", ".join(setup.codecs)
    if other is None:
        return failed(
            Step.AUDIO,
            f"{who} agrees to none of the codecs {offered} {said}",
            "allow PCMA or PCMU (G.711) for both extensions at the PBX, and in account.codecs",
        )
    accepted, heard = other
    if accepted.srtp is not setup.srtp and accepted.srtp is sip.Srtp.REQUIRED:
        return failed(
            Step.AUDIO,
            f"{who} demands encrypted audio (SRTP), and the settings have it {setup.srtp.value}"
            f" {said}",
            "set account.srtp to required and account.transport to tls, or switch the demand off"
            " at the PBX",
        )
    if accepted.srtp is not setup.srtp:
        return failed(
            Step.AUDIO,
            f"account.srtp is {setup.srtp.value}, and {who} does not encrypt audio {said}",
            "switch SRTP on for the extension at the PBX, or set account.srtp to offered",
        )
    codec = heard.media.codec if heard.media else "another codec"
    return failed(
        Step.AUDIO,
        f"{who} takes none of the codecs {offered}, but {codec} {said}",
        f"add {codec} to account.codecs, or allow one of {offered} at the PBX",
    )


def hears_box(seen: Seen, about: Circumstances) -> Result:
    """Whether audio comes from the box."""
    media, figures = seen.media, seen.figures
    if media is None or figures is None:
        return skipped(Step.HEARS_BOX, "there was no audio")
    if not figures.received:
        return failed(
            Step.HEARS_BOX,
            f"one-way audio: not one packet came from {media.host}",
            f"let {about.box_ports} pass in every firewall between box and PBX; behind NAT the PBX"
            " must send audio to where it comes from (symmetric RTP), and call.host must be"
            " empty or the box's real address",
        )
    if not seen.audible:
        return failed(
            Step.HEARS_BOX,
            "packets come, but nothing is to be heard in them",
            "either the PBX gets no audio from the box (firewall, NAT), or the box's voice does"
            " not run (appliance speech)",
        )
    return passed(Step.HEARS_BOX, f"{figures.received} packets with audible sound")


def box_hears(seen: Seen, about: Circumstances) -> Result:
    """Whether our audio comes to the box: by its records, else by the reports of RTCP."""
    if seen.media is None or seen.figures is None:
        return skipped(Step.BOX_HEARS, "there was no audio")
    told = about.testimony
    heard = told.received > 0 if told else seen.figures.remote_loss is not None
    if heard:
        how = f"the box got {told.received} packets" if told else "the far end reports our audio"
        return passed(Step.BOX_HEARS, how)
    if told or seen.reports:
        who = "the box got" if told else "the far end reports"
        return failed(
            Step.BOX_HEARS,
            f"one-way audio: {who} nothing of what was sent to it",
            f"let {about.box_ports} pass in every firewall between PBX and box, and check that the"
            " PBX sends audio to the address that the box names in its description (call.host)",
        )
    return skipped(Step.BOX_HEARS, "the far end sends no reports (RTCP): nothing tells")


def keys(seen: Seen, about: Circumstances) -> Result:
    """Whether keys are told as telephone events.

    That one arrived is told where it did; that it did not means nothing, as a dialogue may take no
    key at that moment.
    """
    if seen.media is None:
        return skipped(Step.KEYS, "there was no audio")
    told = about.testimony
    if seen.media.dtmf_payload_type is None:
        return failed(
            Step.KEYS,
            "keys cannot be sent as telephone events: the other side did not agree to them",
            "set the DTMF mode of the extension at the PBX to RFC 4733 (also called RFC 2833);"
            " until then keys go by INFO or as tones (in-band), which is less sure",
        )
    seen_key = ", and the box got the key that was pressed" if told and told.keys else ""
    return passed(Step.KEYS, f"telephone events are agreed both ways{seen_key}")


def hold(seen: Seen) -> Result:
    """Whether a call can be held and taken back."""
    if seen.held is None:
        return skipped(Step.HOLD, "the call did not last long enough")
    advice = "let the PBX accept changes of a call in progress (re-INVITE), also from telephones"
    if not seen.held:
        return failed(Step.HOLD, "holding the call was not agreed to", advice)
    if not seen.resumed:
        return failed(Step.HOLD, "the call was held, but could not be taken back", advice)
    if seen.figures is not None and not seen.figures.received:
        return skipped(Step.HOLD, "agreed to, but no audio came before it either")
    if not seen.after:
        return failed(
            Step.HOLD, "the call was held and taken back, and then it stayed silent", advice
        )
    return passed(Step.HOLD, "held, taken back, and heard again")


def quality(seen: Seen) -> Result:
    """How good the way is that audio takes."""
    figures = seen.figures
    if figures is None or not figures.received:
        return skipped(Step.QUALITY, "no audio came that could be measured")
    loss = figures.lost / (figures.lost + figures.received)
    parts = [f"loss {100 * loss:.1f} %", f"jitter {figures.jitter_ms:.0f} ms"]
    if figures.round_trip_ms is not None:
        parts.append(f"round trip {figures.round_trip_ms:.0f} ms")
    parts.append(f"estimated MOS {figures.mos:.1f}")
    said = ", ".join(parts)
    slow = (figures.round_trip_ms or 0.0) > _MOST_ROUND_TRIP
    if loss > _MOST_LOSS or figures.jitter_ms > _MOST_JITTER or figures.mos < _LEAST_MOS or slow:
        return failed(
            Step.QUALITY,
            said,
            "give audio precedence in the network (DSCP EF), put the box on a cable, and look for"
            " overloaded or mismatched (half duplex) links",
        )
    return passed(Step.QUALITY, said)


def transfer(seen: Seen, about: Circumstances) -> Result:
    """Whether the PBX puts callers through for us."""
    if about.direct:
        return skipped(Step.TRANSFER, "the PBX takes no part in a call past it")
    status = seen.transfer
    if status is None:
        return skipped(Step.TRANSFER, "the call did not last long enough")
    bridging = (
        "the box then joins both calls itself, which keeps them on it: allow transfers (REFER) for"
        " this extension at the PBX"
    )
    if status == 0:
        return passed(Step.TRANSFER, "the PBX does not say whether it puts callers through",
                      bridging)  # fmt: skip
    if status in _NO_REFER:
        return passed(
            Step.TRANSFER,
            f"the PBX refuses to put callers through ({status} {seen.transfer_reason})",
            bridging,
        )
    if status >= 300:
        return passed(
            Step.TRANSFER,
            f"the PBX puts callers through; the test's own target did not answer ({status})",
        )
    return passed(Step.TRANSFER, "the PBX puts callers through (REFER)")


def hang_up(seen: Seen) -> Result:
    """Whether the end of a call is told both ways."""
    if seen.status != 200:
        return skipped(Step.HANG_UP, "the call was not answered")
    if seen.ended in _BROKEN:
        return failed(
            Step.HANG_UP,
            f"the call broke off after {seen.seconds:.0f} s ({seen.ended.value})",
            "something on the way loses messages within calls: look at firewalls, SIP ALG and the"
            " address in the PBX's Contact",
        )
    if seen.ended is sip.EndReason.HUNG_UP:
        if seen.transfer:
            return passed(Step.HANG_UP, "the PBX's hanging up arrives here")
        return failed(
            Step.HANG_UP,
            f"the other side hung up after {seen.seconds:.0f} s",
            "does the dialogue end so soon, or does the box's voice not run (appliance speech)?"
            " Else the PBX misses something: an ACK lost on the way, or audio it does not get",
        )
    if seen.bye and (seen.bye < 300 or seen.bye == 481):
        return passed(Step.HANG_UP, "our hanging up arrives")
    why = f"was refused ({seen.bye})" if seen.bye else "was not answered"
    return failed(
        Step.HANG_UP,
        f"our hanging up {why}: the call may stand on at the PBX",
        "the address in the PBX's Contact cannot be reached: correct its own address (external"
        " address, NAT settings) there",
    )


def unregistered(status: int, reason: str, setup: Setup) -> Result:
    """The telephone's own registration failed: no call was made."""
    account = setup.account
    user = account.user if account else ""
    where = str(account.registrar) if account else ""
    said = causes.registration(
        status, reason, user=user, registrar=where, transport=setup.transport
    )
    return failed(
        Step.CALL,
        f"the test's own telephone could not register: {said}",
        f"check --phone-user ({user}) and --phone-password",
    )
